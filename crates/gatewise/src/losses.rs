//! Losses: what training makes small, written in operations.
//!
//! Keras's, each a class with its arguments (<https://keras.io/api/losses/>), [`Quantile`], and your own: a closure
//! ([`Loss::custom`]) or a [`LossFunction`]. A loss is computed for each sample (and time step), over the last axis;
//! masks, weights of samples and the [`Reduction`] to one number are the same for all and are in [`Loss::reduce`].
//! Names, short and old forms included, are Keras's; `"crossentropy"` (or `"ce"`) is the one of the three that the shapes
//! ask for, as in Keras's `compile`.

use std::fmt::{self, Debug, Formatter};
use std::sync::Arc;

use crate::builder::Builder;
use crate::error::Result;
use crate::graph::Value;

mod align;
mod crossentropy;
mod ctc;
mod focal;
mod function;
mod hinge;
mod overlap;
mod probabilistic;
mod quantile;
mod reduction;
mod registry;
mod regression;
mod similarity;
mod sparse;

pub use crossentropy::{BinaryCrossentropy, CategoricalCrossentropy};
pub use ctc::CTC;
pub use focal::{BinaryFocalCrossentropy, CategoricalFocalCrossentropy, ClassBalance};
pub use function::{LossBatch, LossFunction, Losses};
pub use hinge::{CategoricalHinge, Hinge, SquaredHinge};
pub use overlap::{Axes, Dice, Tversky};
pub use probabilistic::{KLDivergence, Poisson};
pub use quantile::Quantile;
pub use reduction::Reduction;
pub use registry::{deserialize, get, get_config, serialize};
pub use regression::{
    Huber, LogCosh, MeanAbsoluteError, MeanAbsolutePercentageError, MeanSquaredError,
    MeanSquaredLogarithmicError,
};
pub use similarity::{Circle, CosineSimilarity};
pub use sparse::{CategoricalGeneralizedCrossEntropy, SparseCategoricalCrossentropy};

/// A loss: one of Keras's by its name or as a value of its class, or one of your own, with a reduction.
///
/// ```
/// use gatewise::losses::{BinaryCrossentropy, Huber, Loss, Reduction};
///
/// let by_name = Loss::from("mse");
/// let by_class = Loss::from(BinaryCrossentropy { from_logits: true, ..BinaryCrossentropy::default() });
/// let summed = Loss::from(Huber { delta: 0.5 }).reduction(Reduction::Sum);
/// let own = Loss::custom("cubic", |b, y_true, y_pred| {
///     let distance = b.abs(b.sub(y_true, y_pred)?)?;
///     b.mean_last(b.mul(b.square(distance)?, distance)?)
/// });
/// # let _ = (by_name, by_class, summed, own);
/// ```
#[derive(Debug, Clone)]
pub struct Loss {
    name: String,
    reduction: Reduction,
    /// What it was asked for by, if that was only a name; this is then its configuration.
    given_name: Option<String>,
    /// None where no loss has the name.
    function: Option<Arc<dyn LossFunction>>,
}

impl Loss {
    /// A user's own loss, written in operations; `function` gets `y_true` and `y_pred` in the shapes that the caller gives
    /// them, and returns one number a sample (and time step).
    pub fn custom(
        name: impl Into<String>,
        function: impl Fn(&Builder, Value, Value) -> Result<Value> + Send + Sync + 'static,
    ) -> Self {
        Self::from(Own { name: name.into(), function: Box::new(function) })
    }

    /// How the losses of samples become one number (default: their mean).
    pub fn reduction(mut self, reduction: Reduction) -> Self {
        self.reduction = reduction;
        self.given_name = None;
        self
    }

    /// Gives it another name in its configuration.
    pub fn with_name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self.given_name = None;
        self
    }

    /// Its name, Keras's if it was not given another.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Reports an unknown name and arguments outside their range.
    pub(crate) fn check(&self) -> Result<()> {
        self.function().map(|_| ())
    }

    fn function(&self) -> Result<&dyn LossFunction> {
        match &self.function {
            Some(function) => function.check().map(|()| &**function),
            None => Err(registry::unknown(&self.name)),
        }
    }

    /// Emits the loss of each sample (and time step).
    ///
    /// # Errors
    /// If the shapes of `y_true` and `y_pred` do not fit, the name is unknown or an argument is outside its range.
    pub fn per_sample(&self, builder: &Builder, y_true: Value, y_pred: Value) -> Result<Value> {
        Ok(self.function()?.losses(builder, &LossBatch::new(y_true, y_pred))?.values)
    }

    /// Emits the loss as one number, with a mask `[batch, time]` of the predictions and weights of samples `[batch]` or of
    /// steps `[batch, time]` if there are any. With [`Reduction::None`] it is the weighted loss of each sample (and step).
    ///
    /// # Errors
    /// If a shape does not fit, the name is unknown or an argument is outside its range.
    pub fn reduce(
        &self,
        builder: &Builder,
        y_true: Value,
        y_pred: Value,
        mask: Option<Value>,
        sample_weight: Option<Value>,
    ) -> Result<Value> {
        let is_by_step = |weights: Value| {
            let shape = builder.shape(weights);
            shape.rank() >= 2 && shape.dim(1) != Some(1)
        };
        let by_step = mask.is_some() || sample_weight.is_some_and(is_by_step);
        let batch = LossBatch { mask, by_step, ..LossBatch::new(y_true, y_pred) };
        let losses = self.function()?.losses(builder, &batch)?;
        reduction::reduce(builder, self.reduction, losses, sample_weight)
    }
}

impl<F: LossFunction + 'static> From<F> for Loss {
    fn from(function: F) -> Self {
        Self {
            name: function.name().to_owned(),
            reduction: Reduction::default(),
            given_name: None,
            function: Some(Arc::new(function)),
        }
    }
}

impl From<&str> for Loss {
    /// A loss by Keras's name, with Keras's default arguments. An unknown name is reported by `compile`.
    fn from(name: &str) -> Self {
        let given_name = Some(name.to_owned());
        match registry::by_name(name) {
            Some(loss) => Self { given_name, ..loss },
            None => {
                Self { name: name.to_owned(), reduction: Reduction::default(), given_name, function: None }
            }
        }
    }
}

/// A function that emits the loss of each sample: `(builder, y_true, y_pred)` → `y_pred`'s shape less its last axis.
type Function = dyn Fn(&Builder, Value, Value) -> Result<Value> + Send + Sync;

/// A user's own loss.
struct Own {
    name: String,
    function: Box<Function>,
}

impl Debug for Own {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "Own({:?})", self.name)
    }
}

impl LossFunction for Own {
    fn name(&self) -> &str {
        &self.name
    }

    fn losses(&self, builder: &Builder, batch: &LossBatch) -> Result<Losses> {
        Ok(Losses::new((self.function)(builder, batch.y_true, batch.y_pred)?, batch))
    }
}

#[cfg(test)]
mod tests;
