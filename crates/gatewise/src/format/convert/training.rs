//! What models of older versions were compiled with.

use serde_json::{Map, Value as Json, json};

use super::Converter;
use crate::error::{Error, Result};

/// Arguments of the optimizers of Keras 2 that change no number.
const WITHOUT_MEANING: [&str; 3] = ["jit_compile", "is_legacy_optimizer", "mesh"];

impl Converter {
    /// A `compile_config`, or the `training_config` of an `.h5` file, in the form of Keras 3.
    ///
    /// # Errors
    /// If an argument of the optimizer has no meaning today.
    pub fn compile_config(&mut self, mut config: Json) -> Result<Json> {
        let Some(fields) = config.as_object_mut() else { return Ok(config) };
        if let Some(optimizer) = fields.remove("optimizer_config") {
            fields.insert("optimizer".into(), optimizer);
        }
        for name in ["sample_weight_mode", "from_serialized", "pss_evaluation_shards"] {
            if fields.get(name).is_some_and(|value| value.is_null() || *value == false || *value == 0) {
                fields.remove(name);
            }
        }
        if let Some(optimizer) = fields.get_mut("optimizer").and_then(Json::as_object_mut) {
            self.optimizer(optimizer)?;
        }
        for key in ["loss", "metrics", "weighted_metrics"] {
            if let Some(value) = fields.get_mut(key) {
                self.losses_and_metrics(value);
            }
        }
        Ok(config)
    }

    fn optimizer(&mut self, fields: &mut Map<String, Json>) -> Result<()> {
        if let Some(plain) =
            fields.get("class_name").and_then(Json::as_str).and_then(|c| c.strip_prefix("Custom>"))
        {
            let plain = plain.to_owned();
            self.note(format!("Custom>{plain} read as {plain}"));
            fields.insert("class_name".into(), plain.into());
        }
        let class = fields.get("class_name").and_then(Json::as_str).unwrap_or("optimizer").to_owned();
        let Some(config) = fields.get_mut("config").and_then(Json::as_object_mut) else { return Ok(()) };
        if let Some(rate) = config.remove("lr") {
            config.insert("learning_rate".into(), rate);
        }
        if self.major >= 3 {
            return Ok(());
        }
        for name in WITHOUT_MEANING {
            config.remove(name);
        }
        match config.remove("decay") {
            Some(decay) if decay.as_f64().is_some_and(|decay| decay != 0.0) => {
                let text = format!(
                    "the argument `decay` = {decay} is not supported; load with compile off, and compile with the \
                     schedule InverseTimeDecay"
                );
                Err(Error::unsupported(class, text))
            }
            _ => Ok(()),
        }
    }

    /// Losses and metrics in lists, by outputs, or alone.
    fn losses_and_metrics(&mut self, value: &mut Json) {
        match value {
            Json::Array(list) => list.iter_mut().for_each(|value| self.losses_and_metrics(value)),
            Json::Object(fields) if fields.contains_key("class_name") => {
                if let Some(new) = wrapped(fields) {
                    *value = new;
                    return;
                }
                if let Some(config) = fields.get_mut("config").and_then(Json::as_object_mut) {
                    plain_arguments(config);
                }
            }
            Json::Object(fields) => fields.values_mut().for_each(|value| self.losses_and_metrics(value)),
            _ => {}
        }
    }
}

/// A metric that Keras 2 made of a function: a metric of that name.
fn wrapped(fields: &Map<String, Json>) -> Option<Json> {
    let class = fields.get("class_name")?.as_str()?;
    if !["MeanMetricWrapper", "SumOverBatchSizeMetricWrapper"].contains(&class) {
        return None;
    }
    let config = fields.get("config")?;
    let function = config.get("fn")?;
    let function = function.as_str().or_else(|| function.get("config").and_then(Json::as_str))?;
    Some(json!({"class_name": function, "config": {"name": config.get("name")?}}))
}

/// Takes out what Keras 2 writes beside the arguments of today.
fn plain_arguments(config: &mut Map<String, Json>) {
    if config.get("reduction").and_then(Json::as_str) == Some("auto") {
        config.insert("reduction".into(), "sum_over_batch_size".into());
    }
    if config
        .get("dtype")
        .is_some_and(|dtype| dtype == "float32" || dtype.pointer("/config/name") == Some(&json!("float32")))
    {
        config.remove("dtype");
    }
    config.remove("fn");
}
