//! Layers in Keras's JSON form: what `get_config` and `serialize` give.

use serde_json::{Map, Value as Json, json};

use super::{CallForm, Layer, Operation, name_of};
use crate::serialization;
use crate::shape::{Dim, Shape};

/// A layer as Keras's `serialize` gives it.
pub fn serialize(layer: &dyn Layer) -> Json {
    envelope(layer, layer.own_config())
}

/// A layer with these arguments in Keras's envelope.
fn envelope(layer: &dyn Layer, own_config: Map<String, Json>) -> Json {
    let module = match layer.class_name() {
        "Sequential" => "keras",
        "Functional" => "keras.src.models.functional",
        _ => layer.downcast_ref::<Operation>().map_or("keras.layers", Operation::module),
    };
    let config = config_of(layer, own_config);
    let mut envelope = serialization::wrap(module, layer.class_name(), config.into());
    // Keras registers a class that is not exported under its name.
    if module.starts_with("keras.src") {
        envelope["registered_name"] = layer.class_name().into();
    }
    envelope
}

/// The same for a layer that was built for inputs of these shapes, which Keras builds it for again.
pub(crate) fn serialize_built(layer: &dyn Layer, inputs: &[Shape]) -> Json {
    let mut envelope = envelope(layer, layer.built_config(inputs));
    if !BUILT_WITHOUT_SHAPE.contains(&layer.class_name()) && layer.call_form() != CallForm::Operation {
        envelope["build_config"] = build_config(layer, inputs);
    }
    if ["Sequential", "Functional"].contains(&layer.class_name()) {
        envelope["compile_config"] = json!({});
    }
    envelope
}

/// The shapes that Keras's `build_from_config` is given.
fn build_config(layer: &dyn Layer, inputs: &[Shape]) -> Json {
    let all: Vec<&[Dim]> = inputs.iter().map(Shape::dims).collect();
    match (layer.call_form(), inputs) {
        _ if layer.class_name() == "Functional" => json!({"input_shape": null}),
        (CallForm::Positional, _) => {
            let names = layer.input_names().iter().map(|name| format!("{name}_shape"));
            let shapes: Map<String, Json> =
                names.zip(&all).map(|(name, shape)| (name, json!(shape))).collect();
            json!({"shapes_dict": shapes})
        }
        (_, [input]) => json!({"input_shape": input.dims()}),
        (CallForm::States, _) => {
            json!({"shapes_dict": {"sequences_shape": all[0], "initial_state_shape": all[1..]}})
        }
        (CallForm::List | CallForm::Operation, _) => json!({"input_shape": all}),
    }
}

/// Classes that Keras holds for built before they have seen an input.
const BUILT_WITHOUT_SHAPE: [&str; 19] = [
    "InputLayer",
    "Activation",
    "Dropout",
    "Masking",
    "Reshape",
    "MaxPooling1D",
    "AveragePooling1D",
    "GlobalMaxPooling1D",
    "GlobalAveragePooling1D",
    "ReLU",
    "LeakyReLU",
    "ELU",
    "Softmax",
    "Identity",
    "ActivityRegularization",
    "SpatialDropout1D",
    "GaussianNoise",
    "GaussianDropout",
    "AlphaDropout",
];

/// A layer's arguments as Keras's `get_config` gives them.
pub fn get_config(layer: &dyn Layer) -> Map<String, Json> {
    config_of(layer, layer.own_config())
}

/// The arguments of every layer, and then the layer's own.
fn config_of(layer: &dyn Layer, own_config: Map<String, Json>) -> Map<String, Json> {
    // Keras's InputLayer has no weights to train and, instead of a policy, the name of a type; an operation has none.
    // SpatialDropout1D says all by itself.
    let says_all = layer.as_input().is_some() || layer.class_name() == "SpatialDropout1D";
    if says_all || layer.call_form() == CallForm::Operation {
        return own_config;
    }
    let mut config = Map::new();
    config.insert("name".into(), name_of(layer).into());
    config.insert("trainable".into(), layer.base().is_trainable().into());
    if layer.class_name() != "Functional" {
        config.insert("dtype".into(), dtype_policy());
    }
    config.extend(own_config);
    config
}

/// How Keras writes the only number type that layers compute in.
fn dtype_policy() -> Json {
    json!({
        "module": "keras", "class_name": "DTypePolicy",
        "config": {"name": "float32"}, "registered_name": null
    })
}
