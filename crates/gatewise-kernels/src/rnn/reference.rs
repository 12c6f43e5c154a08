//! The equations as plain loops, for `f32` and `f64`: the oracle of the fast functions.

mod backward;
mod forward;

pub use backward::backward;
pub use forward::forward;
