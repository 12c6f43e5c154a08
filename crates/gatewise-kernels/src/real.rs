//! The numbers that the reference functions are generic over.

use num_traits::Float;

/// A floating-point number, `f32` or `f64`, with the functions that activations need.
pub trait Real: Float + std::iter::Sum + std::fmt::Debug + Default + Send + Sync + 'static {
    /// The error function, `2/√π · ∫₀ˣ exp(−s²) ds`.
    fn erf(self) -> Self;

    /// The number nearest to `value`.
    fn from_f64(value: f64) -> Self;
}

impl Real for f32 {
    fn erf(self) -> Self {
        libm::erff(self)
    }

    fn from_f64(value: f64) -> Self {
        value as f32
    }
}

impl Real for f64 {
    fn erf(self) -> Self {
        libm::erf(self)
    }

    fn from_f64(value: f64) -> Self {
        value
    }
}
