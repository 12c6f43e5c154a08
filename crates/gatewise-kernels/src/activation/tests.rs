//! Values that can be checked by hand, and slopes against differences.

use super::*;
use crate::testing::assert_close;

const BUILT_IN: [Activation<f64>; 5] =
    [Activation::Linear, Activation::Tanh, Activation::Sigmoid, Activation::HardSigmoid, Activation::Relu];

fn values(activation: &Activation<f64>, x: &[f64]) -> Vec<f64> {
    let mut y = vec![0.0; x.len()];
    activation.forward(x, &mut y);
    y
}

#[test]
fn built_in_functions_have_their_values() {
    let x = [-4.0, -1.5, 0.0, 1.5, 4.0];
    assert_eq!(values(&Activation::Linear, &x), x);
    assert_eq!(values(&Activation::Relu, &x), [0.0, 0.0, 0.0, 1.5, 4.0]);
    assert_eq!(values(&Activation::HardSigmoid, &x), [0.0, 0.25, 0.5, 0.75, 1.0]);
    assert_close("tanh", &values(&Activation::Tanh, &x)[2..4], &[0.0, 0.905_148_253_644_866_4], 1e-15);
    assert_close("sigmoid", &values(&Activation::Sigmoid, &x)[2..4], &[0.5, 0.817_574_476_193_643_7], 1e-15);
}

#[test]
fn nan_stays_nan() {
    for activation in BUILT_IN {
        assert!(values(&activation, &[f64::NAN])[0].is_nan());
    }
}

#[test]
fn gradients_are_slopes() {
    let x = [-3.5, -2.0, -0.3, 0.2, 1.0, 2.9, 3.1];
    let step = 1e-6;
    for activation in BUILT_IN {
        let y = values(&activation, &x);
        let mut d = vec![2.0; x.len()];
        activation.backward(&[], &y, &mut d);
        let slope = |x: f64| {
            let ends = values(&activation, &[x + step, x - step]);
            2.0 * (ends[0] - ends[1]) / (2.0 * step)
        };
        assert_close("d_x", &d, &x.map(slope), 1e-8);
    }
}

#[test]
fn the_corners_of_relu_and_hard_sigmoid_are_flat() {
    for (activation, corners) in [(Activation::Relu, vec![0.0]), (Activation::HardSigmoid, vec![-3.0, 3.0])] {
        let y = values(&activation, &corners);
        let mut d = vec![1.0; y.len()];
        activation.backward(&[], &y, &mut d);
        assert!(d.iter().all(|&d| d == 0.0));
    }
}

#[test]
fn a_custom_function_gets_the_whole_row() {
    /// Every element becomes the sum of all.
    struct Total;
    impl RowActivation<f64> for Total {
        fn forward(&self, x: &[f64], y: &mut [f64]) {
            y.fill(x.iter().sum());
        }
        fn backward(&self, _x: &[f64], _y: &[f64], d: &mut [f64]) {
            d.fill(d.iter().sum());
        }
    }
    let activation = Activation::Custom(&Total);
    assert!(activation.is_custom());
    let y = values(&activation, &[1.0, 2.0, 3.0]);
    assert_eq!(y, [6.0; 3]);
    let mut d = [1.0, 0.5, 0.25];
    activation.backward(&[1.0, 2.0, 3.0], &y, &mut d);
    assert_eq!(d, [1.75; 3]);
}
