//! The fully connected layer.

use std::sync::OnceLock;

use serde_json::{Map, Value as Json, json};

use super::weights::add_activity_loss;
use super::{
    Layer, LayerBase, StreamCall, Streamed, Tensor, WeightBuilder, WeightOptions, config, name_of,
    single_input, unbuilt,
};
use crate::activations::Activation;
use crate::builder::Builder;
use crate::constraints::ConstraintArgument;
use crate::error::{Error, Result};
use crate::initializers::InitializerArgument;
use crate::regularizers::RegularizerArgument;
use crate::shape::Shape;
use crate::variable::Variable;

/// `activation(inputs · kernel + bias)` over the last axis: `[batch, …, features] → [batch, …, units]`.
///
/// | weight | shape |
/// |---|---|
/// | `kernel` | `[features, units]` |
/// | `bias` | `[units]` |
///
/// The mask passes.
#[derive(Debug)]
pub struct Dense {
    base: LayerBase,
    units: usize,
    activation: Activation,
    use_bias: bool,
    kernel: WeightOptions,
    bias: WeightOptions,
    activity_regularizer: Option<RegularizerArgument>,
    weights: OnceLock<(Variable, Option<Variable>)>,
}

impl Dense {
    /// A layer of this width with Keras's defaults: linear, glorot_uniform kernel, bias of zeros.
    pub fn new(units: usize) -> Self {
        Self {
            base: LayerBase::default(),
            units,
            activation: Activation::linear(),
            use_bias: true,
            kernel: WeightOptions::new("glorot_uniform"),
            bias: WeightOptions::new("zeros"),
            activity_regularizer: None,
            weights: OnceLock::new(),
        }
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

    /// The kernel `[features, units]` and the bias `[units]`.
    fn built(&self) -> Result<&(Variable, Option<Variable>)> {
        self.weights.get().ok_or_else(|| unbuilt(self))
    }

    fn check_inputs(&self, shape: &Shape, features: Option<usize>) -> Result<usize> {
        let wrong = |expected: String| {
            Error::shape(name_of(self), format!("expected inputs [batch, ..., {expected}], got {shape}"))
        };
        match (shape.last().filter(|_| shape.rank() >= 2), features) {
            (Some(last), None) => Ok(last),
            (Some(last), Some(features)) if last == features => Ok(last),
            (_, Some(features)) => Err(wrong(features.to_string())),
            (None, None) => Err(wrong("features".into())),
        }
    }
}

impl Layer for Dense {
    fn class_name(&self) -> &str {
        "Dense"
    }

    fn base(&self) -> &LayerBase {
        &self.base
    }

    fn base_mut(&mut self) -> &mut LayerBase {
        &mut self.base
    }

    fn check(&self) -> Result<()> {
        let name = name_of(self);
        if self.units == 0 {
            return Err(Error::argument(name, "`units` must be at least 1, got 0"));
        }
        self.activation.check(&name)?;
        self.activity_regularizer.as_ref().map(|argument| argument.resolve()).transpose()?;
        self.kernel.check(&name, "kernel")?;
        self.bias.check(&name, "bias")
    }

    fn build(&self, inputs: &[Shape], weights: &mut WeightBuilder<'_>) -> Result<()> {
        let features = self.check_inputs(&inputs[0], None)?;
        let kernel = weights.add("kernel", &[features, self.units], &self.kernel)?;
        let bias = self.use_bias.then(|| weights.add("bias", &[self.units], &self.bias)).transpose()?;
        self.weights.get_or_init(|| (kernel, bias));
        Ok(())
    }

    fn call(&self, b: &Builder, inputs: &[Tensor]) -> Result<Vec<Tensor>> {
        let x = single_input(self, inputs)?;
        let (kernel, bias) = self.built()?;
        self.check_inputs(&b.shape(x.value), Some(kernel.shape()[0]))?;
        let kernel = b.variable(kernel);
        let z = match bias {
            Some(bias) => b.matmul_bias(x.value, kernel, b.variable(bias))?,
            None => b.matmul(x.value, kernel)?,
        };
        let y = self.activation.apply(b, z)?;
        add_activity_loss(b, self.activity_regularizer.as_ref(), y)?;
        Ok(vec![x.with_value(y)])
    }

    fn variables(&self) -> Vec<Variable> {
        let weights = self.weights.get();
        weights.map_or_else(Vec::new, |(kernel, bias)| [kernel].into_iter().chain(bias).cloned().collect())
    }

    fn step(&self, b: &Builder, call: &StreamCall<'_>) -> Result<Vec<Streamed>> {
        call.step_by_step(self, b)
    }

    fn own_config(&self) -> Map<String, Json> {
        let mut config = Map::new();
        let weights = [("kernel", &self.kernel), ("bias", &self.bias)];
        config.insert("units".into(), json!(self.units));
        config.insert("activation".into(), self.activation.name().into());
        config.insert("use_bias".into(), self.use_bias.into());
        config::insert_initializers(&mut config, &weights);
        config::insert_regularizers(&mut config, &weights);
        // Keras writes this one only where there is one.
        if self.activity_regularizer.is_some() {
            let activity = config::regularizer(self.activity_regularizer.as_ref());
            config.insert("activity_regularizer".into(), activity);
        }
        config::insert_constraints(&mut config, &weights);
        config.insert("quantization_config".into(), Json::Null);
        config
    }
}
