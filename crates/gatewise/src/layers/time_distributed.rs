//! A layer applied to every time step.

use std::sync::Arc;

use serde_json::{Map, Value as Json};

use super::{
    IntoLayer, Layer, LayerBase, StreamCall, Streamed, Tensor, WeightBuilder, WeightTree, name_of, serialize,
    serialize_built, single_input,
};
use crate::builder::Builder;
use crate::error::{Error, Result};
use crate::graph::Value;
use crate::shape::{Dim, Shape};
use crate::variable::Variable;

/// `[batch, time, …] → [batch, time, …]` with the same layer, and the same weights, at every step. The mask passes.
///
/// Time is folded into the batch, so random layers inside draw for every step anew. A layer that must see one step after
/// another is called a step at a time: one that normalizes by the batch in training, and one that is `stateful`, whose
/// states go from step to step as in Keras (and here their gradients too, which Keras cuts between steps).
///
/// A mask `[batch, time, …]` of three axes or more reaches the layer inside with the axes after the first two, as in
/// Keras. One of two axes says which steps count and passes; of the layers inside only those that normalize by the batch
/// are told.
#[derive(Debug)]
pub struct TimeDistributed {
    base: LayerBase,
    layer: Arc<dyn Layer>,
}

impl TimeDistributed {
    /// Applies `layer` to every step.
    pub fn new(layer: impl IntoLayer) -> Self {
        Self { base: LayerBase::default(), layer: layer.into_layer() }
    }

    /// The layer inside.
    pub fn layer(&self) -> &Arc<dyn Layer> {
        &self.layer
    }

    /// The inputs of the layer inside for inputs of this shape, with the batch as it is.
    fn step_shape(&self, inputs: &Shape) -> Shape {
        let dims = inputs.dims().iter().enumerate().filter(|(axis, _)| *axis != 1).map(|(_, dim)| *dim);
        Shape::new(dims.collect::<Vec<_>>())
    }

    /// Calls the layer inside once for each step.
    fn call_steps(&self, b: &Builder, x: Tensor, steps: usize) -> Result<Vec<Tensor>> {
        let at = |value: Value, step: usize| {
            let slice = b.slice(value, 1, step, 1)?;
            b.reshape(slice, &self.step_shape(&b.shape(slice)))
        };
        let mut outputs: Vec<Vec<Value>> = Vec::new();
        for step in 0..steps {
            let mask = x.mask.map(|mask| at(mask, step)).transpose()?;
            let found = self.layer.call(b, &[Tensor { value: at(x.value, step)?, mask }])?;
            outputs.resize_with(found.len(), Vec::new);
            for (output, found) in outputs.iter_mut().zip(found) {
                output.push(b.expand_dims(found.value, 1)?);
            }
        }
        let join = |values: Vec<Value>| Ok(x.with_value(b.concatenate(&values, 1)?));
        outputs.into_iter().map(join).collect()
    }

    fn check_rank(&self, shape: &Shape) -> Result<()> {
        if shape.rank() >= 3 {
            return Ok(());
        }
        Err(Error::shape(name_of(self), format!("expected inputs [batch, time, ...], got {shape}")))
    }
}

/// `[batch, time, …]` as `[batch·time, …]`.
fn folded(shape: &Shape) -> Shape {
    let rows = shape.dim(0).zip(shape.dim(1)).map(|(batch, time)| batch * time);
    let mut dims = vec![rows];
    dims.extend(&shape.dims()[2..]);
    Shape::new(dims)
}

impl Layer for TimeDistributed {
    fn class_name(&self) -> &str {
        "TimeDistributed"
    }

    fn base(&self) -> &LayerBase {
        &self.base
    }

    fn base_mut(&mut self) -> &mut LayerBase {
        &mut self.base
    }

    fn check(&self) -> Result<()> {
        self.layer.base().check()?;
        self.layer.check()
    }

    fn build(&self, inputs: &[Shape], weights: &mut WeightBuilder<'_>) -> Result<()> {
        self.check_rank(&inputs[0])?;
        self.layer.build(&[folded(&inputs[0])], &mut weights.inner(&name_of(&*self.layer)))
    }

    fn call(&self, b: &Builder, inputs: &[Tensor]) -> Result<Vec<Tensor>> {
        let x = single_input(self, inputs)?;
        let shape = b.shape(x.value);
        self.check_rank(&shape)?;
        if let Some(steps) = shape.dim(1).filter(|_| self.layer.joins_calls(b.mode())) {
            return self.call_steps(b, x, steps);
        }
        let mut rows = Tensor::new(b.reshape(x.value, &folded(&shape))?);
        if let Some(mask) = x.mask.filter(|mask| b.shape(*mask).rank() > 2) {
            rows.mask = Some(b.reshape(mask, &folded(&b.shape(mask)))?);
        }
        let unfold = |y: Tensor| {
            let mut dims: Vec<Dim> = vec![shape.dim(0), shape.dim(1)];
            dims.extend(&b.shape(y.value).dims()[1..]);
            Ok(x.with_value(b.reshape(y.value, &Shape::new(dims))?))
        };
        self.layer.call(b, &[rows])?.into_iter().map(unfold).collect()
    }

    fn variables(&self) -> Vec<Variable> {
        self.layer.variables()
    }

    fn weight_tree(&self) -> WeightTree {
        WeightTree::around(self, "layer", self.layer.weight_tree())
    }

    fn sublayers(&self) -> Vec<Arc<dyn Layer>> {
        vec![Arc::clone(&self.layer)]
    }

    fn reset_states(&self) {
        self.layer.reset_states();
    }

    fn step(&self, b: &Builder, call: &StreamCall<'_>) -> Result<Vec<Streamed>> {
        call.step_by_step(self, b)
    }

    fn own_config(&self) -> Map<String, Json> {
        Map::from_iter([("layer".into(), serialize(&*self.layer))])
    }

    fn built_config(&self, inputs: &[Shape]) -> Map<String, Json> {
        let shapes = [self.step_shape(&inputs[0])];
        Map::from_iter([("layer".into(), serialize_built(&*self.layer, &shapes))])
    }
}
