//! Calls in the graphs of Keras 2 as Keras 3 writes them.
//!
//! ```text
//! Keras 2   [[["tokens", 0, 0, {}], ["states", 0, 1, {}]], …]       a list of inputs for each call
//! Keras 3   [{"args": [tensor, …], "kwargs": {…}}, …]
//! ```
//!
//! Keras 2 counts the calls of a model inside from 1.

use serde_json::{Map, Value as Json, json};

use super::Converter;
use crate::error::{Error, Result};

const MODELS: [&str; 3] = ["Sequential", "Functional", "Model"];

impl Converter {
    pub(super) fn graph(&mut self, config: &mut Map<String, Json>) -> Result<()> {
        let Some(layers) = config.get("layers").and_then(Json::as_array) else { return Ok(()) };
        let nodes =
            |layer: &Json| layer.get("inbound_nodes").and_then(Json::as_array).cloned().unwrap_or_default();
        let is_old = layers.iter().any(|layer| nodes(layer).iter().any(Json::is_array));
        if !is_old {
            return Ok(());
        }
        let name = |layer: &Json| layer.get("name").and_then(Json::as_str).unwrap_or_default().to_owned();
        let of_class = |layer: &&Json, known: &[&str]| {
            layer.get("class_name").and_then(Json::as_str).is_some_and(|class| known.contains(&class))
        };
        let models: Vec<String> = layers.iter().filter(|layer| of_class(layer, &MODELS)).map(name).collect();
        let chains: Vec<String> =
            layers.iter().filter(|layer| of_class(layer, &["Sequential"])).map(name).collect();
        if let Some(layers) = config.get_mut("layers").and_then(Json::as_array_mut) {
            for layer in layers {
                let calls: Result<Vec<Json>> =
                    nodes(layer).iter().map(|call| convert(&name(layer), call, &models)).collect();
                layer["inbound_nodes"] = calls?.into();
            }
        }
        // At the ends Keras 3 counts the calls of functional models from 1 too.
        for key in ["input_layers", "output_layers"] {
            let Some(ends) = config.get_mut(key).and_then(Json::as_array_mut) else { continue };
            let places = ends.iter_mut().filter_map(Json::as_array_mut);
            places.for_each(|place| {
                let is_chain =
                    place.first().and_then(Json::as_str).is_some_and(|name| chains.iter().any(|c| c == name));
                if let (true, Some(count)) = (is_chain, place.get(1).and_then(Json::as_u64)) {
                    place[1] = count.saturating_sub(1).into();
                }
            });
        }
        self.note("the graph of Keras 2 read in the form of Keras 3");
        Ok(())
    }
}

/// One call.
fn convert(layer: &str, call: &Json, models: &[String]) -> Result<Json> {
    let wrong = || Error::format(layer, format!("cannot read the call {call}"));
    let inputs = call.as_array().ok_or_else(wrong)?;
    // A call with one input may be that input itself.
    let inputs =
        if inputs.first().is_some_and(Json::is_string) { vec![call.clone()] } else { inputs.clone() };
    let mut args = Vec::new();
    let mut kwargs = Map::new();
    for input in &inputs {
        let parts = input.as_array().filter(|parts| parts.len() >= 3).ok_or_else(wrong)?;
        args.push(tensor(parts, models).ok_or_else(wrong)?);
        for (name, value) in parts.get(3).and_then(Json::as_object).into_iter().flatten() {
            kwargs.insert(name.clone(), argument(value, models));
        }
    }
    Ok(json!({"args": args, "kwargs": kwargs}))
}

/// A value, from `[layer, call, output, …]`.
fn tensor(parts: &[Json], models: &[String]) -> Option<Json> {
    let name = parts.first()?.as_str()?;
    let skipped = u64::from(models.iter().any(|model| model == name));
    let call = parts.get(1)?.as_u64()?.checked_sub(skipped)?;
    let output = parts.get(2)?.as_u64()?;
    Some(json!({"class_name": "__keras_tensor__", "config": {"keras_history": [name, call, output]}}))
}

/// An argument by name: a value, a list of values, or a plain one.
fn argument(value: &Json, models: &[String]) -> Json {
    let Some(list) = value.as_array() else { return value.clone() };
    tensor(list, models).unwrap_or_else(|| list.iter().map(|value| argument(value, models)).collect())
}
