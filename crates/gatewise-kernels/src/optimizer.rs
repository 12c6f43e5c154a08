//! Optimizer updates in one pass over weights, gradient and slots, with Keras's float32 order of operations.
//!
//! Each function takes slices of one length, one number per weight. Factors come in as `f32`; which of them
//! Keras computes in which precision is said at the field.
//!
//! Source: <https://keras.io/api/optimizers/>, in the form of Keras 3.

mod adafactor;
mod adam;
mod ftrl;
mod lamb;
mod muon;
mod nadam;
mod rmsprop;
mod schedule_free_adamw;
mod sgd;
mod sums;
#[cfg(test)]
mod tests;

use crate::simd::TINY;

pub use adafactor::{Adafactor, AdafactorFactors, AdafactorSlots, adafactor};
pub use adam::{Adam, AdamSlots, adam};
pub use ftrl::{Ftrl, FtrlSlots, ftrl};
pub use lamb::{Lamb, LambSlots, lamb};
pub use muon::{Muon, muon};
pub use nadam::{Nadam, NadamSlots, nadam};
pub use rmsprop::{RmsProp, RmsPropSlots, rmsprop};
pub use schedule_free_adamw::{ScheduleFreeAdamW, ScheduleFreeAdamWSlots, schedule_free_adamw};
pub use sgd::{Sgd, sgd};

/// What an optimizer remembers of gradients, or zero where they have been zero for so long that no weight moves by it any more.
///
/// It shrinks at every step, so that it would else come to subnormal numbers, below 10⁻³⁸, with which many CPUs compute some twenty
/// times as slowly: in a large embedding most rows have no gradient for a thousand steps.
#[inline(always)]
fn settled(mean: f32) -> f32 {
    // Not the other way round: NaN is not tiny.
    if mean.abs() < TINY { 0.0 } else { mean }
}

/// The same of squared gradients.
#[inline(always)]
fn settled_square(mean: f32) -> f32 {
    /// 2⁻¹¹⁰: its root, 3 · 10⁻¹⁷, is nothing beside any ε.
    const TINY_SQUARE: f32 = 1.0 / (1u128 << 110) as f32;
    if mean.abs() < TINY_SQUARE { 0.0 } else { mean }
}

/// Panics unless `slot` has a number for each of `weights`.
fn check_slot(name: &str, weights: &[f32], slot: &[f32]) {
    assert_eq!(slot.len(), weights.len(), "optimizer: `{name}` must hold a number per weight");
}
