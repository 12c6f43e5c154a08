//! The arguments of the layer and their setters.

use super::Lstm;
use crate::activations::Activation;
use crate::constraints::ConstraintArgument;
use crate::error::{Error, Result};
use crate::initializers::InitializerArgument;
use crate::layers::dropout::check_rate;
use crate::layers::{RecurrentForm, WeightOptions};
use crate::regularizers::RegularizerArgument;

/// Keras's arguments with its defaults.
#[derive(Debug, Clone)]
pub(super) struct Options {
    pub activation: Activation,
    pub recurrent_activation: Activation,
    pub use_bias: bool,
    pub unit_forget_bias: bool,
    pub kernel: WeightOptions,
    pub recurrent: WeightOptions,
    pub bias: WeightOptions,
    pub activity_regularizer: Option<RegularizerArgument>,
    pub dropout: f32,
    pub recurrent_dropout: f32,
    pub seed: Option<u64>,
    pub form: RecurrentForm,
    pub implementation: u8,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            activation: "tanh".into(),
            recurrent_activation: "sigmoid".into(),
            use_bias: true,
            unit_forget_bias: true,
            kernel: WeightOptions::new("glorot_uniform"),
            recurrent: WeightOptions::new("orthogonal"),
            bias: WeightOptions::new("zeros"),
            activity_regularizer: None,
            dropout: 0.0,
            recurrent_dropout: 0.0,
            seed: None,
            form: RecurrentForm::default(),
            implementation: 2,
        }
    }
}

impl Options {
    /// Checks names and ranges.
    pub fn check(&self, subject: &str) -> Result<()> {
        self.activation.check(subject)?;
        self.recurrent_activation.check(subject)?;
        check_rate(subject, "dropout", self.dropout)?;
        check_rate(subject, "recurrent_dropout", self.recurrent_dropout)?;
        if !(1..=2).contains(&self.implementation) {
            let text = format!("`implementation` must be 1 or 2, got {}", self.implementation);
            return Err(Error::argument(subject, text));
        }
        self.activity_regularizer.as_ref().map(RegularizerArgument::resolve).transpose()?;
        let weights = [("kernel", &self.kernel), ("recurrent", &self.recurrent), ("bias", &self.bias)];
        weights.into_iter().try_for_each(|(name, weight)| weight.check(subject, name))
    }
}

/// Keras's arguments.
impl Lstm {
    /// φ, of the candidate and of the cell state (default `tanh`): a name, or [`Activation::custom`].
    pub fn activation(mut self, activation: impl Into<Activation>) -> Self {
        self.options.activation = activation.into();
        self
    }

    /// σ, of the three gates (default `sigmoid`).
    pub fn recurrent_activation(mut self, activation: impl Into<Activation>) -> Self {
        self.options.recurrent_activation = activation.into();
        self
    }

    /// Whether there is a bias (default true).
    pub fn use_bias(mut self, use_bias: bool) -> Self {
        self.options.use_bias = use_bias;
        self
    }

    /// Whether the forget part of the bias starts at one (default true); the other parts are not changed by it.
    pub fn unit_forget_bias(mut self, unit_forget_bias: bool) -> Self {
        self.options.unit_forget_bias = unit_forget_bias;
        self
    }

    /// How `kernel [features, 4·units]` starts (default `glorot_uniform`).
    pub fn kernel_initializer(mut self, initializer: impl Into<InitializerArgument>) -> Self {
        self.options.kernel.initializer = initializer.into();
        self
    }

    /// How `recurrent_kernel [units, 4·units]` starts (default `orthogonal`).
    pub fn recurrent_initializer(mut self, initializer: impl Into<InitializerArgument>) -> Self {
        self.options.recurrent.initializer = initializer.into();
        self
    }

    /// How `bias [4·units]` starts (default `zeros`).
    pub fn bias_initializer(mut self, initializer: impl Into<InitializerArgument>) -> Self {
        self.options.bias.initializer = initializer.into();
        self
    }

