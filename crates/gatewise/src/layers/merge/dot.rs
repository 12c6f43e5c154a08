//! Products of two inputs, summed along an axis of each.

use serde_json::{Map, Value as Json, json};

use super::{check_batches, resolve_axis, shapes_of, written};
use crate::builder::Builder;
use crate::error::{Error, Result};
use crate::graph::Value;
use crate::layers::{Layer, LayerBase, Tensor, name_of};
use crate::ops::batch_matmul::BatchMatMul;
use crate::shape::{Dim, Shape};

/// The axes along which [`Dot`] sums; negative numbers count from the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DotAxes {
    /// The same number for both inputs.
    Same(i64),
    /// One for the first and one for the second input.
    Pair(i64, i64),
}

impl From<i64> for DotAxes {
    fn from(axis: i64) -> Self {
        Self::Same(axis)
    }
}

impl From<(i64, i64)> for DotAxes {
    fn from((first, second): (i64, i64)) -> Self {
        Self::Pair(first, second)
    }
}

/// z[n, i…, j…] = Σₖ x[n, i…, k] · y[n, j…, k] of two inputs, with k along the axes given; two vectors give `[batch, 1]`.
///
/// With `normalize` both are divided by their Euclidean norm along that axis first, so that the result is the
/// cosine of the angle between them. The mask ends here.
///
/// ```
/// use gatewise::layers::{self, Dot};
/// use ndarray::array;
///
/// let (x, y) = (array![[3.0, 4.0]].into_dyn(), array![[2.0, 0.0]].into_dyn());
/// assert_eq!(layers::call(&Dot::new(1), &[x.clone(), y.clone()], 1)?[0], array![[6.0]].into_dyn());
/// let cosine = &layers::call(&Dot::new(1).normalize(true), &[x, y], 1)?[0];
/// assert!((cosine[[0, 0]] - 0.6).abs() < 1e-6);
/// # Ok::<(), gatewise::Error>(())
/// ```
#[derive(Debug)]
pub struct Dot {
    base: LayerBase,
    axes: DotAxes,
    normalize: bool,
}

impl Dot {
    /// Sums along these axes: one number for both inputs or a pair; the batch axis cannot be among them.
    pub fn new(axes: impl Into<DotAxes>) -> Self {
        Self { base: LayerBase::default(), axes: axes.into(), normalize: false }
    }

    /// Keras's `normalize` (default false): whether to divide by the Euclidean norms first.
    pub fn normalize(mut self, normalize: bool) -> Self {
        self.normalize = normalize;
        self
    }

    /// The axes in inputs of these shapes.
    fn resolve(&self, shapes: &[Shape]) -> Result<[usize; 2]> {
        let axes = match self.axes {
            DotAxes::Same(axis) => [axis, axis],
            DotAxes::Pair(first, second) => [first, second],
        };
        let resolve = |input: usize| resolve_axis(self, "axes", axes[input], &shapes[input]);
        let resolved = [resolve(0)?, resolve(1)?];
        if resolved.contains(&0) {
            let text = format!("`axes` must not name the batch axis 0, got {axes:?} for {}", written(shapes));
            return Err(Error::argument(name_of(self), text));
        }
        let sizes = shapes[0].dim(resolved[0]).zip(shapes[1].dim(resolved[1]));
        if sizes.is_some_and(|(first, second)| first != second) {
            let text = format!(
                "expected equal sizes along the axes {} and {}, got {}",
                resolved[0],
                resolved[1],
                written(shapes)
            );
            return Err(Error::shape(name_of(self), text));
        }
        Ok(resolved)
    }
}

/// The input as `[batch, rows, k]` with k along `axis`, and the sizes of the rows.
fn as_matrices(b: &Builder, x: Value, axis: usize) -> Result<(Value, Vec<Dim>)> {
    let shape = b.shape(x);
    let rows: Vec<usize> = (1..shape.rank()).filter(|at| *at != axis).collect();
    let order: Vec<usize> = [&[0], &rows[..], &[axis]].concat();
    let sizes: Vec<Dim> = rows.iter().map(|at| shape.dim(*at)).collect();
    let count = Shape::new(sizes.clone()).len();
    let matrices = Shape::new([shape.dim(0), count, shape.dim(axis)]);
    Ok((b.reshape(b.transpose(x, &order)?, &matrices)?, sizes))
}

impl Layer for Dot {
    fn class_name(&self) -> &str {
        "Dot"
    }

    fn base(&self) -> &LayerBase {
        &self.base
    }

    fn base_mut(&mut self) -> &mut LayerBase {
        &mut self.base
    }

    fn call(&self, b: &Builder, inputs: &[Tensor]) -> Result<Vec<Tensor>> {
        let shapes = shapes_of(self, b, inputs)?;
        let [x, y] = inputs else {
            let text = format!("expected exactly two inputs, got {}", inputs.len());
            return Err(Error::argument(name_of(self), text));
        };
        check_batches(self, &shapes)?;
        let axes = self.resolve(&shapes)?;
        let prepare = |input: &Tensor, axis| match self.normalize {
            true => unit_norm(b, input.value, axis),
            false => Ok(input.value),
        };
        let (x, mut sizes) = as_matrices(b, prepare(x, axes[0])?, axes[0])?;
        let (y, others) = as_matrices(b, prepare(y, axes[1])?, axes[1])?;
        let z = b.batch_product(BatchMatMul { a_transposed: false, b_transposed: true }, x, y)?;
        sizes.extend(others);
        if sizes.is_empty() {
            sizes.push(Some(1));
        }
        sizes.insert(0, b.shape(z).dim(0));
        Ok(vec![Tensor::new(b.reshape(z, &Shape::new(sizes))?)])
    }

    fn own_config(&self) -> Map<String, Json> {
        let mut config = Map::new();
        let axes = match self.axes {
            DotAxes::Same(axis) => json!(axis),
            DotAxes::Pair(first, second) => json!([first, second]),
        };
        config.insert("axes".into(), axes);
        config.insert("normalize".into(), self.normalize.into());
        config
    }
}

/// Keras's `epsilon()`.
const EPSILON: f64 = 1e-7;

/// x / max(√Σx², ε) along an axis.
pub(super) fn unit_norm(b: &Builder, x: Value, axis: usize) -> Result<Value> {
    let squares = b.sum_keep(b.square(x)?, &[axis])?;
    // Keras takes the smaller of 1/√Σ and 1/ε, which is the same number but has no gradient at zero.
    let norm = b.sqrt(b.maximum(squares, b.scalar(EPSILON * EPSILON)?)?)?;
    b.div(x, norm)
}
