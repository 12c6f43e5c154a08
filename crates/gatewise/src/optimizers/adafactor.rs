//! Adafactor (N. Shazeer and M. Stern, "Adafactor: adaptive learning rates with sublinear memory cost", 2018).

use gatewise_kernels::optimizer as kernels;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::float32::power;
use super::{LearningRate, OptimizerOptions, SlotBlock, SlotForm, Slots, Update, UpdateRule, check};
use crate::error::{Error, Result};
use crate::serialization::config_of;

/// Steps relative to the size of each weight, scaled by a mean squared gradient that is kept by rows and columns.
///
/// ```text
/// ρ = min(learning_rate, 1/√t)    β = 1 − t^beta_2_decay    rms(x) = √mean(x²)
/// r ← β r + (1 − β) mean of g² + epsilon_1 over columns    c likewise over rows    v = r / mean(r) · c
/// with one axis or none   v ← β v + (1 − β)(g² + epsilon_1)
/// u = g / √v    w ← w − max(epsilon_2, rms(w)) ρ · u / max(1, rms(u) / clip_threshold)
/// ```
///
/// Rows and columns are the last two axes.
///
/// ```
/// use gatewise::optimizers::{Adafactor, OptimizerArgument};
///
/// let mut optimizer = OptimizerArgument::from(Adafactor::default()).resolve()?;
/// optimizer.build(&[("dense/kernel", &[4, 3])])?;
/// assert_eq!(optimizer.state().len(), 5); // iteration, learning rate, rows, columns, velocity
/// # Ok::<(), gatewise::Error>(())
/// ```
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default)]
pub struct Adafactor {
    /// Learning rate; 0.001 by default.
    pub learning_rate: LearningRate,
    /// The arguments that all optimizers share.
    #[serde(flatten)]
    pub options: OptimizerOptions,
    /// Exponent of the step in the decay rate of the means, at most 0; −0.8 by default.
    pub beta_2_decay: f64,
    /// Added to the squared gradient, at least 0; 10⁻³⁰ by default.
    pub epsilon_1: f64,
    /// Least root mean square of a weight that steps are relative to, at least 0; 0.001 by default.
    pub epsilon_2: f64,
    /// Greatest root mean square of u, above 0; 1 by default.
    pub clip_threshold: f64,
    /// Whether the learning rate is at most 1/√t; true by default. As in Keras 3.15 it is so in any case.
    pub relative_step: bool,
}

impl Default for Adafactor {
    fn default() -> Self {
        Self {
            learning_rate: LearningRate::Constant(0.001),
            options: OptimizerOptions::default(),
            beta_2_decay: -0.8,
            epsilon_1: 1e-30,
            epsilon_2: 1e-3,
            clip_threshold: 1.0,
            relative_step: true,
        }
    }
}

impl UpdateRule for Adafactor {
    fn class_name(&self) -> &str {
        "Adafactor"
    }

    fn config(&self) -> Value {
        config_of(self)
    }

    fn learning_rate(&self) -> &LearningRate {
        &self.learning_rate
    }

    fn options(&self) -> &OptimizerOptions {
        &self.options
    }

    fn check(&self) -> Result<()> {
        if !(self.beta_2_decay <= 0.0 && (self.beta_2_decay as f32).is_finite()) {
            let text = format!("`beta_2_decay` must be at most 0 and finite, got {}", self.beta_2_decay);
            return Err(Error::argument("Adafactor", text));
        }
        check::not_negative("Adafactor", "epsilon_1", self.epsilon_1)?;
        check::not_negative("Adafactor", "epsilon_2", self.epsilon_2)?;
        check::positive("Adafactor", "clip_threshold", self.clip_threshold)
    }

    fn slots(&self) -> Vec<SlotBlock> {
        vec![SlotBlock::zeros(&["rows", "columns", "velocity"])]
    }

    fn slot_of(&self, slot: &'static str, path: &str, shape: &[usize]) -> Option<SlotForm> {
        if slot == "velocity" {
            return Some(SlotForm::like_weight(slot, path, shape));
        }
        // Keras names both after the weight alone, and saves a number without use for weights with fewer axes.
        let name = path.rsplit('/').next().unwrap_or(path).to_owned();
        let shape = match (shape, slot) {
            ([rest @ .., rows, _], "rows") => [rest, &[*rows]].concat(),
            ([rest @ .., _, columns], _) => [rest, &[*columns]].concat(),
            _ => Vec::new(),
        };
        Some(SlotForm { name, shape })
    }

    fn update(&self, update: Update, mut slots: Slots<'_>, gradient: &[f32], weights: &mut [f32]) {
        let number = update.number as f32;
        let rule = kernels::Adafactor {
            relative_step: update.learning_rate.min(1.0 / number.sqrt()),
            beta_2: 1.0 - power(number, self.beta_2_decay as f32),
            epsilon_1: self.epsilon_1 as f32,
            epsilon_2: self.epsilon_2 as f32,
            clip_threshold: self.clip_threshold as f32,
        };
        let (shape, rows, columns) = (slots.shape(), slots.take(), slots.take());
        let factors = match *shape {
            [.., r, c] => Some(kernels::AdafactorFactors { rows, columns, sizes: (r, c) }),
            _ => None,
        };
        let slots = kernels::AdafactorSlots { factors, velocity: slots.take() };
        kernels::adafactor(&rule, gradient, weights, slots);
    }
}
