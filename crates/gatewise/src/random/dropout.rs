//! Masks for dropout.

use super::{RandomKey, uniform_into};
use crate::error::{Error, Result};

/// Fills `mask` with 0 (with probability `rate`) or 1/(1 − `rate`); the first is that of element `offset`.
///
/// Multiplying by the mask keeps the expected value. An element is dropped if its number of
/// [`uniform_into`] is below `rate`.
///
/// # Errors
/// If `rate` is not at least 0 and below 1.
pub fn dropout_mask_into(rate: f32, key: RandomKey, offset: u64, mask: &mut [f32]) -> Result<()> {
    if !(0.0..1.0).contains(&rate) {
        return Err(Error::argument("dropout", format!("`rate` must be at least 0 and below 1, got {rate}")));
    }
    let kept = 1.0 / (1.0 - rate);
    uniform_into(key, offset, mask);
    for value in mask {
        *value = if *value < rate { 0.0 } else { kept };
    }
    Ok(())
}

#[cfg(test)]
mod tests;
