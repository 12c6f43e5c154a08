//! Losses: what training makes small, written in operations.
//!
//! Formulas: <https://keras.io/api/losses/>. A loss is computed per sample (and per time step), over the last axis;
//! masks, sample weights and the reduction to one number are the same for all and are in [`Loss::reduce`].

use std::fmt::{self, Debug, Formatter};
use std::sync::Arc;

use crate::builder::Builder;
use crate::error::{Error, Result};
use crate::graph::Value;

mod align;
mod crossentropy;
mod reduction;
mod regression;

pub use reduction::Reduction;

/// A function that emits the loss of each sample: `(builder, y_true, y_pred)` → `y_pred`'s shape less its last axis.
type Function = dyn Fn(&Builder, Value, Value) -> Result<Value> + Send + Sync;

/// A loss: one of Keras's by its name or made by a function of this module, or one of your own.
///
/// ```
/// use gatewise::losses::{self, Loss};
///
/// let by_name = Loss::from("mse");
/// let by_function = losses::binary_crossentropy(true, 0.1);
/// let own = Loss::custom("cubic", |b, y_true, y_pred| {
///     let distance = b.abs(b.sub(y_true, y_pred)?)?;
///     b.mean_last(b.mul(b.square(distance)?, distance)?)
/// });
/// # let _ = (by_name, by_function, own);
/// ```
#[derive(Clone)]
pub struct Loss {
    name: String,
    function: Option<Arc<Function>>,
    reduction: Reduction,
}

impl Loss {
    /// A user's own loss, written in operations; `function` gets `y_true` and `y_pred`, which have the same shape if
    /// the caller gives them so, and returns one number a sample (and time step).
    pub fn custom(
        name: impl Into<String>,
        function: impl Fn(&Builder, Value, Value) -> Result<Value> + Send + Sync + 'static,
    ) -> Self {
        Self { name: name.into(), function: Some(Arc::new(function)), reduction: Reduction::default() }
    }

    /// How the losses of samples become one number (default: their mean).
    pub fn reduction(mut self, reduction: Reduction) -> Self {
        self.reduction = reduction;
        self
    }

    /// Keras's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Reports an unknown name.
    pub(crate) fn check(&self) -> Result<()> {
        if self.function.is_some() {
            return Ok(());
        }
        let known: Vec<&str> = NAMES.iter().map(|(names, _)| names[0]).collect();
        let text = format!("unknown loss \"{}\", expected one of: {}", self.name, known.join(", "));
        Err(Error::argument("compile", text))
    }

    /// Emits the loss of each sample (and time step).
    ///
    /// # Errors
    /// If the shapes of `y_true` and `y_pred` do not fit.
    pub fn per_sample(&self, builder: &Builder, y_true: Value, y_pred: Value) -> Result<Value> {
        self.check()?;
        match &self.function {
            Some(function) => function(builder, y_true, y_pred),
            None => Err(Error::argument("loss", "unknown")),
        }
    }

    /// Emits the loss as one number, with a mask and weights of samples if there are any.
    ///
    /// # Errors
    /// If a shape does not fit.
    pub fn reduce(
        &self,
        builder: &Builder,
        y_true: Value,
        y_pred: Value,
        mask: Option<Value>,
        sample_weight: Option<Value>,
    ) -> Result<Value> {
        let losses = self.per_sample(builder, y_true, y_pred)?;
        reduction::reduce(builder, self.reduction, losses, mask, sample_weight)
    }
}

/// All names of a loss, the canonical one first, and how to make it.
type Named = (&'static [&'static str], fn() -> Loss);

/// Keras's names of the losses.
const NAMES: &[Named] = &[
    (&["mean_squared_error", "mse", "MSE", "MeanSquaredError"], mean_squared_error),
    (&["mean_absolute_error", "mae", "MAE", "MeanAbsoluteError"], mean_absolute_error),
    (&["huber", "Huber", "huber_loss"], || huber(1.0)),
    (&["binary_crossentropy", "bce", "BCE", "BinaryCrossentropy"], || binary_crossentropy(false, 0.0)),
    (&["categorical_crossentropy", "CategoricalCrossentropy"], || categorical_crossentropy(false, 0.0)),
    (&["sparse_categorical_crossentropy", "SparseCategoricalCrossentropy"], || {
        sparse_categorical_crossentropy(false)
    }),
];

impl From<&str> for Loss {
    /// A loss by Keras's name, with Keras's default arguments. An unknown name is reported by `compile`.
    fn from(name: &str) -> Self {
        match NAMES.iter().find(|(names, _)| names.contains(&name)) {
            Some((_, create)) => create(),
            None => Self { name: name.to_owned(), function: None, reduction: Reduction::default() },
        }
    }
}

impl Debug for Loss {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "Loss({:?}, {:?})", self.name, self.reduction)
    }
}

/// The mean of (y − p)² over the last axis.
pub fn mean_squared_error() -> Loss {
    Loss::custom("mean_squared_error", regression::mean_squared_error)
}

/// The mean of |y − p| over the last axis.
pub fn mean_absolute_error() -> Loss {
    Loss::custom("mean_absolute_error", regression::mean_absolute_error)
}

/// The mean of ½ e² where |e| = |y − p| ≤ `delta`, else `delta` · |e| − ½ `delta`².
pub fn huber(delta: f64) -> Loss {
    Loss::custom("huber_loss", move |b, y_true, y_pred| regression::huber(b, y_true, y_pred, delta))
}

/// The cross-entropy of yes-or-no labels with probabilities, or with logits if `from_logits`.
///
/// Labels become y (1 − s) + s / 2 with s = `label_smoothing`. Where the prediction comes from a sigmoid, the logits
/// before it are used, as TensorFlow does.
pub fn binary_crossentropy(from_logits: bool, label_smoothing: f64) -> Loss {
    Loss::custom("binary_crossentropy", move |b, y_true, y_pred| {
        crossentropy::binary(b, y_true, y_pred, from_logits, label_smoothing)
    })
}

/// The cross-entropy of one-hot labels with probabilities over the last axis, or with logits if `from_logits`.
///
/// Labels become y (1 − s) + s / classes with s = `label_smoothing`. Where the prediction comes from a softmax, the
/// logits before it are used, as TensorFlow does.
pub fn categorical_crossentropy(from_logits: bool, label_smoothing: f64) -> Loss {
    Loss::custom("categorical_crossentropy", move |b, y_true, y_pred| {
        crossentropy::categorical(b, y_true, y_pred, from_logits, label_smoothing)
    })
}

/// The cross-entropy of labels given as class numbers, `[batch, …]` or `[batch, …, 1]`.
pub fn sparse_categorical_crossentropy(from_logits: bool) -> Loss {
    Loss::custom("sparse_categorical_crossentropy", move |b, y_true, y_pred| {
        crossentropy::sparse_categorical(b, y_true, y_pred, from_logits)
    })
}

#[cfg(test)]
mod tests;
