//! How much each value counts: masks and weights of samples together.

use ndarray::{ArrayViewD, IxDyn};

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
    let mask = mask.map(|mask| spread(name, "mask", mask, shape)).transpose()?;
    let weights = sample_weight.map(|weights| spread(name, "sample_weight", weights, shape)).transpose()?;
    Ok(match (mask, weights) {
        (Some(mask), Some(weights)) => Some(mask.iter().zip(weights).map(|(m, w)| m * w).collect()),
        (mask, weights) => mask.or(weights),
    })
}

/// An element for each value.
fn spread(name: &str, what: &str, array: &ArrayViewD<'_, f32>, shape: &[usize]) -> Result<Vec<f64>> {
    let given = array.shape();
    let is_column = given.len() == shape.len() + 1 && given.last() == Some(&1);
    let mut sizes = if is_column { given[..shape.len()].to_vec() } else { given.to_vec() };
    let fits = |(axis, (got, want)): (usize, (&usize, &usize))| got == want || axis > 0 && *got == 1;
    if sizes.len() > shape.len() || !sizes.iter().zip(shape).enumerate().all(fits) {
        let text = format!("expected `{what}` that fits values {shape:?}, got {given:?}");
        return Err(Error::shape(name, text));
    }
    sizes.resize(shape.len(), 1);
    let array = array.to_shape(IxDyn(&sizes)).expect("axes of size 1 change no number");
    let spread = array.broadcast(IxDyn(shape)).expect("the sizes were compared");
    Ok(spread.iter().map(|x| f64::from(*x)).collect())
}
