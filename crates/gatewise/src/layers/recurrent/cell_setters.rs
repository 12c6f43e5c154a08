//! The arguments of a layer that are those of its cell.

use std::sync::Arc;

use super::RecurrentLayer;
use crate::activations::Activation;
use crate::constraints::ConstraintArgument;
use crate::initializers::InitializerArgument;
use crate::layers::cells::{CellKind, WeightedCell};
use crate::regularizers::RegularizerArgument;

/// Keras's arguments of the cell.
impl<K: CellKind> RecurrentLayer<WeightedCell<K>> {
    /// Keras's `activation` of what enters the state (default `tanh`): a name, or [`Activation::custom`].
    pub fn activation(self, activation: impl Into<Activation>) -> Self {
        self.with_cell(|cell| cell.arguments.activation = activation.into())
    }

    /// Whether there is a bias (default true).
    pub fn use_bias(self, use_bias: bool) -> Self {
        self.with_cell(|cell| cell.arguments.use_bias = use_bias)
    }

    /// How `kernel` starts (default `glorot_uniform`).
    pub fn kernel_initializer(self, initializer: impl Into<InitializerArgument>) -> Self {
        self.with_cell(|cell| cell.arguments.kernel.initializer = initializer.into())
    }

    /// How `recurrent_kernel` starts (default `orthogonal`).
    pub fn recurrent_initializer(self, initializer: impl Into<InitializerArgument>) -> Self {
        self.with_cell(|cell| cell.arguments.recurrent.initializer = initializer.into())
    }

    /// How `bias` starts (default `zeros`).
    pub fn bias_initializer(self, initializer: impl Into<InitializerArgument>) -> Self {
        self.with_cell(|cell| cell.arguments.bias.initializer = initializer.into())
    }

    /// A penalty on `kernel`.
    pub fn kernel_regularizer(self, regularizer: impl Into<RegularizerArgument>) -> Self {
        self.with_cell(|cell| cell.arguments.kernel.regularizer = Some(regularizer.into()))
    }

    /// A penalty on `recurrent_kernel`.
    pub fn recurrent_regularizer(self, regularizer: impl Into<RegularizerArgument>) -> Self {
        self.with_cell(|cell| cell.arguments.recurrent.regularizer = Some(regularizer.into()))
    }

    /// A penalty on `bias`.
    pub fn bias_regularizer(self, regularizer: impl Into<RegularizerArgument>) -> Self {
        self.with_cell(|cell| cell.arguments.bias.regularizer = Some(regularizer.into()))
    }

    /// A constraint on `kernel`.
    pub fn kernel_constraint(self, constraint: impl Into<ConstraintArgument>) -> Self {
        self.with_cell(|cell| cell.arguments.kernel.constraint = Some(constraint.into()))
    }

    /// A constraint on `recurrent_kernel`.
    pub fn recurrent_constraint(self, constraint: impl Into<ConstraintArgument>) -> Self {
        self.with_cell(|cell| cell.arguments.recurrent.constraint = Some(constraint.into()))
    }

    /// A constraint on `bias`.
    pub fn bias_constraint(self, constraint: impl Into<ConstraintArgument>) -> Self {
        self.with_cell(|cell| cell.arguments.bias.constraint = Some(constraint.into()))
    }

    /// The probability with which an input is dropped in training, at least 0 and below 1 (default 0). The mask is
    /// constant over time and multiplies the inputs before `kernel`.
    pub fn dropout(self, rate: f32) -> Self {
        self.with_cell(|cell| cell.arguments.dropout = rate)
    }

    /// The probability with which a component of the state is dropped before `recurrent_kernel` in training, at least 0
    /// and below 1 (default 0). The masks are constant over time.
    pub fn recurrent_dropout(self, rate: f32) -> Self {
        self.with_cell(|cell| cell.arguments.recurrent_dropout = rate)
    }

    /// A seed for the masks of dropout of this layer alone.
    pub fn seed(self, seed: u64) -> Self {
        self.with_cell(|cell| cell.arguments.seed = Some(seed))
    }

    /// Changes the cell, which nobody else has while the layer is described.
    pub(in crate::layers) fn with_cell(mut self, change: impl FnOnce(&mut WeightedCell<K>)) -> Self {
        change(Arc::get_mut(&mut self.cell).expect("the cell belongs to the layer alone"));
        self
    }
}
