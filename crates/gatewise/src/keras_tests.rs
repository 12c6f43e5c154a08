//! The LSTM and whole trainings against values that real Keras computed (`fixtures/`).

#[path = "../tests/common/mod.rs"]
pub(crate) mod common;

mod lstm;
mod recurrent;
mod training;
