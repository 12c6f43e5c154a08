//! Areas under curves.

use serde::{Deserialize, Serialize, Serializer};
use serde_json::json;

use super::counter::{Counts, Selection};
use super::{ConfusionFunction, ConfusionMetric, ratio, thresholds};
use crate::error::{Error, Result};
use crate::metrics::MetricValue;

/// The curve that an area lies under.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Curve {
    /// Recall over the rate of false positives.
    #[default]
    #[serde(rename = "ROC", alias = "roc")]
    Roc,
    /// Precision over recall.
    #[serde(rename = "PR", alias = "pr")]
    Pr,
    /// Gain of precision over gain of recall (P. Flach and M. Kull, "Precision-recall-gain curves", 2015).
    #[serde(rename = "PRGAIN", alias = "prgain")]
    PrGain,
}

/// How the area between two thresholds is computed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SummationMethod {
    /// By the mean of both heights; under the curve of precision and recall as J. Davis and M. Goadrich, "The
    /// relationship between precision-recall and ROC curves", 2006.
    #[default]
    #[serde(alias = "Interpolation")]
    Interpolation,
    /// By the larger height.
    #[serde(alias = "Majoring")]
    Majoring,
    /// By the smaller height.
    #[serde(alias = "Minoring")]
    Minoring,
}

/// Keras's `AUC`: the area under a curve, approximated by the counts at thresholds.
///
/// ```
/// use gatewise::metrics::{Auc, Curve, Metric, MetricBatch};
/// use ndarray::array;
///
/// let (y_true, y_pred) = (array![0.0, 0.0, 1.0, 1.0].into_dyn(), array![0.1, 0.5, 0.3, 0.9].into_dyn());
/// let mut auc = Auc::new().num_thresholds(3);
/// auc.update_state(&MetricBatch::new(y_true.view(), y_pred.view()))?;
/// assert_eq!(auc.result(), 0.75);
/// let named = Auc::new().curve(Curve::Pr).with_name("auc_pr");
/// # let _ = named;
/// # Ok::<(), gatewise::Error>(())
/// ```
pub type Auc = ConfusionMetric<AreaUnderCurve>;

/// The function of [`Auc`].
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default)]
pub struct AreaUnderCurve {
    num_thresholds: usize,
    curve: Curve,
    summation_method: SummationMethod,
    multi_label: bool,
    num_labels: Option<usize>,
    #[serde(serialize_with = "tensor", deserialize_with = "tensor_or_list")]
    label_weights: Option<Vec<f64>>,
    from_logits: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    thresholds: Option<Vec<f64>>,
}

/// Keras holds these weights as a tensor, and writes them as one.
fn tensor<S: Serializer>(weights: &Option<Vec<f64>>, serializer: S) -> Result<S::Ok, S::Error> {
    let narrow =
        |weights: &Vec<f64>| weights.iter().map(|weight| f64::from(*weight as f32)).collect::<Vec<f64>>();
    let envelope =
        |value| json!({"class_name": "__tensor__", "config": {"value": value, "dtype": "float32"}});
    weights.as_ref().map(narrow).map(envelope).serialize(serializer)
}

fn tensor_or_list<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Vec<f64>>, D::Error> {
    #[derive(Deserialize)]
    struct Tensor {
        value: Vec<f64>,
    }
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Given {
        List(Vec<f64>),
        Envelope { config: Tensor },
    }
    Ok(Option::<Given>::deserialize(deserializer)?.map(|given| match given {
        Given::List(weights) => weights,
        Given::Envelope { config } => config.value,
    }))
}

impl Default for AreaUnderCurve {
    fn default() -> Self {
        Self {
            num_thresholds: 200,
            curve: Curve::default(),
            summation_method: SummationMethod::default(),
            multi_label: false,
            num_labels: None,
            label_weights: None,
            from_logits: false,
            thresholds: None,
        }
    }
}

impl Auc {
    /// How many thresholds from 0 to 1 are tried, at least 2 (default: 200).
    pub fn num_thresholds(self, num_thresholds: usize) -> Self {
        self.set(|function| function.num_thresholds = num_thresholds)
    }

    /// The thresholds between those at both ends, instead of even ones.
    pub fn thresholds(self, thresholds: impl Into<Vec<f64>>) -> Self {
        let mut thresholds = thresholds.into();
        thresholds.sort_by(f64::total_cmp);
        self.set(|function| {
            function.num_thresholds = thresholds.len() + 2;
            function.thresholds = Some(thresholds);
        })
    }

    /// The curve (default: ROC).
    pub fn curve(self, curve: Curve) -> Self {
        self.set(|function| function.curve = curve)
    }

    /// How areas are computed (default: interpolation).
    pub fn summation_method(self, method: SummationMethod) -> Self {
        self.set(|function| function.summation_method = method)
    }

    /// Whether each of the classes of predictions `[batch, classes]` has a curve of its own, of whose areas the mean is
    /// taken (default: false, all predictions share a curve).
    pub fn multi_label(self, multi_label: bool) -> Self {
        self.set(|function| function.multi_label = multi_label)
    }

    /// The number of classes, only with `multi_label` (default: that of the predictions).
    pub fn num_labels(self, num_labels: usize) -> Self {
        self.set(|function| function.num_labels = Some(num_labels))
    }

