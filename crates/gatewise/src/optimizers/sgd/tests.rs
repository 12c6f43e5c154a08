use super::*;
use crate::optimizers::tests::{assert_near, two_steps};

fn fast() -> Sgd {
    Sgd { learning_rate: 0.1.into(), ..Sgd::default() }
}

#[test]
fn two_steps_are_those_of_keras() {
    assert_near(two_steps(fast()), [0.97, 1.04]);
    assert_near(two_steps(Sgd { momentum: 0.9, ..fast() }), [0.97, 1.013]);
    assert_near(two_steps(Sgd { momentum: 0.9, nesterov: true, ..fast() }), [0.943, 1.0517]);
}

#[test]
fn nesterov_without_momentum_changes_nothing() {
    assert_eq!(two_steps(Sgd { nesterov: true, ..fast() }), two_steps(fast()));
}

#[test]
fn a_momentum_outside_its_range_is_an_error() {
    for momentum in [-0.1, 1.1, f64::NAN] {
        assert!(Sgd { momentum, ..Sgd::default() }.check().unwrap_err().is_argument());
    }
    assert!(Sgd { momentum: 1.0, ..Sgd::default() }.check().is_ok());
}
