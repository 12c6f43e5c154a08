//! How alike the directions of targets and predictions are.

use serde::{Deserialize, Serialize};

use super::pair::Pair;
use super::regression::{EPSILON, mean_of};
use super::{Direction, MeanMetricWrapper, MetricBatch, MetricFunction};
use crate::error::Result;

fn mean(row: &[f32]) -> f64 {
    row.iter().map(|x| f64::from(*x)).sum::<f64>() / row.len() as f64
}

fn variance(row: &[f32]) -> f64 {
    let mean = mean(row);
    row.iter().map(|x| (f64::from(*x) - mean).powi(2)).sum::<f64>() / row.len() as f64
}

/// What predictions and targets vary together.
fn covariance(y: &[f32], p: &[f32]) -> f64 {
    let (y_mean, p_mean) = (mean(y), mean(p));
    mean_of(y, p, |y, p| (y - y_mean) * (p - p_mean))
}

fn pearson(y: &[f32], p: &[f32]) -> f64 {
    covariance(y, p) / (variance(y) * variance(p)).sqrt()
}

fn concordance(y: &[f32], p: &[f32]) -> f64 {
    2.0 * covariance(y, p) / (variance(y) + variance(p) + (mean(y) - mean(p)).powi(2) + EPSILON)
}

/// The cosine of the angle between both; 0 where one has no length.
fn cosine(y: &[f32], p: &[f32]) -> f64 {
    let product =
        |a: &[f32], b: &[f32]| -> f64 { a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum() };
    // Keras bounds the inverse of a length by 1 / epsilon.
    let inverse = |row: &[f32]| (1.0 / product(row, row).sqrt()).min(1.0 / EPSILON);
    product(y, p) * inverse(y) * inverse(p)
}

/// Defines a metric along an axis: its alias, the type of its function, class, name, attributes of the axis in the
/// configuration, and formula.
macro_rules! axis_metric {
    ($(#[$doc:meta])* $metric:ident, $function:ident, $class:literal, $name:literal, $formula:ident, $(#[$axis:meta])*) => {
        $(#[$doc])*
        pub type $metric = MeanMetricWrapper<$function>;

        #[doc = concat!("The function of [`", stringify!($metric), "`].")]
        #[derive(Debug, Clone, Copy, Serialize, Deserialize)]
        #[serde(default)]
        pub struct $function {
            $(#[$axis])*
            axis: isize,
        }

        impl Default for $function {
            fn default() -> Self {
                Self { axis: -1 }
            }
        }

        impl $metric {
            /// The axis along which numbers belong together (default: −1, the last).
            pub fn axis(self, axis: isize) -> Self {
                self.set(|function| function.axis = axis)
            }
        }

        impl MetricFunction for $function {
            const CLASS_NAME: &'static str = $class;
            const NAME: &'static str = $name;
            const DIRECTION: Option<Direction> = Some(Direction::Up);

            fn pair<'a>(&self, name: &str, batch: &'a MetricBatch<'_>) -> Result<Pair<'a>> {
                Pair::along(name, batch, self.axis)
            }

            fn value(&self, _name: &str, y_true: &[f32], y_pred: &[f32]) -> Result<Option<f64>> {
                Ok(Some($formula(y_true, y_pred)))
            }

            fn arguments(&self) -> serde_json::Map<String, serde_json::Value> {
                super::wrapper::arguments_of(self)
            }
        }
    };
}

axis_metric! {
    /// The mean cosine of the angle between targets and predictions, from −1 to 1.
    ///
    /// ```
    /// let compile = gatewise::Compile::new("adam", "mse").metrics([gatewise::metrics::CosineSimilarity::new()]);
    /// # let _ = compile;
    /// ```
    ///
    /// Its configuration leaves the axis out, as Keras's does.
    CosineSimilarity, Cosine, "CosineSimilarity", "cosine_similarity", cosine, #[serde(skip_serializing)]
}

axis_metric! {
    /// The mean of Pearson's coefficient of correlation, from −1 to 1; NaN where one side does not vary.
    ///
    /// ```
    /// let metric = gatewise::metrics::PearsonCorrelation::new().axis(0);
    /// let compile = gatewise::Compile::new("adam", "mse").metrics([metric]);
    /// # let _ = compile;
    /// ```
    PearsonCorrelation, Pearson, "PearsonCorrelation", "pearson_correlation", pearson,
}

axis_metric! {
    /// The mean of Lin's coefficient of concordance, 2 · cov / (var_true + var_pred + (mean_true − mean_pred)²), from −1 to
    /// 1 (L. I-K. Lin, "A concordance correlation coefficient to evaluate reproducibility", 1989).
    ///
    /// ```
    /// let metric = gatewise::metrics::ConcordanceCorrelation::new().axis(0);
    /// let compile = gatewise::Compile::new("adam", "mse").metrics([metric]);
    /// # let _ = compile;
    /// ```
    ConcordanceCorrelation, Concordance, "ConcordanceCorrelation", "concordance_correlation", concordance,
}
