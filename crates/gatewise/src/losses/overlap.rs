//! How much of two sets overlaps.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use super::align::{axis_of, to_one_shape};
use super::function::{EPSILON, arguments_of, check_number};
use super::{LossBatch, LossFunction, Losses};
use crate::builder::Builder;
use crate::error::{Error, Result};
use crate::graph::Value;

/// Axes as an argument: one, several, or none, which means all of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Axes {
    /// One axis, counted from behind if negative.
    One(isize),
    /// Several axes.
    Several(Vec<isize>),
}

impl From<isize> for Axes {
    fn from(axis: isize) -> Self {
        Self::One(axis)
    }
}

impl<const N: usize> From<[isize; N]> for Axes {
    fn from(axes: [isize; N]) -> Self {
        Self::Several(axes.to_vec())
    }
}

/// The positions of axes; all where none are given.
fn positions(b: &Builder, subject: &str, value: Value, axes: Option<&Axes>) -> Result<Vec<usize>> {
    let given = match axes {
        None => return Ok((0..b.shape(value).rank()).collect()),
        Some(Axes::One(axis)) => std::slice::from_ref(axis),
        Some(Axes::Several(axes)) => axes,
    };
    let mut found: Vec<usize> =
        given.iter().map(|axis| axis_of(b, subject, value, *axis)).collect::<Result<_>>()?;
    found.sort_unstable();
    let count = found.len();
    found.dedup();
    if found.len() == count && count > 0 {
        return Ok(found);
    }
    Err(Error::argument(subject, format!("expected different axes in `axis`, got {given:?}")))
}

/// 1 − 2 Σ y p / (Σ y + Σ p + 10⁻⁷) over `axis`: how little predictions overlap with targets of 0 and 1.
///
/// Targets and predictions have one shape; the losses have it less the axes, and are a single number without `axis`. Where a
/// mask or weights meet a single number, it is their multiple, as in Keras; what is masked still takes part in it.
/// Source: `keras.losses.Dice`, <https://keras.io/api/losses/regression_losses/>.
///
/// ```
/// use gatewise::losses::Dice;
///
/// let compile = gatewise::Compile::new("adam", Dice { axis: Some([1, 2].into()) });
/// # let _ = compile;
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Dice {
    /// The axes of the sums (default: all).
    pub axis: Option<Axes>,
}

impl LossFunction for Dice {
    fn name(&self) -> &str {
        "dice"
    }

    fn losses(&self, b: &Builder, batch: &LossBatch) -> Result<Losses> {
        let (y, p) = to_one_shape(b, batch)?;
        let axes = positions(b, self.name(), p, self.axis.as_ref())?;
        let both = b.scale(b.sum(b.mul(y, p)?, &axes)?, 2.0)?;
        let all = b.shift(b.add(b.sum(y, &axes)?, b.sum(p, &axes)?)?, EPSILON)?;
        Ok(Losses::new(b.sub(b.scalar(1.0)?, b.div(both, all)?)?, batch))
    }

    fn class_name(&self) -> Option<&'static str> {
        Some("Dice")
    }

    fn config(&self) -> Map<String, Json> {
        arguments_of(self, &[])
    }
}

/// 1 − Σ y p / (Σ y p + α Σ y (1 − p) + β Σ p (1 − y) + 10⁻⁷) over `axis`; with α = β = ½ the loss of [`Dice`].
///
/// Shapes, masks and weights are as for [`Dice`]. In Keras's words α punishes false positives and β false negatives; its
/// formula, which this is, has them the other way round.
/// Source: S. Salehi, D. Erdogmus, A. Gholipour, "Tversky loss function for image segmentation using 3D fully convolutional
/// deep networks", 2017, <https://arxiv.org/abs/1706.05721>, and `keras.losses.Tversky`.
///
/// ```
/// use gatewise::losses::Tversky;
///
/// let compile = gatewise::Compile::new("adam", Tversky { alpha: 0.3, beta: 0.7, axis: Some((-1).into()) });
/// # let _ = compile;
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Tversky {
    /// α, the weight of targets that were not predicted; at least 0 (default: 0.5).
    pub alpha: f64,
    /// β, the weight of predictions that are no targets; at least 0 (default: 0.5).
    pub beta: f64,
    /// The axes of the sums (default: all).
    pub axis: Option<Axes>,
}

impl Default for Tversky {
    fn default() -> Self {
        Self { alpha: 0.5, beta: 0.5, axis: None }
    }
}

impl LossFunction for Tversky {
    fn name(&self) -> &str {
        "tversky"
    }

    fn losses(&self, b: &Builder, batch: &LossBatch) -> Result<Losses> {
        let (y, p) = to_one_shape(b, batch)?;
        let axes = positions(b, self.name(), p, self.axis.as_ref())?;
        let without = |x: Value, other: Value| b.sum(b.mul(x, b.sub(b.scalar(1.0)?, other)?)?, &axes);
        let both = b.sum(b.mul(y, p)?, &axes)?;
        let missed = b.scale(without(y, p)?, self.alpha)?;
        let wrong = b.scale(without(p, y)?, self.beta)?;
        let all = b.shift(b.add(b.add(both, missed)?, wrong)?, EPSILON)?;
        Ok(Losses::new(b.sub(b.scalar(1.0)?, b.div(both, all)?)?, batch))
    }

    fn check(&self) -> Result<()> {
        for (name, value) in [("alpha", self.alpha), ("beta", self.beta)] {
            check_number(self.name(), name, value, value >= 0.0, "a finite number of at least 0")?;
        }
        Ok(())
    }

    fn class_name(&self) -> Option<&'static str> {
        Some("Tversky")
    }

    fn config(&self) -> Map<String, Json> {
        arguments_of(self, &[])
    }
}
