//! Metrics: what a person watches while a model trains.
//!
//! A metric sees the targets and predictions of each batch and gives one number for an epoch. Masked steps do not
//! count; weights of samples do not enter, as with Keras's `metrics` (its `weighted_metrics` use them).

use std::fmt::Debug;

use ndarray::ArrayViewD;

use crate::error::{Error, Result};

mod accuracy;
mod mean;

pub use mean::MeanMetric;

/// What a metric sees of a batch.
#[derive(Debug, Clone, Copy)]
pub struct MetricBatch<'a> {
    /// The targets.
    pub y_true: &'a ArrayViewD<'a, f32>,
    /// The predictions `[batch, …, last]`.
    pub y_pred: &'a ArrayViewD<'a, f32>,
    /// `[batch, time]`, 1 where a step counts.
    pub mask: Option<&'a [f32]>,
}

/// A running measure over batches. Implement it for one of your own.
pub trait Metric: Debug + Send + Sync {
    /// The key in the logs.
    fn name(&self) -> &str;

    /// Takes in a batch.
    ///
    /// # Errors
    /// If the shapes do not fit.
    fn update(&mut self, batch: &MetricBatch<'_>) -> Result<()>;

    /// The value over all batches since the last reset.
    fn result(&self) -> f64;

    /// Forgets all batches.
    fn reset(&mut self);
}

/// All names of a metric, the canonical one first, and how to make it under the name that the user called it by.
type Named = (&'static [&'static str], fn(&str) -> Box<dyn Metric>);

/// Keras's names of the metrics.
const NAMES: &[Named] = &[
    (&["mae", "MAE", "mean_absolute_error"], |name| boxed(name, mean::absolute_error, false)),
    (&["mse", "MSE", "mean_squared_error"], |name| boxed(name, mean::squared_error, false)),
    (&["root_mean_squared_error", "rmse"], |name| boxed(name, mean::squared_error, true)),
    (&["accuracy", "acc"], |name| Box::new(accuracy::Accuracy::by_shape(name))),
    (&["binary_accuracy"], |name| Box::new(accuracy::Accuracy::new(name, accuracy::Kind::Binary))),
    (&["categorical_accuracy"], |name| Box::new(accuracy::Accuracy::new(name, accuracy::Kind::Categorical))),
    (&["sparse_categorical_accuracy"], |name| {
        Box::new(accuracy::Accuracy::new(name, accuracy::Kind::SparseCategorical))
    }),
];

fn boxed(name: &str, function: mean::RowFunction, root: bool) -> Box<dyn Metric> {
    Box::new(MeanMetric::new(name, function, root))
}

/// A metric as an argument of `compile`: a name or a [`Metric`].
#[derive(Debug)]
pub struct MetricArgument(Result<Box<dyn Metric>, String>);

impl MetricArgument {
    /// The metric that is meant.
    ///
    /// # Errors
    /// If the name is unknown.
    pub fn resolve(self) -> Result<Box<dyn Metric>> {
        self.0.map_err(|name| {
            let known: Vec<&str> = NAMES.iter().map(|(names, _)| names[0]).collect();
            let text = format!("unknown metric \"{name}\", expected one of: {}", known.join(", "));
            Error::argument("compile", text)
        })
    }
}

impl From<&str> for MetricArgument {
    fn from(name: &str) -> Self {
        let known = NAMES.iter().find(|(names, _)| names.contains(&name));
        Self(known.map(|(_, create)| create(name)).ok_or_else(|| name.to_owned()))
    }
}

impl<M: Metric + 'static> From<M> for MetricArgument {
    fn from(metric: M) -> Self {
        Self(Ok(Box::new(metric)))
    }
}

#[cfg(test)]
mod tests;
