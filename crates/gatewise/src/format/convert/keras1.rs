//! Arguments of Keras 1, where only the names differ.

use serde_json::{Map, Value as Json};

use super::Converter;

/// Old and new names, of all layers.
const NAMES: &[(&str, &str)] = &[
    ("init", "kernel_initializer"),
    ("inner_init", "recurrent_initializer"),
    ("inner_activation", "recurrent_activation"),
    ("W_regularizer", "kernel_regularizer"),
    ("U_regularizer", "recurrent_regularizer"),
    ("b_regularizer", "bias_regularizer"),
    ("W_constraint", "kernel_constraint"),
    ("U_constraint", "recurrent_constraint"),
    ("b_constraint", "bias_constraint"),
    ("bias", "use_bias"),
    ("dropout_W", "dropout"),
    ("dropout_U", "recurrent_dropout"),
];

/// The same of the embedding.
const OF_EMBEDDING: &[(&str, &str)] = &[
    ("init", "embeddings_initializer"),
    ("W_regularizer", "embeddings_regularizer"),
    ("W_constraint", "embeddings_constraint"),
];

/// Arguments that chose how a layer was computed, or an initializer of one part of a bias.
const DROPPED: [&str; 3] = ["consume_less", "forget_bias_init", "input_dtype"];

impl Converter {
    pub(super) fn keras_1(&mut self, class: &str, config: &mut Map<String, Json>) {
        let is_embedding = class == "Embedding";
        let names = if is_embedding { OF_EMBEDDING } else { NAMES };
        let mut is_old = false;
        for (old, new) in names {
            if let Some(value) = config.remove(*old) {
                config.insert((*new).into(), value);
                is_old = true;
            }
        }
        let width = match class {
            "Embedding" => None,
            _ => config.remove("output_dim"),
        };
        if let Some(width) = width {
            config.insert("units".into(), width);
            // The width of the inputs follows from the inputs.
            config.remove("input_dim");
            is_old = true;
        }
        if class == "Dropout"
            && let Some(rate) = config.remove("p")
        {
            config.insert("rate".into(), rate);
            is_old = true;
        }
        if is_old {
            DROPPED.iter().for_each(|name| {
                config.remove(*name);
            });
            if is_embedding && config.get("dropout").is_some_and(|rate| rate.as_f64() == Some(0.0)) {
                config.remove("dropout");
            }
            self.note(format!("{class}: arguments of Keras 1 read under the names of today"));
        }
    }
}
