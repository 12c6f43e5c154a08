use super::*;
use crate::optimizers::tests::{assert_near, two_steps};

fn fast() -> RmsProp {
    RmsProp { learning_rate: 0.1.into(), ..RmsProp::default() }
}

#[test]
fn two_steps_are_those_of_keras() {
    assert_near(two_steps(fast()), [0.683_774, 0.976_714_6]);
    assert_near(two_steps(RmsProp { momentum: 0.9, ..fast() }), [0.683_774, 0.692_111_3]);
    assert_near(two_steps(RmsProp { centered: true, ..fast() }), [0.666_668_7, 0.964_470_7]);
}

#[test]
fn epsilon_is_under_the_root() {
    let [first, _] = two_steps(RmsProp { rho: 1.0, epsilon: 0.25, ..fast() });
    assert_eq!(first, 1.0 - 0.1 * 0.3 / 0.5);
}

#[test]
fn arguments_outside_their_range_are_errors() {
    for bad in [-0.1, 1.1, f64::NAN] {
        assert!(RmsProp { rho: bad, ..RmsProp::default() }.check().unwrap_err().is_argument());
        assert!(RmsProp { momentum: bad, ..RmsProp::default() }.check().unwrap_err().is_argument());
    }
    assert!(RmsProp { epsilon: f64::INFINITY, ..RmsProp::default() }.check().unwrap_err().is_argument());
}
