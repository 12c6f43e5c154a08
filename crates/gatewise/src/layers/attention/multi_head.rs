//! Attention with several heads.

use std::sync::OnceLock;

use serde_json::{Map, Value as Json, json};

use super::mask;
use crate::builder::{Builder, Mode};
use crate::error::{Error, Result};
use crate::graph::Value;
use crate::layers::call_arguments::{CallArguments, place_inputs};
use crate::layers::weights::add_activity_loss;
use crate::layers::{
    CallForm, Layer, LayerBase, StreamCall, Streamed, Tensor, WeightBuilder, WeightOptions, WeightTree,
    config, name_of, unbuilt,
};
use crate::ops::batch_matmul::BatchMatMul;
use crate::regularizers::RegularizerArgument;
use crate::shape::{Dim, Shape};
use crate::variable::Variable;

mod heads;
mod inputs;
mod options;
mod projection;

use heads::Heads;
use inputs::Inputs;
use projection::{Projection, Projections};

/// Attention with several heads (Vaswani et al. 2017), called on query, value and perhaps key, one after another:
///
/// ```text
/// qₙ = query · Wq[n] + bq[n],  kₙ = key · Wk[n] + bk[n],  vₙ = value · Wv[n] + bv[n]      for each head n
/// aₙ = softmax(qₙ · kₙᵀ / √key_dim)
/// y = Σₙ (aₙ · vₙ) · Wo[n] + bo
/// ```
///
/// `query [batch, time, features]`, `value` and `key [batch, steps, …]` (the value if none is given) `→ [batch, time,
/// output_shape…]`; without `output_shape` the size of the query's features.
///
/// | weight | shape |
/// |---|---|
/// | `query/kernel`, `query/bias` | `[features, num_heads, key_dim]`, `[num_heads, key_dim]` |
/// | `key/kernel`, `key/bias` | `[key's features, num_heads, key_dim]`, `[num_heads, key_dim]` |
/// | `gate/kernel`, `gate/bias`, with `use_gate` | `[features, num_heads, value_dim]`, `[num_heads, value_dim]` |
/// | `value/kernel`, `value/bias` | `[value's features, num_heads, value_dim]`, `[num_heads, value_dim]` |
/// | `attention_output/kernel`, `attention_output/bias` | `[num_heads, value_dim, output_shape…]`, `[output_shape…]` |
///
/// The masks of query, value and key exclude what they mask out, and the output carries the query's mask. Arguments of a
/// call: `use_causal_mask` (a step looks at no later one), `return_attention_scores` (the weights `[batch, num_heads, time,
/// steps]` are a second output), and the input `attention_mask` by name, `[batch, time, steps]` or `[batch, num_heads, time,
/// steps]`, 1 where a step may be looked at. Masks are joined. Where they leave a step nothing to look at, it sees the mean
/// of all values; with dropout, or if scores are returned, nothing: both are Keras's, which computes the two in different
/// ways. It also takes the masks off its inputs, so that layers which are called on them later do not see them; here inputs
/// keep their masks.
///
/// One step at a time it takes a query that arrives in steps, with a value that is there whole.
///
/// ```
/// use gatewise::functional::{Apply, CallOptions};
/// use gatewise::layers::{Dense, Input, Lstm, MultiHeadAttention};
/// use gatewise::Model;
///
/// let x = Input::new([None, Some(4)]).tensor()?;
/// let h = Lstm::new(16).return_sequences(true).apply(&x)?;
/// let arguments = serde_json::json!({"use_causal_mask": true}).as_object().cloned().unwrap_or_default();
/// let options = CallOptions { arguments, ..CallOptions::default() };
/// let y = MultiHeadAttention::new(2, 8).apply_with([&h, &h], options)?;
/// let model = Model::new(&x, Dense::new(1).apply(&y[0])?)?;
/// # assert_eq!(model.inputs().len(), 1);
/// # Ok::<(), gatewise::Error>(())
/// ```
#[derive(Debug)]
pub struct MultiHeadAttention {
    base: LayerBase,
    num_heads: usize,
    key_dim: usize,
    value_dim: Option<usize>,
    dropout: f32,
    use_bias: bool,
    use_gate: bool,
    output_shape: Option<Vec<usize>>,
    attention_axes: Option<Vec<i64>>,
    sliding_window: Option<usize>,
    seed: Option<u64>,
    kernel: WeightOptions,
    bias: WeightOptions,
    activity_regularizer: Option<RegularizerArgument>,
    weights: OnceLock<Projections>,
}

/// What a call is asked for.
#[derive(Debug, Clone, Copy)]
struct Wanted {
    causal: bool,
    scores: bool,
}

impl MultiHeadAttention {
    fn value_size(&self) -> usize {
        self.value_dim.unwrap_or(self.key_dim)
    }

