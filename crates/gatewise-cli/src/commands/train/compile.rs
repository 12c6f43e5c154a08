//! What a model is trained with: as its file says, or as the command line does.

use anyhow::{Context, Result, bail};
use gatewise::callbacks::{Callback, TrainingControl, TrainingPlan};
use gatewise::losses::Loss;
use gatewise::optimizers::{self, Optimizer};
use gatewise::{Compile, LossArgument, Model};

use crate::args::{OfOutput, TrainArguments};

/// Keras's default.
const OPTIMIZER: &str = "rmsprop";

/// Compiles the model anew where a loss is given.
pub fn compile(model: &mut Model, arguments: &TrainArguments) -> Result<()> {
    if arguments.loss.is_empty() {
        if model.optimizer().is_none() {
            bail!(
                "{}: the model was not compiled when it was saved; say what to train it with: --optimizer adam --loss mse",
                arguments.model.display()
            );
        }
        return Ok(());
    }
    let optimizer: Box<dyn Optimizer> = optimizers::get(arguments.optimizer.as_deref().unwrap_or(OPTIMIZER))?;
    let mut compile = Compile::new(optimizer, losses(&arguments.loss)?);
    for OfOutput { output, name } in &arguments.metrics {
        compile = match output {
            Some(output) => compile.metrics_of(output, [name.as_str()]),
            None => compile.metrics([name.as_str()]),
        };
    }
    model.compile(compile).with_context(|| arguments.model.display().to_string())
}

/// One loss for all outputs, one for each, or some by name.
fn losses(given: &[OfOutput]) -> Result<LossArgument> {
    let loss = |of: &OfOutput| Loss::from(of.name.as_str());
    let named = given.iter().filter(|of| of.output.is_some()).count();
    Ok(match given {
        [one] if named == 0 => loss(one).into(),
        _ if named == 0 => LossArgument::InOrder(given.iter().map(|of| Some(loss(of))).collect()),
        _ if named == given.len() => {
            let name = |of: &OfOutput| of.output.clone().unwrap_or_default();
            LossArgument::Named(given.iter().map(|of| (name(of), loss(of))).collect())
        }
        _ => bail!("--loss: expected names of outputs for all losses or for none"),
    })
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
