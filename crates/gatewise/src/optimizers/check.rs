//! Ranges of arguments.

use crate::error::{Error, Result};

/// Checks that an argument is within 0 and 1, both allowed.
pub(super) fn unit_interval(class_name: &str, argument: &str, value: f64) -> Result<()> {
    match (0.0..=1.0).contains(&value) {
        true => Ok(()),
        false => Err(outside(class_name, argument, "from 0 to 1", value)),
    }
}

/// Checks that an argument is at least 0 and below 1.
pub(super) fn below_one(class_name: &str, argument: &str, value: f64) -> Result<()> {
    match (0.0..1.0).contains(&value) {
        true => Ok(()),
        false => Err(outside(class_name, argument, "at least 0 and below 1", value)),
    }
}

/// Checks that an argument is above 0 and finite, also as f32.
pub(super) fn positive(class_name: &str, argument: &str, value: f64) -> Result<()> {
    match value as f32 > 0.0 && (value as f32).is_finite() {
        true => Ok(()),
        false => Err(outside(class_name, argument, "above 0 and finite", value)),
    }
}

/// Checks that an argument is at least 0 and finite, also as f32.
pub(super) fn not_negative(class_name: &str, argument: &str, value: f64) -> Result<()> {
    match value >= 0.0 && (value as f32).is_finite() {
        true => Ok(()),
        false => Err(outside(class_name, argument, "at least 0 and finite", value)),
    }
}

/// Checks that an argument is at least 1 and finite, also as f32.
pub(super) fn at_least_one(class_name: &str, argument: &str, value: f64) -> Result<()> {
    match value >= 1.0 && (value as f32).is_finite() {
        true => Ok(()),
        false => Err(outside(class_name, argument, "at least 1 and finite", value)),
    }
}

/// Checks that a number of steps is above 0.
pub(super) fn some_steps(class_name: &str, argument: &str, steps: u64) -> Result<()> {
    match steps {
        0 => Err(Error::argument(class_name, format!("`{argument}` must be above 0, got 0"))),
        _ => Ok(()),
    }
}

fn outside(class_name: &str, argument: &str, range: &str, value: f64) -> Error {
    Error::argument(class_name, format!("`{argument}` must be {range}, got {value}"))
}