    fn wanted(&self, arguments: &Map<String, Json>) -> Result<Wanted> {
        let mut arguments = CallArguments::new(self, arguments);
        let (causal, scores) =
            (arguments.flag("use_causal_mask")?, arguments.flag("return_attention_scores")?);
        arguments.finish()?;
        Ok(Wanted { causal, scores })
    }

    /// The axes of inputs of this rank that are attended over, from 1 on and in the order given.
    fn axes(&self, rank: usize) -> Result<Vec<usize>> {
        let Some(given) = &self.attention_axes else { return Ok((1..rank - 1).collect()) };
        let resolve = |axis: &i64| if *axis < 0 { *axis + rank as i64 } else { *axis };
        let axes: Vec<i64> = given.iter().map(resolve).collect();
        let is_usable = |axis: &i64| (1..rank as i64 - 1).contains(axis);
        let is_repeated = axes.iter().enumerate().any(|(index, axis)| axes[..index].contains(axis));
        if axes.is_empty() || is_repeated || !axes.iter().all(is_usable) {
            let text = format!(
                "`attention_axes` must name axes between that of the samples and the last of inputs with {rank} axes, \
                 each once, got {given:?}"
            );
            return Err(Error::argument(name_of(self), text));
        }
        Ok(axes.into_iter().map(|axis| axis as usize).collect())
    }

    /// One of the projections: a product, and the penalty on it.
    fn project(&self, b: &Builder, projection: &Projection, x: Value) -> Result<Value> {
        let y = projection.apply(self, b, x)?;
        add_activity_loss(b, self.activity_regularizer.as_ref(), y)?;
        Ok(y)
    }

    /// The gate for each element of the heads' values, `[batch, …, num_heads · value_dim]`.
    fn gate(&self, b: &Builder, gate: &Projection, query: Value) -> Result<Value> {
        let gate = b.sigmoid(gate.apply(self, b, query)?)?;
        add_activity_loss(b, self.activity_regularizer.as_ref(), gate)?;
        Ok(gate)
    }

    /// What a query may look at, `[batch or 1, …, num_heads or 1, time, steps]`.
    fn joined_mask(
        &self,
        b: &Builder,
        inputs: &Inputs,
        heads: &Heads,
        causal: bool,
    ) -> Result<Option<Value>> {
        let (rows, columns) = (b.shape(inputs.query.value).dim(1), b.shape(inputs.value.value).dim(1));
        let mut joined = inputs.travelling_mask(b)?;
        if causal {
            joined = mask::both(b, joined, mask::causal(b, rows, columns)?)?;
        }
        if let Some(window) = self.sliding_window {
            joined = mask::both(b, joined, mask::sliding(b, rows, columns, window)?)?;
        }
        if joined.is_some() && b.shape(inputs.query.value).rank() != 3 {
            let text = format!(
                "masks other than `attention_mask` are only supported for inputs [batch, time, features], got a query {}",
                b.shape(inputs.query.value)
            );
            return Err(Error::unsupported(name_of(self), text));
        }
        let joined = joined.map(|mask| heads.spread_mask(self, b, mask)).transpose()?;
        match inputs.attention_mask {
            Some(given) => mask::both(b, joined, heads.spread_mask(self, b, given)?),
            None => Ok(joined),
        }
    }

    /// The weights of the values, `[batch, …, num_heads, time, steps]`.
    fn attend(&self, b: &Builder, scores: Value, mask: Option<Value>, sees_nothing: bool) -> Result<Value> {
        let weights = b.softmax(mask::masked(b, scores, mask)?)?;
        match mask {
            Some(mask) if sees_nothing => b.select(mask, weights, b.scalar(0.0)?),
            _ => Ok(weights),
        }
    }
}

impl Layer for MultiHeadAttention {
    fn class_name(&self) -> &str {
        "MultiHeadAttention"
    }

    fn base(&self) -> &LayerBase {
        &self.base
    }

    fn base_mut(&mut self) -> &mut LayerBase {
        &mut self.base
    }

    fn check(&self) -> Result<()> {
        self.check_options()
    }

