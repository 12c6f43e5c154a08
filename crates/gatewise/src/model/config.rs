//! A model's architecture in Keras's JSON form.

use std::sync::Arc;

use serde_json::{Map, Value as Json, json};

use super::Model;
use super::architecture::{Architecture, Kind};
use crate::error::{Error, Result};
use crate::functional;
use crate::layers::{self, Input, Layer, LayerBase, WeightTree, serialize_built};
use crate::serialization;
use crate::shape::Shape;

mod graph;
mod nodes;

/// Keras's names of the kinds of models; `Model` is an older name of `Functional`.
const MODELS: [&str; 3] = ["Sequential", "Functional", "Model"];

impl Model {
    /// The architecture as Keras's `get_config` gives it.
    pub fn get_config(&self) -> Json {
        layers::get_config(&*self.architecture).into()
    }

    /// A model from such a configuration, with fresh weights: a chain where it has no `input_layers`.
    ///
    /// # Errors
    /// If a layer or an argument is unknown, or the layers cannot be connected.
    pub fn from_config(config: &Json) -> Result<Self> {
        Ok(Self::from_architecture(architecture(config)?))
    }

    /// The architecture in Keras's envelope, as `config.json` in a `.keras` file has it.
    pub(crate) fn to_envelope(&self) -> Json {
        let inputs = self.architecture.ends().map_or(&[][..], |(inputs, _)| inputs);
        let shapes: Vec<Shape> = inputs.iter().map(|input| input.shape().clone()).collect();
        if shapes.is_empty() {
            return layers::serialize(&*self.architecture);
        }
        let mut envelope = serialize_built(&*self.architecture, &shapes);
        envelope.as_object_mut().map(|envelope| envelope.remove("compile_config"));
        envelope
    }

    /// A model from such an envelope, with fresh weights.
    ///
    /// # Errors
    /// If the class is not that of a model, or a layer or an argument is unknown.
    pub(crate) fn from_envelope(envelope: &Json) -> Result<Self> {
        let (class_name, config) = serialization::unwrap("model", envelope)?;
        if MODELS.contains(&class_name) {
            return Self::from_config(&config.into());
        }
        let text = format!(
            "the class \"{class_name}\" is not supported, known are: {}; a model of a class of its own cannot be \
             made without its code",
            MODELS.join(", ")
        );
        Err(Error::unsupported("model", text))
    }

    /// The weights in the arrangement of Keras's files.
    pub(crate) fn weight_tree(&self) -> WeightTree {
        self.architecture.weight_tree()
    }

    /// Whether the model is a chain of layers, and not a graph.
    pub(crate) fn is_sequential(&self) -> bool {
        self.architecture.kind == Kind::Sequential
    }

    /// A chain of layers from such a configuration.
    ///
    /// # Errors
    /// If it describes another kind of model, or a layer or an argument is unknown.
    pub(crate) fn chain_from_config(config: &Json) -> Result<Self> {
        if is_functional(config) {
            let text = "the configuration is that of a functional model; use `Model::from_config`";
            return Err(Error::argument("sequential", text));
        }
        Self::from_config(config)
    }
}

/// A model as a layer, from its envelope's class and configuration; `None` if the class is no model.
pub(crate) fn deserialize(class_name: &str, config: &Map<String, Json>) -> Option<Result<Arc<dyn Layer>>> {
    MODELS.contains(&class_name).then(|| {
        let architecture = architecture(&Json::from(config.clone()))?;
        Ok(Arc::new(architecture) as Arc<dyn Layer>)
    })
}

fn is_functional(config: &Json) -> bool {
    config.get("input_layers").is_some()
}

fn architecture(config: &Json) -> Result<Architecture> {
    let mut architecture = if is_functional(config) { graph::read(config)? } else { chain(config)? };
    if let Some(name) = config.get("name").and_then(Json::as_str) {
        architecture.base = LayerBase::default();
        architecture.base.set_name_once(name.to_owned());
    }
    if config.get("trainable") == Some(&Json::Bool(false)) {
        architecture.base.set_trainable(false);
    }
    Ok(architecture)
}

/// The arguments of Keras's `Sequential` or `Functional` beside the name and the flag.
pub(super) fn own_config(architecture: &Architecture) -> Map<String, Json> {
    if architecture.kind == Kind::Functional {
        return graph::write(architecture);
    }
    let mut config = Map::new();
    let shape = architecture.input.as_ref().and_then(|input| input.as_input());
    let shape = shape.or_else(|| architecture.ends().map(|(inputs, _)| inputs[0].shape().clone()));
    config.insert("layers".into(), layer_configs(architecture, shape.as_ref()).into());
    if let Some(shape) = shape {
        config.insert("build_input_shape".into(), json!(shape.dims()));
    }
    config
}

/// The input, if its shape is known, and the layers of a chain in their envelopes.
fn layer_configs(architecture: &Architecture, shape: Option<&Shape>) -> Vec<Json> {
    let input = |shape: &Shape| match &architecture.input {
        Some(input) => layers::serialize(&**input),
        None => layers::serialize(&Input::batch(shape.dims())),
    };
    let mut configs: Vec<Json> = shape.map(input).into_iter().collect();
    let nodes: Vec<_> =
        architecture.network.get().map(|network| network.nodes().collect()).unwrap_or_default();
    for (index, layer) in architecture.layers.iter().enumerate() {
        configs.push(match nodes.get(index) {
            Some(node) => serialize_built(&**layer, &[node.inputs[0].shape().clone()]),
            None => layers::serialize(&**layer),
        });
    }
    configs
}

/// More layers than models have, and few enough to judge each against all others.
const MOST_LAYERS: usize = 4096;

/// Refuses configurations that only cost time.
fn check_count(subject: &str, count: usize) -> Result<()> {
    if count <= MOST_LAYERS {
        return Ok(());
    }
    Err(Error::argument(
        subject,
        format!("expected at most {MOST_LAYERS} layers or calls of one, got {count}"),
    ))
}

fn chain(config: &Json) -> Result<Architecture> {
    let wrong = |text: &str| Error::argument("sequential", text);
    let mut architecture = Architecture::new(Kind::Sequential, functional::next_seed());
    let list = config.get("layers").and_then(Json::as_array);
    let list = list.ok_or_else(|| wrong("the configuration lacks the list `layers`"))?;
    check_count("sequential", list.len())?;
    architecture.append_all(list.iter().map(layers::deserialize))?;
    let shape = config.get("build_input_shape").filter(|shape| !shape.is_null());
    if let (Some(shape), None) = (shape, architecture.network.get()) {
        let dims = shape.as_array().ok_or_else(|| wrong("`build_input_shape` must be a list"))?;
        let dims = dims.iter().map(|dim| dim.as_u64().map(|dim| dim as usize));
        architecture.network_for(&[Shape::new(dims.collect::<Vec<_>>())])?;
    }
    Ok(architecture)
}

#[cfg(test)]
mod tests;
