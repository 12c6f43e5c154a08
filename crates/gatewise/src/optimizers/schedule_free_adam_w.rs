//! Schedule-free AdamW (A. Defazio et al., "The road less scheduled", 2024).

use gatewise_kernels::optimizer as kernels;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{LearningRate, OptimizerOptions, SlotBlock, Slots, Update, UpdateRule, check};
use crate::error::Result;
use crate::serialization::config_of;

/// Adam with an average of the weights in place of a schedule.
///
/// ```text
/// v ← v + (1 − beta_2)(g² − v)    α = learning_rate · min(1, t / warmup_steps)
/// z ← z − α g / (√(v / (1 − beta_2ᵗ)) + epsilon)
/// x = (w − (1 − beta_1) z) / beta_1    w ← (1 − beta_1) z + beta_1 ((1 − 1/t) x + z/t)
/// ```
///
/// z starts as the weights. As in Keras on TensorFlow x is taken with the new z; the paper takes it with the old one.
///
/// ```
/// use gatewise::optimizers::{OptimizerArgument, ScheduleFreeAdamW};
///
/// let rule = ScheduleFreeAdamW { warmup_steps: 100, ..ScheduleFreeAdamW::default() };
/// assert_eq!(OptimizerArgument::from(rule).resolve()?.class_name(), "ScheduleFreeAdamW");
/// # Ok::<(), gatewise::Error>(())
/// ```
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default)]
pub struct ScheduleFreeAdamW {
    /// Learning rate; 0.0025 by default.
    pub learning_rate: LearningRate,
    /// The arguments that all optimizers share.
    #[serde(flatten)]
    pub options: OptimizerOptions,
    /// Share of the average in the weights, above 0 and below 1; 0.9 by default.
    pub beta_1: f64,
    /// Share of the old mean squared gradient in the new one, at least 0 and below 1; 0.999 by default.
    pub beta_2: f64,
    /// Added to the root of the mean squared gradient, at least 0; 10⁻⁸ by default.
    pub epsilon: f64,
    /// Steps in which the learning rate rises to its value; 0 by default.
    pub warmup_steps: u64,
}

impl Default for ScheduleFreeAdamW {
    fn default() -> Self {
        Self {
            learning_rate: LearningRate::Constant(0.0025),
            options: OptimizerOptions::default(),
            beta_1: 0.9,
            beta_2: 0.999,
            epsilon: 1e-8,
            warmup_steps: 0,
        }
    }
}

impl UpdateRule for ScheduleFreeAdamW {
    fn class_name(&self) -> &str {
        "ScheduleFreeAdamW"
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
        check::below_one("ScheduleFreeAdamW", "beta_1", self.beta_1)?;
        check::positive("ScheduleFreeAdamW", "beta_1", self.beta_1)?;
        check::below_one("ScheduleFreeAdamW", "beta_2", self.beta_2)?;
        check::not_negative("ScheduleFreeAdamW", "epsilon", self.epsilon)
    }

    fn slots(&self) -> Vec<SlotBlock> {
        vec![SlotBlock::zeros(&["momentum", "velocity"])]
    }

    fn start(&self, mut slots: Slots<'_>, weights: &[f32]) {
        slots.take().copy_from_slice(weights);
    }

    fn is_elementwise(&self) -> bool {
        true
    }

    fn update(&self, update: Update, mut slots: Slots<'_>, gradient: &[f32], weights: &mut [f32]) {
        let number = update.number as f32;
        let warmup = match self.warmup_steps {
            0 => 1.0,
            steps => (number / steps as f32).min(1.0),
        };
        let rule = kernels::ScheduleFreeAdamW {
            learning_rate: update.learning_rate * warmup,
            beta_1: self.beta_1 as f32,
            one_minus_beta_2: 1.0 - self.beta_2 as f32,
            velocity_correction: update.bias_correction(self.beta_2),
            average_share: 1.0 / number,
            epsilon: self.epsilon as f32,
        };
        let slots = kernels::ScheduleFreeAdamWSlots { momentum: slots.take(), velocity: slots.take() };
        kernels::schedule_free_adamw(&rule, gradient, weights, slots);
    }
}
