//! A model's architecture in Keras's JSON form.

use serde_json::{Map, Value as Json, json};

use super::Model;
use crate::error::{Error, Result};
use crate::layers::{self, Input, LayerOptions, dtype_policy};
use crate::shape::Shape;

impl Model {
    /// The architecture as Keras's `Sequential.get_config` gives it.
    pub fn get_config(&self) -> Json {
        let mut list = Vec::new();
        let shape = self.input.clone().or_else(|| self.network.get().map(|network| network.inputs[0].clone()));
        if let Some(shape) = &shape {
            let input = Input::batch(shape.dims()).with_name("input_layer");
            list.push(layers::serialize(&input));
        }
        list.extend(self.layers.iter().map(|layer| layers::serialize(&**layer)));
        let mut config = Map::new();
        config.insert("name".into(), self.name.clone().into());
        config.insert("trainable".into(), true.into());
        config.insert("dtype".into(), dtype_policy());
        config.insert("layers".into(), list.into());
        if let Some(shape) = shape {
            config.insert("build_input_shape".into(), json!(shape.dims()));
        }
        config.into()
    }

    /// A chain of layers from such a configuration, with fresh weights.
    ///
    /// # Errors
    /// If a layer or an argument is unknown.
    pub(crate) fn chain_from_config(config: &Json) -> Result<Self> {
        let wrong = |text: &str| Error::argument("sequential", text);
        let mut model = Self::chain(config.get("name").and_then(Json::as_str).unwrap_or("sequential"));
        let list = config.get("layers").and_then(Json::as_array);
        for layer in list.ok_or_else(|| wrong("the configuration lacks the list `layers`"))? {
            model.append(layers::deserialize(layer)?)?;
        }
        if let (Some(shape), false) = (config.get("build_input_shape").filter(|s| !s.is_null()), model.is_built()) {
            let dims = shape.as_array().ok_or_else(|| wrong("`build_input_shape` must be a list"))?;
            let dims = dims.iter().map(|dim| dim.as_u64().map(|dim| dim as usize));
            model.build(&Shape::new(dims.collect::<Vec<_>>()))?;
        }
        Ok(model)
    }
}
