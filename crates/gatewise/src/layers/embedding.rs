//! Vectors for tokens.

use std::sync::OnceLock;

use serde_json::{Map, Value as Json, json};

use super::{
    Layer, LayerBase, StreamCall, Streamed, Tensor, WeightBuilder, WeightOptions, config, name_of,
    single_input, unbuilt,
};
use crate::builder::Builder;
use crate::constraints::ConstraintArgument;
use crate::error::{Error, Result};
use crate::initializers::InitializerArgument;
use crate::regularizers::RegularizerArgument;
use crate::shape::Shape;
use crate::variable::Variable;

/// The most tokens that whole numbers in `f32` can tell apart.
const MOST_TOKENS: usize = 1 << 24;

/// `[batch, time]` tokens → `[batch, time, output_dim]`: row t of `embeddings` for token t.
///
/// Tokens are whole numbers from 0 to `input_dim − 1`; anything else is an error, also a negative number, which
/// TensorFlow takes as counted from the end. With `mask_zero` token 0 is padding: its steps are masked.
///
/// | weight | shape |
/// |---|---|
/// | `embeddings` | `[input_dim, output_dim]` |
#[derive(Debug)]
pub struct Embedding {
    base: LayerBase,
    input_dim: usize,
    output_dim: usize,
    mask_zero: bool,
    options: WeightOptions,
    embeddings: OnceLock<Variable>,
}

impl Embedding {
    /// Vectors of `output_dim` numbers for `input_dim` tokens, uniform in ±0.05 at first.
    pub fn new(input_dim: usize, output_dim: usize) -> Self {
        Self {
            base: LayerBase::default(),
            input_dim,
            output_dim,
            mask_zero: false,
            options: WeightOptions::new("uniform"),
            embeddings: OnceLock::new(),
        }
    }

    /// Keras's `mask_zero` (default false): token 0 is padding.
    pub fn mask_zero(mut self, mask_zero: bool) -> Self {
        self.mask_zero = mask_zero;
        self
    }

    /// Keras's `embeddings_initializer`.
    pub fn embeddings_initializer(mut self, initializer: impl Into<InitializerArgument>) -> Self {
        self.options.initializer = initializer.into();
        self
    }

    /// Keras's `embeddings_regularizer`.
    pub fn embeddings_regularizer(mut self, regularizer: impl Into<RegularizerArgument>) -> Self {
        self.options.regularizer = Some(regularizer.into());
        self
    }

    /// Keras's `embeddings_constraint`.
    pub fn embeddings_constraint(mut self, constraint: impl Into<ConstraintArgument>) -> Self {
        self.options.constraint = Some(constraint.into());
        self
    }
}

impl Layer for Embedding {
    fn class_name(&self) -> &str {
        "Embedding"
    }

    fn base(&self) -> &LayerBase {
        &self.base
    }

    fn base_mut(&mut self) -> &mut LayerBase {
        &mut self.base
    }

    fn check(&self) -> Result<()> {
        let name = name_of(self);
        if self.input_dim == 0 || self.output_dim == 0 || self.input_dim > MOST_TOKENS {
            let (input, output) = (self.input_dim, self.output_dim);
            let text = format!(
                "`input_dim` must be from 1 to {MOST_TOKENS} and `output_dim` at least 1, got {input} and {output}"
            );
            return Err(Error::argument(name, text));
        }
        self.options.check(&name, "embeddings")
    }

    fn build(&self, _inputs: &[Shape], weights: &mut WeightBuilder<'_>) -> Result<()> {
        let table = weights.add("embeddings", &[self.input_dim, self.output_dim], &self.options)?;
        self.embeddings.get_or_init(|| table);
        Ok(())
    }

    fn call(&self, b: &Builder, inputs: &[Tensor]) -> Result<Vec<Tensor>> {
        let tokens = single_input(self, inputs)?.value;
        let name = name_of(self);
        let table = self.embeddings.get();
        let table = table.ok_or_else(|| unbuilt(self))?;
        let value = b.gather(&name, b.variable(table), tokens)?;
        let padding = self.mask_zero.then(|| b.equal(tokens, b.scalar(0.0)?)).transpose()?;
        let mask = padding.map(|padding| b.sub(b.scalar(1.0)?, padding)).transpose()?;
        Ok(vec![Tensor { value, mask }])
    }

    fn variables(&self) -> Vec<Variable> {
        self.embeddings.get().cloned().into_iter().collect()
    }

    fn step(&self, b: &Builder, call: &StreamCall<'_>) -> Result<Vec<Streamed>> {
        call.step_by_step(self, b)
    }

    fn own_config(&self) -> Map<String, Json> {
        let mut config = Map::new();
        let weights = [("embeddings", &self.options)];
        config.insert("input_dim".into(), json!(self.input_dim));
        config.insert("output_dim".into(), json!(self.output_dim));
        config::insert_initializers(&mut config, &weights);
        config::insert_regularizers(&mut config, &weights);
        config.insert("activity_regularizer".into(), Json::Null);
        config::insert_constraints(&mut config, &weights);
        config.insert("mask_zero".into(), self.mask_zero.into());
        config.insert("quantization_config".into(), Json::Null);
        config
    }
}
