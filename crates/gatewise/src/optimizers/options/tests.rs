use super::*;
use crate::optimizers::Sgd;
use crate::optimizers::tests::{assert_near, two_steps};

fn sgd(options: OptimizerOptions) -> Sgd {
    Sgd { learning_rate: 0.1.into(), options, ..Sgd::default() }
}

fn message(options: OptimizerOptions) -> String {
    options.check("SGD").unwrap_err().to_string()
}

#[test]
fn two_steps_are_those_of_keras_with_each_option() {
    let none = OptimizerOptions::default;
    assert_near(two_steps(sgd(OptimizerOptions { weight_decay: Some(0.1), ..none() })), [0.96, 1.0204]);
    assert_near(two_steps(sgd(OptimizerOptions { clipnorm: Some(0.1), ..none() })), [0.99, 1.0]);
    assert_near(two_steps(sgd(OptimizerOptions { global_clipnorm: Some(0.1), ..none() })), [0.99, 1.0]);
    assert_near(two_steps(sgd(OptimizerOptions { clipvalue: Some(0.2), ..none() })), [0.98, 1.0]);
    assert_near(two_steps(sgd(OptimizerOptions { loss_scale_factor: Some(2.0), ..none() })), [0.985, 1.02]);
    let accumulating = OptimizerOptions { gradient_accumulation_steps: Some(2), ..none() };
    assert_near(two_steps(sgd(accumulating)), [1.0, 1.02]);
    let averaging =
        OptimizerOptions { use_ema: true, ema_momentum: 0.5, ema_overwrite_frequency: Some(2), ..none() };
    assert_near(two_steps(sgd(averaging)), [0.97, 1.005_000_1]);
}

#[test]
fn only_one_way_of_clipping_can_be_set() {
    let two = OptimizerOptions { clipnorm: Some(1.0), clipvalue: Some(1.0), ..OptimizerOptions::default() };
    assert_eq!(message(two), "SGD: only one of `clipnorm`, `clipvalue` and `global_clipnorm` can be set");
}

#[test]
fn arguments_outside_their_range_are_errors() {
    let none = OptimizerOptions::default;
    for bad in [0.0, -1.0, f64::NAN, f64::INFINITY, 1e-60] {
        assert!(
            message(OptimizerOptions { clipnorm: Some(bad), ..none() })
                .contains("`clipnorm` must be above 0")
        );
        assert!(message(OptimizerOptions { clipvalue: Some(bad), ..none() }).contains("`clipvalue`"));
        assert!(
            message(OptimizerOptions { global_clipnorm: Some(bad), ..none() }).contains("`global_clipnorm`")
        );
        assert!(
            message(OptimizerOptions { loss_scale_factor: Some(bad), ..none() })
                .contains("`loss_scale_factor`")
        );
    }
    assert!(message(OptimizerOptions { weight_decay: Some(-0.1), ..none() }).contains("`weight_decay`"));
    assert!(message(OptimizerOptions { ema_momentum: 1.1, ..none() }).contains("`ema_momentum`"));
    assert_eq!(
        message(OptimizerOptions { ema_overwrite_frequency: Some(0), ..none() }),
        "SGD: `ema_overwrite_frequency` must be at least 1, got 0"
    );
    assert_eq!(
        message(OptimizerOptions { gradient_accumulation_steps: Some(1), ..none() }),
        "SGD: `gradient_accumulation_steps` must be at least 2, got 1"
    );
}
