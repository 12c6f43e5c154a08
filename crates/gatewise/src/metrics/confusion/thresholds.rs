//! The thresholds above which a prediction is a yes.

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// One threshold or several, each between 0 and 1. Several make the value of a metric a vector.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Thresholds {
    /// One.
    One(f64),
    /// Several, in any order.
    Several(Vec<f64>),
}

impl Thresholds {
    fn as_slice(&self) -> &[f64] {
        match self {
            Self::One(threshold) => std::slice::from_ref(threshold),
            Self::Several(thresholds) => thresholds,
        }
    }
}

impl From<f64> for Thresholds {
    fn from(threshold: f64) -> Self {
        Self::One(threshold)
    }
}

impl From<Vec<f64>> for Thresholds {
    fn from(thresholds: Vec<f64>) -> Self {
        Self::Several(thresholds)
    }
}

impl<const N: usize> From<[f64; N]> for Thresholds {
    fn from(thresholds: [f64; N]) -> Self {
        Self::Several(thresholds.to_vec())
    }
}

/// The thresholds in single precision, or `default`.
pub(super) fn or_default(thresholds: Option<&Thresholds>, default: f32) -> Vec<f32> {
    match thresholds {
        Some(thresholds) => thresholds.as_slice().iter().map(|threshold| *threshold as f32).collect(),
        None => vec![default],
    }
}

/// Checks that all lie between 0 and 1 and that there is one.
pub(super) fn check(name: &str, thresholds: Option<&Thresholds>) -> Result<()> {
    let Some(thresholds) = thresholds else { return Ok(()) };
    check_range(name, thresholds.as_slice())?;
    if thresholds.as_slice().is_empty() {
        return Err(Error::argument(name, "`thresholds` must hold at least one number"));
    }
    Ok(())
}

/// Checks that all lie between 0 and 1.
pub(super) fn check_range(name: &str, thresholds: &[f64]) -> Result<()> {
    match thresholds.iter().find(|threshold| !(0.0..=1.0).contains(*threshold)) {
        Some(threshold) => {
            Err(Error::argument(name, format!("`thresholds` must be between 0 and 1, got {threshold}")))
        }
        None => Ok(()),
    }
}

/// `count` thresholds from 0 to 1 at equal distances, the inner ones as Keras computes them.
pub(super) fn even(count: usize) -> Vec<f64> {
    let inner = (1..count.saturating_sub(1)).map(|index| index as f64 / (count - 1) as f64);
    [0.0].into_iter().chain(inner).chain([1.0]).collect()
}

/// Whether thresholds lie from 0 to 1 at equal distances, so that Keras finds a prediction's place by a product.
pub(super) fn are_even(thresholds: &[f32]) -> bool {
    let steps = thresholds.len().saturating_sub(1);
    steps >= 2
        && thresholds.iter().enumerate().all(|(index, threshold)| {
            let even = index as f64 / steps as f64;
            (f64::from(*threshold) - even).abs() <= 1e-7 + 1e-5 * even
        })
}
