//! What a model is trained with.

use std::sync::Arc;

use ndarray::ArrayD;
use serde_json::{Map, Value as Json, json};

use super::Model;
use super::heads::{Head, Heads};
use super::ready::Ready;
use crate::error::{Error, Result};
use crate::losses::{Loss, LossFunction};
use crate::metrics::{Metric, MetricArgument};
use crate::optimizers::{Optimizer, OptimizerArgument};

/// Optimizer, losses and metrics, the arguments of Keras's `compile`.
///
/// ```
/// use gatewise::{Compile, LossArgument};
///
/// let one_output = Compile::new("adam", "mse").metrics(["mae"]);
/// let several = Compile::new("adam", LossArgument::named([("label", "categorical_crossentropy"), ("size", "mse")]))
///     .loss_weights_named([("size", 0.5)])
///     .metrics_of("label", ["accuracy"]);
/// # let _ = (one_output, several);
/// ```
#[derive(Debug)]
pub struct Compile {
    optimizer: OptimizerArgument,
    loss: LossArgument,
    loss_weights: Vec<f64>,
    named_loss_weights: Vec<(String, f64)>,
    metrics: Vec<(Option<String>, Watch, MetricArgument)>,
}

/// Whether a metric heeds the weights of samples.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Watch {
    Plain,
    Weighted,
}

/// The losses of a model: one for all outputs, one for each in their order, or by the names of the outputs.
#[derive(Debug, Clone)]
pub enum LossArgument {
    /// The same for every output.
    All(Loss),
    /// One for each output; an output without one is not trained and has no target.
    InOrder(Vec<Option<Loss>>),
    /// By the names of the outputs; one that is not named is not trained and has no target.
    Named(Vec<(String, Loss)>),
}

impl LossArgument {
    /// Losses by the names of the outputs.
    pub fn named<L: Into<Loss>, const N: usize>(losses: [(&str, L); N]) -> Self {
        Self::Named(losses.into_iter().map(|(name, loss)| (name.to_owned(), loss.into())).collect())
    }

    fn all(&self) -> Vec<&Loss> {
        match self {
            Self::All(loss) => vec![loss],
            Self::InOrder(losses) => losses.iter().flatten().collect(),
            Self::Named(losses) => losses.iter().map(|(_, loss)| loss).collect(),
        }
    }
}

impl From<&str> for LossArgument {
    fn from(name: &str) -> Self {
        Self::All(name.into())
    }
}

impl From<Loss> for LossArgument {
    fn from(loss: Loss) -> Self {
        Self::All(loss)
    }
}

impl<F: LossFunction + 'static> From<F> for LossArgument {
    fn from(loss: F) -> Self {
        Self::All(loss.into())
    }
}

impl<L: Into<Loss>, const N: usize> From<[L; N]> for LossArgument {
    fn from(losses: [L; N]) -> Self {
        Self::InOrder(losses.into_iter().map(|loss| Some(loss.into())).collect())
    }
}

impl<L: Into<Loss>> From<Vec<L>> for LossArgument {
    fn from(losses: Vec<L>) -> Self {
        Self::InOrder(losses.into_iter().map(|loss| Some(loss.into())).collect())
    }
}

impl Compile {
    /// An optimizer and a loss, each by Keras's name or as a value; several losses for several outputs.
    pub fn new(optimizer: impl Into<OptimizerArgument>, loss: impl Into<LossArgument>) -> Self {
        Self {
            optimizer: optimizer.into(),
            loss: loss.into(),
            loss_weights: Vec::new(),
            named_loss_weights: Vec::new(),
            metrics: Vec::new(),
        }
    }

    /// What the losses of the outputs are multiplied by, in their order (default: 1).
    pub fn loss_weights(mut self, weights: impl Into<Vec<f64>>) -> Self {
        self.loss_weights = weights.into();
        self
    }

    /// The same by the names of the outputs.
    pub fn loss_weights_named<const N: usize>(mut self, weights: [(&str, f64); N]) -> Self {
        let named = weights.into_iter().map(|(name, weight)| (name.to_owned(), weight));
        self.named_loss_weights.extend(named);
        self
    }

    /// Metrics to watch, by Keras's name or as values, of a model with one output. They do not heed the weights of
    /// samples.
    pub fn metrics<M: Into<MetricArgument>>(self, metrics: impl IntoIterator<Item = M>) -> Self {
        self.watch(None, Watch::Plain, metrics)
    }

