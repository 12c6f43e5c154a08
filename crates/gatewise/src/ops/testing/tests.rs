use super::*;

#[test]
fn a_right_gradient_is_accepted() {
    check_gradients(&[numbers(&[2, 3], 0)], &[0], &|b, x| b.square(x[0])).unwrap();
}

#[test]
fn a_wrong_gradient_is_detected() {
    // At its kink relu has the slope 0 by its rule, and ½ by differences from both sides.
    let error = check_gradients(&[array(&[2], &[0.5, 0.0])], &[0], &|b, x| b.relu(x[0])).unwrap_err();
    assert!(error.contains("at element 1"), "{error}");
}

#[test]
fn a_missing_gradient_is_detected() {
    let error = check_gradients(&[numbers(&[2], 0)], &[0], &|b, x| b.sign(x[0])).unwrap_err();
    assert_eq!(error, "there is no gradient by input 0");
}

#[test]
fn numbers_are_told_apart_with_nan_and_zero() {
    let exactly = |got: f64, expected: f64| compare([(got, expected)].into_iter(), 0.0);
    assert!(exactly(0.0, 0.0).is_ok() && exactly(f64::NAN, f64::NAN).is_ok());
    assert!(exactly(f64::INFINITY, f64::INFINITY).is_ok());
    assert!(exactly(0.0, 1e-300).is_err());
    assert!(exactly(f64::NAN, 0.0).is_err() && exactly(0.0, f64::NAN).is_err());
    assert!(exactly(f64::INFINITY, f64::NEG_INFINITY).is_err());
}

#[test]
fn a_difference_is_compared_with_the_tolerance() {
    let within = |got: f64| compare([(got, 2.0)].into_iter(), 0.5);
    assert!(within(2.5).is_ok() && within(1.5).is_ok());
    assert!(within(2.6).is_err() && within(1.4).is_err());
}

#[test]
fn an_executor_that_computes_something_else_is_detected() {
    // A function that is another one for the second executor stands for an executor that is wrong.
    let is_second = std::cell::Cell::new(false);
    let emit =
        |b: &Builder, x: &[Value]| b.scale(x[0], if is_second.replace(true) { 1.0 + 1e-5 } else { 1.0 });
    assert!(check_executors(&[numbers(&[3], 0)], &emit, ROUNDING).is_err());
    is_second.set(true);
    assert!(check_executors(&[numbers(&[3], 0)], &emit, ROUNDING).is_ok());
}
