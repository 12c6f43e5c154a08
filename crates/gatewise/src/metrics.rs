//! Metrics: what a person watches while a model trains. Keras's, with its names, formulas and configurations.
//!
//! A metric sees targets and predictions of each batch and gives one number (or a vector) over all batches since the
//! last reset. Formulas: <https://keras.io/api/metrics/>; all sums are in `f64`.
//!
//! ```
//! use gatewise::metrics::{self, BinaryAccuracy, Metric, MetricBatch};
//! use ndarray::array;
//!
//! let mut accuracy = BinaryAccuracy::new().threshold(0.4);
//! let (y_true, y_pred) = (array![[1.0], [0.0]].into_dyn(), array![[0.45], [0.2]].into_dyn());
//! accuracy.update_state(&MetricBatch::new(y_true.view(), y_pred.view()))?;
//! assert_eq!(accuracy.result(), 1.0);
//! assert_eq!(metrics::get("mse")?.name(), "mean_squared_error");
//! # Ok::<(), gatewise::Error>(())
//! ```
//!
//! [`ConfusionMatrix`] and [`ClassificationReport`] say more about a classifier, for people.
//!
//! Masked steps do not count in metrics that are means of a function; like Keras, the others do not see masks.
//! Weights of samples enter only what is given to [`Compile::weighted_metrics`](crate::Compile::weighted_metrics).

use std::fmt::Debug;

use serde_json::{Value, json};

use crate::error::Result;

mod accuracy;
mod argument;
mod batch;
mod classification_report;
mod confusion;
mod confusion_matrix;
mod correlation;
mod f_score;
mod hinge;
mod mean;
mod pair;
mod perplexity;
mod probabilistic;
mod r2_score;
mod registry;
mod regression;
mod top_k;
mod value;
mod weights;
mod wrapper;

pub use accuracy::{Accuracy, BinaryAccuracy, CategoricalAccuracy, SparseCategoricalAccuracy};
pub use argument::MetricArgument;
pub use batch::MetricBatch;
pub use classification_report::{ClassScores, ClassificationReport};
pub use confusion::{
    Auc, ConfusionFunction, ConfusionMetric, Counts, Curve, FalseNegatives, FalsePositives, Precision,
    PrecisionAtRecall, Recall, RecallAtPrecision, SensitivityAtSpecificity, SpecificityAtSensitivity,
    SummationMethod, Thresholds, TrueNegatives, TruePositives,
};
pub use confusion_matrix::ConfusionMatrix;
pub use correlation::{ConcordanceCorrelation, CosineSimilarity, PearsonCorrelation};
pub use f_score::{Average, F1Score, FBetaScore};
pub use hinge::{CategoricalHinge, Hinge, SquaredHinge};
pub use mean::{Mean, Sum};
pub use pair::Pair;
pub use perplexity::Perplexity;
pub use probabilistic::{
    BinaryCrossentropy, CategoricalCrossentropy, KLDivergence, Poisson, SparseCategoricalCrossentropy,
};
pub use r2_score::{ClassAggregation, R2Score};
pub use registry::{deserialize, get, serialize};
pub use regression::{
    LogCoshError, MeanAbsoluteError, MeanAbsolutePercentageError, MeanSquaredError,
    MeanSquaredLogarithmicError, RootMeanSquaredError,
};
pub use top_k::{SparseTopKCategoricalAccuracy, TopKCategoricalAccuracy};
pub use value::MetricValue;
pub use wrapper::{MeanMetricWrapper, MetricFunction, OwnFunction};

/// Which way a metric goes when a model gets better.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Larger is better.
    Up,
    /// Smaller is better.
    Down,
}

/// A running measure over batches. Implement it for one of your own.
///
/// ```
/// use gatewise::metrics::{Metric, MetricBatch, MetricValue};
///
/// #[derive(Debug, Default)]
/// struct LargestError(f64);
///
/// impl Metric for LargestError {
///     fn name(&self) -> &str {
///         "largest_error"
///     }
///
///     fn update_state(&mut self, batch: &MetricBatch<'_>) -> gatewise::Result<()> {
///         let errors = batch.y_true.iter().zip(&batch.y_pred).map(|(y, p)| f64::from((y - p).abs()));
///         self.0 = errors.fold(self.0, f64::max);
///         Ok(())
///     }
///
///     fn result(&self) -> MetricValue {
///         self.0.into()
///     }
///
///     fn reset_state(&mut self) {
///         self.0 = 0.0;
///     }
/// }
///
/// let compile = gatewise::Compile::new("adam", "mse").metrics([LargestError::default()]);
/// # let _ = compile;
/// ```
pub trait Metric: Debug + Send + Sync {
    /// The key in the logs.
    fn name(&self) -> &str;

    /// Takes in a batch.
    ///
    /// # Errors
    /// If the shapes do not fit, or a label is none.
    fn update_state(&mut self, batch: &MetricBatch<'_>) -> Result<()>;

    /// The value over all batches since the last reset.
    fn result(&self) -> MetricValue;

    /// Forgets all batches.
    fn reset_state(&mut self);

    /// Which way is better, where Keras knows it.
    fn direction(&self) -> Option<Direction> {
        None
    }

    /// Checks the arguments that need no data to be judged.
    ///
    /// # Errors
    /// If an argument is outside its range.
    fn check(&self) -> Result<()> {
        Ok(())
    }

    /// Keras's name of the class, such as `MeanSquaredError`; of your own metric the name of the type.
    fn class_name(&self) -> &str {
        let path = std::any::type_name::<Self>();
        path.rsplit("::").next().unwrap_or(path)
    }

    /// The arguments as a JSON object, as Keras's `get_config` gives them.
    fn config(&self) -> Value {
        json!({"name": self.name(), "dtype": "float32"})
    }
}

#[cfg(test)]
mod tests;
