//! Metrics that are the mean of a function of targets and predictions.

use std::fmt::{self, Debug, Formatter};
use std::sync::Arc;

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::{Direction, Mean, Metric, MetricBatch, MetricValue, Pair, weights};
use crate::error::Result;
use crate::serialization::config_of;

/// A function of a row of targets and a row of predictions, with its arguments.
pub trait MetricFunction: Debug + Send + Sync {
    /// Keras's name of the class of the metric.
    const CLASS_NAME: &'static str;
    /// The name that the metric has by default.
    const NAME: &'static str;
    /// Which way is better.
    const DIRECTION: Option<Direction>;
    /// Whether masked steps are left out.
    const HEEDS_MASK: bool = true;

    /// The rows that the function is called with.
    ///
    /// # Errors
    /// If the shapes do not fit.
    fn pair<'a>(&self, name: &str, batch: &'a MetricBatch<'_>) -> Result<Pair<'a>>;

    /// The value of a row; `None` for one that is to be left out.
    ///
    /// # Errors
    /// If a label is none.
    fn value(&self, name: &str, y_true: &[f32], y_pred: &[f32]) -> Result<Option<f64>>;

    /// What the mean becomes.
    fn finish(&self, mean: f64) -> f64 {
        mean
    }

    /// Checks the arguments.
    ///
    /// # Errors
    /// If one is outside its range.
    fn check(&self, name: &str) -> Result<()> {
        let _ = name;
        Ok(())
    }

    /// The arguments beyond the name, in the order of Keras's `get_config`.
    fn arguments(&self) -> Map<String, Value> {
        Map::new()
    }
}

/// The mean of a function over all samples (and time steps) that count.
///
/// ```
/// use gatewise::metrics::MeanMetricWrapper;
///
/// let largest = MeanMetricWrapper::own("largest", |y: &[f32], p: &[f32]| {
///     y.iter().zip(p).map(|(y, p)| f64::from((y - p).abs())).fold(0.0, f64::max)
/// });
/// let compile = gatewise::Compile::new("adam", "mse").metrics([largest]);
/// # let _ = compile;
/// ```
#[derive(Debug, Clone)]
pub struct MeanMetricWrapper<F> {
    name: String,
    function: F,
    mean: Mean,
    /// How much each value of a batch counts.
    weights: Vec<f64>,
}

impl<F: MetricFunction> MeanMetricWrapper<F> {
    /// The mean of this function.
    pub fn of(function: F) -> Self {
        Self { name: F::NAME.to_owned(), function, mean: Mean::new(), weights: Vec::new() }
    }

    /// Gives it another name in the logs.
    pub fn with_name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// Changes the function's arguments.
    pub(super) fn set(mut self, change: impl FnOnce(&mut F)) -> Self {
        change(&mut self.function);
        self
    }
}

impl<F: MetricFunction + Default> MeanMetricWrapper<F> {
    /// The metric with Keras's default arguments.
    pub fn new() -> Self {
        Self::of(F::default())
    }
}

impl<F: MetricFunction + Default> Default for MeanMetricWrapper<F> {
    fn default() -> Self {
        Self::new()
    }
}

impl<F: MetricFunction> Metric for MeanMetricWrapper<F> {
    fn name(&self) -> &str {
        &self.name
    }

    fn update_state(&mut self, batch: &MetricBatch<'_>) -> Result<()> {
        let pair = self.function.pair(&self.name, batch)?;
        let mask = batch.mask.as_ref().filter(|_| F::HEEDS_MASK);
        let (sample_weight, weights) = (batch.sample_weight.as_ref(), &mut self.weights);
        let is_weighted = weights::effective_into(&self.name, pair.shape(), mask, sample_weight, weights)?;
        let (mut total, mut count) = (0.0, 0.0);
        for ((y, p), weight) in pair.iter().zip(weights.iter().copied()) {
            if weight == 0.0 {
                continue;
            }
            match self.function.value(&self.name, y, p)? {
                Some(value) => total += weight * value,
                // Keras drops such values only where there are weights; else they count as 0.
                None if is_weighted => continue,
                None => {}
            }
            count += weight;
        }
        self.mean.add(pair.shape(), total, count);
        Ok(())
    }