    /// Metrics of a model with one output that heed the weights of samples.
    pub fn weighted_metrics<M: Into<MetricArgument>>(self, metrics: impl IntoIterator<Item = M>) -> Self {
        self.watch(None, Watch::Weighted, metrics)
    }

    /// Metrics of the output of this name.
    pub fn metrics_of<M: Into<MetricArgument>>(
        self,
        output: &str,
        metrics: impl IntoIterator<Item = M>,
    ) -> Self {
        self.watch(Some(output), Watch::Plain, metrics)
    }

    /// Metrics of the output of this name that heed the weights of samples.
    pub fn weighted_metrics_of<M: Into<MetricArgument>>(
        self,
        output: &str,
        metrics: impl IntoIterator<Item = M>,
    ) -> Self {
        self.watch(Some(output), Watch::Weighted, metrics)
    }

    pub(super) fn watch<M: Into<MetricArgument>>(
        mut self,
        output: Option<&str>,
        watch: Watch,
        metrics: impl IntoIterator<Item = M>,
    ) -> Self {
        let all = metrics.into_iter().map(|metric| (output.map(str::to_owned), watch, metric.into()));
        self.metrics.extend(all);
        self
    }
}

/// What `compile` leaves in a model.
#[derive(Debug)]
pub(super) struct Training {
    pub optimizer: Box<dyn Optimizer>,
    pub loss: LossArgument,
    /// The metrics as they were given, for a file.
    pub described: Vec<(Option<String>, Watch, Json)>,
    loss_weights: Vec<f64>,
    named_loss_weights: Vec<(String, f64)>,
    /// Metrics whose outputs are not known yet.
    waiting: Vec<(Option<String>, Watch, Box<dyn Metric>)>,
    /// What is computed of each output, once the outputs are known.
    pub heads: Heads,
    /// Training steps so far; dropout draws other masks at each.
    pub steps: u64,
    /// The loss of the last batch.
    pub batch_loss: f64,
    pub gradients: KeptGradients,
    /// What a step needs of the model, once it is built.
    pub ready: Option<Arc<Ready>>,
}

/// The gradients of the last step, if somebody wants to see them.
#[derive(Debug, Default)]
pub(super) struct KeptGradients {
    /// Whether those of the next step are to be kept.
    pub is_wanted: bool,
    pub arrays: Vec<ArrayD<f32>>,
}

impl Model {
    /// Sets optimizer, losses and metrics. Layers that are frozen now stay as they are until the next `compile`.
    ///
    /// # Errors
    /// If a name is unknown or an argument is out of range.
    pub fn compile(&mut self, compile: Compile) -> Result<()> {
        compile.loss.all().into_iter().try_for_each(Loss::check)?;
        let weights = compile.loss_weights.iter().chain(compile.named_loss_weights.iter().map(|(_, w)| w));
        if let Some(weight) = weights.into_iter().find(|weight| !weight.is_finite()) {
            let text = format!("`loss_weights` must be finite numbers, got {weight}");
            return Err(Error::argument("compile", text));
        }
        let optimizer = compile.optimizer.resolve()?;
        let describe = |(output, watch, metric): &(Option<String>, Watch, MetricArgument)| {
            (output.clone(), *watch, metric.describe())
        };
        let described = compile.metrics.iter().map(describe).collect();
        let resolve = |(output, watch, metric): (Option<String>, Watch, MetricArgument)| {
            Ok((output, watch, metric.resolve()?))
        };
        let waiting = compile.metrics.into_iter().map(resolve).collect::<Result<_>>()?;
        let mut training = Training {
            optimizer,
            loss: compile.loss,
            described,
            loss_weights: compile.loss_weights,
            named_loss_weights: compile.named_loss_weights,
            waiting,
            heads: Heads::default(),
            steps: 0,
            batch_loss: f64::NAN,
            gradients: KeptGradients::default(),
            ready: None,
        };
        if self.is_built() {
            training.prepare(&self.output_names())?;
        }
        self.forget_programs();
        self.training = Some(training);
        Ok(())
    }

    /// The optimizer of a compiled model.
    pub fn optimizer(&self) -> Option<&dyn Optimizer> {
        self.training.as_ref().map(|training| &*training.optimizer)
    }

    pub(super) fn training(&self) -> Result<&Training> {
        self.training.as_ref().ok_or_else(|| not_compiled(self.name()))
    }

