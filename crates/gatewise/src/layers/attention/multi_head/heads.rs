//! Moving heads in front of the axes that are attended over, and back.

use super::MultiHeadAttention;
use crate::builder::Builder;
use crate::error::{Error, Result};
use crate::graph::Value;
use crate::layers::name_of;
use crate::shape::{Dim, Shape};

/// Where the heads of inputs with `rank` axes lie.
pub(super) struct Heads {
    pub count: usize,
    pub rank: usize,
    /// The axes that are attended over; the others are like further samples.
    pub axes: Vec<usize>,
}

/// The number of elements along these axes, if known.
fn product(dims: impl IntoIterator<Item = Dim>) -> Dim {
    dims.into_iter().try_fold(1, |product, dim| Some(product * dim?))
}

impl Heads {
    fn others(&self) -> Vec<usize> {
        (1..self.rank - 1).filter(|axis| !self.axes.contains(axis)).collect()
    }

    /// The order of axes that moves heads to the front: samples, others, heads, those attended over, the element.
    fn order(&self) -> Vec<usize> {
        let ends = (self.rank - 1, self.rank);
        [0].into_iter()
            .chain(self.others())
            .chain([ends.0])
            .chain(self.axes.iter().copied())
            .chain([ends.1])
            .collect()
    }

    /// `[batch, …, heads · size] → [batch, others…, heads, steps, size]`, all steps that are attended over in one axis.
    pub fn split(&self, b: &Builder, x: Value, size: usize) -> Result<Value> {
        let shape = b.shape(x);
        let mut dims = shape.dims()[..self.rank - 1].to_vec();
        dims.extend([Some(self.count), Some(size)]);
        let moved = b.transpose(b.reshape(x, &Shape::new(dims))?, &self.order())?;
        self.merge(b, moved, &[self.rank - self.axes.len()], 1)
    }

    /// The reverse, for the steps of a query of this shape.
    pub fn join(&self, b: &Builder, x: Value, query: &Shape, size: usize) -> Result<Value> {
        let mut dims: Vec<Dim> = [0].into_iter().chain(self.others()).map(|axis| query.dim(axis)).collect();
        dims.push(Some(self.count));
        dims.extend(self.axes.iter().map(|axis| query.dim(*axis)));
        dims.push(Some(size));
        let apart = b.reshape(x, &Shape::new(dims))?;
        let order = self.order();
        let mut back = vec![0; order.len()];
        order.iter().enumerate().for_each(|(to, from)| back[*from] = to);
        let moved = b.transpose(apart, &back)?;
        let dims = query.dims()[..self.rank - 1].iter().copied().chain([Some(self.count * size)]);
        b.reshape(moved, &Shape::new(dims.collect::<Vec<_>>()))
    }

    /// Weights with the axes of the steps apart, as Keras returns them.
    pub fn scores(&self, b: &Builder, scores: Value, query: &Shape, value: &Shape) -> Result<Value> {
        let mut dims = b.shape(scores).dims()[..self.rank - self.axes.len()].to_vec();
        for shape in [query, value] {
            dims.extend(self.axes.iter().map(|axis| shape.dim(*axis)));
        }
        b.reshape(scores, &Shape::new(dims))
    }

    /// A mask `[batch, others…, (heads,) time…, steps…]` with an axis of heads, and all steps in one axis each.
    pub fn spread_mask(&self, layer: &MultiHeadAttention, b: &Builder, mask: Value) -> Result<Value> {
        let (rank, attended) = (b.shape(mask).rank(), self.axes.len());
        let full = self.rank + attended;
        let mask = match full.checked_sub(rank) {
            Some(0) => mask,
            Some(1) => b.expand_dims(mask, self.rank - 1 - attended)?,
            _ => {
                let text = format!(
                    "expected an `attention_mask` with {} axes, or {full} with one of heads, got {}",
                    full - 1,
                    b.shape(mask)
                );
                return Err(Error::shape(name_of(layer), text));
            }
        };
        let first = self.rank - attended;
        self.merge(b, mask, &[first, first + attended], 0)
    }

    /// Merges as many axes as are attended over, from each of `starts` on, into one; `rest` axes follow.
    fn merge(&self, b: &Builder, x: Value, starts: &[usize], rest: usize) -> Result<Value> {
        let (dims, attended) = (b.shape(x), self.axes.len());
        if attended == 1 {
            return Ok(x);
        }
        let dims = dims.dims();
        let mut merged = dims[..starts[0]].to_vec();
        merged.extend(starts.iter().map(|start| product(dims[*start..start + attended].iter().copied())));
        merged.extend_from_slice(&dims[dims.len() - rest..]);
        b.reshape(x, &Shape::new(merged))
    }
}
