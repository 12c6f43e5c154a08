//! Arguments of a layer's call beside what it is called on.

use serde_json::{Map, Value as Json};

use super::{Layer, name_of};
use crate::error::{Error, Result};

/// The arguments of one call that have not been read yet.
#[derive(Debug)]
pub(super) struct CallArguments {
    subject: String,
    rest: Map<String, Json>,
}

impl CallArguments {
    /// The arguments without the places of inputs that are given by name.
    pub fn new(layer: &(impl Layer + ?Sized), arguments: &Map<String, Json>) -> Self {
        let names = layer.input_names();
        let rest = arguments.iter().filter(|(name, _)| !names.contains(&name.as_str()));
        Self {
            subject: name_of(layer),
            rest: rest.map(|(name, value)| (name.clone(), value.clone())).collect(),
        }
    }

    /// A flag that is false where nobody has said anything.
    ///
    /// # Errors
    /// If it is anything but true or false.
    pub fn flag(&mut self, name: &str) -> Result<bool> {
        match self.rest.shift_remove(name) {
            None | Some(Json::Null) => Ok(false),
            Some(Json::Bool(flag)) => Ok(flag),
            Some(other) => {
                Err(Error::argument(&self.subject, format!("`{name}` must be true or false, got {other}")))
            }
        }
    }

    /// Reports arguments that nobody has read.
    pub fn finish(self) -> Result<()> {
        match self.rest.keys().next() {
            None => Ok(()),
            Some(name) => {
                Err(Error::argument(&self.subject, format!("there is no argument `{name}` of `call`")))
            }
        }
    }
}

/// Where each of a layer's [`input_names`](Layer::input_names) is among `count` inputs: where the arguments say, or next
/// in order; `None` for what is not given.
pub(crate) fn place_inputs(
    layer: &(impl Layer + ?Sized),
    arguments: &Map<String, Json>,
    count: usize,
) -> Vec<Option<usize>> {
    let names = layer.input_names();
    let named = |name: &&str| Some(arguments.get(*name)?.as_u64()? as usize);
    let taken: Vec<usize> = names.iter().filter_map(named).collect();
    let mut free = (0..count).filter(|position| !taken.contains(position));
    names.iter().map(|name| named(name).or_else(|| free.next())).collect()
}

/// What [`Layer::build`] is shown of a call's inputs: those with names in the order of the names, but for masks.
pub(crate) fn built_inputs<T: Clone>(
    layer: &(impl Layer + ?Sized),
    arguments: &Map<String, Json>,
    inputs: &[T],
) -> Vec<T> {
    let names = layer.input_names();
    if names.is_empty() {
        return inputs.to_vec();
    }
    let places = place_inputs(layer, arguments, inputs.len());
    let shown = names.iter().zip(places).filter(|(name, _)| !name.ends_with("_mask"));
    shown.filter_map(|(_, place)| inputs.get(place?).cloned()).collect()
}
