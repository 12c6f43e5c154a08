//! How far two arrays are from each other.

use ndarray::ArrayD;

use crate::error::{Error, Result};

/// The largest |a − b| over all elements of two arrays of one shape; 0 if there are none.
///
/// Equal infinities, and NaN in both arrays, count as no difference; NaN in one of them gives NaN.
///
/// ```
/// use gatewise::utils::max_abs_difference;
/// use ndarray::arr1;
///
/// let (a, b) = (arr1(&[1.0, 2.0]).into_dyn(), arr1(&[1.5, 2.25]).into_dyn());
/// assert_eq!(max_abs_difference(&a, &b)?, 0.5);
/// # Ok::<(), gatewise::Error>(())
/// ```
///
/// # Errors
/// If the shapes differ.
pub fn max_abs_difference(a: &ArrayD<f32>, b: &ArrayD<f32>) -> Result<f32> {
    if a.shape() != b.shape() {
        let text = format!("expected arrays of one shape, got {:?} and {:?}", a.shape(), b.shape());
        return Err(Error::shape("max_abs_difference", text));
    }
    Ok(a.iter().zip(b).map(|(a, b)| difference(*a, *b)).fold(0.0, largest))
}

fn difference(a: f32, b: f32) -> f32 {
    if a == b || a.is_nan() && b.is_nan() { 0.0 } else { (a - b).abs() }
}

/// The larger one; unlike that of `f32::max`, NaN once seen stays.
fn largest(a: f32, b: f32) -> f32 {
    if a.is_nan() || b.is_nan() { f32::NAN } else { a.max(b) }
}

#[cfg(test)]
mod tests;