    fn build(&self, inputs: &[Shape], weights: &mut WeightBuilder<'_>) -> Result<()> {
        let shapes = match inputs {
            [query, value] => [query, value, value],
            [query, value, key] => [query, value, key],
            _ => return Err(inputs::wrong_number(self, inputs.len())),
        };
        let projections = Projections::build(self, shapes, weights)?;
        self.weights.get_or_init(|| projections);
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
        let wanted = self.wanted(arguments)?;
        let inputs = Inputs::new(self, b, inputs, arguments)?;
        let weights = self.weights.get().ok_or_else(|| unbuilt(self))?;
        let shape = b.shape(inputs.query.value);
        let heads = Heads { count: self.num_heads, rank: shape.rank(), axes: self.axes(shape.rank())? };
        let gate = weights.gate.as_ref().map(|gate| self.gate(b, gate, inputs.query.value)).transpose()?;
        let query = self.project(b, &weights.query, inputs.query.value)?;
        let key = self.project(b, &weights.key, inputs.key.value)?;
        let value = self.project(b, &weights.value, inputs.value.value)?;
        let query = b.scale(query, 1.0 / (self.key_dim as f64).sqrt())?;
        let product = BatchMatMul { b_transposed: true, ..BatchMatMul::default() };
        let scores = b.batch_product(
            product,
            heads.split(b, query, self.key_dim)?,
            heads.split(b, key, self.key_dim)?,
        )?;
        let mask = self.joined_mask(b, &inputs, &heads, wanted.causal)?;
        let sees_nothing = self.dropout > 0.0 || wanted.scores || shape.rank() != 3;
        let attended = self.attend(b, scores, mask, sees_nothing)?;
        let mut used = attended;
        if b.mode() == Mode::Training && self.dropout > 0.0 {
            used = b.mul(used, b.random_mask(self.dropout, &b.shape(used), self.seed)?)?;
        }
        let context = b.batch_matmul(used, heads.split(b, value, self.value_size())?)?;
        let mut context = heads.join(b, context, &shape, self.value_size())?;
        if let Some(gate) = gate {
            context = b.mul(context, gate)?;
        }
        let y = self.project(b, &weights.output, context)?;
        let mut dims: Vec<Dim> = shape.dims()[..shape.rank() - 1].to_vec();
        dims.extend(weights.output.outer().iter().copied().map(Some));
        let output = Tensor { value: b.reshape(y, &Shape::new(dims))?, mask: inputs.query.mask };
        let scores = wanted.scores.then(|| heads.scores(b, attended, &shape, &b.shape(inputs.value.value)));
        let scores = scores.transpose()?.map(Tensor::new);
        Ok([output].into_iter().chain(scores).collect())
    }

    fn step(&self, b: &Builder, call: &StreamCall<'_>) -> Result<Vec<Streamed>> {
        let wanted = self.wanted(call.arguments)?;
        let looks_around = wanted.causal || self.sliding_window.is_some();
        if looks_around || call.inputs.iter().skip(1).any(|input| input.is_step) {
            return Err(call.refused(self, "it looks at all steps of a sequence"));
        }
        if wanted.scores || call.inputs.len() > 3 || call.arguments.contains_key("attention_mask") {
            return Err(
                call.refused(self, "scores and masks of whole sequences have their time axis elsewhere")
            );
        }
        let inputs: Vec<Tensor> = call.inputs.iter().map(|input| input.tensor).collect();
        let outputs = self.call_with_arguments(b, &inputs, call.arguments)?;
        Ok(outputs.into_iter().map(|tensor| Streamed { tensor, is_step: true }).collect())
    }

    fn call_form(&self) -> CallForm {
        CallForm::Positional
    }

    fn input_names(&self) -> &'static [&'static str] {
        &["query", "value", "key", "attention_mask"]
    }

    fn variables(&self) -> Vec<Variable> {
        self.weights.get().map(Projections::variables).unwrap_or_default()
    }

    fn weight_tree(&self) -> WeightTree {
        let parts = self.weights.get().map(Projections::parts).unwrap_or_default();
        WeightTree { name: name_of(self), weights: Vec::new(), parts }
    }

    fn own_config(&self) -> Map<String, Json> {
        let mut written = Map::new();
        let weights = [("kernel", &self.kernel), ("bias", &self.bias)];
        written.insert("num_heads".into(), self.num_heads.into());
        written.insert("key_dim".into(), self.key_dim.into());
        written.insert("value_dim".into(), self.value_size().into());
        written.insert("dropout".into(), config::short(self.dropout));
        written.insert("use_bias".into(), self.use_bias.into());
        written.insert("use_gate".into(), self.use_gate.into());
        written.insert("output_shape".into(), json!(self.output_shape));
        // Keras writes the axes that it has found when it built the layer.
        let axes = self.weights.get().map(|weights| json!(weights.attention_axes));
        written.insert("attention_axes".into(), axes.unwrap_or_else(|| json!(self.attention_axes)));
        written.insert("sliding_window".into(), json!(self.sliding_window));
        config::insert_initializers(&mut written, &weights);
        config::insert_regularizers(&mut written, &weights);
        written
            .insert("activity_regularizer".into(), config::regularizer(self.activity_regularizer.as_ref()));
        config::insert_constraints(&mut written, &weights);
        written.insert("seed".into(), json!(self.seed));
        written
    }
}
