//! The arguments that all optimizers share.

use serde::{Deserialize, Serialize};

use super::{check, exclusions};
use crate::error::{Error, Result};

/// What every optimizer can do beside its rule; every field is Keras's argument of that name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct OptimizerOptions {
    /// Name in the configuration; by default the class's, such as `adam`.
    pub name: Option<String>,
    /// Factor d, at least 0, of the decay w ← w − learning rate · d · w before each update; by default none.
    pub weight_decay: Option<f64>,
    /// Greatest norm of the gradient of each weight by itself, above 0.
    pub clipnorm: Option<f64>,
    /// Greatest norm of all gradients together, above 0.
    pub global_clipnorm: Option<f64>,
    /// Greatest magnitude of each element of a gradient, above 0.
    pub clipvalue: Option<f64>,
    /// Whether to keep an exponential moving average of the weights.
    pub use_ema: bool,
    /// Share of the old average in the new one, 0 to 1; 0.99 by default.
    pub ema_momentum: f64,
    /// Every so many updates, at least 1, the weights become their averages; by default only at the end.
    pub ema_overwrite_frequency: Option<u64>,
    /// What the loss is multiplied by and the gradients are divided by, above 0.
    pub loss_scale_factor: Option<f64>,
    /// Steps, at least 2, whose mean gradient makes one update.
    pub gradient_accumulation_steps: Option<u64>,
    /// Parts of weights' own names, such as `bias`, that `weight_decay` leaves alone. Keras sets this by a method, which
    /// [`Optimizer`](super::Optimizer) has too, and does not store it.
    #[serde(skip)]
    pub exclude_from_weight_decay: Vec<String>,
}

impl Default for OptimizerOptions {
    fn default() -> Self {
        Self {
            name: None,
            weight_decay: None,
            clipnorm: None,
            global_clipnorm: None,
            clipvalue: None,
            use_ema: false,
            ema_momentum: 0.99,
            ema_overwrite_frequency: None,
            loss_scale_factor: None,
            gradient_accumulation_steps: None,
            exclude_from_weight_decay: Vec::new(),
        }
    }
}

/// How gradients are kept small.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Clip {
    Norm(f32),
    GlobalNorm(f32),
    Value(f32),
}

impl OptimizerOptions {
    /// Checks all arguments in the name of an optimizer.
    pub(super) fn check(&self, class_name: &str) -> Result<()> {
        if let Some(decay) = self.weight_decay {
            check::not_negative(class_name, "weight_decay", decay)?;
        }
        let above_zero = [
            ("clipnorm", self.clipnorm),
            ("global_clipnorm", self.global_clipnorm),
            ("clipvalue", self.clipvalue),
            ("loss_scale_factor", self.loss_scale_factor),
        ];
        for (argument, value) in above_zero {
            value.map_or(Ok(()), |value| check::positive(class_name, argument, value))?;
        }
        let clips = [self.clipnorm, self.global_clipnorm, self.clipvalue];
        if clips.iter().flatten().count() > 1 {
            let text = "only one of `clipnorm`, `clipvalue` and `global_clipnorm` can be set";
            return Err(Error::argument(class_name, text));
        }
        exclusions::check_names(class_name, &self.exclude_from_weight_decay)?;
        check::unit_interval(class_name, "ema_momentum", self.ema_momentum)?;
        check_at_least(class_name, "ema_overwrite_frequency", self.ema_overwrite_frequency, 1)?;
        check_at_least(class_name, "gradient_accumulation_steps", self.gradient_accumulation_steps, 2)
    }

    /// How gradients are clipped, if at all.
    pub(super) fn clip(&self) -> Option<Clip> {
        let norm = self.clipnorm.map(|limit| Clip::Norm(limit as f32));
        let global = self.global_clipnorm.map(|limit| Clip::GlobalNorm(limit as f32));
        norm.or(global).or(self.clipvalue.map(|limit| Clip::Value(limit as f32)))
    }
}

fn check_at_least(class_name: &str, argument: &str, value: Option<u64>, least: u64) -> Result<()> {
    match value {
        Some(value) if value < least => {
            Err(Error::argument(class_name, format!("`{argument}` must be at least {least}, got {value}")))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