    pub(super) fn training_mut(&mut self) -> Result<&mut Training> {
        let name = self.architecture.name();
        self.training.as_mut().ok_or_else(|| not_compiled(name))
    }
}

impl Training {
    /// The weights of the losses as they were given: null, a list or an object.
    pub fn described_weights(&self) -> Json {
        if !self.named_loss_weights.is_empty() {
            let named = self.named_loss_weights.iter().map(|(name, weight)| (name.clone(), (*weight).into()));
            return Json::from(named.collect::<Map<_, _>>());
        }
        if self.loss_weights.is_empty() { Json::Null } else { json!(self.loss_weights) }
    }

    /// Gives every output its loss and metrics.
    pub fn prepare(&mut self, outputs: &[String]) -> Result<()> {
        if !self.heads.is_empty() {
            return Ok(());
        }
        let losses = self.losses(outputs)?;
        let weights = self.weights(outputs, &losses)?;
        let mut heads: Vec<Head> = outputs
            .iter()
            .zip(losses)
            .zip(weights)
            .map(|((name, loss), weight)| Head::new(name, loss, weight))
            .collect();
        for (output, watch, metric) in self.waiting.drain(..) {
            let position = head_of(output.as_deref(), outputs)?;
            heads[position].add_metric(watch, metric)?;
        }
        self.heads = Heads::new(heads);
        Ok(())
    }

    /// The loss of each output.
    fn losses(&self, outputs: &[String]) -> Result<Vec<Option<Loss>>> {
        let losses = match &self.loss {
            LossArgument::All(loss) => vec![Some(loss.clone()); outputs.len()],
            LossArgument::InOrder(losses) if losses.len() == outputs.len() => losses.clone(),
            LossArgument::InOrder(losses) => {
                let text = format!(
                    "expected {} losses, one for each output ({}), got {}",
                    outputs.len(),
                    outputs.join(", "),
                    losses.len()
                );
                return Err(Error::argument("compile", text));
            }
            LossArgument::Named(losses) => {
                losses.iter().try_for_each(|(name, _)| head_of(Some(name), outputs).map(|_| ()))?;
                let find = |output: &String| losses.iter().find(|(name, _)| name == output);
                outputs.iter().map(|output| find(output).map(|(_, loss)| loss.clone())).collect()
            }
        };
        if losses.iter().all(Option::is_none) {
            return Err(Error::argument("compile", "expected a loss for at least one output, got none"));
        }
        Ok(losses)
    }

    /// What the loss of each output is multiplied by.
    fn weights(&self, outputs: &[String], losses: &[Option<Loss>]) -> Result<Vec<f64>> {
        let mut weights = vec![1.0; outputs.len()];
        if !self.loss_weights.is_empty() {
            if self.loss_weights.len() != losses.iter().flatten().count() {
                let count = losses.iter().flatten().count();
                let text = format!(
                    "expected {count} `loss_weights`, as many as losses, got {}",
                    self.loss_weights.len()
                );
                return Err(Error::argument("compile", text));
            }
            let with_loss = weights.iter_mut().zip(losses).filter(|(_, loss)| loss.is_some());
            with_loss.zip(&self.loss_weights).for_each(|((slot, _), weight)| *slot = *weight);
        }
        for (name, weight) in &self.named_loss_weights {
            weights[head_of(Some(name), outputs)?] = *weight;
        }
        Ok(weights)
    }
}

/// The position of the output of this name, or of the only one.
fn head_of(name: Option<&str>, outputs: &[String]) -> Result<usize> {
    let known = outputs.join(", ");
    match name {
        None if outputs.len() == 1 => Ok(0),
        None => {
            let text = format!("the model has several outputs ({known}); give metrics by `metrics_of`");
            Err(Error::argument("compile", text))
        }
        Some(name) => {
            let mut found = outputs.iter().enumerate().filter(|(_, output)| *output == name);
            match (found.next(), found.next()) {
                (Some((position, _)), None) => Ok(position),
                (Some(_), Some(_)) => {
                    let text = format!("several outputs are named \"{name}\"; give losses in their order");
                    Err(Error::argument("compile", text))
                }
                _ => {
                    let text = format!("there is no output \"{name}\", the outputs are: {known}");
                    Err(Error::argument("compile", text))
                }
            }
        }
    }
}

fn not_compiled(name: &str) -> Error {
    Error::state(name, "the model must be compiled first; call `compile` with an optimizer and a loss")
}
