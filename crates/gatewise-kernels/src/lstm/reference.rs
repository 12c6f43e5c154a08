//! The LSTM in plain loops, a line per equation: the oracle of the fast functions, and the first to read.
//!
//! Equation numbers are those of [`lstm`](super).

mod backward;
mod forward;
mod record;

pub use backward::backward;
pub use forward::forward;
