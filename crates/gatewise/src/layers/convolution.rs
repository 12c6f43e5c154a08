//! Convolutions over one axis or several.

use crate::builder::Builder;
use crate::error::Result;
use crate::graph::Value;
use crate::ops::window::Window;
use crate::shape::{Dim, Shape};

/// The product of sizes; unknown if one of them is.
fn product(dims: &[Dim]) -> Dim {
    dims.iter().try_fold(1, |product, dim| dim.map(|size| product * size))
}

/// The convolution of `x [batch, sizes…, channels]` with `kernel [window…, channels, filters]`, whose windows lie along
/// the axes between as `windows` say: `[batch, counts…, filters]`.
///
/// All windows are laid out in full, one axis after another from the last, and multiplied with the kernel in one product.
///
/// # Errors
/// If the shapes do not fit, or an axis is too short for a window.
pub(super) fn convolve(
    b: &Builder,
    x: Value,
    kernel: Value,
    bias: Option<Value>,
    windows: &[Window],
) -> Result<Value> {
    let (shape, rank) = (b.shape(x), windows.len());
    let mut laid_out = x;
    // Behind an axis lie the windows of the later ones, and the channels.
    let mut behind = vec![shape.last()];
    for (axis, window) in windows.iter().enumerate().rev() {
        let before = product(&shape.dims()[..=axis]);
        let rows = Shape::new([before, shape.dim(axis + 1), product(&behind)]);
        laid_out = b.windows(b.reshape(laid_out, &rows)?, *window)?;
        behind.splice(0..0, b.shape(laid_out).dims()[1..3].iter().copied());
    }
    // [batch, count, size, count, size, …, channels] → [batch, counts…, sizes…, channels]
    let dims = [&[shape.dim(0)], behind.as_slice()].concat();
    let order: Vec<usize> = [
        vec![0],
        (0..rank).map(|axis| 1 + 2 * axis).collect(),
        (0..rank).map(|axis| 2 + 2 * axis).collect(),
        vec![2 * rank + 1],
    ]
    .concat();
    let sorted = b.transpose(b.reshape(laid_out, &Shape::new(dims.clone()))?, &order)?;
    let dims: Vec<Dim> = order.iter().map(|axis| dims[*axis]).collect();
    let kernel_shape = b.shape(kernel);
    let width = product(&kernel_shape.dims()[..=rank]);
    let rows = b.reshape(sorted, &Shape::new([&dims[..=rank], &[width]].concat()))?;
    let matrix = b.reshape(kernel, &Shape::new([width, kernel_shape.last()]))?;
    match bias {
        Some(bias) => b.matmul_bias(rows, matrix, bias),
        None => b.matmul(rows, matrix),
    }
}

#[cfg(test)]
mod tests;
