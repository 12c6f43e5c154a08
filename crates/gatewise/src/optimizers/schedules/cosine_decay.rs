//! A learning rate that falls along half a wave of the cosine, after a warm-up if one is asked for.

use std::f32::consts::PI;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::LearningRateSchedule;
use crate::error::Result;
use crate::optimizers::check;
use crate::optimizers::float32::cosine;
use crate::serialization::config_of;

/// start · ((1 − `alpha`) · ½(1 + cos(π · step / `decay_steps`)) + `alpha`), constant after `decay_steps`.
///
/// The start is `initial_learning_rate`. With a `warmup_target` the learning rate first goes in a straight line
/// from `initial_learning_rate` to the target in `warmup_steps`, and the decay starts from there
/// (I. Loshchilov and F. Hutter, "SGDR: stochastic gradient descent with warm restarts", 2016).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CosineDecay {
    /// Learning rate of step 0, at least 0.
    pub initial_learning_rate: f64,
    /// Steps of the decay, above 0.
    pub decay_steps: u64,
    /// Learning rate at the end as a share of that at the start of the decay, at least 0; 0 by default.
    #[serde(default)]
    pub alpha: f64,
    /// Name in the configuration.
    #[serde(default = "default_name")]
    pub name: String,
    /// Learning rate at the end of the warm-up, at least 0; by default there is no warm-up.
    #[serde(default)]
    pub warmup_target: Option<f64>,
    /// Steps of the warm-up; 0 by default.
    #[serde(default)]
    pub warmup_steps: u64,
}

fn default_name() -> String {
    "CosineDecay".to_owned()
}

impl CosineDecay {
    /// A decay to 0 without warm-up.
    pub fn new(initial_learning_rate: f64, decay_steps: u64) -> Self {
        Self {
            initial_learning_rate,
            decay_steps,
            alpha: 0.0,
            name: default_name(),
            warmup_target: None,
            warmup_steps: 0,
        }
    }

    /// The decay from `start`, `step` steps after its begin.
    fn decayed(&self, start: f32, step: f32) -> f32 {
        let fraction = step / self.decay_steps as f32;
        let wave = 0.5 * (1.0 + cosine(PI * fraction));
        start * ((1.0 - self.alpha) as f32 * wave + self.alpha as f32)
    }
}

impl LearningRateSchedule for CosineDecay {
    fn class_name(&self) -> &str {
        "CosineDecay"
    }

    fn config(&self) -> Value {
        config_of(self)
    }

    fn check(&self) -> Result<()> {
        check::not_negative("CosineDecay", "initial_learning_rate", self.initial_learning_rate)?;
        check::not_negative("CosineDecay", "alpha", self.alpha)?;
        if let Some(target) = self.warmup_target {
            check::not_negative("CosineDecay", "warmup_target", target)?;
        }
        check::some_steps("CosineDecay", "decay_steps", self.decay_steps)
    }

    fn at(&self, step: u64) -> f32 {
        let (step, first) = (step as f32, self.initial_learning_rate as f32);
        let Some(target) = self.warmup_target else {
            return self.decayed(first, step.min(self.decay_steps as f32));
        };
        let (target, warmup_steps) = (target as f32, self.warmup_steps as f32);
        if step < warmup_steps {
            return (target - first) * (step / warmup_steps) + first;
        }
        self.decayed(target, (step - warmup_steps).min(self.decay_steps as f32))
    }
}
