//! Keras's envelope around the configuration of an object, and the way back.
//!
//! ```text
//! {"module": "keras.initializers", "class_name": "Orthogonal",
//!  "config": {"gain": 1.0, "seed": null}, "registered_name": null}
//! ```

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use crate::error::{Error, Result};

/// Keras's name for the first object of a class: `LSTM` → `lstm`, `TimeDistributed` → `time_distributed`.
///
/// An underscore goes before a capital that is followed by small letters, and between a small letter and a capital
/// (Keras's `to_snake_case`).
pub(crate) fn snake_case(class_name: &str) -> String {
    let letters: Vec<char> = class_name.chars().filter(|c| c.is_alphanumeric() || *c == '_').collect();
    let mut name = String::new();
    for (index, letter) in letters.iter().enumerate() {
        let previous = index.checked_sub(1).map(|before| letters[before]);
        let next_is_small = letters.get(index + 1).is_some_and(|next| next.is_lowercase());
        let after_small = previous.is_some_and(|c| c.is_lowercase());
        if letter.is_uppercase() && previous.is_some_and(|c| c != '_') && (next_is_small || after_small) {
            name.push('_');
        }
        name.extend(letter.to_lowercase());
    }
    name
}

/// Wraps a configuration as Keras does.
pub(crate) fn wrap(module: &str, class_name: &str, config: Value) -> Value {
    json!({"module": module, "class_name": class_name, "config": config, "registered_name": null})
}

/// The class name and the configuration in an envelope; a bare name is an envelope with defaults.
///
/// # Errors
/// If `value` is neither a name nor an object with `class_name` and `config`.
pub(crate) fn unwrap<'a>(kind: &str, value: &'a Value) -> Result<(&'a str, Map<String, Value>)> {
    if let Some(name) = value.as_str() {
        return Ok((name, Map::new()));
    }
    let class_name = value.get("class_name").and_then(Value::as_str);
    let config = match value.get("config") {
        None | Some(Value::Null) => Some(Map::new()),
        Some(config) => config.as_object().cloned(),
    };
    class_name.zip(config).ok_or_else(|| {
        Error::argument(
            kind,
            format!("expected a name or an object with `class_name` and `config`, got {value}"),
        )
    })
}

/// The arguments of an object as Keras's `get_config` gives them.
pub(crate) fn config_of(object: &impl Serialize) -> Value {
    serde_json::to_value(object).expect("arguments are numbers, names and lists of them")
}

/// An object from its configuration; arguments that are absent have their defaults.
///
/// # Errors
/// If an argument is unknown or has the wrong type.
pub(crate) fn from_config<T>(class_name: &str, config: Map<String, Value>) -> Result<T>
where
    T: Serialize + DeserializeOwned,
{
    let names: Vec<String> = config.keys().cloned().collect();
    let object: T =
        serde_json::from_value(config.into()).map_err(|error| Error::argument(class_name, error))?;
    let known = config_of(&object);
    match names.iter().find(|name| known.get(name).is_none()) {
        Some(name) => Err(unknown_argument(class_name, name)),
        None => Ok(object),
    }
}

/// Checks that a class without arguments was given none.
///
/// # Errors
/// If there is an argument.
pub(crate) fn no_config(class_name: &str, config: &Map<String, Value>) -> Result<()> {
    match config.keys().next() {
        Some(name) => Err(unknown_argument(class_name, name)),
        None => Ok(()),
    }
}

fn unknown_argument(class_name: &str, name: &str) -> Error {
    Error::argument(class_name, format!("there is no argument `{name}`"))
}

/// One class of a registry: all its names, Keras's short form first, and how to make it.
pub(crate) struct Class<T> {
    pub(crate) names: &'static [&'static str],
    pub(crate) create: fn(Map<String, Value>) -> Result<T>,
}

/// Makes the object of the class called `name`.
///
/// # Errors
/// If no class has this name, or if its arguments do not fit.
pub(crate) fn create<T>(
    kind: &str,
    classes: &[Class<T>],
    name: &str,
    config: Map<String, Value>,
) -> Result<T> {
    match classes.iter().find(|class| class.names.contains(&name)) {
        Some(class) => (class.create)(config),
        None => {
            let known: Vec<&str> = classes.iter().map(|class| class.names[0]).collect();
            Err(Error::argument(kind, format!("expected one of {}, got {name:?}", known.join(", "))))
        }
    }
}

#[cfg(test)]
mod tests;
