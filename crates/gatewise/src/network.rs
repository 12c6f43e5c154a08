//! The graph of layer calls that a model is.

use std::sync::Arc;

use crate::builder::{Builder, Mode};
use crate::error::{Error, Result};
use crate::initializers::InitializerRandom;
use crate::layers::{Layer, Tensor, WeightBuilder, name_of};
use crate::shape::Shape;
use crate::variable::Variable;

/// An output of a layer call: the position of the call and of the output.
pub(crate) type OutputOf = (usize, usize);

/// A layer applied to outputs of earlier calls; a call without inputs is where data enters.
#[derive(Debug, Clone)]
pub(crate) struct LayerCall {
    pub layer: Arc<dyn Layer>,
    pub inputs: Vec<OutputOf>,
}

/// Layer calls in an order of execution, with what enters and what leaves.
#[derive(Debug, Clone, Default)]
pub(crate) struct Network {
    pub calls: Vec<LayerCall>,
    /// The shape of each input, batch first.
    pub inputs: Vec<Shape>,
    pub outputs: Vec<OutputOf>,
}

impl Network {
    /// A chain of layers after one input.
    ///
    /// # Errors
    /// If there is no layer, or a layer that is not the last has several outputs.
    pub fn chain(input: Shape, layers: &[Arc<dyn Layer>]) -> Self {
        let calls: Vec<LayerCall> = layers
            .iter()
            .enumerate()
            .map(|(index, layer)| LayerCall {
                layer: Arc::clone(layer),
                inputs: index.checked_sub(1).map_or_else(Vec::new, |before| vec![(before, 0)]),
            })
            .collect();
        let outputs = calls.len().checked_sub(1).map(|last| (last, 0));
        Self { calls, inputs: vec![input], outputs: outputs.into_iter().collect() }
    }

    /// The same network with every output of its last call.
    ///
    /// # Errors
    /// If a layer cannot take its inputs.
    pub fn with_all_outputs(mut self) -> Result<Self> {
        let shapes = self.output_shapes()?;
        let count = shapes.last().map_or(0, Vec::len);
        self.outputs = (0..count).map(|output| (shapes.len() - 1, output)).collect();
        Ok(self)
    }

    /// The layers, each once, in the order of their first calls.
    pub fn layers(&self) -> Vec<&Arc<dyn Layer>> {
        let mut layers: Vec<&Arc<dyn Layer>> = Vec::new();
        for call in &self.calls {
            if !layers.iter().any(|known| Arc::ptr_eq(known, &call.layer)) {
                layers.push(&call.layer);
            }
        }
        layers
    }

    /// The weights of all layers, each once, in the order of the layers.
    pub fn variables(&self) -> Vec<Variable> {
        self.layers().iter().flat_map(|layer| layer.variables()).collect()
    }

    /// Gives fresh weights to the layers that have none. Layers draw from streams of their own.
    ///
    /// # Errors
    /// If a layer cannot take its inputs; the message names it.
    pub fn build(&self, seed: u64) -> Result<()> {
        let builder = Builder::new(Mode::Inference);
        let mut values: Vec<Vec<Tensor>> = Vec::new();
        for (index, call) in self.calls.iter().enumerate() {
            let inputs = self.inputs_of(&builder, call, &values);
            if call.layer.variables().is_empty() {
                let shapes: Vec<Shape> = inputs.iter().map(|input| builder.shape(input.value)).collect();
                let mut random = InitializerRandom::new(seed, index as u64);
                call.layer.build(&shapes, &mut WeightBuilder::new(&name_of(&*call.layer), &mut random))?;
            }
            values.push(call.layer.call(&builder, &inputs)?);
        }
        self.check_outputs(&values)
    }

    /// Every layer's output shapes for the declared inputs, in the order of the calls.
    ///
    /// # Errors
    /// If a layer cannot take its inputs.
    pub fn output_shapes(&self) -> Result<Vec<Vec<Shape>>> {
        let builder = Builder::new(Mode::Inference);
        let values = self.trace_all(&builder, None)?;
        let shapes = |outputs: &Vec<Tensor>| outputs.iter().map(|t| builder.shape(t.value)).collect();
        Ok(values.iter().map(shapes).collect())
    }

    /// Emits all layers for inputs that have been entered already, and returns the outputs.
    ///
    /// # Errors
    /// If a layer cannot take its inputs.
    pub fn trace(&self, builder: &Builder, inputs: &[Tensor]) -> Result<Vec<Tensor>> {
        let values = self.trace_all(builder, Some(inputs))?;
        Ok(self.outputs.iter().map(|(call, output)| values[*call][*output]).collect())
    }

    fn trace_all(&self, builder: &Builder, entered: Option<&[Tensor]>) -> Result<Vec<Vec<Tensor>>> {
        let mut values: Vec<Vec<Tensor>> = Vec::new();
        let mut entered = entered.into_iter().flatten();
        for call in &self.calls {
            let given = if call.inputs.is_empty() { entered.next() } else { None };
            let inputs = match given {
                Some(tensor) => vec![*tensor],
                None => self.inputs_of(builder, call, &values),
            };
            values.push(call.layer.call(builder, &inputs)?);
        }
        Ok(values)
    }

    /// The inputs of a call, entered under their declared shape where nothing else was given.
    fn inputs_of(&self, builder: &Builder, call: &LayerCall, values: &[Vec<Tensor>]) -> Vec<Tensor> {
        if call.inputs.is_empty() {
            let before = self.calls[..values.len()].iter().filter(|call| call.inputs.is_empty()).count();
            return vec![Tensor::new(builder.input("x", &self.inputs[before]))];
        }
        call.inputs.iter().map(|(call, output)| values[*call][*output]).collect()
    }

    fn check_outputs(&self, values: &[Vec<Tensor>]) -> Result<()> {
        let has_many = |call: &&LayerCall| call.inputs.iter().any(|(from, _)| values[*from].len() > 1);
        match self.calls.iter().find(has_many) {
            Some(call) => {
                let (from, _) = call.inputs[0];
                let (subject, next) = (name_of(&*self.calls[from].layer), name_of(&*call.layer));
                let count = values[from].len();
                let text = format!("expected one output for the layer \"{next}\" after it, got {count}");
                Err(Error::argument(subject, text))
            }
            None => Ok(()),
        }
    }
}
