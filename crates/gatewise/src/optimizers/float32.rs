//! Functions of numbers in f32, as Keras computes learning rates and corrections.
//!
//! Each is taken in f64 and rounded once, which is as near to any good f32 function as can be.

/// `base`^`exponent`.
pub(super) fn power(base: f32, exponent: f32) -> f32 {
    libm::pow(f64::from(base), f64::from(exponent)) as f32
}

pub(super) fn cosine(x: f32) -> f32 {
    libm::cos(f64::from(x)) as f32
}

/// The natural logarithm.
pub(super) fn logarithm(x: f32) -> f32 {
    libm::log(f64::from(x)) as f32
}
