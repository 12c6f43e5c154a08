//! Distances between distributions.

use serde::{Deserialize, Serialize, Serializer};
use serde_json::{Map, Value};

use super::accuracy::class_of;
use super::regression::{EPSILON, mean_of};
use super::wrapper::{arguments_of, row_metric};
use super::{Direction, MeanMetricWrapper, MetricBatch, MetricFunction, Pair};
use crate::error::{Error, Result};

row_metric! {
    /// The mean of Σ y_true · ln(y_true / y_pred), both held between 10⁻⁷ and 1.
    ///
    /// ```
    /// let compile = gatewise::Compile::new("adam", "mse").metrics([gatewise::metrics::KLDivergence::new()]);
    /// # let _ = compile;
    /// ```
    KLDivergence, Divergence, "KLDivergence", "kl_divergence", Some(Direction::Down),
    rows, |y, p| {
        let hold = |x: f32| f64::from(x).clamp(EPSILON, 1.0);
        y.iter().zip(p).map(|(y, p)| hold(*y) * (hold(*y) / hold(*p)).ln()).sum()
    }
}

row_metric! {
    /// The mean of y_pred − y_true · ln(y_pred + 10⁻⁷).
    ///
    /// ```
    /// let compile = gatewise::Compile::new("adam", "mse").metrics([gatewise::metrics::Poisson::new()]);
    /// # let _ = compile;
    /// ```
    Poisson, PoissonOfRows, "Poisson", "poisson", Some(Direction::Down),
    rows, |y, p| mean_of(y, p, |y, p| p - y * (p + EPSILON).ln())
}

/// A probability held between 10⁻⁷ and 1 − 10⁻⁷. In single precision, as in Keras: 1 − 10⁻⁷ is another number there.
fn hold(probability: f32) -> f32 {
    probability.clamp(EPSILON as f32, 1.0 - EPSILON as f32)
}

/// ln Σ eˣ.
fn log_sum_exp(row: impl Iterator<Item = f64> + Clone) -> f64 {
    let largest = row.clone().fold(f64::NEG_INFINITY, f64::max);
    largest + row.map(|x| (x - largest).exp()).sum::<f64>().ln()
}

/// Keras's default smoothing is a whole number, which is how it is written.
fn smoothing<S: Serializer>(smoothing: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    if *smoothing == 0.0 { serializer.serialize_i64(0) } else { serializer.serialize_f64(*smoothing) }
}

fn check_smoothing(name: &str, smoothing: f64) -> Result<()> {
    if (0.0..=1.0).contains(&smoothing) {
        return Ok(());
    }
    Err(Error::argument(name, format!("`label_smoothing` must be between 0 and 1, got {smoothing}")))
}

/// The mean of −y_true · ln(y_pred) − (1 − y_true) · ln(1 − y_pred).
///
/// ```
/// let metric = gatewise::metrics::BinaryCrossentropy::new().from_logits(true);
/// let compile = gatewise::Compile::new("adam", "mse").metrics([metric]);
/// # let _ = compile;
/// ```
pub type BinaryCrossentropy = MeanMetricWrapper<BinaryEntropy>;

/// The function of [`BinaryCrossentropy`].
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct BinaryEntropy {
    from_logits: bool,
    #[serde(serialize_with = "smoothing")]
    label_smoothing: f64,
}

impl BinaryCrossentropy {
    /// Whether predictions are logits, of which the sigmoid is the probability (default: false).
    pub fn from_logits(self, from_logits: bool) -> Self {
        self.set(|function| function.from_logits = from_logits)
    }

    /// Moves targets towards ½: y · (1 − s) + s / 2, from 0 (default) to 1.
    pub fn label_smoothing(self, label_smoothing: f64) -> Self {
        self.set(|function| function.label_smoothing = label_smoothing)
    }
}

impl MetricFunction for BinaryEntropy {
    const CLASS_NAME: &'static str = "BinaryCrossentropy";
    const NAME: &'static str = "binary_crossentropy";
    const DIRECTION: Option<Direction> = Some(Direction::Down);

    fn pair<'a>(&self, name: &str, batch: &'a MetricBatch<'_>) -> Result<Pair<'a>> {
        Pair::rows(name, batch)
    }

    fn value(&self, _name: &str, y_true: &[f32], y_pred: &[f32]) -> Result<Option<f64>> {
        let smoothed = |y: f64| y * (1.0 - self.label_smoothing) + 0.5 * self.label_smoothing;
        Ok(Some(mean_of(y_true, y_pred, |y, p| {
            let y = smoothed(y);
            if self.from_logits {
                return p.max(0.0) - p * y + (-p.abs()).exp().ln_1p();
            }
            let p = hold(p as f32);
            -y * f64::from(p).ln() - (1.0 - y) * f64::from(1.0 - p).ln()
        })))
    }

    fn check(&self, name: &str) -> Result<()> {
        check_smoothing(name, self.label_smoothing)
    }

    fn arguments(&self) -> Map<String, Value> {
        arguments_of(self)
    }
}

/// The mean of −Σ y_true · ln(y_pred) over the classes; targets are one-hot or distributions.
///
/// ```
/// let metric = gatewise::metrics::CategoricalCrossentropy::new().label_smoothing(0.1);
/// let compile = gatewise::Compile::new("adam", "mse").metrics([metric]);
/// # let _ = compile;
/// ```
pub type CategoricalCrossentropy = MeanMetricWrapper<CategoricalEntropy>;

