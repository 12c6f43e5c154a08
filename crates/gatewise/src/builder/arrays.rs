//! Products, reductions, shapes, tables, constants and random masks.

use std::sync::Arc;

use ndarray::ArrayD;

use super::Builder;
use crate::error::{Error, Result};
use crate::graph::Value;
use crate::ops::Op;
use crate::ops::band::Band;
use crate::ops::batch_matmul::BatchMatMul;
use crate::ops::broadcast_to::BroadcastTo;
use crate::ops::concatenate::Concatenate;
use crate::ops::contract::Contract;
use crate::ops::flip::Flip;
use crate::ops::gather::Gather;
use crate::ops::literal::Literal;
use crate::ops::matmul::MatMul;
use crate::ops::one_hot::OneHot;
use crate::ops::pad::Pad;
use crate::ops::random_mask::RandomMask;
use crate::ops::random_normal::RandomNormal;
use crate::ops::reduce::{Reduce, ReduceKind};
use crate::ops::reshape::Reshape;
use crate::ops::row::Row;
use crate::ops::scatter_add::ScatterAdd;
use crate::ops::slice::Slice;
use crate::ops::source::Constant;
use crate::ops::transpose::Transpose;
use crate::shape::{Dim, Shape};

/// Constants and random numbers.
///
/// # Errors
/// If an argument is out of range.
impl Builder {
    /// A single number; it broadcasts against everything.
    pub fn scalar(&self, value: f64) -> Result<Value> {
        self.constant(value, &Shape::scalar())
    }

    /// An array filled with one number.
    pub fn constant(&self, value: f64, shape: &Shape) -> Result<Value> {
        self.emit(Op::Constant(Constant { value, shape: shape.clone() }), &[])
    }

    /// The identity matrix `[size, size]`.
    pub fn eye(&self, size: usize) -> Result<Value> {
        self.band(Some(size), Some(size), Some(0), Some(0))
    }

    /// These numbers, which no training changes.
    pub fn literal(&self, numbers: &ArrayD<f32>) -> Result<Value> {
        let (dims, numbers) = (numbers.shape().to_vec(), numbers.iter().copied().collect::<Arc<[f32]>>());
        self.emit(Op::Literal(Literal { dims, numbers }), &[])
    }

    /// `[rows, columns]`: 1 where `low` ≤ row − column ≤ `high`, 0 elsewhere; `None` is no bound. From 0 on it is what a
    /// causal attention looks at.
    pub fn band(&self, rows: Dim, columns: Dim, low: Option<i64>, high: Option<i64>) -> Result<Value> {
        self.emit(Op::Band(Band { rows, columns, low, high }), &[])
    }

    /// A mask of dropout: 0 with probability `rate`, else 1 / (1 − `rate`).
    pub fn random_mask(&self, rate: f32, shape: &Shape, seed: Option<u64>) -> Result<Value> {
        let stream = self.next_stream();
        self.emit(Op::RandomMask(RandomMask { rate, shape: shape.clone(), stream, seed }), &[])
    }

    /// Normal random numbers of mean 0 and deviation 1, other ones in every step of a training.
    pub fn random_normal(&self, shape: &Shape, seed: Option<u64>) -> Result<Value> {
        let stream = self.next_stream();
        self.emit(Op::RandomNormal(RandomNormal { shape: shape.clone(), stream, seed }), &[])
    }
}

/// Products.
///
/// # Errors
/// If the inner sizes differ.
impl Builder {
    /// `a [..., k] · b [k, n] → [..., n]`
    pub fn matmul(&self, a: Value, b: Value) -> Result<Value> {
        self.matmul_with(a, b, false)
    }

    /// `a [..., k] · b → [..., n]` with `b [k, n]`, or `b [n, k]` where `b_transposed`.
    pub fn matmul_with(&self, a: Value, b: Value, b_transposed: bool) -> Result<Value> {
        self.emit(Op::MatMul(MatMul { b_transposed }), &[a, b])
    }

    /// `a [..., k] · b [k, n] + bias [n] → [..., n]`
    pub fn matmul_bias(&self, a: Value, b: Value, bias: Value) -> Result<Value> {
        self.emit(Op::MatMul(MatMul { b_transposed: false }), &[a, b, bias])
    }

    /// `a [..., m, k] · b [..., k, n] → [..., m, n]` for every index of the leading axes, which are equal.
    pub fn batch_matmul(&self, a: Value, b: Value) -> Result<Value> {
        self.batch_product(BatchMatMul::default(), a, b)
    }