    /// How much each class counts: with `multi_label` its area, else its predictions (default: all alike).
    pub fn label_weights(self, weights: impl Into<Vec<f64>>) -> Self {
        self.set(|function| function.label_weights = Some(weights.into()))
    }

    /// Whether predictions are logits, of which the sigmoid is the probability (default: false).
    pub fn from_logits(self, from_logits: bool) -> Self {
        self.set(|function| function.from_logits = from_logits)
    }
}

impl AreaUnderCurve {
    /// All thresholds, from 0 to 1.
    fn whole_range(&self) -> Vec<f64> {
        let Some(inner) = &self.thresholds else { return thresholds::even(self.num_thresholds) };
        let mut inner = inner.clone();
        inner.sort_by(f64::total_cmp);
        [0.0].into_iter().chain(inner).chain([1.0]).collect()
    }

    fn area(&self, counts: &[Counts]) -> f64 {
        let steps = counts.windows(2).map(|pair| (&pair[0], &pair[1]));
        if self.curve == Curve::Pr && self.summation_method == SummationMethod::Interpolation {
            return steps.map(|(low, high)| interpolated_precision(low, high)).sum();
        }
        let point = |counts: &Counts| match self.curve {
            Curve::Roc => (counts.false_positive_rate(), counts.recall()),
            Curve::Pr => (counts.recall(), counts.precision()),
            Curve::PrGain => gains(counts),
        };
        let area = |(low, high)| {
            let ((low_x, low_y), (high_x, high_y)) = (point(low), point(high));
            let height = match self.summation_method {
                SummationMethod::Interpolation => (low_y + high_y) / 2.0,
                SummationMethod::Minoring => low_y.min(high_y),
                SummationMethod::Majoring => low_y.max(high_y),
            };
            (low_x - high_x) * height
        };
        steps.map(area).sum()
    }
}

/// The area under precision over recall between two thresholds, where true positives grow in proportion to all positives
/// (Davis and Goadrich).
fn interpolated_precision(low: &Counts, high: &Counts) -> f64 {
    let positives = |counts: &Counts| counts.true_positives + counts.false_positives;
    let (low_positives, high_positives) = (positives(low), positives(high));
    let gained = low.true_positives - high.true_positives;
    let slope = ratio(gained, (low_positives - high_positives).max(0.0));
    let intercept = high.true_positives - slope * high_positives;
    let growth =
        if low_positives > 0.0 && high_positives > 0.0 { low_positives / high_positives } else { 1.0 };
    ratio(slope * (gained + intercept * growth.ln()), high.true_positives + high.false_negatives)
}

/// Gain of recall and gain of precision.
fn gains(counts: &Counts) -> (f64, f64) {
    if counts.true_positives == 0.0 {
        return (0.0, 1.0);
    }
    let odds =
        ratio(counts.true_positives + counts.false_negatives, counts.true_negatives + counts.false_positives);
    let gain = |wrong: f64| 1.0 - odds * wrong / counts.true_positives;
    (gain(counts.false_negatives).max(0.0), gain(counts.false_positives))
}

impl ConfusionFunction for AreaUnderCurve {
    const CLASS_NAME: &'static str = "AUC";
    const NAME: &'static str = "auc";

    fn thresholds(&self) -> Vec<f32> {
        let mut thresholds = self.whole_range();
        // So that predictions of exactly 0 and 1 lie between them.
        thresholds[0] -= 1e-7;
        *thresholds.last_mut().expect("there are two at least") += 1e-7;
        thresholds.into_iter().map(|threshold| threshold as f32).collect()
    }

    fn selection(&self) -> Selection<'_> {
        let all: Vec<f32> = self.whole_range().iter().map(|threshold| *threshold as f32).collect();
        Selection {
            has_even_thresholds: self.thresholds.is_none() || thresholds::are_even(&all),
            is_multi_label: self.multi_label,
            num_labels: self.num_labels,
            from_logits: self.from_logits,
            label_weights: self.label_weights.as_deref(),
            ..Selection::default()
        }
    }

    fn check(&self, name: &str) -> Result<()> {
        if self.thresholds.is_none() && self.num_thresholds < 2 {
            let text = format!("`num_thresholds` must be at least 2, got {}", self.num_thresholds);
            return Err(Error::argument(name, text));
        }
        if self.num_labels.is_some() && !self.multi_label {
            return Err(Error::argument(name, "`num_labels` is only for `multi_label`"));
        }
        thresholds::check_range(name, self.thresholds.as_deref().unwrap_or(&[]))
    }

    fn value(&self, counts: &[Vec<Counts>]) -> MetricValue {
        let areas = counts.iter().map(|counts| self.area(counts));
        if !self.multi_label {
            return areas.sum::<f64>().into();
        }
        let ones = vec![1.0; counts.len()];
        // Before the first batch the number of labels is not known.
        let weights =
            self.label_weights.as_ref().filter(|weights| weights.len() == counts.len()).unwrap_or(&ones);
        ratio(areas.zip(weights).map(|(area, weight)| area * weight).sum(), weights.iter().sum()).into()
    }
}
