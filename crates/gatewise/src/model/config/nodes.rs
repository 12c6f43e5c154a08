//! One call of a layer in a configuration.
//!
//! ```text
//! {"args": [value], "kwargs": {"mask": null, "training": false, …}}            one input
//! {"args": [[value, …]], "kwargs": {}}                                         a list of inputs (Add, Attention, …)
//! {"args": [value], "kwargs": {"initial_state": [value, …]}}                   sequences and states
//! {"args": [value, value], "kwargs": {"attention_mask": value}}                one by one or by name (MultiHeadAttention)
//! {"args": [value, 0.0], "kwargs": {}}                                         an operation with a number (NotEqual)
//! value = {"class_name": "__keras_tensor__", "config": {"shape": …, "dtype": …, "keras_history": [layer, call, output]}}
//! ```

use std::sync::Arc;

use serde_json::{Map, Value as Json, json};

use crate::error::{Error, Result};
use crate::functional::{KerasTensor, Node};
use crate::layers::{CallForm, Layer, name_of};
use crate::network::Network;

/// The place of a value: an output of a call of a layer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reference {
    pub layer: String,
    pub call: usize,
    pub output: usize,
}

/// A call that was read.
#[derive(Debug, Default)]
pub(super) struct Call {
    pub inputs: Vec<Reference>,
    /// Inputs with their names.
    pub named: Vec<(String, Reference)>,
    pub mask: Option<Reference>,
    pub training: Option<bool>,
    pub arguments: Map<String, Json>,
}

/// The number of a layer's first call in the ends of a graph: there, and only there, Keras 3 counts the calls of a
/// functional model from 1, as if the model had been called once when it was made.
pub(super) fn first_call(layer: &dyn Layer) -> usize {
    usize::from(layer.class_name() == "Functional")
}

/// The place of a value among the ends of a network.
pub(super) fn end(network: &Network, tensor: &KerasTensor) -> Json {
    let mut place = reference(network, tensor);
    place[1] = (place[1].as_u64().unwrap_or(0) as usize + first_call(&*tensor.node.layer)).into();
    place
}

/// The name of the argument that an operation is given as a number after its input.
const NUMBER: &str = "x2";

/// The place of a value in a network, for the calls that need it.
fn reference(network: &Network, tensor: &KerasTensor) -> Json {
    let layer = &tensor.node.layer;
    let calls =
        network.nodes().filter(|node| Arc::ptr_eq(&node.layer, layer) && node.index < tensor.node.index);
    json!([name_of(&**layer), calls.count(), tensor.output])
}

fn value(network: &Network, tensor: &KerasTensor) -> Json {
    json!({
        "class_name": "__keras_tensor__",
        "config": {
            "shape": tensor.shape().dims(), "dtype": dtype(tensor), "keras_history": reference(network, tensor),
        }
    })
}

/// Keras's type of a value; everything computed is a number, but for masks and tokens.
fn dtype(tensor: &KerasTensor) -> Json {
    let layer = &tensor.node.layer;
    match layer.call_form() {
        CallForm::Operation => "bool".into(),
        _ if layer.as_input().is_some() => layer.own_config().remove("dtype").unwrap_or_default(),
        _ => "float32".into(),
    }
}

/// Writes a call.
pub(super) fn write(network: &Network, node: &Node) -> Json {
    let mut values: Vec<Json> = node.inputs.iter().map(|input| value(network, input)).collect();
    let mut kwargs = node.options.arguments.clone();
    let mut named = Vec::new();
    for name in node.layer.input_names() {
        if let Some(place) = kwargs.get(*name).and_then(Json::as_u64) {
            kwargs[*name] = values[place as usize].clone();
            named.push(place as usize);
        }
    }
    named.sort_unstable();
    named.into_iter().rev().for_each(|place| drop(values.remove(place)));
    let args = match (node.layer.call_form(), values.len()) {
        (CallForm::Operation, _) => values.into_iter().chain(kwargs.remove(NUMBER)).collect(),
        (_, 1) | (CallForm::Positional, _) => Json::from(values),
        (CallForm::List, _) => json!([values]),
        (CallForm::States, _) => {
            kwargs.insert("initial_state".into(), values[1..].into());
            json!([values[0]])
        }
    };
    if let Some(mask) = &node.options.mask {
        kwargs.insert("mask".into(), value(network, mask));
    }
    if let Some(training) = node.options.training {
        kwargs.insert("training".into(), training.into());
    }
    json!({"args": args, "kwargs": kwargs})
}

/// Reads a call.
///
/// # Errors
/// If it is not of the form above.
pub(super) fn read(layer: &str, input_names: &[&str], call: &Json) -> Result<Call> {
    let wrong = || Error::argument(layer, format!("cannot read the call {call}"));
    let (args, kwargs) =
        call.get("args").zip(call.get("kwargs").and_then(Json::as_object)).ok_or_else(wrong)?;
    let (args, number) = take_number(args);
    let mut read = Call { inputs: references(&args).ok_or_else(wrong)?, ..Call::default() };
    read.arguments.extend(number.map(|number| (NUMBER.to_owned(), number)));
    for (name, argument) in kwargs {
        match name.as_str() {
            // Keras writes `false` here also where nobody has said so, and does not heed it.
            "training" => read.training = argument.as_bool().filter(|training| *training),
            "mask" if is_nothing(argument) => {}
            "mask" => {
                let mut found = references(argument).ok_or_else(wrong)?;
                if found.len() != 1 {
                    return Err(Error::unsupported(layer, "a call with several masks"));
                }
                read.mask = found.pop();
            }
            _ if is_nothing(argument) => {}
            _ if input_names.contains(&name.as_str()) => match references(argument).as_deref() {
                Some([place]) => read.named.push((name.clone(), place.clone())),
                _ => return Err(wrong()),
            },
            // Inputs by name follow those by position: the states of a recurrent layer.
            _ if holds_values(argument) => read.inputs.extend(references(argument).ok_or_else(wrong)?),
            _ => {
                read.arguments.insert(name.clone(), argument.clone());
            }
        }
    }
    Ok(read)
}

/// The inputs, without the number after them if there is one.
fn take_number(args: &Json) -> (Json, Option<Json>) {
    match args.as_array().map(Vec::as_slice) {
        Some([input, number @ Json::Number(_)]) => (json!([input]), Some(number.clone())),
        _ => (args.clone(), None),
    }
}

fn is_nothing(argument: &Json) -> bool {
    argument.is_null() || argument.as_array().is_some_and(|list| list.iter().all(is_nothing))
}

fn holds_values(argument: &Json) -> bool {
    let is_value = |json: &Json| json.get("class_name").and_then(Json::as_str) == Some("__keras_tensor__");
    is_value(argument) || argument.as_array().is_some_and(|list| list.iter().any(holds_values))
}

/// All places in a value, a place or a list of such; `None` if there is anything else.
pub(super) fn references(json: &Json) -> Option<Vec<Reference>> {
    if let Some(history) = json.pointer("/config/keras_history") {
        return references(history);
    }
    let list = json.as_array()?;
    if let [Json::String(layer), call, output] = list.as_slice() {
        let number = |json: &Json| json.as_u64().map(|number| number as usize);
        return Some(vec![Reference { layer: layer.clone(), call: number(call)?, output: number(output)? }]);
    }
    let parts: Option<Vec<Vec<Reference>>> = list.iter().map(references).collect();
    parts.map(|parts| parts.concat())
}
