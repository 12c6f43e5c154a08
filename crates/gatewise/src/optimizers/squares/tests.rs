use super::*;

#[test]
fn the_sum_of_squares_counts_every_element() {
    for len in [0, 1, LANES - 1, LANES, LANES + 1, 3 * LANES + 2] {
        let values: Vec<f32> = (0..len).map(|index| index as f32).collect();
        let expected: usize = (0..len).map(|index| index * index).sum();
        assert_eq!(Squares::of(&values, 1.0), expected as f64);
        assert_eq!(Squares::of(&values, 2.0), expected as f64 / 4.0);
    }
}

#[test]
fn the_sum_of_squares_does_not_overflow() {
    assert_eq!(Squares::of(&[1e30], 1.0), f64::from(1e30_f32) * f64::from(1e30_f32));
}

#[test]
fn parts_without_the_zeros_between_them_have_the_bits_of_the_whole() {
    for width in [3, 8, 13, 16] {
        let mut whole = vec![0.0; 20 * width];
        let mut squares = Squares::new(whole.len());
        for row in [0, 3, 4, 11, 19] {
            let values: Vec<f32> = (0..width).map(|index| ((row * 31 + index) as f32).sin() / 3.0).collect();
            whole[row * width..][..width].copy_from_slice(&values);
            squares.add(row * width, &values, 1.5);
        }
        assert_eq!(squares.total().to_bits(), Squares::of(&whole, 1.5).to_bits(), "width {width}");
    }
}
