//! The helpers of the other tests, tested first.

#![allow(missing_docs)]

mod common;

use common::{Group, max_difference};
use ndarray::arr1;

#[test]
fn differences_are_relative_above_one_and_absolute_below() {
    let d = |got: f64, expected: f64| max_difference(&arr1(&[got]).into_dyn(), &arr1(&[expected]).into_dyn());
    assert_eq!(d(0.0, 0.0), 0.0);
    assert_eq!(d(0.5, 0.25), 0.25);
    assert_eq!(d(110.0, 100.0), 0.1);
}

#[test]
fn a_nan_equals_only_a_nan() {
    let d = |got: f64, expected: f64| max_difference(&arr1(&[got]).into_dyn(), &arr1(&[expected]).into_dyn());
    assert_eq!(d(f64::NAN, f64::NAN), 0.0);
    assert_eq!(d(f64::NAN, 1.0), f64::INFINITY);
    assert_eq!(d(1.0, f64::NAN), f64::INFINITY);
    assert_eq!(d(f64::INFINITY, f64::INFINITY), 0.0);
    assert_eq!(d(f64::INFINITY, 1.0), f64::INFINITY);
}

#[test]
fn fixtures_can_be_read() {
    let group = Group::read("lstm");
    assert!(group.cases().count() >= 60);
    let first = group.cases().next().expect("there is a case");
    assert_eq!(first.f32("x").shape(), [2, 7, 2]);
    assert!(!first.has("nothing"));
}
