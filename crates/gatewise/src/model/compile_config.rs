//! What a model was compiled with, in Keras's JSON form.
//!
//! ```text
//! {"optimizer": envelope, "loss": …, "loss_weights": …, "metrics": …, "weighted_metrics": …, …}
//! loss              a name or an envelope; a list in the order of the outputs; an object by their names
//! loss_weights      null, a number, a list or an object
//! metrics           null; a list for the only output; a list of lists in the order of the outputs; an object by names
//! ```

use serde_json::{Map, Value as Json, json};

use super::compile::{LossArgument, Watch};
use super::{Compile, Model};
use crate::error::{Error, Result};
use crate::losses::{self, Loss};
use crate::metrics::{self, MetricArgument};
use crate::optimizers;

/// Keras's arguments that say how a training runs on its backends and change no number here.
const OF_BACKENDS: [&str; 4] = ["run_eagerly", "steps_per_execution", "jit_compile", "auto_scale_loss"];

impl Model {
    /// What the model was compiled with, as Keras's `get_compile_config` gives it; `None` if it is not compiled.
    ///
    /// # Errors
    /// If a loss or a metric is a user's own, which no file can hold.
    pub fn get_compile_config(&self) -> Result<Option<Json>> {
        let Ok(training) = self.training() else { return Ok(None) };
        let outputs = if self.is_built() { self.output_names() } else { Vec::new() };
        let loss = match &training.loss {
            LossArgument::All(loss) => losses::serialize(loss)?,
            LossArgument::InOrder(list) => list.iter().map(serialize_loss).collect::<Result<Json>>()?,
            LossArgument::Named(named) => {
                let entry = |(name, loss): &(String, Loss)| Ok((name.clone(), losses::serialize(loss)?));
                Json::from(named.iter().map(entry).collect::<Result<Map<_, _>>>()?)
            }
        };
        let metrics = |watch| metric_lists(&training.described, watch, &outputs);
        Ok(Some(json!({
            "optimizer": optimizers::serialize(&*training.optimizer),
            "loss": loss,
            "loss_weights": training.described_weights(),
            "metrics": metrics(Watch::Plain)?,
            "weighted_metrics": metrics(Watch::Weighted)?,
            "run_eagerly": false,
            "steps_per_execution": 1,
            "jit_compile": false,
        })))
    }

    /// Compiles the model with what [`get_compile_config`](Self::get_compile_config), or Keras's, gave.
    ///
    /// # Errors
    /// If a part is unknown, or does not fit the outputs of the model.
    pub fn compile_from_config(&mut self, config: &Json) -> Result<()> {
        let fields = config.as_object();
        let fields = fields.ok_or_else(|| wrong(format!("expected an object, got {config}")))?;
        let known = ["optimizer", "loss", "loss_weights", "metrics", "weighted_metrics"];
        let is_unknown =
            |key: &&String| !known.contains(&key.as_str()) && !OF_BACKENDS.contains(&key.as_str());
        if let Some(key) = fields.keys().find(is_unknown) {
            return Err(wrong(format!("there is no argument `{key}`")));
        }
        let field = |key: &str| fields.get(key).filter(|value| !value.is_null());
        let required =
            |key: &str| field(key).ok_or_else(|| wrong(format!("the configuration lacks `{key}`")));
        let outputs = if self.is_built() { self.output_names() } else { Vec::new() };
        let optimizer = optimizers::deserialize(required("optimizer")?)?;
        let mut compile = Compile::new(optimizer, read_loss(required("loss")?)?);
        compile = read_weights(compile, field("loss_weights"))?;
        for (key, watch) in [("metrics", Watch::Plain), ("weighted_metrics", Watch::Weighted)] {
            for (output, metric) in
                field(key).map_or(Ok(Vec::new()), |value| read_metrics(value, &outputs))?
            {
                compile = compile.watch(output.as_deref(), watch, [metric]);
            }
        }
        self.compile(compile)
    }
}

fn wrong(text: impl std::fmt::Display) -> Error {
    Error::argument("compile_config", text)
}

