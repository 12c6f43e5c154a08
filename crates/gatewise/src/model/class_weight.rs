//! Weights of samples by the class of their target.

use std::collections::BTreeMap;

use crate::error::{Error, Result};

/// Checks the weights of classes.
///
/// # Errors
/// If one is negative or not finite.
pub(super) fn check(weights: &BTreeMap<usize, f32>) -> Result<()> {
    match weights.iter().find(|(_, weight)| !(weight.is_finite() && **weight >= 0.0)) {
        Some((class, weight)) => {
            let text =
                format!("`class_weight` must hold finite numbers from 0 on, got {weight} for class {class}");
            Err(Error::argument("fit", text))
        }
        None => Ok(()),
    }
}

/// The weight of a sample whose target is this row: a class number, or one-hot (then the largest counts). A class that
/// is not listed has weight 1.
pub(super) fn weight(row: &[f32], weights: &BTreeMap<usize, f32>) -> f32 {
    let class = match row {
        [class] => class.round_ties_even(),
        _ => {
            // The first of equal ones, as NumPy's argmax.
            let best =
                |best: usize, (index, value): (usize, &f32)| if *value > row[best] { index } else { best };
            row.iter().enumerate().fold(0, best) as f32
        }
    };
    let known = weights.iter().find(|(number, _)| **number as f32 == class);
    known.map_or(1.0, |(_, weight)| *weight)
}
