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

pub use adafactor::{Adafactor, AdafactorFactors, AdafactorSlots, adafactor};
pub use adam::{Adam, AdamSlots, adam};
pub use ftrl::{Ftrl, FtrlSlots, ftrl};
pub use lamb::{Lamb, LambSlots, lamb};
pub use muon::{Muon, muon};
pub use nadam::{Nadam, NadamSlots, nadam};
pub use rmsprop::{RmsProp, RmsPropSlots, rmsprop};
pub use schedule_free_adamw::{ScheduleFreeAdamW, ScheduleFreeAdamWSlots, schedule_free_adamw};
pub use sgd::{Sgd, sgd};

/// Panics unless `slot` has a number for each of `weights`.
fn check_slot(name: &str, weights: &[f32], slot: &[f32]) {
    assert_eq!(slot.len(), weights.len(), "optimizer: `{name}` must hold a number per weight");
}
