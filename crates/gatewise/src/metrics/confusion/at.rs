//! The best of one ratio where another is good enough.

use serde::{Deserialize, Serialize};

use super::counter::{Counts, Selection};
use super::{ConfusionFunction, ConfusionMetric, thresholds};
use crate::error::{Error, Result};
use crate::metrics::MetricValue;

fn default_num_thresholds() -> usize {
    200
}

/// Defines a metric: its alias and function, class, name, the argument with its ratio that has to be reached, and the
/// ratio that is looked for.
macro_rules! at_metric {
    ($(#[$doc:meta])* $metric:ident, $function:ident, $class:literal, $name:literal, $reached:ident, $wanted:ident) => {
        $(#[$doc])*
        pub type $metric = ConfusionMetric<$function>;

        #[doc = concat!("The function of [`", stringify!($metric), "`].")]
        #[derive(Debug, Clone, Serialize, Deserialize)]
        pub struct $function {
            #[serde(default)]
            class_id: Option<usize>,
            #[serde(default = "default_num_thresholds")]
            num_thresholds: usize,
            $reached: f64,
        }

        impl $metric {
            #[doc = concat!("The metric where the ", stringify!($reached), " is at least this, from 0 to 1.")]
            pub fn new($reached: f64) -> Self {
                Self::of($function { class_id: None, num_thresholds: default_num_thresholds(), $reached })
            }

            /// How many thresholds from 0 to 1 are tried (default: 200).
            pub fn num_thresholds(self, num_thresholds: usize) -> Self {
                self.set(|function| function.num_thresholds = num_thresholds)
            }

            /// Only this class is looked at.
            pub fn class_id(self, class_id: usize) -> Self {
                self.set(|function| function.class_id = Some(class_id))
            }
        }

        impl ConfusionFunction for $function {
            const CLASS_NAME: &'static str = $class;
            const NAME: &'static str = $name;

            fn thresholds(&self) -> Vec<f32> {
                match self.num_thresholds {
                    1 => vec![0.5],
                    several => thresholds::even(several).iter().map(|threshold| *threshold as f32).collect(),
                }
            }

            fn selection(&self) -> Selection<'_> {
                let has_even_thresholds = self.num_thresholds > 1;
                Selection { class_id: self.class_id, has_even_thresholds, ..Selection::default() }
            }

            fn check(&self, name: &str) -> Result<()> {
                if !(0.0..=1.0).contains(&self.$reached) {
                    let argument = stringify!($reached);
                    let text = format!("`{argument}` must be between 0 and 1, got {}", self.$reached);
                    return Err(Error::argument(name, text));
                }
                if self.num_thresholds == 0 {
                    return Err(Error::argument(name, "`num_thresholds` must be at least 1, got 0"));
                }
                Ok(())
            }

            fn value(&self, counts: &[Vec<Counts>]) -> MetricValue {
                // Keras compares in single precision.
                let is_reached = |counts: &&Counts| counts.$reached() as f32 >= self.$reached as f32;
                counts[0].iter().filter(is_reached).map(Counts::$wanted).fold(0.0, f64::max).into()
            }
        }
    };
}

/// What Keras's arguments call the ratios.
impl Counts {
    fn sensitivity(&self) -> f64 {
        self.recall()
    }
}

at_metric! {
    /// The best sensitivity at a threshold where the specificity is good enough; 0 where there is none.
    ///
    /// ```
    /// let metric = gatewise::metrics::SensitivityAtSpecificity::new(0.9);
    /// let compile = gatewise::Compile::new("adam", "binary_crossentropy").metrics([metric]);
    /// # let _ = compile;
    /// ```
    SensitivityAtSpecificity, SensitivityAt, "SensitivityAtSpecificity", "sensitivity_at_specificity",
    specificity, sensitivity
}

at_metric! {
    /// The best specificity at a threshold where the sensitivity is good enough; 0 where there is none.
    ///
    /// ```
    /// let metric = gatewise::metrics::SpecificityAtSensitivity::new(0.9);
    /// let compile = gatewise::Compile::new("adam", "binary_crossentropy").metrics([metric]);
    /// # let _ = compile;
    /// ```
    SpecificityAtSensitivity, SpecificityAt, "SpecificityAtSensitivity", "specificity_at_sensitivity",
    sensitivity, specificity
}

at_metric! {
    /// The best precision at a threshold where the recall is good enough; 0 where there is none.
    ///
    /// ```
    /// let metric = gatewise::metrics::PrecisionAtRecall::new(0.9);
    /// let compile = gatewise::Compile::new("adam", "binary_crossentropy").metrics([metric]);
    /// # let _ = compile;
    /// ```
    PrecisionAtRecall, PrecisionAt, "PrecisionAtRecall", "precision_at_recall", recall, precision
}

at_metric! {
    /// The best recall at a threshold where the precision is good enough; 0 where there is none.
    ///
    /// ```
    /// let metric = gatewise::metrics::RecallAtPrecision::new(0.9);
    /// let compile = gatewise::Compile::new("adam", "binary_crossentropy").metrics([metric]);
    /// # let _ = compile;
    /// ```
    RecallAtPrecision, RecallAt, "RecallAtPrecision", "recall_at_precision", precision, recall
}