    /// The same with matrices that are stored the other way round.
    pub(crate) fn batch_product(&self, product: BatchMatMul, a: Value, b: Value) -> Result<Value> {
        self.emit(Op::BatchMatMul(product), &[a, b])
    }

    /// `c[i, j] = Σ a[..., i] · b[..., j]` over all leading axes: `[..., m], [..., n] → [m, n]`.
    pub fn contract(&self, a: Value, b: Value) -> Result<Value> {
        self.emit(Op::Contract(Contract), &[a, b])
    }
}

/// Sums, means and largest elements.
///
/// # Errors
/// If there is no such axis.
impl Builder {
    /// The sum over `axes`, which disappear.
    pub fn sum(&self, x: Value, axes: &[usize]) -> Result<Value> {
        self.reduce(ReduceKind::Sum, x, axes, false)
    }

    /// The sum over `axes`, which stay with size 1.
    pub fn sum_keep(&self, x: Value, axes: &[usize]) -> Result<Value> {
        self.reduce(ReduceKind::Sum, x, axes, true)
    }

    /// The sum of all elements.
    pub fn sum_all(&self, x: Value) -> Result<Value> {
        let axes: Vec<usize> = (0..self.shape(x).rank()).collect();
        self.sum(x, &axes)
    }

    /// The mean over `axes`, which disappear.
    pub fn mean(&self, x: Value, axes: &[usize]) -> Result<Value> {
        self.reduce(ReduceKind::Mean, x, axes, false)
    }

    /// The largest element over `axes`, which disappear; NaN if there is one.
    pub fn max(&self, x: Value, axes: &[usize]) -> Result<Value> {
        self.reduce(ReduceKind::Max, x, axes, false)
    }

    /// The largest element over `axes`, which stay with size 1; NaN if there is one.
    pub fn max_keep(&self, x: Value, axes: &[usize]) -> Result<Value> {
        self.reduce(ReduceKind::Max, x, axes, true)
    }

    /// The mean over `axes`, which stay with size 1.
    pub fn mean_keep(&self, x: Value, axes: &[usize]) -> Result<Value> {
        self.reduce(ReduceKind::Mean, x, axes, true)
    }

    /// The mean over the last axis, which disappears.
    pub fn mean_last(&self, x: Value) -> Result<Value> {
        let axis = self.last_axis("mean", x)?;
        self.mean(x, &[axis])
    }

    /// The sum over the last axis, which disappears.
    pub fn sum_last(&self, x: Value) -> Result<Value> {
        let axis = self.last_axis("sum", x)?;
        self.sum(x, &[axis])
    }

    /// The sum over the axes along which `shape` was broadcast to the shape of `x`, so that the result has `shape`.
    pub fn sum_to(&self, x: Value, shape: &Shape) -> Result<Value> {
        let from = self.shape(x);
        if from == *shape {
            return Ok(x);
        }
        let extra = from.rank().checked_sub(shape.rank()).ok_or_else(|| {
            Error::shape("sum_to", format!("expected a shape that broadcasts to {from}, got {shape}"))
        })?;
        let grown = |axis: &usize| *axis < extra || shape.dim(axis - extra) == Some(1);
        let axes: Vec<usize> = (0..from.rank()).filter(grown).collect();
        self.reshape(self.sum(x, &axes)?, shape)
    }

    fn reduce(&self, kind: ReduceKind, x: Value, axes: &[usize], keep_dims: bool) -> Result<Value> {
        let mut axes = axes.to_vec();
        axes.sort_unstable();
        axes.dedup();
        self.emit(Op::Reduce(Reduce { kind, axes, keep_dims }), &[x])
    }

    fn last_axis(&self, subject: &str, x: Value) -> Result<usize> {
        let rank = self.shape(x).rank();
        rank.checked_sub(1)
            .ok_or_else(|| Error::shape(subject, "expected an array with at least one axis, got a scalar"))
    }
}

/// Functions of rows, which are the last axis.
///
/// # Errors
/// If the value is a single number without axes.
impl Builder {
    /// eˣ / Σ eˣ over the last axis.
    pub fn softmax(&self, x: Value) -> Result<Value> {
        self.emit(Op::Row(Row::Softmax), &[x])
    }

    /// x − ln Σ eˣ over the last axis.
    pub fn log_softmax(&self, x: Value) -> Result<Value> {
        self.emit(Op::Row(Row::LogSoftmax), &[x])
    }

