//! The LSTM and whole trainings against values that real Keras computed (`fixtures/`).

#[path = "../tests/common/mod.rs"]
pub(crate) mod common;

mod callbacks;
mod lstm;
mod progress;
mod recurrent;
mod training;
mod training_more;
