//! The arguments that Keras's cells have in common.

use serde_json::{Map, Value as Json};

use crate::activations::Activation;
use crate::error::{Error, Result};
use crate::layers::WeightOptions;
use crate::layers::config;
use crate::layers::dropout::check_rate;

/// Keras's arguments with its defaults.
#[derive(Debug, Clone)]
pub struct Arguments {
    /// Keras's `units`, or `filters`.
    pub units: usize,
    pub activation: Activation,
    pub use_bias: bool,
    pub kernel: WeightOptions,
    pub recurrent: WeightOptions,
    pub bias: WeightOptions,
    pub dropout: f32,
    pub recurrent_dropout: f32,
    pub seed: Option<u64>,
}

impl Arguments {
    pub fn new(units: usize) -> Self {
        Self {
            units,
            activation: "tanh".into(),
            use_bias: true,
            kernel: WeightOptions::new("glorot_uniform"),
            recurrent: WeightOptions::new("orthogonal"),
            bias: WeightOptions::new("zeros"),
            dropout: 0.0,
            recurrent_dropout: 0.0,
            seed: None,
        }
    }

    /// Checks names and ranges; `units` is the name of the number of units.
    pub fn check(&self, subject: &str, units: &str) -> Result<()> {
        if self.units == 0 {
            return Err(Error::argument(subject, format!("`{units}` must be at least 1, got 0")));
        }
        check_activation(subject, &self.activation)?;
        check_rate(subject, "dropout", self.dropout)?;
        check_rate(subject, "recurrent_dropout", self.recurrent_dropout)?;
        self.weights().into_iter().try_for_each(|(name, weight)| weight.check(subject, name))
    }

    pub fn weights(&self) -> [(&'static str, &WeightOptions); 3] {
        [("kernel", &self.kernel), ("recurrent", &self.recurrent), ("bias", &self.bias)]
    }

    /// Adds `use_bias` and how the weights start.
    pub fn insert_start(&self, config: &mut Map<String, Json>) {
        config.insert("use_bias".into(), self.use_bias.into());
        config::insert_initializers(config, &self.weights());
    }

    /// Adds what holds the weights in check, with the activity regularizer of a layer where Keras has it.
    pub fn insert_checks(&self, config: &mut Map<String, Json>, activity: Option<Json>) {
        config::insert_regularizers(config, &self.weights());
        if let Some(activity) = activity {
            config.insert("activity_regularizer".into(), activity);
        }
        config::insert_constraints(config, &self.weights());
        config.insert("dropout".into(), config::short(self.dropout));
        config.insert("recurrent_dropout".into(), config::short(self.recurrent_dropout));
    }
}

/// Checks an activation inside a cell.
pub fn check_activation(subject: &str, activation: &Activation) -> Result<()> {
    activation.check(subject)?;
    if activation.is_named() && activation.name() == "glu" {
        let text = "the activation \"glu\" halves the width and cannot be used inside a cell";
        return Err(Error::unsupported(subject, text));
    }
    Ok(())
}

/// Checks Keras's `implementation`.
pub fn check_implementation(subject: &str, implementation: u8) -> Result<()> {
    if (1..=2).contains(&implementation) {
        return Ok(());
    }
    Err(Error::argument(subject, format!("`implementation` must be 1 or 2, got {implementation}")))
}

/// Adds `implementation` where it is not the default: Keras forgets it, and nothing is to be lost.
pub fn insert_implementation(config: &mut Map<String, Json>, implementation: u8) {
    if implementation != DEFAULT_IMPLEMENTATION {
        config.insert("implementation".into(), implementation.into());
    }
}

/// Keras's default of `implementation`.
pub const DEFAULT_IMPLEMENTATION: u8 = 2;
