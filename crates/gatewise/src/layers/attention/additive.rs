//! Attention by a sum of hyperbolic tangents with a weight for each.

use std::sync::OnceLock;

use serde_json::{Map, Value as Json, json};

use super::dot::pairs;
use super::weigh::{Parts, Wanted, step, weigh};
use crate::builder::Builder;
use crate::error::{Error, Result};
use crate::graph::Value;
use crate::layers::dropout::check_rate;
use crate::layers::{
    Layer, LayerBase, StreamCall, Streamed, Tensor, WeightBuilder, WeightOptions, config, name_of, unbuilt,
};
use crate::shape::Shape;
use crate::variable::Variable;

/// Attention of a query to values (Bahdanau et al. 2015), called on `[query, value]` or `[query, value, key]`:
///
/// ```text
/// scores[b, t, s] = Σᵢ scale[i] · tanh(query[b, t, i] + key[b, s, i])
/// y[b, t] = Σₛ softmax(scores)[b, t, s] · value[b, s]
/// ```
///
/// Shapes, masks, streaming and the arguments of a call are those of [`Attention`](super::Attention).
///
/// | weight | shape |
/// |---|---|
/// | `scale`, with `use_scale` | `[size]` |
///
/// ```
/// use gatewise::layers::{self, AdditiveAttention};
/// use ndarray::ArrayD;
///
/// let (query, value) = (ArrayD::zeros(vec![2, 3, 4]), ArrayD::ones(vec![2, 5, 4]));
/// let y = layers::call(&AdditiveAttention::new(), &[query, value], 1)?;
/// assert_eq!(y[0].shape(), [2, 3, 4]);
/// # Ok::<(), gatewise::Error>(())
/// ```
#[derive(Debug)]
pub struct AdditiveAttention {
    base: LayerBase,
    use_scale: bool,
    dropout: f32,
    seed: Option<u64>,
    /// The weights, once they are made: a scale or none.
    scale: OnceLock<Option<Variable>>,
}

impl AdditiveAttention {
    /// A layer with Keras's defaults: with a scale, without dropout.
    pub fn new() -> Self {
        Self { base: LayerBase::default(), use_scale: true, dropout: 0.0, seed: None, scale: OnceLock::new() }
    }

    /// Keras's `use_scale` (default true): whether the terms are multiplied by weights.
    pub fn use_scale(mut self, use_scale: bool) -> Self {
        self.use_scale = use_scale;
        self
    }

    /// Keras's `dropout` (default 0) of the weights in training: a rate of at least 0 and below 1.
    pub fn dropout(mut self, dropout: f32) -> Self {
        self.dropout = dropout;
        self
    }

    /// A seed for the dropout of this layer alone.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    fn scores(&self, b: &Builder, parts: Parts) -> Result<Value> {
        let scale = self.scale.get().ok_or_else(|| unbuilt(self))?;
        let terms = b.tanh(pairs(b, parts)?)?;
        let Some(scale) = scale else { return b.sum_last(terms) };
        let (size, shape) = (scale.shape()[0], b.shape(terms));
        if shape.last() != Some(size) {
            let text =
                format!("expected a query and a key of size {size}, got {}", b.shape(parts.query.value));
            return Err(Error::shape(name_of(self), text));
        }
        let column = b.reshape(b.variable(scale), &Shape::known(&[size, 1]))?;
        let product = b.matmul(terms, column)?;
        b.reshape(product, &Shape::new(shape.dims()[..shape.rank() - 1].to_vec()))
    }
}

impl Default for AdditiveAttention {
    fn default() -> Self {
        Self::new()
    }
}

impl Layer for AdditiveAttention {
    fn class_name(&self) -> &str {
        "AdditiveAttention"
    }

    fn base(&self) -> &LayerBase {
        &self.base
    }

    fn base_mut(&mut self) -> &mut LayerBase {
        &mut self.base
    }

    fn check(&self) -> Result<()> {
        check_rate(&name_of(self), "dropout", self.dropout)
    }

    fn build(&self, inputs: &[Shape], weights: &mut WeightBuilder<'_>) -> Result<()> {
        let size = inputs[0].last().ok_or_else(|| {
            let text = format!("expected a query [batch, ..., time, size] of known size, got {}", inputs[0]);
            Error::shape(name_of(self), text)
        })?;
        let add = || weights.add("scale", &[size], &WeightOptions::new("glorot_uniform"));
        let scale = self.use_scale.then(add).transpose()?;
        self.scale.get_or_init(|| scale);
        Ok(())
    }

    fn call(&self, b: &Builder, inputs: &[Tensor]) -> Result<Vec<Tensor>> {
        self.call_with_arguments(b, inputs, &Map::new())
    }

    fn call_with_arguments(
        &self,
        b: &Builder,
        inputs: &[Tensor],
        arguments: &Map<String, Json>,
    ) -> Result<Vec<Tensor>> {
        let wanted = Wanted::read(self, arguments)?;
        let parts = Parts::new(self, b, inputs)?;
        let scores = self.scores(b, parts)?;
        weigh(self, b, parts, scores, wanted, (self.dropout, self.seed))
    }

    fn step(&self, b: &Builder, call: &StreamCall<'_>) -> Result<Vec<Streamed>> {
        step(self, b, call, Wanted::read(self, call.arguments)?)
    }

    fn variables(&self) -> Vec<Variable> {
        self.scale.get().into_iter().flatten().cloned().collect()
    }

    fn own_config(&self) -> Map<String, Json> {
        let mut written = Map::new();
        written.insert("use_scale".into(), self.use_scale.into());
        written.insert("dropout".into(), config::short(self.dropout));
        written.insert("seed".into(), json!(self.seed));
        written
    }
}
