use ndarray::{Array2, Axis, Ix2};

use super::*;

fn weight(gain: f64, shape: &[usize]) -> ArrayD<f32> {
    Orthogonal { gain, seed: Some(8) }.initialize(shape, &mut InitializerRandom::new(0, 0)).unwrap()
}

fn assert_identity(product: &Array2<f32>, factor: f32) {
    for ((row, column), &value) in product.indexed_iter() {
        let expected = if row == column { factor } else { 0.0 };
        assert!((value - expected).abs() < 1e-5 * factor, "[{row}, {column}] is {value}");
    }
}

#[test]
fn rows_of_a_wide_weight_are_orthogonal_with_the_gain_as_length() {
    let kernel = weight(1.5, &[8, 32]).into_dimensionality::<Ix2>().unwrap();
    assert_identity(&kernel.dot(&kernel.t()), 2.25);
}

#[test]
fn columns_of_a_tall_or_square_weight_are_orthogonal() {
    for shape in [[32, 8], [8, 8], [5, 1]] {
        let kernel = weight(1.0, &shape).into_dimensionality::<Ix2>().unwrap();
        assert_identity(&kernel.t().dot(&kernel), 1.0);
    }
}

#[test]
fn all_axes_but_the_last_count_as_rows() {
    let matrix = weight(1.0, &[12, 5]);
    assert_eq!(weight(1.0, &[3, 4, 5]), matrix.into_shape_with_order(vec![3, 4, 5]).unwrap());
}

#[test]
fn the_gates_of_a_recurrent_kernel_are_not_orthogonal_by_themselves() {
    let kernel = weight(1.0, &[8, 32]).into_dimensionality::<Ix2>().unwrap();
    let (gate, _) = kernel.view().split_at(Axis(1), 8);
    let product = gate.dot(&gate.t());
    assert!(product.indexed_iter().any(|((row, column), value)| row != column && value.abs() > 0.05));
}

#[test]
fn orthogonal_matrices_are_evenly_distributed() {
    // Each element of a matrix with evenly distributed directions has mean 0 and mean square 1/n.
    const ROUNDS: u64 = 4000;
    let mut sum = 0.0;
    let mut squares = 0.0;
    for seed in 0..ROUNDS {
        let initializer = Orthogonal { gain: 1.0, seed: Some(seed) };
        let corner = initializer.initialize(&[3, 3], &mut InitializerRandom::new(0, 0)).unwrap()[[0, 0]];
        sum += f64::from(corner);
        squares += f64::from(corner).powi(2);
    }
    assert!((sum / ROUNDS as f64).abs() < 0.05);
    assert!((squares / ROUNDS as f64 - 1.0 / 3.0).abs() < 0.025);
}

#[test]
fn fewer_than_two_axes_are_an_error() {
    for shape in [&[][..], &[4]] {
        let error = Orthogonal::default().initialize(shape, &mut InitializerRandom::new(0, 0)).unwrap_err();
        assert!(error.is_shape());
        assert!(error.to_string().contains("at least two axes"), "{error}");
    }
}

#[test]
fn a_gain_that_is_no_number_is_an_error() {
    assert!(Orthogonal { gain: f64::NAN, seed: None }.check().unwrap_err().is_argument());
}
