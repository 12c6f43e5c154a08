//! One step of a cell with weights: what enters, and the products that all gates need.

use crate::activations::Activation;
use crate::builder::Builder;
use crate::error::Result;
use crate::graph::Value;

/// The values of one step. Masks of dropout are none, one for all gates, or one a gate.
#[derive(Debug)]
pub struct Step<'a> {
    pub b: &'a Builder,
    pub x: Value,
    pub states: &'a [Value],
    pub kernel: Value,
    pub recurrent_kernel: Value,
    pub bias: Option<Value>,
    pub units: usize,
    pub activation: &'a Activation,
    pub input_masks: &'a [Value],
    pub recurrent_masks: &'a [Value],
}

/// A product of values with a weight: `x`, the weight `[…, in, out]` and a bias `[out]`.
pub type Product<'a> = &'a dyn Fn(Value, Value, Option<Value>) -> Result<Value>;

impl Step<'_> {
    /// `x · weight + bias` for `count` gates, whose columns are one after another along the last axis of `weight`.
    pub fn gates(
        &self,
        product: Product<'_>,
        x: Value,
        masks: &[Value],
        weight: Value,
        bias: Option<Value>,
        count: usize,
    ) -> Result<Vec<Value>> {
        if masks.len() <= 1 {
            let z = product(self.masked(x, masks.first())?, weight, bias)?;
            return (0..count).map(|gate| self.columns(z, gate, 1)).collect();
        }
        let gates = masks.iter().take(count).enumerate();
        gates
            .map(|(gate, mask)| {
                let bias = bias.map(|bias| self.columns(bias, gate, 1)).transpose()?;
                product(self.masked(x, Some(mask))?, self.columns(weight, gate, 1)?, bias)
            })
            .collect()
    }

    /// The columns of `count` gates from `gate` on.
    pub fn columns(&self, x: Value, gate: usize, count: usize) -> Result<Value> {
        let shape = self.b.shape(x);
        if shape.last() == Some(count * self.units) {
            return Ok(x);
        }
        self.b.slice(x, shape.rank() - 1, gate * self.units, count * self.units)
    }

    /// `x` under the mask of a gate, or under the one that all share.
    pub fn masked_for(&self, x: Value, masks: &[Value], gate: usize) -> Result<Value> {
        self.masked(x, masks.get(gate).or(masks.first()))
    }

    fn masked(&self, x: Value, mask: Option<&Value>) -> Result<Value> {
        mask.map_or(Ok(x), |mask| self.b.mul(x, *mask))
    }

    /// x · weight + bias
    pub fn dense(&self, x: Value, weight: Value, bias: Option<Value>) -> Result<Value> {
        match bias {
            Some(bias) => self.b.matmul_bias(x, weight, bias),
            None => self.b.matmul(x, weight),
        }
    }
}
