//! The arguments of the convolution.

use std::sync::OnceLock;

use super::Conv1d;
use crate::activations::Activation;
use crate::constraints::ConstraintArgument;
use crate::error::{Error, Result};
use crate::initializers::InitializerArgument;
use crate::layers::{DataFormat, LayerBase, Padding, WeightOptions, name_of};
use crate::regularizers::RegularizerArgument;

impl Conv1d {
    /// A layer with this many outputs a step and kernels of this many steps, with Keras's defaults: stride 1, no
    /// padding, no dilation, one group, linear, glorot_uniform kernel, bias of zeros.
    pub fn new(filters: usize, kernel_size: usize) -> Self {
        Self {
            base: LayerBase::default(),
            filters,
            kernel_size,
            strides: 1,
            padding: Padding::Valid,
            data_format: DataFormat::ChannelsLast,
            dilation_rate: 1,
            groups: 1,
            activation: Activation::linear(),
            use_bias: true,
            kernel: WeightOptions::new("glorot_uniform"),
            bias: WeightOptions::new("zeros"),
            activity_regularizer: None,
            weights: OnceLock::new(),
        }
    }

    /// Keras's `strides` (default 1): the steps from one window to the next.
    pub fn strides(mut self, strides: usize) -> Self {
        self.strides = strides;
        self
    }

    /// Keras's `padding` (default valid): what is done at the ends of the sequence.
    pub fn padding(mut self, padding: Padding) -> Self {
        self.padding = padding;
        self
    }

    /// Keras's `data_format` (default channels last).
    pub fn data_format(mut self, data_format: DataFormat) -> Self {
        self.data_format = data_format;
        self
    }

    /// Keras's `dilation_rate` (default 1): the distance of the steps of a window. Not together with strides.
    pub fn dilation_rate(mut self, dilation_rate: usize) -> Self {
        self.dilation_rate = dilation_rate;
        self
    }

    /// Keras's `groups` (default 1): parts that the channels and the filters are cut into, each with its own
    /// convolution. Both numbers have to be multiples of it.
    pub fn groups(mut self, groups: usize) -> Self {
        self.groups = groups;
        self
    }

    /// Keras's `activation`.
    pub fn activation(mut self, activation: impl Into<Activation>) -> Self {
        self.activation = activation.into();
        self
    }

    /// Keras's `use_bias` (default true).
    pub fn use_bias(mut self, use_bias: bool) -> Self {
        self.use_bias = use_bias;
        self
    }

    /// Keras's `kernel_initializer`.
    pub fn kernel_initializer(mut self, initializer: impl Into<InitializerArgument>) -> Self {
        self.kernel.initializer = initializer.into();
        self
    }

    /// Keras's `bias_initializer`.
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

    /// Keras's `activity_regularizer`: a penalty on the output, divided by the batch size.
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

    /// Checks all that needs no data to be judged.
    pub(super) fn check_options(&self) -> Result<()> {
        let name = name_of(self);
        let sizes = [
            ("filters", self.filters),
            ("kernel_size", self.kernel_size),
            ("strides", self.strides),
            ("dilation_rate", self.dilation_rate),
            ("groups", self.groups),
        ];
        if let Some((argument, _)) = sizes.iter().find(|(_, size)| *size == 0) {
            return Err(Error::argument(name, format!("`{argument}` must be at least 1, got 0")));
        }
        if self.strides > 1 && self.dilation_rate > 1 {
            let text = format!(
                "`strides` and `dilation_rate` cannot both be greater than 1, got {} and {}",
                self.strides, self.dilation_rate
            );
            return Err(Error::argument(name, text));
        }
        if !self.filters.is_multiple_of(self.groups) {
            let text =
                format!("`filters` must be a multiple of `groups`, got {} and {}", self.filters, self.groups);
            return Err(Error::argument(name, text));
        }
        self.activation.check(&name)?;
        if let Some(regularizer) = &self.activity_regularizer {
            let resolved = regularizer.resolve();
            resolved.map_err(|error| error.in_argument(&name, "activity_regularizer", "regularizer"))?;
        }
        self.kernel.check(&name, "kernel")?;
        self.bias.check(&name, "bias")
    }
}
