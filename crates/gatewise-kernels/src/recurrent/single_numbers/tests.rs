use super::SingleNumber;

fn of(row: &[f32]) -> Option<(usize, f32)> {
    SingleNumber::of(row).map(|number| (number.at, number.value))
}

#[test]
fn the_only_number_is_found_wherever_it_stands() {
    for width in [16, 17, 31, 32, 70] {
        let mut row = vec![0.0; width];
        assert_eq!(of(&row), Some((0, 0.0)), "{width} zeros");
        for at in 0..width {
            row[at] = -2.5;
            assert_eq!(of(&row), Some((at, -2.5)), "{at} of {width}");
            row[at] = 0.0;
        }
    }
}

#[test]
fn two_numbers_are_not_one() {
    for (first, second) in [(0, 1), (3, 15), (15, 16), (0, 39), (38, 39)] {
        let mut row = [0.0; 40];
        (row[first], row[second]) = (1.0, f32::NAN);
        assert_eq!(of(&row), None, "{first} and {second}");
    }
}

#[test]
fn narrow_rows_are_not_looked_through() {
    assert_eq!(of(&[0.0; 15]), None);
    assert_eq!(of(&[]), None);
}
