//! What a model is trained with.

use crate::error::{Error, Result};
use crate::losses::Loss;
use crate::metrics::{Metric, MetricArgument};
use crate::optimizers::{Optimizer, OptimizerArgument};

use super::Model;

/// Optimizer, loss and metrics, the arguments of Keras's `compile`.
#[derive(Debug)]
pub struct Compile {
    optimizer: OptimizerArgument,
    loss: Loss,
    metrics: Vec<MetricArgument>,
}

impl Compile {
    /// An optimizer and a loss, each by Keras's name or as a value.
    pub fn new(optimizer: impl Into<OptimizerArgument>, loss: impl Into<Loss>) -> Self {
        Self { optimizer: optimizer.into(), loss: loss.into(), metrics: Vec::new() }
    }

    /// Metrics to watch, by Keras's name or as values.
    pub fn metrics<M: Into<MetricArgument>>(mut self, metrics: impl IntoIterator<Item = M>) -> Self {
        self.metrics.extend(metrics.into_iter().map(Into::into));
        self
    }
}

/// What `compile` leaves in a model.
#[derive(Debug)]
pub(super) struct Training {
    pub optimizer: Box<dyn Optimizer>,
    pub loss: Loss,
    pub metrics: Vec<Box<dyn Metric>>,
    /// Training steps so far; dropout draws other masks at each.
    pub steps: u64,
}

impl Model {
    /// Sets optimizer, loss and metrics. Layers that are frozen now stay as they are until the next `compile`.
    ///
    /// # Errors
    /// If a name is unknown or an argument is out of range.
    pub fn compile(&mut self, compile: Compile) -> Result<()> {
        compile.loss.check()?;
        let optimizer = compile.optimizer.resolve()?;
        let metrics = compile.metrics.into_iter().map(MetricArgument::resolve).collect::<Result<_>>()?;
        self.programs.clear();
        self.training = Some(Training { optimizer, loss: compile.loss, metrics, steps: 0 });
        Ok(())
    }

    /// The optimizer of a compiled model.
    pub fn optimizer(&self) -> Option<&dyn Optimizer> {
        self.training.as_ref().map(|training| &*training.optimizer)
    }

    pub(super) fn training(&self) -> Result<&Training> {
        self.training.as_ref().ok_or_else(|| not_compiled(&self.name))
    }

    pub(super) fn training_mut(&mut self) -> Result<&mut Training> {
        self.training.as_mut().ok_or_else(|| not_compiled(&self.name))
    }
}

fn not_compiled(name: &str) -> Error {
    Error::state(name, "the model must be compiled first; call `compile` with an optimizer and a loss")
}
