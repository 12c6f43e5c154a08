use crate::builder::{Builder, Mode};
use crate::shape::Shape;

fn numbers(seed: Option<u64>, dims: &[usize]) -> Vec<f32> {
    let b = Builder::new(Mode::Training);
    let value = b.random_normal(&Shape::known(dims), seed).unwrap();
    let got = b.evaluate(&[value], &[]).unwrap().remove(0);
    let oracle = b.evaluate_reference(&[value], &[]).unwrap().remove(0);
    assert_eq!(got.mapv(f64::from), oracle);
    got.iter().copied().collect()
}

#[test]
fn the_numbers_have_mean_0_and_deviation_1() {
    const COUNT: usize = 40_000;
    let numbers = numbers(Some(7), &[COUNT / 8, 8]);
    let mean = numbers.iter().sum::<f32>() / COUNT as f32;
    let variance = numbers.iter().map(|x| (x - mean) * (x - mean)).sum::<f32>() / COUNT as f32;
    // Five deviations of a mean of so many numbers, and of their variance.
    assert!(mean.abs() < 0.025 && (variance - 1.0).abs() < 0.036, "{mean} and {variance}");
}

#[test]
fn a_number_depends_on_its_place_and_the_seed_alone() {
    let many = numbers(Some(7), &[200]);
    assert_eq!(many[..150], numbers(Some(7), &[150]));
    assert_ne!(many, numbers(Some(8), &[200]));
}

#[test]
fn two_arrays_of_one_program_are_independent() {
    let b = Builder::new(Mode::Training);
    let shape = Shape::known(&[10]);
    let values = [b.random_normal(&shape, None).unwrap(), b.random_normal(&shape, None).unwrap()];
    let got = b.evaluate(&values, &[]).unwrap();
    assert_ne!(got[0], got[1]);
}
