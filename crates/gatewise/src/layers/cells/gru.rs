//! The cell of a gated recurrent unit.

use gatewise_kernels::rnn::Kind;
use serde_json::{Map, Value as Json, json};

use super::arguments::{
    Arguments, DEFAULT_IMPLEMENTATION, check_activation, check_implementation, insert_implementation,
};
use super::gates::Step;
use super::weighted::CellKind;
use super::{FusedKind, WeightedCell};
use crate::activations::Activation;
use crate::error::Result;
use crate::graph::Value;
use crate::shape::Shape;

/// Keras's `GRUCell`: one step of a [`Gru`](crate::layers::Gru), whose equations and weights it has.
pub type GruCell = WeightedCell<GruKind>;

/// What a [`GruCell`] has beside the arguments of all cells.
#[derive(Debug, Clone)]
pub struct GruKind {
    pub(in crate::layers) recurrent_activation: Activation,
    pub(in crate::layers) reset_after: bool,
    pub(in crate::layers) implementation: u8,
}

impl GruCell {
    /// A cell of this width with Keras's defaults.
    pub fn new(units: usize) -> Self {
        let kind = GruKind {
            recurrent_activation: "sigmoid".into(),
            reset_after: true,
            implementation: DEFAULT_IMPLEMENTATION,
        };
        Self::of(kind, units)
    }

    /// σ, of the update and the reset gate (default `sigmoid`).
    pub fn recurrent_activation(mut self, activation: impl Into<Activation>) -> Self {
        self.kind.recurrent_activation = activation.into();
        self
    }

    /// Whether the reset gate is applied after the product with the recurrent kernel (default) or before it.
    pub fn reset_after(mut self, reset_after: bool) -> Self {
        self.kind.reset_after = reset_after;
        self
    }

    /// Keras's `implementation`, 1 or 2 (default 2): with 1, or with a `recurrent_dropout`, each gate has its own masks
    /// of dropout.
    pub fn implementation(mut self, implementation: u8) -> Self {
        self.kind.implementation = implementation;
        self
    }
}

impl CellKind for GruKind {
    const CELL: &'static str = "GRUCell";
    const GATES: usize = 3;

    fn check(&self, subject: &str) -> Result<()> {
        check_activation(subject, &self.recurrent_activation)?;
        check_implementation(subject, self.implementation)
    }

    fn bias_shape(&self, units: usize) -> Vec<usize> {
        // One row for the inputs and one for the state, which only matters where the reset gate comes between.
        if self.reset_after { vec![2, 3 * units] } else { vec![3 * units] }
    }

    fn num_masks(&self, arguments: &Arguments) -> usize {
        let per_gate = arguments.recurrent_dropout > 0.0 || self.implementation == 1;
        if per_gate { Self::GATES } else { 1 }
    }

    fn config(&self, arguments: &Arguments, activity: Option<Json>) -> Map<String, Json> {
        let mut config = Map::new();
        config.insert("units".into(), json!(arguments.units));
        config.insert("activation".into(), arguments.activation.name().into());
        config.insert("recurrent_activation".into(), self.recurrent_activation.name().into());
        arguments.insert_start(&mut config);
        arguments.insert_checks(&mut config, activity);
        config.insert("reset_after".into(), self.reset_after.into());
        config.insert("seed".into(), json!(arguments.seed));
        insert_implementation(&mut config, self.implementation);
        config
    }

    fn fused(&self) -> Option<FusedKind<'_>> {
        let kind = if self.reset_after { Kind::ResetAfter } else { Kind::ResetBefore };
        Some(FusedKind { kind, recurrent_activation: Some(&self.recurrent_activation) })
    }

    fn states(&self, step: &Step<'_>) -> Result<Vec<Value>> {
        let (b, h) = (step.b, step.states[0]);
        let (input_bias, recurrent_bias) = match step.bias {
            Some(bias) if self.reset_after => (Some(row(step, bias, 0)?), Some(row(step, bias, 1)?)),
            bias => (bias, None),
        };
        let product = |x, weight, bias| step.dense(x, weight, bias);
        let from_x = step.gates(&product, step.x, step.input_masks, step.kernel, input_bias, 3)?;
        let (recurrent_kernel, masks) = (step.recurrent_kernel, step.recurrent_masks);
        let from_h = if self.reset_after {
            step.gates(&product, h, masks, recurrent_kernel, recurrent_bias, 3)?
        } else {
            step.gates(&product, h, masks, step.columns(recurrent_kernel, 0, 2)?, None, 2)?
        };
        let gate = |index: usize| self.recurrent_activation.apply(b, b.add(from_x[index], from_h[index])?);
        let (z, r) = (gate(0)?, gate(1)?);
        let from_h = if self.reset_after {
            b.mul(r, from_h[2])?
        } else {
            let kept = b.mul(r, step.masked_for(h, masks, 2)?)?;
            step.dense(kept, step.columns(recurrent_kernel, 2, 1)?, None)?
        };
        let g = step.activation.apply(b, b.add(from_x[2], from_h)?)?;
        let one = b.scalar(1.0)?;
        Ok(vec![b.add(b.mul(z, h)?, b.mul(b.sub(one, z)?, g)?)?])
    }
}

/// A row of the bias `[2, 3·units]`.
fn row(step: &Step<'_>, bias: Value, index: usize) -> Result<Value> {
    step.b.reshape(step.b.slice(bias, 0, index, 1)?, &Shape::known(&[3 * step.units]))
}
