//! Counts at thresholds, and their ratios.

use serde::{Deserialize, Serialize};

use super::counter::{BELOW_ALL, Counts, Selection};
use super::{ConfusionFunction, ConfusionMetric, Thresholds, thresholds};
use crate::error::{Error, Result};
use crate::metrics::{Direction, MetricValue};

/// A value for each threshold; one number if there is one.
fn at_each(counts: &[Vec<Counts>], value: impl Fn(&Counts) -> f64) -> MetricValue {
    match &counts[0][..] {
        [one] => value(one).into(),
        several => several.iter().map(value).collect::<Vec<f64>>().into(),
    }
}

/// Defines a metric that is one of the four counts.
macro_rules! count_metric {
    ($(#[$doc:meta])* $metric:ident, $function:ident, $class:literal, $field:ident) => {
        $(#[$doc])*
        pub type $metric = ConfusionMetric<$function>;

        #[doc = concat!("The function of [`", stringify!($metric), "`].")]
        #[derive(Debug, Clone, Default, Serialize, Deserialize)]
        #[serde(default)]
        pub struct $function {
            thresholds: Option<Thresholds>,
        }

        impl $metric {
            /// Predictions above this are a yes (default: 0.5); several give a vector.
            pub fn thresholds(self, thresholds: impl Into<Thresholds>) -> Self {
                self.set(|function| function.thresholds = Some(thresholds.into()))
            }
        }

        impl ConfusionFunction for $function {
            const CLASS_NAME: &'static str = $class;
            const NAME: &'static str = stringify!($field);
            const DIRECTION: Option<Direction> = None;

            fn thresholds(&self) -> Vec<f32> {
                thresholds::or_default(self.thresholds.as_ref(), 0.5)
            }

            fn selection(&self) -> Selection<'_> {
                Selection { has_even_thresholds: thresholds::are_even(&self.thresholds()), ..Selection::default() }
            }

            fn check(&self, name: &str) -> Result<()> {
                thresholds::check(name, self.thresholds.as_ref())
            }

            fn value(&self, counts: &[Vec<Counts>]) -> MetricValue {
                at_each(counts, |counts| counts.$field)
            }
        }
    };
}

count_metric! {
    /// How many predictions are a yes, and rightly.
    ///
    /// ```
    /// let metric = gatewise::metrics::TruePositives::new().thresholds(0.7);
    /// let compile = gatewise::Compile::new("adam", "binary_crossentropy").metrics([metric]);
    /// # let _ = compile;
    /// ```
    TruePositives, TruePositiveCount, "TruePositives", true_positives
}

count_metric! {
    /// How many predictions are a yes, and wrongly.
    ///
    /// ```
    /// let metric = gatewise::metrics::FalsePositives::new().thresholds(0.7);
    /// let compile = gatewise::Compile::new("adam", "binary_crossentropy").metrics([metric]);
    /// # let _ = compile;
    /// ```
    FalsePositives, FalsePositiveCount, "FalsePositives", false_positives
}

count_metric! {
    /// How many predictions are a no, and rightly.
    ///
    /// ```
    /// let metric = gatewise::metrics::TrueNegatives::new().thresholds(0.7);
    /// let compile = gatewise::Compile::new("adam", "binary_crossentropy").metrics([metric]);
    /// # let _ = compile;
    /// ```
    TrueNegatives, TrueNegativeCount, "TrueNegatives", true_negatives
}

count_metric! {
    /// How many predictions are a no, and wrongly.
    ///
    /// ```
    /// let metric = gatewise::metrics::FalseNegatives::new().thresholds(0.7);
    /// let compile = gatewise::Compile::new("adam", "binary_crossentropy").metrics([metric]);
    /// # let _ = compile;
    /// ```
    FalseNegatives, FalseNegativeCount, "FalseNegatives", false_negatives
}

/// Defines a metric that is a ratio of counts.
macro_rules! ratio_metric {
    ($(#[$doc:meta])* $metric:ident, $function:ident, $class:literal, $name:ident) => {
        $(#[$doc])*
        pub type $metric = ConfusionMetric<$function>;

        #[doc = concat!("The function of [`", stringify!($metric), "`].")]
        #[derive(Debug, Clone, Default, Serialize, Deserialize)]
        #[serde(default)]
        pub struct $function {
            thresholds: Option<Thresholds>,
            top_k: Option<usize>,
            class_id: Option<usize>,
        }

        impl $metric {
            /// Predictions above this are a yes (default: 0.5, or with `top_k` none is needed); several give a vector.
            pub fn thresholds(self, thresholds: impl Into<Thresholds>) -> Self {
                self.set(|function| function.thresholds = Some(thresholds.into()))
            }

            /// Only the largest so many predictions of a row can be a yes.
            pub fn top_k(self, top_k: usize) -> Self {
                self.set(|function| function.top_k = Some(top_k))
            }

            /// Only this class is looked at.
            pub fn class_id(self, class_id: usize) -> Self {
                self.set(|function| function.class_id = Some(class_id))
            }
        }

        impl ConfusionFunction for $function {
            const CLASS_NAME: &'static str = $class;
            const NAME: &'static str = stringify!($name);

            fn thresholds(&self) -> Vec<f32> {
                let default = if self.top_k.is_none() { 0.5 } else { BELOW_ALL };
                thresholds::or_default(self.thresholds.as_ref(), default)
            }

            fn selection(&self) -> Selection<'_> {
                Selection {
                    top_k: self.top_k,
                    class_id: self.class_id,
                    has_even_thresholds: thresholds::are_even(&self.thresholds()),
                    ..Selection::default()
                }
            }

            fn check(&self, name: &str) -> Result<()> {
                if self.top_k == Some(0) {
                    return Err(Error::argument(name, "`top_k` must be at least 1, got 0"));
                }
                thresholds::check(name, self.thresholds.as_ref())
            }

            fn value(&self, counts: &[Vec<Counts>]) -> MetricValue {
                at_each(counts, Counts::$name)
            }
        }
    };
}

ratio_metric! {
    /// The share of the yes answers that are right; 0 where there is none.
    ///
    /// ```
    /// use gatewise::metrics::{Metric, MetricBatch, Precision};
    /// use ndarray::array;
    ///
    /// let (y_true, y_pred) = (array![0.0, 1.0, 1.0, 1.0].into_dyn(), array![0.9, 0.2, 0.7, 0.8].into_dyn());
    /// let mut precision = Precision::new();
    /// precision.update_state(&MetricBatch::new(y_true.view(), y_pred.view()))?;
    /// assert_eq!(precision.result(), 2.0 / 3.0);
    /// # Ok::<(), gatewise::Error>(())
    /// ```
    Precision, PrecisionRatio, "Precision", precision
}

ratio_metric! {
    /// The share of what should be yes that is; 0 where there is none.
    ///
    /// ```
    /// use gatewise::metrics::Recall;
    ///
    /// let metric = Recall::new().thresholds([0.3, 0.5, 0.7]).class_id(1);
    /// let compile = gatewise::Compile::new("adam", "categorical_crossentropy").metrics([metric]);
    /// # let _ = compile;
    /// ```
    Recall, RecallRatio, "Recall", recall
}
