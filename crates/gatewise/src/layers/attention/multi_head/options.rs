//! The arguments of the attention with several heads.

use std::sync::OnceLock;

use super::MultiHeadAttention;
use crate::constraints::ConstraintArgument;
use crate::error::{Error, Result};
use crate::initializers::InitializerArgument;
use crate::layers::dropout::check_rate;
use crate::layers::{LayerBase, WeightOptions, name_of};
use crate::regularizers::RegularizerArgument;

impl MultiHeadAttention {
    /// A layer with this many heads and queries and keys of this size each, with Keras's defaults: values of that size too,
    /// no dropout, biases, glorot_uniform kernels, biases of zeros, an output as wide as the query, attention over all axes
    /// between that of the samples and the last.
    pub fn new(num_heads: usize, key_dim: usize) -> Self {
        Self {
            base: LayerBase::default(),
            num_heads,
            key_dim,
            value_dim: None,
            dropout: 0.0,
            use_bias: true,
            use_gate: false,
            output_shape: None,
            attention_axes: None,
            sliding_window: None,
            seed: None,
            kernel: WeightOptions::new("glorot_uniform"),
            bias: WeightOptions::new("zeros"),
            activity_regularizer: None,
            weights: OnceLock::new(),
        }
    }

    /// Keras's `value_dim` (default: `key_dim`): the size of a head's values.
    pub fn value_dim(mut self, value_dim: usize) -> Self {
        self.value_dim = Some(value_dim);
        self
    }

    /// Keras's `dropout` (default 0) of the weights in training: a rate of at least 0 and below 1.
    pub fn dropout(mut self, dropout: f32) -> Self {
        self.dropout = dropout;
        self
    }

    /// Keras's `use_bias` (default true).
    pub fn use_bias(mut self, use_bias: bool) -> Self {
        self.use_bias = use_bias;
        self
    }

    /// Keras's `use_gate` (default false): whether the heads' values are multiplied by gates made from the query.
    pub fn use_gate(mut self, use_gate: bool) -> Self {
        self.use_gate = use_gate;
        self
    }

    /// Keras's `output_shape` (default: the size of the query's features): the sizes of the last axes of the output.
    pub fn output_shape(mut self, output_shape: impl Into<Vec<usize>>) -> Self {
        self.output_shape = Some(output_shape.into());
        self
    }

    /// Keras's `attention_axes` (default: all between that of the samples and the last): the axes that are attended over.
    pub fn attention_axes(mut self, attention_axes: impl Into<Vec<i64>>) -> Self {
        self.attention_axes = Some(attention_axes.into());
        self
    }

    /// Keras's `sliding_window` (default none): a step looks only at steps that are less than this far away.
    pub fn sliding_window(mut self, sliding_window: usize) -> Self {
        self.sliding_window = Some(sliding_window);
        self
    }

    /// A seed for the dropout of this layer alone.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// Keras's `kernel_initializer` (default glorot_uniform).
    pub fn kernel_initializer(mut self, initializer: impl Into<InitializerArgument>) -> Self {
        self.kernel.initializer = initializer.into();
        self
    }

    /// Keras's `bias_initializer` (default zeros).
    pub fn bias_initializer(mut self, initializer: impl Into<InitializerArgument>) -> Self {
        self.bias.initializer = initializer.into();
        self
    }

    /// Keras's `kernel_regularizer`.
    pub fn kernel_regularizer(mut self, regularizer: impl Into<RegularizerArgument>) -> Self {
        self.kernel.regularizer = Some(regularizer.into());
        self
    }

    /// Keras's `bias_regularizer`.
    pub fn bias_regularizer(mut self, regularizer: impl Into<RegularizerArgument>) -> Self {
        self.bias.regularizer = Some(regularizer.into());
        self
    }

    /// Keras's `activity_regularizer`: a penalty on each of the products, divided by the batch size.
    pub fn activity_regularizer(mut self, regularizer: impl Into<RegularizerArgument>) -> Self {
        self.activity_regularizer = Some(regularizer.into());
        self
    }

    /// Keras's `kernel_constraint`.
    pub fn kernel_constraint(mut self, constraint: impl Into<ConstraintArgument>) -> Self {
        self.kernel.constraint = Some(constraint.into());
        self
    }

    /// Keras's `bias_constraint`.
    pub fn bias_constraint(mut self, constraint: impl Into<ConstraintArgument>) -> Self {
        self.bias.constraint = Some(constraint.into());
        self
    }

    pub(super) fn check_options(&self) -> Result<()> {
        let name = name_of(self);
        let sizes = [
            ("num_heads", Some(self.num_heads)),
            ("key_dim", Some(self.key_dim)),
            ("value_dim", self.value_dim),
            ("sliding_window", self.sliding_window),
        ];
        if let Some((argument, _)) = sizes.iter().find(|(_, size)| *size == Some(0)) {
            return Err(Error::argument(name, format!("`{argument}` must be at least 1, got 0")));
        }
        if let Some(shape) = self.output_shape.as_ref().filter(|shape| shape.is_empty() || shape.contains(&0))
        {
            let text = format!("`output_shape` must hold sizes of at least 1, got {shape:?}");
            return Err(Error::argument(name, text));
        }
        check_rate(&name, "dropout", self.dropout)?;
        if let Some(regularizer) = &self.activity_regularizer {
            let name_it = |error: Error| error.in_argument(&name, "activity_regularizer", "regularizer");
            regularizer.resolve().map_err(name_it)?;
        }
        self.kernel.check(&name, "kernel")?;
        self.bias.check(&name, "bias")
    }
}
