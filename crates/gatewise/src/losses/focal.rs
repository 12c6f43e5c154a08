//! Cross-entropies in which what is certain counts less.
//!
//! T. Lin, P. Goyal, R. Girshick, K. He, P. Dollár, "Focal Loss for Dense Object Detection", 2018,
//! <https://arxiv.org/abs/1708.02002>.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use super::align::{axis_of, to_one_shape, with_axis_last};
use super::crossentropy::{binary_elements, check_smoothing, classes, hold, smooth};
use super::function::{arguments_of, check_number, row};
use super::{LossBatch, LossFunction, Losses};
use crate::builder::Builder;
use crate::error::{Error, Result};
use crate::graph::Value;

/// xᵞ for x from 0 to 1; 1 for γ = 0, whose derivative is 0 at 0 too.
fn focus(b: &Builder, x: Value, gamma: f64) -> Result<Value> {
    match gamma {
        0.0 => b.scalar(1.0),
        1.0 => Ok(x),
        2.0 => b.square(x),
        _ => b.pow(x, b.scalar(gamma)?),
    }
}

fn check_gamma(subject: &str, gamma: f64) -> Result<()> {
    check_number(subject, "gamma", gamma, gamma >= 0.0, "a finite number of at least 0")
}

/// The mean over `axis` of (1 − pₜ)ᵞ · bce, where pₜ = y p + (1 − y)(1 − p) and bce is that of
/// [`BinaryCrossentropy`](super::BinaryCrossentropy); with `apply_class_balancing` times y α + (1 − y)(1 − α).
///
/// Targets and predictions `[batch, …, last]`, losses `[batch, …]`. Labels are smoothed first. For 0 < γ < 1 the derivative
/// is infinite where p = y.
/// Source: Lin et al., "Focal Loss for Dense Object Detection", 2018, <https://arxiv.org/abs/1708.02002>, and
/// <https://keras.io/api/losses/probabilistic_losses/#binaryfocalcrossentropy-class>.
///
/// ```
/// use gatewise::losses::BinaryFocalCrossentropy;
///
/// let loss = BinaryFocalCrossentropy { apply_class_balancing: true, gamma: 1.5, ..BinaryFocalCrossentropy::default() };
/// let compile = gatewise::Compile::new("adam", loss);
/// # let _ = compile;
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct BinaryFocalCrossentropy {
    /// Whether predictions are logits, of which the sigmoid is the probability (default: false).
    pub from_logits: bool,
    /// How far labels are moved towards ½, from 0 (default) to 1.
    pub label_smoothing: f64,
    /// The axis of the mean (default: −1, the last), counted from behind if negative.
    pub axis: isize,
    /// Whether `alpha` takes part (default: false).
    pub apply_class_balancing: bool,
    /// α, the weight of class 1, from 0 to 1; that of class 0 is 1 − α (default: 0.25).
    pub alpha: f64,
    /// γ, how much less certain predictions count; at least 0 (default: 2).
    pub gamma: f64,
}

impl Default for BinaryFocalCrossentropy {
    fn default() -> Self {
        Self {
            from_logits: false,
            label_smoothing: 0.0,
            axis: -1,
            apply_class_balancing: false,
            alpha: 0.25,
            gamma: 2.0,
        }
    }
}

impl LossFunction for BinaryFocalCrossentropy {
    fn name(&self) -> &str {
        "binary_focal_crossentropy"
    }

    fn losses(&self, b: &Builder, batch: &LossBatch) -> Result<Losses> {
        let (y, p) = to_one_shape(b, batch)?;
        let axis = axis_of(b, self.name(), p, self.axis)?;
        let y = smooth(b, y, self.label_smoothing, 0.5)?;
        let p = if self.from_logits { b.sigmoid(p)? } else { p };
        let no = b.sub(b.scalar(1.0)?, y)?;
        // 1 − pₜ = y (1 − p) + (1 − y) p
        let wrong = b.add(b.mul(y, b.sub(b.scalar(1.0)?, p)?)?, b.mul(no, p)?)?;
        let mut losses = b.mul(focus(b, wrong, self.gamma)?, binary_elements(b, y, p, false)?)?;
        if self.apply_class_balancing {
            let weight = b.add(b.scale(y, self.alpha)?, b.scale(no, 1.0 - self.alpha)?)?;
            losses = b.mul(weight, losses)?;
        }
        Ok(Losses::new(b.mean(losses, &[axis])?, batch))
    }

    fn check(&self) -> Result<()> {
        check_smoothing(self.name(), self.label_smoothing)?;
        let is_share = (0.0..=1.0).contains(&self.alpha);
        check_number(self.name(), "alpha", self.alpha, is_share, "from 0 to 1")?;
        check_gamma(self.name(), self.gamma)
    }

    fn class_name(&self) -> Option<&'static str> {
        Some("BinaryFocalCrossentropy")
    }

    fn config(&self) -> Map<String, Json> {
        arguments_of(self, &[])
    }
}

