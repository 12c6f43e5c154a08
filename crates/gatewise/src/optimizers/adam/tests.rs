use super::*;
use crate::optimizers::OptimizerArgument;
use crate::optimizers::tests::{assert_near, two_steps};

fn fast() -> Adam {
    Adam { learning_rate: 0.1.into(), ..Adam::default() }
}

#[test]
fn two_steps_are_those_of_keras() {
    assert_near(two_steps(fast()), [0.900_001_7, 0.942_019_6]);
    // The second gradient is larger, so that the largest velocity is the last one.
    assert_near(two_steps(Adam { amsgrad: true, ..fast() }), [0.900_001_7, 0.942_019_6]);
}

#[test]
fn two_steps_with_weight_decay_are_those_of_adamw_in_keras() {
    let options = OptimizerOptions { weight_decay: Some(0.004), ..OptimizerOptions::default() };
    assert_near(two_steps(Adam { options, ..fast() }), [0.899_601_7, 0.941_259_8]);
}

#[test]
fn the_first_step_is_the_learning_rate_whatever_the_gradient() {
    for gradient in [1e-3_f32, -0.5, 2.0, -1e3] {
        let mut optimizer = OptimizerArgument::from(fast()).resolve().unwrap();
        optimizer.build(&[("weight", &[1])]).unwrap();
        let mut weight = [0.0];
        optimizer.apply(&[&[gradient]], &mut [&mut weight]).unwrap();
        // epsilon is 10⁻⁷ / (√(1 − beta_2) · 10⁻³) = 0.3 % of the smallest gradient's root mean square.
        assert!((weight[0] + 0.1 * gradient.signum()).abs() < 5e-4, "{gradient}: {}", weight[0]);
    }
}

#[test]
fn amsgrad_remembers_the_largest_velocity() {
    let mut weights = [[1.0_f32], [1.0]];
    for (weight, amsgrad) in weights.iter_mut().zip([false, true]) {
        let adam = Adam { amsgrad, beta_2: 0.5, ..fast() };
        let mut optimizer = OptimizerArgument::from(adam).resolve().unwrap();
        optimizer.build(&[("weight", &[1])]).unwrap();
        for gradient in [10.0, 0.1, 0.1, 0.1, 0.1] {
            optimizer.apply(&[&[gradient]], &mut [&mut *weight]).unwrap();
        }
    }
    let [adam, amsgrad] = weights;
    assert!(amsgrad[0] > adam[0] + 0.05);
}

#[test]
fn arguments_outside_their_range_are_errors() {
    for bad in [-0.1, 1.0, f64::NAN] {
        assert!(Adam { beta_1: bad, ..Adam::default() }.check().unwrap_err().is_argument());
        assert!(Adam { beta_2: bad, ..Adam::default() }.check().unwrap_err().is_argument());
    }
    assert!(Adam { epsilon: -1e-7, ..Adam::default() }.check().unwrap_err().is_argument());
}
