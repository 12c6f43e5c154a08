//! Keras's arguments of all cells with weights.

use super::{CellKind, WeightedCell};
use crate::activations::Activation;
use crate::constraints::ConstraintArgument;
use crate::initializers::InitializerArgument;
use crate::regularizers::RegularizerArgument;

/// Keras's arguments.
impl<K: CellKind> WeightedCell<K> {
    /// Keras's `activation` of what enters the state (default `tanh`): a name, or [`Activation::custom`].
    pub fn activation(mut self, activation: impl Into<Activation>) -> Self {
        self.arguments.activation = activation.into();
        self
    }

    /// Whether there is a bias (default true).
    pub fn use_bias(mut self, use_bias: bool) -> Self {
        self.arguments.use_bias = use_bias;
        self
    }

    /// How `kernel` starts (default `glorot_uniform`).
    pub fn kernel_initializer(mut self, initializer: impl Into<InitializerArgument>) -> Self {
        self.arguments.kernel.initializer = initializer.into();
        self
    }

    /// How `recurrent_kernel` starts (default `orthogonal`).
    pub fn recurrent_initializer(mut self, initializer: impl Into<InitializerArgument>) -> Self {
        self.arguments.recurrent.initializer = initializer.into();
        self
    }

    /// How `bias` starts (default `zeros`).
    pub fn bias_initializer(mut self, initializer: impl Into<InitializerArgument>) -> Self {
        self.arguments.bias.initializer = initializer.into();
        self
    }

    /// A penalty on `kernel`.
    pub fn kernel_regularizer(mut self, regularizer: impl Into<RegularizerArgument>) -> Self {
        self.arguments.kernel.regularizer = Some(regularizer.into());
        self
    }

    /// A penalty on `recurrent_kernel`.
    pub fn recurrent_regularizer(mut self, regularizer: impl Into<RegularizerArgument>) -> Self {
        self.arguments.recurrent.regularizer = Some(regularizer.into());
        self
    }

    /// A penalty on `bias`.
    pub fn bias_regularizer(mut self, regularizer: impl Into<RegularizerArgument>) -> Self {
        self.arguments.bias.regularizer = Some(regularizer.into());
        self
    }

    /// A constraint on `kernel`.
    pub fn kernel_constraint(mut self, constraint: impl Into<ConstraintArgument>) -> Self {
        self.arguments.kernel.constraint = Some(constraint.into());
        self
    }

    /// A constraint on `recurrent_kernel`.
    pub fn recurrent_constraint(mut self, constraint: impl Into<ConstraintArgument>) -> Self {
        self.arguments.recurrent.constraint = Some(constraint.into());
        self
    }

    /// A constraint on `bias`.
    pub fn bias_constraint(mut self, constraint: impl Into<ConstraintArgument>) -> Self {
        self.arguments.bias.constraint = Some(constraint.into());
        self
    }

    /// The probability with which an input is dropped in training, at least 0 and below 1 (default 0). The mask is
    /// constant over time and multiplies the inputs before `kernel`.
    pub fn dropout(mut self, rate: f32) -> Self {
        self.arguments.dropout = rate;
        self
    }

    /// The probability with which a component of the state is dropped before `recurrent_kernel` in training, at least 0
    /// and below 1 (default 0). The masks are constant over time.
    pub fn recurrent_dropout(mut self, rate: f32) -> Self {
        self.arguments.recurrent_dropout = rate;
        self
    }

    /// A seed for the masks of dropout of this cell alone.
    pub fn seed(mut self, seed: u64) -> Self {
        self.arguments.seed = Some(seed);
        self
    }
}