fn serialize_loss(loss: &Option<Loss>) -> Result<Json> {
    loss.as_ref().map_or(Ok(Json::Null), losses::serialize)
}

/// The metrics of one kind: null, a list for the only output, or an object by the names of the outputs.
fn metric_lists(
    described: &[(Option<String>, Watch, Json)],
    watch: Watch,
    outputs: &[String],
) -> Result<Json> {
    let mut lists: Map<String, Json> = Map::new();
    for (output, _, metric) in described.iter().filter(|(_, own, _)| *own == watch) {
        let name = output.clone().or_else(|| outputs.first().cloned()).unwrap_or_default();
        let list = lists.entry(name).or_insert_with(|| json!([]));
        if !metric.is_string() {
            // One that cannot be read again would lose the model.
            metrics::deserialize(metric)?;
        }
        list.as_array_mut().expect("it was made a list").push(metric.clone());
    }
    Ok(match lists.len() {
        0 => Json::Null,
        1 if outputs.len() < 2 => lists.into_iter().map(|(_, list)| list).next().unwrap_or_default(),
        _ => lists.into(),
    })
}

fn read_loss(value: &Json) -> Result<LossArgument> {
    let one = |value: &Json| if value.is_null() { Ok(None) } else { losses::deserialize(value).map(Some) };
    match value {
        Json::Array(list) => Ok(LossArgument::InOrder(list.iter().map(one).collect::<Result<_>>()?)),
        Json::Object(named) if !named.contains_key("class_name") => {
            let given = named.iter().filter(|(_, value)| !value.is_null());
            let entry = |(name, value): (&String, &Json)| Ok((name.clone(), losses::deserialize(value)?));
            Ok(LossArgument::Named(given.map(entry).collect::<Result<_>>()?))
        }
        _ => losses::deserialize(value).map(LossArgument::All),
    }
}

fn read_weights(compile: Compile, value: Option<&Json>) -> Result<Compile> {
    let number = |value: &Json| {
        value.as_f64().ok_or_else(|| wrong(format!("`loss_weights` must be numbers, got {value}")))
    };
    match value {
        None => Ok(compile),
        Some(Json::Array(list)) => {
            Ok(compile.loss_weights(list.iter().map(number).collect::<Result<Vec<f64>>>()?))
        }
        Some(Json::Object(named)) => named.iter().try_fold(compile, |compile, (name, value)| {
            Ok(compile.loss_weights_named([(name.as_str(), number(value)?)]))
        }),
        Some(value) => Ok(compile.loss_weights([number(value)?])),
    }
}

/// Metrics with the names of their outputs.
fn read_metrics(value: &Json, outputs: &[String]) -> Result<Vec<(Option<String>, MetricArgument)>> {
    let mut found = Vec::new();
    match value {
        Json::Object(named) if !named.contains_key("class_name") => {
            for (name, value) in named {
                add_metrics(&mut found, Some(name), value)?;
            }
        }
        Json::Array(list) if outputs.len() > 1 => {
            if list.len() != outputs.len() {
                let text = format!("expected metrics for {} outputs, got {}", outputs.len(), list.len());
                return Err(wrong(text));
            }
            for (name, value) in outputs.iter().zip(list) {
                add_metrics(&mut found, Some(name), value)?;
            }
        }
        _ => add_metrics(&mut found, None, value)?,
    }
    Ok(found)
}

/// Adds a metric or all of a list, also of lists.
fn add_metrics(
    found: &mut Vec<(Option<String>, MetricArgument)>,
    output: Option<&String>,
    value: &Json,
) -> Result<()> {
    match value {
        Json::Null => Ok(()),
        Json::Array(list) => list.iter().try_for_each(|value| add_metrics(found, output, value)),
        Json::String(name) => {
            found.push((output.cloned(), name.clone().into()));
            Ok(())
        }
        value => {
            let function = (value.get("class_name").and_then(Json::as_str) == Some("function"))
                .then(|| value.get("config").and_then(Json::as_str))
                .flatten();
            let metric = match function {
                Some(name) => MetricArgument::from(name),
                None => metrics::deserialize(value)?.into(),
            };
            found.push((output.cloned(), metric));
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests;
