//! A model's architecture in Keras's JSON form.

use serde_json::{Map, Value as Json, json};

use super::Model;
use crate::error::{Error, Result};
use crate::layers::{self, Input, dtype_policy, serialize_built};
use crate::shape::Shape;

impl Model {
    /// The architecture as Keras's `Sequential.get_config` gives it.
    pub fn get_config(&self) -> Json {
        let shape =
            self.declared_shape().or_else(|| self.network.get().map(|network| network.inputs[0].clone()));
        let mut config = Map::new();
        config.insert("name".into(), self.name.clone().into());
        config.insert("trainable".into(), true.into());
        config.insert("dtype".into(), dtype_policy());
        config.insert("layers".into(), self.layer_configs(shape.as_ref()).into());
        if let Some(shape) = shape {
            config.insert("build_input_shape".into(), json!(shape.dims()));
        }
        config.into()
    }

    /// The input, if its shape is known, and the layers in their envelopes.
    fn layer_configs(&self, shape: Option<&Shape>) -> Vec<Json> {
        let input = |shape: &Shape| match &self.input {
            Some(input) => layers::serialize(&**input),
            None => layers::serialize(&Input::batch(shape.dims())),
        };
        let mut configs: Vec<Json> = shape.map(input).into_iter().collect();
        let outputs = self.network.get().and_then(|network| network.output_shapes().ok());
        // What goes into a layer: the declared shape, then what came out of the layer before.
        let befores = shape.zip(outputs.as_ref());
        for (index, layer) in self.layers.iter().enumerate() {
            configs.push(match befores {
                Some((first, _)) if index == 0 => serialize_built(&**layer, first),
                Some((_, outputs)) => serialize_built(&**layer, &outputs[index - 1][0]),
                None => layers::serialize(&**layer),
            });
        }
        configs
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
        if let (Some(shape), false) =
            (config.get("build_input_shape").filter(|s| !s.is_null()), model.is_built())
        {
            let dims = shape.as_array().ok_or_else(|| wrong("`build_input_shape` must be a list"))?;
            let dims = dims.iter().map(|dim| dim.as_u64().map(|dim| dim as usize));
            model.build(&Shape::new(dims.collect::<Vec<_>>()))?;
        }
        Ok(model)
    }
}
