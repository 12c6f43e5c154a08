//! The cell of a fully connected recurrence.

use gatewise_kernels::rnn::Kind;
use serde_json::{Map, Value as Json, json};

use super::arguments::Arguments;
use super::gates::Step;
use super::weighted::CellKind;
use super::{FusedKind, WeightedCell};
use crate::error::Result;
use crate::graph::Value;

/// Keras's `SimpleRNNCell`: one step of a [`SimpleRnn`](crate::layers::SimpleRnn), whose equation and weights it has.
pub type SimpleRnnCell = WeightedCell<SimpleRnnKind>;

/// What a [`SimpleRnnCell`] has beside the arguments of all cells: nothing.
#[derive(Debug, Clone)]
pub struct SimpleRnnKind;

impl SimpleRnnCell {
    /// A cell of this width with Keras's defaults.
    pub fn new(units: usize) -> Self {
        Self::of(SimpleRnnKind, units)
    }
}

impl CellKind for SimpleRnnKind {
    const CELL: &'static str = "SimpleRNNCell";
    const GATES: usize = 1;

    fn config(&self, arguments: &Arguments, activity: Option<Json>) -> Map<String, Json> {
        let is_layer = activity.is_some();
        let mut config = Map::new();
        config.insert("units".into(), json!(arguments.units));
        config.insert("activation".into(), arguments.activation.name().into());
        arguments.insert_start(&mut config);
        arguments.insert_checks(&mut config, activity);
        // Keras forgets the seed of the layer; it is written only where there is one, so that nothing is lost.
        if !is_layer || arguments.seed.is_some() {
            config.insert("seed".into(), json!(arguments.seed));
        }
        config
    }

    fn fused(&self) -> Option<FusedKind<'_>> {
        Some(FusedKind { kind: Kind::Simple, recurrent_activation: None })
    }

    fn states(&self, step: &Step<'_>) -> Result<Vec<Value>> {
        let (b, masks) = (step.b, [step.input_masks, step.recurrent_masks]);
        let from_x = step.dense(step.masked_for(step.x, masks[0], 0)?, step.kernel, step.bias)?;
        let h = step.masked_for(step.states[0], masks[1], 0)?;
        let z = b.add(from_x, step.dense(h, step.recurrent_kernel, None)?)?;
        Ok(vec![step.activation.apply(b, z)?])
    }
}