/// A weight for all classes or one for each.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum ClassBalance {
    /// The same for all, at least 0.
    Same(f64),
    /// One for each class in their order, each at least 0.
    Each(Vec<f64>),
}

impl From<f64> for ClassBalance {
    fn from(weight: f64) -> Self {
        Self::Same(weight)
    }
}

impl From<Vec<f64>> for ClassBalance {
    fn from(weights: Vec<f64>) -> Self {
        Self::Each(weights)
    }
}

/// Σ α (1 − p)ᵞ · (−y · ln p) over the classes.
///
/// Targets and predictions `[batch, …, classes]`, losses `[batch, …]`. Labels become y (1 − s) + s / n with
/// s = `label_smoothing` and n the size of the last axis. Probabilities are divided by their sum and held between 10⁻⁷ and
/// 1 − 10⁻⁷, where the derivative is 0 beyond. One α for each class lies along the last axis.
/// Source: Lin et al., "Focal Loss for Dense Object Detection", 2018, <https://arxiv.org/abs/1708.02002>, and
/// <https://keras.io/api/losses/probabilistic_losses/#categoricalfocalcrossentropy-class>.
///
/// ```
/// use gatewise::losses::CategoricalFocalCrossentropy;
///
/// let loss = CategoricalFocalCrossentropy { alpha: vec![0.2, 0.5, 1.0].into(), ..Default::default() };
/// let compile = gatewise::Compile::new("adam", loss);
/// # let _ = compile;
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CategoricalFocalCrossentropy {
    /// Whether predictions are logits, of which the softmax are the probabilities (default: false).
    pub from_logits: bool,
    /// How far labels are moved towards a draw, from 0 (default) to 1.
    pub label_smoothing: f64,
    /// The axis of the classes (default: −1, the last), counted from behind if negative.
    pub axis: isize,
    /// α, the weight of the classes (default: 0.25).
    pub alpha: ClassBalance,
    /// γ, how much less certain predictions count; at least 0 (default: 2).
    pub gamma: f64,
}

impl Default for CategoricalFocalCrossentropy {
    fn default() -> Self {
        Self { from_logits: false, label_smoothing: 0.0, axis: -1, alpha: 0.25.into(), gamma: 2.0 }
    }
}

impl CategoricalFocalCrossentropy {
    /// Emits α times losses `[…, classes]`.
    fn balance(&self, b: &Builder, losses: Value, count: usize) -> Result<Value> {
        match &self.alpha {
            ClassBalance::Same(alpha) => b.scale(losses, *alpha),
            ClassBalance::Each(alphas) if alphas.len() == count => b.mul(losses, row(b, alphas)?),
            ClassBalance::Each(alphas) => {
                let text = format!("expected {count} `alpha`, one for each class, got {}", alphas.len());
                Err(Error::argument(self.name(), text))
            }
        }
    }
}

impl LossFunction for CategoricalFocalCrossentropy {
    fn name(&self) -> &str {
        "categorical_focal_crossentropy"
    }

    fn losses(&self, b: &Builder, batch: &LossBatch) -> Result<Losses> {
        let (y, p) = to_one_shape(b, batch)?;
        let count = classes(b, self.name(), p)?;
        let axis = axis_of(b, self.name(), p, self.axis)?;
        let y = smooth(b, y, self.label_smoothing, 1.0 / count as f64)?;
        let p = match self.from_logits {
            true => softmax_along(b, p, axis)?,
            false => p,
        };
        let p = hold(b, b.div(p, b.sum_keep(p, &[axis])?)?)?;
        let losses = b.neg(b.mul(y, b.log(p)?)?)?;
        let focused = b.mul(focus(b, b.sub(b.scalar(1.0)?, p)?, self.gamma)?, losses)?;
        Ok(Losses::new(b.sum(self.balance(b, focused, count)?, &[axis])?, batch))
    }

    fn check(&self) -> Result<()> {
        check_smoothing(self.name(), self.label_smoothing)?;
        let alphas = match &self.alpha {
            ClassBalance::Same(alpha) => std::slice::from_ref(alpha),
            ClassBalance::Each(alphas) => alphas,
        };
        for alpha in alphas {
            check_number(self.name(), "alpha", *alpha, *alpha >= 0.0, "a finite number of at least 0")?;
        }
        check_gamma(self.name(), self.gamma)
    }

    fn class_name(&self) -> Option<&'static str> {
        Some("CategoricalFocalCrossentropy")
    }

    fn config(&self) -> Map<String, Json> {
        arguments_of(self, &[])
    }
}

/// The softmax along an axis.
fn softmax_along(b: &Builder, x: Value, axis: usize) -> Result<Value> {
    let probabilities = b.softmax(with_axis_last(b, x, axis)?)?;
    let rank = b.shape(x).rank();
    let back: Vec<usize> = (0..rank)
        .map(|position| if position == axis { rank - 1 } else { position - usize::from(position > axis) })
        .collect();
    b.transpose(probabilities, &back)
}
