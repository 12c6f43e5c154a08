//! Arguments of layers that Keras 3 has under other names or not at all.

use serde_json::{Map, Value as Json};

use super::Converter;
use crate::error::{Error, Result};

const RECURRENT: [&str; 6] = ["LSTM", "GRU", "SimpleRNN", "RNN", "CuDNNLSTM", "CuDNNGRU"];

/// The function that Keras 2 calls `hard_sigmoid`.
pub const HARD_SIGMOID_2: &str = "hard_sigmoid_keras2";

impl Converter {
    pub(super) fn layer(&mut self, class: &str, config: &mut Map<String, Json>) -> Result<()> {
        if self.major < 3 {
            self.hard_sigmoid(config);
            self.type_of_initializer(class, config);
        }
        if RECURRENT.contains(&class) || class == "ConvLSTM1D" {
            self.recurrent(class, config)?;
        }
        match class {
            "InputLayer" => self.input(config),
            "Embedding" => self.dropped(class, config, "input_length"),
            "BatchNormalization" | "LayerNormalization" => self.axis(class, config),
            _ => {}
        }
        Ok(())
    }

    fn recurrent(&mut self, class: &str, config: &mut Map<String, Json>) -> Result<()> {
        match config.remove("time_major") {
            None | Some(Json::Null | Json::Bool(false)) => {}
            Some(_) => {
                let subject = config.get("name").and_then(Json::as_str).unwrap_or(class);
                let text = "`time_major` is not supported; swap the first two axes of the inputs instead";
                return Err(Error::unsupported(subject, text));
            }
        }
        for name in ["input_dim", "input_length", "states", "constants", "_num_constants", "num_constants"] {
            self.dropped(class, config, name);
        }
        let is_cudnn = class.starts_with("CuDNN");
        if is_cudnn && class == "CuDNNGRU" {
            config.insert("reset_after".into(), true.into());
        }
        // Keras 2 began without the argument, with what it is false for.
        if class == "GRU" && self.major < 3 && !config.contains_key("reset_after") {
            config.insert("reset_after".into(), false.into());
            self.note("GRU without `reset_after` read as `reset_after=False`, the default of its time");
        }
        if !is_cudnn
            && self.major < 3
            && !config.contains_key("recurrent_activation")
            && class != "SimpleRNN"
            && class != "RNN"
        {
            config.insert("recurrent_activation".into(), HARD_SIGMOID_2.into());
        }
        Ok(())
    }

    /// max(0, min(1, 0.2 x + 0.5)) in Keras 2, relu6(x + 3) / 6 in Keras 3.
    fn hard_sigmoid(&mut self, config: &mut Map<String, Json>) {
        for name in ["activation", "recurrent_activation"] {
            if config.get(name).and_then(Json::as_str) == Some("hard_sigmoid") {
                config.insert(name.into(), HARD_SIGMOID_2.into());
                self.note("hard_sigmoid read as that of Keras 2, max(0, min(1, 0.2 x + 0.5))");
            }
        }
    }

    /// Initializers of TensorFlow's Keras 1.x named the type of numbers.
    fn type_of_initializer(&mut self, class: &str, config: &mut Map<String, Json>) {
        let is_initializer = config.contains_key("seed") && !config.contains_key("name")
            || ["Zeros", "Ones", "Constant", "Identity"].contains(&class);
        if is_initializer && config.get("dtype").is_some_and(|dtype| dtype == "float32" || dtype.is_null()) {
            config.remove("dtype");
        }
    }

    fn input(&mut self, config: &mut Map<String, Json>) {
        if let Some(shape) = config.remove("batch_input_shape") {
            config.insert("batch_shape".into(), shape);
            self.note("`batch_input_shape` read as `batch_shape`");
        }
    }

    /// An argument that says nothing about the numbers.
    fn dropped(&mut self, class: &str, config: &mut Map<String, Json>, name: &str) {
        if config.remove(name).is_some_and(|value| !value.is_null()) {
            self.note(format!("{class}: `{name}` not needed"));
        }
    }

    /// Keras 2 writes one axis as a list.
    fn axis(&mut self, class: &str, config: &mut Map<String, Json>) {
        let one = config.get("axis").and_then(Json::as_array).filter(|axes| axes.len() == 1).cloned();
        if let (Some(axes), "BatchNormalization") = (one, class) {
            config.insert("axis".into(), axes[0].clone());
        }
        for name in ["renorm", "virtual_batch_size", "fused"] {
            if self.major < 3
                && config.get(name).is_some_and(|value| value.is_null() || *value == false || name == "fused")
            {
                config.remove(name);
            }
        }
    }
}
