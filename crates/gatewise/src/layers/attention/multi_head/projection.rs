//! The products in front of and behind the heads: Keras's `EinsumDense` layers.

use serde_json::Value as Json;

use super::MultiHeadAttention;
use crate::builder::Builder;
use crate::error::{Error, Result};
use crate::graph::Value;
use crate::initializers::{self, Initializer};
use crate::layers::{WeightBuilder, WeightOptions, WeightTree, name_of};
use crate::shape::Shape;
use crate::variable::Variable;

/// `x · kernel + bias` over the last axis of `x`, where kernel and bias are kept with more axes.
#[derive(Debug)]
pub(super) struct Projection {
    kernel: Variable,
    bias: Option<Variable>,
    /// The number of the kernel's axes that the product sums over.
    inner: usize,
}

impl Projection {
    fn build(
        layer: &MultiHeadAttention,
        weights: &mut WeightBuilder<'_>,
        name: &str,
        inner: &[usize],
        outer: &[usize],
    ) -> Result<Self> {
        let mut weights = weights.inner(name);
        let shape = [inner, outer].concat();
        let initializer = knowing_axes(&layer.kernel, inner.len(), outer.len())?;
        let kernel = weights.add_with("kernel", &shape, &layer.kernel, &*initializer)?;
        let bias = layer.use_bias.then(|| weights.add("bias", outer, &layer.bias)).transpose()?;
        Ok(Self { kernel, bias, inner: inner.len() })
    }

    /// The shape of a result.
    pub fn outer(&self) -> &[usize] {
        &self.kernel.shape()[self.inner..]
    }

    /// `[…, inner] → […, outer]`, the axes of each merged.
    pub fn apply(&self, layer: &MultiHeadAttention, b: &Builder, x: Value) -> Result<Value> {
        let inner: usize = self.kernel.shape()[..self.inner].iter().product();
        let outer: usize = self.outer().iter().product();
        let shape = b.shape(x);
        if shape.last() != Some(inner) {
            let text =
                format!("expected inputs with {inner} features for \"{}\", got {shape}", self.kernel.path());
            return Err(Error::shape(name_of(layer), text));
        }
        let kernel = b.reshape(b.variable(&self.kernel), &Shape::known(&[inner, outer]))?;
        match &self.bias {
            Some(bias) => b.matmul_bias(x, kernel, b.reshape(b.variable(bias), &Shape::known(&[outer]))?),
            None => b.matmul(x, kernel),
        }
    }
}

/// The initializer of a kernel. One that scales by the number of inputs and outputs is told which axes are which.
fn knowing_axes(
    options: &WeightOptions,
    inner: usize,
    outer: usize,
) -> Result<std::sync::Arc<dyn Initializer>> {
    let initializer = options.initializer.resolve()?;
    let mut written = initializers::serialize(&*initializer);
    if !matches!(written.pointer("/config/input_axes"), Some(Json::Null)) {
        return Ok(initializer);
    }
    written["config"]["input_axes"] = (0..inner).collect();
    written["config"]["output_axes"] = (inner..inner + outer).collect();
    initializers::deserialize(&written)
}

/// All of a layer's weights.
#[derive(Debug)]
pub(super) struct Projections {
    pub query: Projection,
    pub key: Projection,
    pub gate: Option<Projection>,
    pub value: Projection,
    pub output: Projection,
    pub attention_axes: Vec<usize>,
}

impl Projections {
    /// Makes the weights in Keras's order, for the shapes of query, value and key.
    pub fn build(
        layer: &MultiHeadAttention,
        [query, value, key]: [&Shape; 3],
        weights: &mut WeightBuilder<'_>,
    ) -> Result<Self> {
        let features = |name: &str, shape: &Shape| {
            shape.last().filter(|_| shape.rank() >= 3).ok_or_else(|| {
                let text =
                    format!("expected a {name} [batch, time, features] of known features, got {shape}");
                Error::shape(name_of(layer), text)
            })
        };
        let of = [features("query", query)?, features("value", value)?, features("key", key)?];
        let (keys, values) = ([layer.num_heads, layer.key_dim], [layer.num_heads, layer.value_size()]);
        let outer = layer.output_shape.clone().unwrap_or_else(|| vec![of[0]]);
        let mut add = |name: &str, inner: &[usize], outer: &[usize]| {
            Projection::build(layer, weights, name, inner, outer)
        };
        Ok(Self {
            query: add("query", &of[..1], &keys)?,
            key: add("key", &of[2..], &keys)?,
            gate: layer.use_gate.then(|| add("gate", &of[..1], &values)).transpose()?,
            value: add("value", &of[1..2], &values)?,
            output: add("attention_output", &values, &outer)?,
            attention_axes: layer.axes(query.rank())?,
        })
    }

    /// The weights by the attributes that Keras has them in.
    pub fn parts(&self) -> Vec<(String, WeightTree)> {
        let part = |(place, name, projection): (&str, &str, &Projection)| {
            let weights = [Some(&projection.kernel), projection.bias.as_ref()];
            let weights = weights.into_iter().flatten().cloned().collect();
            (place.to_owned(), WeightTree { name: name.to_owned(), weights, parts: Vec::new() })
        };
        let mut all = vec![
            ("query_dense", "query", &self.query),
            ("key_dense", "key", &self.key),
            ("value_dense", "value", &self.value),
            ("output_dense", "attention_output", &self.output),
        ];
        all.extend(self.gate.as_ref().map(|gate| ("_gate_dense", "gate", gate)));
        all.into_iter().map(part).collect()
    }

    pub fn variables(&self) -> Vec<Variable> {
        let all =
            [Some(&self.query), Some(&self.key), self.gate.as_ref(), Some(&self.value), Some(&self.output)];
        let weights = |projection: &Projection| {
            [Some(projection.kernel.clone()), projection.bias.clone()].into_iter().flatten()
        };
        all.into_iter().flatten().flat_map(weights).collect()
    }
}