/// The function of [`CategoricalCrossentropy`].
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(default)]
pub struct CategoricalEntropy {
    from_logits: bool,
    #[serde(serialize_with = "smoothing")]
    label_smoothing: f64,
    axis: isize,
}

impl Default for CategoricalEntropy {
    fn default() -> Self {
        Self { from_logits: false, label_smoothing: 0.0, axis: -1 }
    }
}

impl CategoricalCrossentropy {
    /// Whether predictions are logits, of which the softmax are the probabilities (default: false). Probabilities are
    /// divided by their sum.
    pub fn from_logits(self, from_logits: bool) -> Self {
        self.set(|function| function.from_logits = from_logits)
    }

    /// Moves targets towards a draw: y · (1 − s) + s / classes, from 0 (default) to 1.
    pub fn label_smoothing(self, label_smoothing: f64) -> Self {
        self.set(|function| function.label_smoothing = label_smoothing)
    }

    /// The axis of the classes (default: −1, the last).
    pub fn axis(self, axis: isize) -> Self {
        self.set(|function| function.axis = axis)
    }
}

impl MetricFunction for CategoricalEntropy {
    const CLASS_NAME: &'static str = "CategoricalCrossentropy";
    const NAME: &'static str = "categorical_crossentropy";
    const DIRECTION: Option<Direction> = Some(Direction::Down);

    fn pair<'a>(&self, name: &str, batch: &'a MetricBatch<'_>) -> Result<Pair<'a>> {
        Pair::along(name, batch, self.axis)
    }

    fn value(&self, _name: &str, y_true: &[f32], y_pred: &[f32]) -> Result<Option<f64>> {
        let classes = y_true.len() as f64;
        let smoothed = |y: f64| y * (1.0 - self.label_smoothing) + self.label_smoothing / classes;
        let logits = y_pred.iter().map(|x| f64::from(*x));
        let divisor = if self.from_logits { log_sum_exp(logits.clone()) } else { logits.clone().sum() };
        let log_of = |x: f64| match self.from_logits {
            true => x - divisor,
            false => f64::from(hold((x / divisor) as f32)).ln(),
        };
        Ok(Some(y_true.iter().zip(logits).map(|(y, x)| -smoothed(f64::from(*y)) * log_of(x)).sum()))
    }

    fn check(&self, name: &str) -> Result<()> {
        check_smoothing(name, self.label_smoothing)
    }

    fn arguments(&self) -> Map<String, Value> {
        arguments_of(self)
    }
}

/// The mean of −ln(y_pred) at the class whose number is the target.
///
/// ```
/// let metric = gatewise::metrics::SparseCategoricalCrossentropy::new().ignore_class(Some(0));
/// let compile = gatewise::Compile::new("adam", "mse").metrics([metric]);
/// # let _ = compile;
/// ```
pub type SparseCategoricalCrossentropy = MeanMetricWrapper<SparseCategoricalEntropy>;

/// The function of [`SparseCategoricalCrossentropy`].
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(default)]
pub struct SparseCategoricalEntropy {
    from_logits: bool,
    ignore_class: Option<i64>,
    axis: isize,
}

impl Default for SparseCategoricalEntropy {
    fn default() -> Self {
        Self { from_logits: false, ignore_class: None, axis: -1 }
    }
}

impl SparseCategoricalEntropy {
    /// The function with these arguments.
    pub(super) fn new(from_logits: bool, ignore_class: Option<i64>) -> Self {
        Self { from_logits, ignore_class, axis: -1 }
    }
}

impl SparseCategoricalCrossentropy {
    /// Whether predictions are logits, of which the softmax are the probabilities (default: false).
    pub fn from_logits(self, from_logits: bool) -> Self {
        self.set(|function| function.from_logits = from_logits)
    }

    /// Rows with this target have the value 0 (default: none). As in Keras, they still count in the mean, unless there is
    /// a mask or there are weights of samples.
    pub fn ignore_class(self, class: Option<i64>) -> Self {
        self.set(|function| function.ignore_class = class)
    }
}

impl MetricFunction for SparseCategoricalEntropy {
    const CLASS_NAME: &'static str = "SparseCategoricalCrossentropy";
    const NAME: &'static str = "sparse_categorical_crossentropy";
    const DIRECTION: Option<Direction> = Some(Direction::Down);

    fn pair<'a>(&self, name: &str, batch: &'a MetricBatch<'_>) -> Result<Pair<'a>> {
        Pair::classes(name, batch)
    }

    fn value(&self, name: &str, y_true: &[f32], y_pred: &[f32]) -> Result<Option<f64>> {
        if self.ignore_class.is_some_and(|class| class as f32 == y_true[0]) {
            return Ok(None);
        }
        let class = class_of(name, y_true[0], y_pred.len())?;
        let logit = |x: &f32| if self.from_logits { f64::from(*x) } else { f64::from(hold(*x)).ln() };
        Ok(Some(log_sum_exp(y_pred.iter().map(logit)) - logit(&y_pred[class])))
    }

    fn check(&self, name: &str) -> Result<()> {
        if self.axis == -1 {
            return Ok(());
        }
        let text = format!("`axis` is only supported as -1, the last axis, got {}", self.axis);
        Err(Error::unsupported(name, text))
    }

    fn arguments(&self) -> Map<String, Value> {
        arguments_of(self)
    }
}
