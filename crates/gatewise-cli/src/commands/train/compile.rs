//! What a model is trained with: as its file says, or as the command line does.

use anyhow::{Context, Result, bail};
use gatewise::Model;
use gatewise::callbacks::{Callback, TrainingControl, TrainingPlan};
use gatewise::optimizers::OptimizerValue;
use serde_json::{Map, Value as Json, json};

use crate::args::{OfOutput, TrainArguments};

/// Keras's default.
const OPTIMIZER: &str = "rmsprop";

/// Replaces what the command line says of optimizer, loss and metrics, and nothing else.
pub fn compile(model: &mut Model, arguments: &TrainArguments) -> Result<()> {
    let file = || arguments.model.display().to_string();
    let own = model.get_compile_config().with_context(file)?;
    let is_as_it_was =
        arguments.optimizer.is_none() && arguments.loss.is_empty() && arguments.metrics.is_empty();
    let mut config = match own {
        Some(_) if is_as_it_was => return Ok(()),
        Some(config) => config,
        None if arguments.loss.is_empty() => bail!(
            "{}: the model was not compiled when it was saved; say what to train it with: --optimizer adam --loss mse",
            file()
        ),
        None => json!({"optimizer": OPTIMIZER}),
    };
    let state = if arguments.optimizer.is_none() { optimizer_state(model)? } else { None };
    if let Some(optimizer) = &arguments.optimizer {
        config["optimizer"] = optimizer.as_str().into();
    }
    if !arguments.loss.is_empty() {
        config["loss"] = losses(&arguments.loss)?;
        // They belong to the losses that were.
        config["loss_weights"] = Json::Null;
    }
    if !arguments.metrics.is_empty() {
        config["metrics"] = metrics(&arguments.metrics)?;
    }
    model.compile_from_config(&config).with_context(file)?;
    if let Some(state) = state {
        model.build_optimizer()?;
        model.set_optimizer_variables(&state)?;
    }
    Ok(())
}

/// What the optimizer of a compiled model has become by training.
fn optimizer_state(model: &Model) -> Result<Option<Vec<OptimizerValue>>> {
    match model.optimizer().filter(|optimizer| optimizer.iterations() > 0) {
        Some(_) => {
            Ok(Some(model.optimizer_variables()?.into_iter().map(|variable| variable.value).collect()))
        }
        None => Ok(None),
    }
}

/// One loss for all outputs, one for each in their order, or some by name.
fn losses(given: &[OfOutput]) -> Result<Json> {
    let Some(named) = by_output("--loss", given)? else {
        return Ok(match given {
            [one] => one.name.as_str().into(),
            _ => given.iter().map(|of| of.name.as_str()).collect(),
        });
    };
    let one = |(output, names): (String, Vec<&str>)| match names[..] {
        [name] => Ok((output, json!(name))),
        _ => bail!("--loss: the output \"{output}\" has several losses: {}", names.join(", ")),
    };
    Ok(named.into_iter().map(one).collect::<Result<Map<_, _>>>()?.into())
}

/// Metrics of the only output, or by the names of outputs.
fn metrics(given: &[OfOutput]) -> Result<Json> {
    Ok(match by_output("--metrics", given)? {
        Some(named) => {
            named.into_iter().map(|(output, names)| (output, json!(names))).collect::<Map<_, _>>().into()
        }
        None => given.iter().map(|of| of.name.as_str()).collect(),
    })
}

/// Outputs with the names that are given for each.
type ByOutput<'a> = Vec<(String, Vec<&'a str>)>;

/// The names for each output; none where no output is named.
fn by_output<'a>(option: &str, given: &'a [OfOutput]) -> Result<Option<ByOutput<'a>>> {
    let mut outputs = ByOutput::new();
    for OfOutput { output, name } in given {
        let Some(output) = output else { continue };
        match outputs.iter_mut().find(|(known, _)| known == output) {
            Some((_, names)) => names.push(name),
            None => outputs.push((output.clone(), vec![name])),
        }
    }
    match given.iter().filter(|of| of.output.is_some()).count() {
        0 => Ok(None),
        named if named == given.len() => Ok(Some(outputs)),
        _ => bail!("{option}: expected OUTPUT=NAME for all or for none"),
    }
}

/// Replaces the learning rate before the first step, if one is given.
pub struct SetLearningRate(pub Option<f32>);

impl Callback for SetLearningRate {
    fn on_train_begin(
        &mut self,
        _: &TrainingPlan,
        control: &mut dyn TrainingControl,
    ) -> gatewise::Result<()> {
        self.0.map_or(Ok(()), |rate| control.set_learning_rate(rate))
    }
}
