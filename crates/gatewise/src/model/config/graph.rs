//! The configuration of a functional model: layers, each with its calls.
//!
//! ```text
//! {"name": …, "trainable": …,
//!  "layers": [{"class_name": …, "config": {…}, "name": …, "inbound_nodes": [call, …]}, …],
//!  "input_layers": [[layer, call, output], …], "output_layers": [[layer, call, output], …]}
//!  "input_layers": [layer, call, output], "output_layers": …    for an input, or an output, that is not in a list
//! ```

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::{Map, Value as Json, json};

use super::check_count;
use super::nodes::{self, Call, Reference};
use crate::error::{Error, Result};
use crate::functional::{self, CallOptions, KerasTensor};
use crate::layers::{self, Layer, built_inputs, name_of, serialize_built};
use crate::model::architecture::{Architecture, Kind};
use crate::network::Network;
use crate::shape::Shape;

/// Writes the layers and the ends of the graph.
pub(super) fn write(architecture: &Architecture) -> Map<String, Json> {
    let mut config = Map::new();
    let Some(network) = architecture.network.get() else { return config };
    let layers: Vec<Json> = network.layers().iter().map(|layer| write_layer(network, layer)).collect();
    config.insert("layers".into(), layers.into());
    let ends = |tensors: &[KerasTensor], is_bare: bool| match tensors {
        [tensor] if is_bare => nodes::end(network, tensor),
        _ => tensors.iter().map(|tensor| nodes::end(network, tensor)).collect(),
    };
    let [is_bare_input, is_bare_output] = architecture.has_bare_ends;
    config.insert("input_layers".into(), ends(&network.inputs, is_bare_input));
    config.insert("output_layers".into(), ends(&network.outputs, is_bare_output));
    config
}

fn write_layer(network: &Network, layer: &Arc<dyn Layer>) -> Json {
    let calls = network.calls_of(layer);
    let mut envelope = match calls.first() {
        Some(first) => {
            let shapes: Vec<Shape> = first.inputs.iter().map(|input| input.shape().clone()).collect();
            serialize_built(&**layer, &built_inputs(&**layer, &first.options.arguments, &shapes))
        }
        None => layers::serialize(&**layer),
    };
    envelope["name"] = name_of(&**layer).into();
    let calls: Vec<Json> = calls.into_iter().map(|node| nodes::write(network, node)).collect();
    envelope["inbound_nodes"] = calls.into();
    envelope
}

/// The layers that were read, with the values that their calls gave.
#[derive(Default)]
struct Graph {
    layers: HashMap<String, Arc<dyn Layer>>,
    values: HashMap<String, Vec<Vec<KerasTensor>>>,
}

/// Reads layers and calls; a call waits until what it needs is there.
pub(super) fn read(config: &Json) -> Result<Architecture> {
    let list = config.get("layers").and_then(Json::as_array);
    let list = list.ok_or_else(|| wrong("the configuration lacks the list `layers`"))?;
    let calls = |layer: &Json| layer.get("inbound_nodes").and_then(Json::as_array).map_or(1, Vec::len);
    check_count("functional", list.iter().map(calls).sum())?;
    let mut graph = Graph::default();
    let mut waiting: Vec<(String, Vec<Call>)> = Vec::new();
    for entry in list {
        let (name, calls) = graph.add_layer(entry)?;
        waiting.push((name, calls));
    }
    while waiting.iter().any(|(_, calls)| !calls.is_empty()) {
        let mut has_moved = false;
        for (name, calls) in &mut waiting {
            while calls.first().is_some_and(|call| graph.can_connect(call)) {
                graph.connect(name, calls.remove(0))?;
                has_moved = true;
            }
        }
        if !has_moved {
            let names: Vec<&str> = waiting
                .iter()
                .filter(|(_, calls)| !calls.is_empty())
                .map(|(name, _)| name.as_str())
                .collect();
            let text =
                format!("calls of these layers wait for values that are never made: {}", names.join(", "));
            return Err(wrong(text));
        }
    }
    graph.finish(config)
}

impl Graph {
    fn add_layer(&mut self, entry: &Json) -> Result<(String, Vec<Call>)> {
        let layer = layers::deserialize(entry)?;
        let name = entry.get("name").and_then(Json::as_str).map_or_else(|| name_of(&*layer), str::to_owned);
        layer.base().set_name_once(name.clone());
        if self.layers.contains_key(&name) {
            return Err(wrong(format!("two layers are named \"{name}\"")));
        }
        let first = match layer.as_input() {
            Some(_) => vec![vec![functional::enter(Arc::clone(&layer))?]],
            None => Vec::new(),
        };
        let calls = entry.get("inbound_nodes").and_then(Json::as_array).map_or(&[][..], Vec::as_slice);
        let calls =
            calls.iter().map(|call| nodes::read(&name, layer.input_names(), call)).collect::<Result<_>>()?;
        self.values.insert(name.clone(), first);
        self.layers.insert(name.clone(), layer);
        Ok((name, calls))
    }

    fn find(&self, reference: &Reference) -> Option<KerasTensor> {
        self.values.get(&reference.layer)?.get(reference.call)?.get(reference.output).cloned()
    }

    fn find_end(&self, reference: &Reference) -> Option<KerasTensor> {
        let layer = self.layers.get(&reference.layer)?;
        let call = reference.call.checked_sub(nodes::first_call(&**layer))?;
        self.find(&Reference { call, ..reference.clone() })
    }

    fn can_connect(&self, call: &Call) -> bool {
        let named = call.named.iter().map(|(_, place)| place);
        call.inputs.iter().chain(&call.mask).chain(named).all(|reference| self.find(reference).is_some())
    }

    fn connect(&mut self, name: &str, call: Call) -> Result<()> {
        let inputs = call.inputs.iter().filter_map(|reference| self.find(reference)).collect();
        let mask = call.mask.as_ref().and_then(|reference| self.find(reference));
        let named = call.named.iter().filter_map(|(name, place)| Some((name.clone(), self.find(place)?)));
        let named = named.collect();
        let options = CallOptions { mask, training: call.training, inputs: named, arguments: call.arguments };
        let layer = Arc::clone(&self.layers[name]);
        let outputs = functional::connect(layer, inputs, options, functional::next_random)?;
        self.values.entry(name.to_owned()).or_default().push(outputs);
        Ok(())
    }

    fn finish(&self, config: &Json) -> Result<Architecture> {
        let mut architecture = Architecture::new(Kind::Functional, functional::next_seed());
        let ends = |key: &str| -> Result<Vec<KerasTensor>> {
            let list = nodes::references(config.get(key).unwrap_or(&json!([])))
                .ok_or_else(|| wrong(format!("`{key}` must list places [layer, call, output]")))?;
            let find = |reference: &Reference| {
                self.find_end(reference)
                    .ok_or_else(|| wrong(format!("`{key}` names {reference:?}, which is not there")))
            };
            list.iter().map(find).collect()
        };
        let network = Network::new(architecture.name(), ends("input_layers")?, ends("output_layers")?)?;
        let is_bare = |key: &str| config.pointer(&format!("/{key}/0")).is_some_and(Json::is_string);
        architecture.has_bare_ends = [is_bare("input_layers"), is_bare("output_layers")];
        architecture.layers = network.user_layers();
        architecture.network = network.into();
        Ok(architecture)
    }
}

fn wrong(text: impl std::fmt::Display) -> Error {
    Error::argument("functional", text)
}
