//! Sums, means and largest elements over axes.

use std::ops::Range;

use super::{Differential, Operation, elements};
use crate::error::{Error, Result};
use crate::executor::{Run, for_each_index};
use crate::graph::Value;
use crate::number::Number;
use crate::shape::{Shape, strides};

/// What is done with the elements along the axes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ReduceKind {
    Sum,
    /// The sum divided by the number of elements; 0 / 0 over no element is NaN.
    Mean,
    /// The largest, NaN if there is one; at a tie the gradient is shared equally, as in TensorFlow.
    Max,
}

/// A sum, mean or largest element over some axes, in an order that depends on the sizes alone.
#[derive(Debug, Clone)]
pub(crate) struct Reduce {
    pub kind: ReduceKind,
    /// The axes to reduce, ascending, each less than the rank.
    pub axes: Vec<usize>,
    /// Whether reduced axes stay, with size 1.
    pub keep_dims: bool,
}

impl Reduce {
    /// The number of elements that are summed into one, if known.
    fn count(&self, input: &Shape) -> Option<usize> {
        self.axes.iter().try_fold(1, |count, axis| Some(count * input.dim(*axis)?))
    }
}

impl Operation for Reduce {
    fn name(&self) -> &'static str {
        match self.kind {
            ReduceKind::Sum => "sum",
            ReduceKind::Mean => "mean",
            ReduceKind::Max => "max",
        }
    }

    fn options(&self) -> String {
        format!("axes {:?}{}", self.axes, if self.keep_dims { ", keep_dims" } else { "" })
    }

    fn output_shapes(&self, inputs: &[&Shape]) -> Result<Vec<Shape>> {
        let input = inputs[0];
        if let Some(axis) = self.axes.iter().find(|axis| **axis >= input.rank()) {
            let text = format!("expected axes below {}, got {axis} for {input}", input.rank());
            return Err(Error::shape(self.name(), text));
        }
        if self.kind == ReduceKind::Max && self.count(input) == Some(0) {
            return Err(Error::shape(
                "max",
                format!("expected at least one element along the axes {:?} of {input}", self.axes),
            ));
        }
        let keep = |axis: usize, dim| match (self.axes.contains(&axis), self.keep_dims) {
            (false, _) => Some(dim),
            (true, true) => Some(Some(1)),
            (true, false) => None,
        };
        let dims = input.dims().iter().enumerate().filter_map(|(axis, dim)| keep(axis, *dim));
        Ok(vec![Shape::new(dims.collect::<Vec<_>>())])
    }

    fn gradient(&self, at: &Differential<'_>) -> Result<Vec<Option<Value>>> {
        let b = at.builder;
        let input = b.shape(at.inputs[0]);
        let mut kept = input.dims().to_vec();
        self.axes.iter().for_each(|axis| kept[*axis] = Some(1));
        let kept = Shape::new(kept);
        let mut d = b.reshape(at.d_output(), &kept)?;
        if self.kind == ReduceKind::Max {
            let is_largest = b.equal(at.inputs[0], b.reshape(at.outputs[0], &kept)?)?;
            let share = b.div(d, b.sum_keep(is_largest, &self.axes)?)?;
            return Ok(vec![Some(b.mul(is_largest, share)?)]);
        }
        if self.kind == ReduceKind::Mean {
            let count = self.count(&input).ok_or_else(|| {
                Error::shape("mean", format!("expected known sizes for its gradient, got {input}"))
            })?;
            d = b.scale(d, 1.0 / count as f64)?;
        }
        Ok(vec![Some(b.broadcast_to(d, &input)?)])
    }

    fn flops(&self, inputs: &[&[usize]], _outputs: &[&[usize]]) -> u64 {
        elements(inputs[0]) as u64
    }

    fn run<F: Number>(&self, run: &mut Run<'_, F>) -> Result<()> {
        let dims = run.input_dims(0);
        let (inputs, outputs) = run.parts();
        let (x, out) = (inputs.get(0), &mut *outputs[0]);
        if self.kind == ReduceKind::Max {
            out.fill(F::neg_infinity());
            self.fold_scattered(dims, x, out, larger);
            return Ok(());
        }
        out.fill(F::zero());
        match self.contiguous_axes() {
            Some(axes) => {
                let (reduced, inner) = (elements(&dims[axes.clone()]), elements(&dims[axes.end..]));
                sum_middle(x, out, reduced, inner);
            }
            None => self.fold_scattered(dims, x, out, |sum, x| sum + x),
        }
        if self.kind == ReduceKind::Mean {
            let count = F::of(self.axes.iter().map(|axis| dims[*axis]).product::<usize>() as f64);
            out.iter_mut().for_each(|sum| *sum = *sum / count);
        }
        Ok(())
    }
}

impl Reduce {
    /// The axes as a range, if they are neighbours.
    fn contiguous_axes(&self) -> Option<Range<usize>> {
        let (first, last) = (*self.axes.first()?, *self.axes.last()?);
        (last - first + 1 == self.axes.len()).then_some(first..last + 1)
    }

    /// Folds each element into its place of the output, one after another.
    fn fold_scattered<F: Number>(&self, dims: &[usize], x: &[F], out: &mut [F], fold: impl Fn(F, F) -> F) {
        let kept: Vec<usize> = (0..dims.len()).filter(|axis| !self.axes.contains(axis)).collect();
        let kept_strides = strides(&kept.iter().map(|axis| dims[*axis]).collect::<Vec<_>>());
        let mut step = vec![0; dims.len()];
        kept.iter().zip(kept_strides).for_each(|(axis, stride)| step[*axis] = stride);
        let mut elements = x.iter();
        for_each_index(dims, &step, |index| {
            out[index] = fold(out[index], *elements.next().expect("one element an index"));
        });
    }
}

/// The larger of two numbers, NaN if one is.
pub(crate) fn larger<F: Number>(x: F, y: F) -> F {
    if y > x || y.is_nan() { y } else { x }
}

/// Sums the middle axis of `x [outer, reduced, inner]` into `out [outer, inner]`.
fn sum_middle<F: Number>(x: &[F], out: &mut [F], reduced: usize, inner: usize) {
    if reduced * inner == 0 {
        return;
    }
    if inner == 1 {
        return out.iter_mut().zip(x.chunks_exact(reduced)).for_each(|(sum, row)| *sum = sum_of_halves(row));
    }
    for (sums, block) in out.chunks_exact_mut(inner).zip(x.chunks_exact(reduced * inner)) {
        for row in block.chunks_exact(inner) {
            sums.iter_mut().zip(row).for_each(|(sum, x)| *sum = *sum + *x);
        }
    }
}

/// The sum of a row as that of its halves, so that rounding grows with the logarithm of the length (N. Higham,
/// "Accuracy and Stability of Numerical Algorithms", 2002, section 4.2): losses and penalties are sums of millions.
pub(crate) fn sum_of_halves<F: Number>(row: &[F]) -> F {
    /// What is summed in one go, so that the halving costs nothing.
    const BLOCK: usize = 32;
    if row.len() <= BLOCK {
        return row.iter().fold(F::zero(), |sum, x| sum + *x);
    }
    let (first, second) = row.split_at(row.len() / 2);
    sum_of_halves(first) + sum_of_halves(second)
}

#[cfg(test)]
mod tests;
