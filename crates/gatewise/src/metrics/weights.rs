//! How much each value counts: masks and weights of samples together.

use ndarray::{ArrayViewD, IxDyn};

use super::pair::Sizes;
use crate::error::{Error, Result};

/// Mask times weights for values of this shape, row-major; `None` where there is neither.
///
/// Both may have fewer axes than the values, and then hold for all that lies behind an element. (Keras reads weights
/// `[batch]` beside a mask `[batch, time]` by their last axis instead, which fits only by chance; with losses and
/// without masks it reads them as here.)
///
/// # Errors
/// If one does not fit.
pub(super) fn effective(
    name: &str,
    shape: &[usize],
    mask: Option<&ArrayViewD<'_, f32>>,
    sample_weight: Option<&ArrayViewD<'_, f32>>,
) -> Result<Option<Vec<f64>>> {
    let mut numbers = Vec::new();
    let is_weighted = effective_into(name, shape, mask, sample_weight, &mut numbers)?;
    Ok(is_weighted.then_some(numbers))
}

/// The same in an array that is used again; returns whether there is a mask or weights.
///
/// # Errors
/// If one does not fit.
pub(super) fn effective_into(
    name: &str,
    shape: &[usize],
    mask: Option<&ArrayViewD<'_, f32>>,
    sample_weight: Option<&ArrayViewD<'_, f32>>,
    numbers: &mut Vec<f64>,
) -> Result<bool> {
    numbers.clear();
    numbers.resize(shape.iter().product(), 1.0);
    for (what, factor) in [("mask", mask), ("sample_weight", sample_weight)] {
        if let Some(factor) = factor {
            multiply(name, what, factor, shape, numbers)?;
        }
    }
    Ok(mask.is_some() || sample_weight.is_some())
}

/// Multiplies the number of each value by that of an array for it.
fn multiply(
    name: &str,
    what: &str,
    array: &ArrayViewD<'_, f32>,
    shape: &[usize],
    numbers: &mut [f64],
) -> Result<()> {
    let given = array.shape();
    let is_column = given.len() == shape.len() + 1 && given.last() == Some(&1);
    let mut sizes = Sizes::from(if is_column { &given[..shape.len()] } else { given });
    let fits = |(axis, (got, want)): (usize, (&usize, &usize))| got == want || axis > 0 && *got == 1;
    if sizes.len() > shape.len() || !sizes.iter().zip(shape).enumerate().all(fits) {
        let text = format!("expected `{what}` that fits values {shape:?}, got {given:?}");
        return Err(Error::shape(name, text));
    }
    sizes.resize(shape.len(), 1);
    let array = array.to_shape(IxDyn(&sizes)).expect("axes of size 1 change no number");
    let spread = array.broadcast(IxDyn(shape)).expect("the sizes were compared");
    numbers.iter_mut().zip(spread.iter()).for_each(|(number, factor)| *number *= f64::from(*factor));
    Ok(())
}