    fn result(&self) -> MetricValue {
        self.function.finish(self.mean.result()).into()
    }

    fn reset_state(&mut self) {
        self.mean.reset_state();
    }

    fn direction(&self) -> Option<Direction> {
        F::DIRECTION
    }

    fn check(&self) -> Result<()> {
        self.function.check(&self.name)
    }

    fn class_name(&self) -> &str {
        F::CLASS_NAME
    }

    fn config(&self) -> Value {
        let mut config = json!({"name": self.name, "dtype": "float32"});
        let arguments = self.function.arguments();
        config.as_object_mut().expect("it was made as an object").extend(arguments);
        config
    }
}

/// The arguments of a function by name.
pub(super) fn arguments_of(function: &impl Serialize) -> Map<String, Value> {
    match config_of(function) {
        Value::Object(arguments) => arguments,
        other => unreachable!("a struct is an object, not {other}"),
    }
}

type RowFunction = dyn Fn(&[f32], &[f32]) -> f64 + Send + Sync;

/// A function of one's own over the last axis of targets and predictions.
#[derive(Clone)]
pub struct OwnFunction(Arc<RowFunction>);

impl Debug for OwnFunction {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("OwnFunction")
    }
}

impl MeanMetricWrapper<OwnFunction> {
    /// The mean of a function of your own, which is called with a row of targets and a row of predictions (the last axis
    /// of arrays of the same shape) for each sample and time step.
    pub fn own(
        name: impl Into<String>,
        function: impl Fn(&[f32], &[f32]) -> f64 + Send + Sync + 'static,
    ) -> Self {
        Self::of(OwnFunction(Arc::new(function))).with_name(name)
    }
}

impl MetricFunction for OwnFunction {
    const CLASS_NAME: &'static str = "MeanMetricWrapper";
    const NAME: &'static str = "mean_metric_wrapper";
    const DIRECTION: Option<Direction> = None;

    fn pair<'a>(&self, name: &str, batch: &'a MetricBatch<'_>) -> Result<Pair<'a>> {
        Pair::rows(name, batch)
    }

    fn value(&self, _name: &str, y_true: &[f32], y_pred: &[f32]) -> Result<Option<f64>> {
        Ok(Some((self.0)(y_true, y_pred)))
    }
}

/// Defines a metric without arguments: its alias, the type of its function, class and name, which way is better, how
/// targets and predictions are paired ([`Pair`]), and the value of a pair of rows.
macro_rules! row_metric {
    ($(#[$doc:meta])* $metric:ident, $function:ident, $class:literal, $name:literal, $direction:expr,
     $pair:ident, $value:expr) => {
        $(#[$doc])*
        pub type $metric = $crate::metrics::MeanMetricWrapper<$function>;

        #[doc = concat!("The function of [`", stringify!($metric), "`].")]
        #[derive(Debug, Clone, Copy, Default, serde::Serialize, serde::Deserialize)]
        pub struct $function {}

        impl $crate::metrics::MetricFunction for $function {
            const CLASS_NAME: &'static str = $class;
            const NAME: &'static str = $name;
            const DIRECTION: Option<$crate::metrics::Direction> = $direction;

            fn pair<'a>(
                &self,
                name: &str,
                batch: &'a $crate::metrics::MetricBatch<'_>,
            ) -> $crate::error::Result<$crate::metrics::Pair<'a>> {
                $crate::metrics::Pair::$pair(name, batch)
            }

            fn value(&self, _name: &str, y_true: &[f32], y_pred: &[f32]) -> $crate::error::Result<Option<f64>> {
                let value: fn(&[f32], &[f32]) -> f64 = $value;
                Ok(Some(value(y_true, y_pred)))
            }
        }
    };
}

pub(super) use row_metric;