    /// A penalty on `kernel`.
    pub fn kernel_regularizer(mut self, regularizer: impl Into<RegularizerArgument>) -> Self {
        self.options.kernel.regularizer = Some(regularizer.into());
        self
    }

    /// A penalty on `recurrent_kernel`.
    pub fn recurrent_regularizer(mut self, regularizer: impl Into<RegularizerArgument>) -> Self {
        self.options.recurrent.regularizer = Some(regularizer.into());
        self
    }

    /// A penalty on `bias`.
    pub fn bias_regularizer(mut self, regularizer: impl Into<RegularizerArgument>) -> Self {
        self.options.bias.regularizer = Some(regularizer.into());
        self
    }

    /// A penalty on everything that the layer returns, states included, divided by the batch size.
    pub fn activity_regularizer(mut self, regularizer: impl Into<RegularizerArgument>) -> Self {
        self.options.activity_regularizer = Some(regularizer.into());
        self
    }

    /// A constraint on `kernel`.
    pub fn kernel_constraint(mut self, constraint: impl Into<ConstraintArgument>) -> Self {
        self.options.kernel.constraint = Some(constraint.into());
        self
    }

    /// A constraint on `recurrent_kernel`.
    pub fn recurrent_constraint(mut self, constraint: impl Into<ConstraintArgument>) -> Self {
        self.options.recurrent.constraint = Some(constraint.into());
        self
    }

    /// A constraint on `bias`.
    pub fn bias_constraint(mut self, constraint: impl Into<ConstraintArgument>) -> Self {
        self.options.bias.constraint = Some(constraint.into());
        self
    }

    /// The probability with which an input is dropped in training, at least 0 and below 1 (default 0). The mask is
    /// constant over time and multiplies the inputs before `kernel`.
    pub fn dropout(mut self, rate: f32) -> Self {
        self.options.dropout = rate;
        self
    }

    /// The probability with which a component of h is dropped before `recurrent_kernel` in training, at least 0 and
    /// below 1 (default 0). Each gate has its own mask, constant over time.
    pub fn recurrent_dropout(mut self, rate: f32) -> Self {
        self.options.recurrent_dropout = rate;
        self
    }

    /// A seed for the masks of dropout of this layer alone.
    pub fn seed(mut self, seed: u64) -> Self {
        self.options.seed = Some(seed);
        self
    }

    /// Whether every step's output is returned, `[batch, time, units]`, or only the last, `[batch, units]` (default).
    pub fn return_sequences(mut self, return_sequences: bool) -> Self {
        self.options.form.return_sequences = return_sequences;
        self
    }

    /// Whether the states h and c `[batch, units]` are returned after the output (default false).
    pub fn return_state(mut self, return_state: bool) -> Self {
        self.options.form.return_state = return_state;
        self
    }

    /// Whether the steps are taken from the last to the first (default false). Outputs come in the order taken.
    pub fn go_backwards(mut self, go_backwards: bool) -> Self {
        self.options.form.go_backwards = go_backwards;
        self
    }

    /// Whether a batch starts from the states that the one before ended with (default false). Nothing resets them but
    /// [`reset_states`](crate::layers::Layer::reset_states).
    pub fn stateful(mut self, stateful: bool) -> Self {
        self.options.form.stateful = stateful;
        self
    }

    /// Keras's `unroll` (default false). It changes nothing here but, as in Keras, needs a known number of steps.
    pub fn unroll(mut self, unroll: bool) -> Self {
        self.options.form.unroll = unroll;
        self
    }

    /// Whether masked steps return zeros instead of the output before them (default false).
    pub fn zero_output_for_mask(mut self, zero_output_for_mask: bool) -> Self {
        self.options.form.zero_output_for_mask = zero_output_for_mask;
        self
    }

    /// Keras's `implementation`, 1 or 2 (default 2): how many masks of dropout there are, see above.
    pub fn implementation(mut self, implementation: u8) -> Self {
        self.options.implementation = implementation;
        self
    }
}
