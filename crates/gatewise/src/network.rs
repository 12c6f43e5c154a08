//! The graph of layer calls that a model is.

use std::sync::Arc;

use crate::builder::{Builder, Mode};
use crate::error::{Error, Result};
use crate::functional::{KerasTensor, Node};
use crate::layers::{CallForm, Layer, Tensor, name_of};
use crate::variable::Variable;

mod order;
mod step;

/// Where a value of a running network comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Origin {
    /// The input of this position.
    Input(usize),
    /// An output of the call of this position.
    Call(usize, usize),
}

/// A layer call with the places of its inputs.
#[derive(Debug)]
struct Call {
    node: Arc<Node>,
    inputs: Vec<Origin>,
    mask: Option<Origin>,
}

/// Layer calls in an order of execution, with what enters and what leaves.
#[derive(Debug)]
pub(crate) struct Network {
    calls: Vec<Call>,
    /// The layers, those where data enters too, in Keras's order.
    layers: Vec<Arc<dyn Layer>>,
    pub inputs: Vec<KerasTensor>,
    pub outputs: Vec<KerasTensor>,
    results: Vec<Origin>,
}

impl Network {
    /// The calls between these inputs and outputs.
    ///
    /// # Errors
    /// If an output does not follow from the inputs alone, or two layers have one name; the message names them.
    pub fn new(subject: &str, inputs: Vec<KerasTensor>, outputs: Vec<KerasTensor>) -> Result<Self> {
        let found = order::search(&inputs, &outputs);
        let layers = found.layers(&inputs);
        check_names(subject, &layers)?;
        let mut calls: Vec<Call> = Vec::new();
        for node in found.nodes.iter().filter(|node| !node.is_input()) {
            let find = |tensor: &KerasTensor| origin(subject, &inputs, &calls, tensor, Some(node));
            let origins = node.inputs.iter().map(find).collect::<Result<_>>()?;
            let mask = node.options.mask.as_ref().map(find).transpose()?;
            calls.push(Call { node: Arc::clone(node), inputs: origins, mask });
        }
        let results = outputs.iter().map(|output| origin(subject, &inputs, &calls, output, None));
        let results = results.collect::<Result<_>>()?;
        Ok(Self { calls, layers, inputs, outputs, results })
    }

    /// The layers, each once, those where data enters too: Keras's order, by their distance from the outputs.
    pub fn layers(&self) -> &[Arc<dyn Layer>] {
        &self.layers
    }

    /// The same without the operations that Keras has added, as Keras's `model.layers`.
    pub fn user_layers(&self) -> Vec<Arc<dyn Layer>> {
        let is_user = |layer: &&Arc<dyn Layer>| layer.call_form() != CallForm::Operation;
        self.layers.iter().filter(is_user).cloned().collect()
    }

    /// The calls in an order of execution.
    pub fn nodes(&self) -> impl Iterator<Item = &Arc<Node>> {
        self.calls.iter().map(|call| &call.node)
    }

    /// The calls of a layer in the order in which they were made.
    pub fn calls_of(&self, layer: &Arc<dyn Layer>) -> Vec<&Arc<Node>> {
        let mut calls: Vec<&Arc<Node>> =
            self.nodes().filter(|node| Arc::ptr_eq(&node.layer, layer)).collect();
        calls.sort_by_key(|node| node.index);
        calls
    }

    /// The weights of all layers, each once, in the order of the layers.
    pub fn variables(&self) -> Vec<Variable> {
        let mut variables: Vec<Variable> = Vec::new();
        for variable in self.layers.iter().flat_map(|layer| layer.variables()) {
            if !variables.iter().any(|known| known.id() == variable.id()) {
                variables.push(variable);
            }
        }
        variables
    }

    /// Emits all layers for inputs that have been entered already, and returns the outputs.
    ///
    /// # Errors
    /// If a layer cannot take its inputs.
    pub fn trace(&self, builder: &Builder, inputs: &[Tensor]) -> Result<Vec<Tensor>> {
        let mut values: Vec<Vec<Tensor>> = Vec::new();
        for call in &self.calls {
            let find = |origin: &Origin| value(*origin, inputs, &values);
            let mut arguments: Vec<Tensor> = call.inputs.iter().map(find).collect();
            if let (Some(mask), Some(first)) = (&call.mask, arguments.first_mut()) {
                first.mask = Some(find(mask).value);
            }
            values.push(call.node.emit(builder, &arguments)?);
        }
        Ok(self.results.iter().map(|origin| value(*origin, inputs, &values)).collect())
    }
}

impl Node {
    /// Emits the call in the mode that it asks for.
    fn emit(&self, builder: &Builder, inputs: &[Tensor]) -> Result<Vec<Tensor>> {
        let call = || self.layer.call_with_arguments(builder, inputs, &self.options.arguments);
        match self.options.training {
            Some(true) => builder.in_mode(Mode::Training, call),
            Some(false) => builder.in_mode(Mode::Inference, call),
            None => call(),
        }
    }
}

fn value(origin: Origin, inputs: &[Tensor], values: &[Vec<Tensor>]) -> Tensor {
    match origin {
        Origin::Input(position) => inputs[position],
        Origin::Call(call, output) => values[call][output],
    }
}

/// Where a value comes from, among the inputs and the calls before.
fn origin(
    subject: &str,
    inputs: &[KerasTensor],
    calls: &[Call],
    tensor: &KerasTensor,
    user: Option<&Node>,
) -> Result<Origin> {
    if let Some(position) = inputs.iter().position(|input| input.is_same(tensor)) {
        return Ok(Origin::Input(position));
    }
    let call = calls.iter().position(|call| Arc::ptr_eq(&call.node, &tensor.node));
    call.map(|call| Origin::Call(call, tensor.output)).ok_or_else(|| {
        let user = user.map_or_else(|| "an output".into(), |user| format!("\"{}\"", name_of(&*user.layer)));
        let text = format!(
            "the graph is disconnected: {user} needs \"{}\" {}, which is not among the inputs of the model; add it \
             to them",
            tensor.name(),
            tensor.shape()
        );
        Error::argument(subject, text)
    })
}

fn check_names(subject: &str, layers: &[Arc<dyn Layer>]) -> Result<()> {
    for (index, layer) in layers.iter().enumerate() {
        let name = name_of(&**layer);
        if layers[..index].iter().any(|known| name_of(&**known) == name) {
            let text = format!("two layers are named \"{name}\"; give one of them another name");
            return Err(Error::argument(subject, text));
        }
    }
    Ok(())
}
