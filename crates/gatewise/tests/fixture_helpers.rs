//! The helpers of the other tests, tested first.

#![allow(missing_docs)]

mod common;

use common::{Group, json, max_difference};
use ndarray::arr1;
use serde_json::json;

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

#[test]
fn configurations_are_compared_by_keys_and_as_f32() {
    let same = json::differences(&json!({"a": [0.1, null]}), &json!({"a": [0.1f32, null]}));
    assert!(same.is_empty(), "{same:?}");
    let differ = json::differences(&json!({"a": 1, "b": 2}), &json!({"a": 3, "c": 4}));
    assert_eq!(differ, ["/a: 1, expected 3", "/b: 2 is too much", "/c: is missing"]);
    let lists = json::differences(&json!([1, 2]), &json!([1]));
    assert_eq!(lists, [": [1,2], expected [1]"]);
}