    /// The Euclidean projection of the last axis onto the simplex.
    pub fn sparsemax(&self, x: Value) -> Result<Value> {
        self.emit(Op::Row(Row::Sparsemax), &[x])
    }
}

/// Moves of elements.
///
/// # Errors
/// If the shapes do not fit.
impl Builder {
    /// The elements in the opposite order along `axis`; the shape stays.
    ///
    /// ```
    /// use gatewise::{Builder, Mode, Shape};
    /// use ndarray::arr2;
    ///
    /// let b = Builder::new(Mode::Inference);
    /// let x = b.input("x", &Shape::known(&[1, 3]));
    /// let y = b.flip(x, 1)?;
    /// let result = b.evaluate(&[y], &[arr2(&[[1.0, 2.0, 3.0]]).into_dyn()])?;
    /// assert_eq!(result[0], arr2(&[[3.0, 2.0, 1.0]]).into_dyn());
    /// # Ok::<(), gatewise::Error>(())
    /// ```
    pub fn flip(&self, x: Value, axis: usize) -> Result<Value> {
        self.emit(Op::Flip(Flip { axis }), &[x])
    }

    /// The same elements in another shape.
    pub fn reshape(&self, x: Value, shape: &Shape) -> Result<Value> {
        if self.shape(x) == *shape {
            return Ok(x);
        }
        self.emit(Op::Reshape(Reshape { shape: shape.clone() }), &[x])
    }

    /// The value repeated along axes of size 1; unknown sizes of `shape` stay as the value has them.
    pub fn broadcast_to(&self, x: Value, shape: &Shape) -> Result<Value> {
        if self.shape(x) == *shape {
            return Ok(x);
        }
        self.emit(Op::BroadcastTo(BroadcastTo { shape: shape.clone() }), &[x])
    }

    /// The same elements with a new axis of size 1 at position `axis`.
    pub fn expand_dims(&self, x: Value, axis: usize) -> Result<Value> {
        let mut dims = self.shape(x).dims().to_vec();
        if axis > dims.len() {
            let text = format!("expected a position up to {}, got {axis}", dims.len());
            return Err(Error::shape("expand_dims", text));
        }
        dims.insert(axis, Some(1));
        self.reshape(x, &Shape::new(dims))
    }

    /// The axes in another order: axis i of the result is axis `axes[i]` of `x`.
    pub fn transpose(&self, x: Value, axes: &[usize]) -> Result<Value> {
        if axes.len() == self.shape(x).rank() && axes.iter().copied().eq(0..axes.len()) {
            return Ok(x);
        }
        self.emit(Op::Transpose(Transpose { axes: axes.to_vec() }), &[x])
    }

    /// The values one after another along `axis`; all their other sizes are equal.
    pub fn concatenate(&self, values: &[Value], axis: usize) -> Result<Value> {
        self.emit(Op::Concatenate(Concatenate { axis }), values)
    }

    /// Elements `start .. start + len` along `axis`.
    pub fn slice(&self, x: Value, axis: usize, start: usize, len: usize) -> Result<Value> {
        self.emit(Op::Slice(Slice { axis, start, len }), &[x])
    }

    /// Zeros before and after along `axis`.
    pub fn pad(&self, x: Value, axis: usize, before: usize, after: usize) -> Result<Value> {
        self.emit(Op::Pad(Pad { axis, before, after }), &[x])
    }

    /// Rows of `table [rows, width]` by number: `ids [...] → [..., width]`. `subject` stands in messages about bad ids.
    pub fn gather(&self, subject: &str, table: Value, ids: Value) -> Result<Value> {
        self.emit(Op::Gather(Gather { subject: subject.to_owned() }), &[table, ids])
    }

    /// 1 at the class that an id names and 0 elsewhere: `ids [...] → [..., classes]`. `subject` stands in messages
    /// about bad ids.
    pub fn one_hot(&self, subject: &str, ids: Value, classes: usize) -> Result<Value> {
        self.emit(Op::OneHot(OneHot { subject: subject.to_owned(), classes }), &[ids])
    }

    /// Rows summed into a table of zeros by number: `ids [...], rows [..., width] → table`.
    pub fn scatter_add(&self, ids: Value, rows: Value, table: &Shape) -> Result<Value> {
        self.emit(Op::ScatterAdd(ScatterAdd { table: table.clone() }), &[ids, rows])
    }
}
