//! Attention by products, or by a sum of hyperbolic tangents.

use std::sync::OnceLock;

use serde_json::{Map, Value as Json, json};

use super::weigh::{Parts, Wanted, step, weigh};
use crate::builder::Builder;
use crate::error::Result;
use crate::graph::Value;
use crate::layers::dropout::check_rate;
use crate::layers::{
    Layer, LayerBase, StreamCall, Streamed, Tensor, WeightBuilder, WeightOptions, config, name_of, unbuilt,
};
use crate::ops::batch_matmul::BatchMatMul;
use crate::shape::Shape;
use crate::variable::Variable;

/// How a query is compared with a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ScoreMode {
    /// q · k
    #[default]
    Dot,
    /// Σ tanh(q + k)
    Concat,
}

impl ScoreMode {
    pub(in crate::layers) const ALL: [Self; 2] = [Self::Dot, Self::Concat];

    /// Keras's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Dot => "dot",
            Self::Concat => "concat",
        }
    }
}

/// Attention of a query to values (Luong et al. 2015), called on `[query, value]` or `[query, value, key]`:
///
/// ```text
/// scores[b, t, s] = scale · query[b, t] · key[b, s]                        score_mode dot
/// scores[b, t, s] = concat_score_weight · Σ tanh(scale · (query[b, t] + key[b, s]))     concat
/// y[b, t] = Σₛ softmax(scores)[b, t, s] · value[b, s]
/// ```
///
/// `query [batch, time, size]`, `key [batch, steps, size]` (the value if none is given), `value [batch, steps, features]`
/// `→ [batch, time, features]`. There may be further axes after that of the samples, which are then all the same.
///
/// | weight | shape |
/// |---|---|
/// | `scale`, with `use_scale` | `[]` |
/// | `concat_score_weight`, in the mode concat | `[]` |
///
/// The mask of the value excludes its steps; the output is 0 where the query is masked out, and carries the query's mask.
/// Where a mask leaves nothing to look at, all steps have the same weight. Arguments of a call: `use_causal_mask` (a step
/// looks at no later one) and `return_attention_scores` (the weights `[batch, time, steps]` are a second output).
///
/// One step at a time it takes a query that arrives in steps, with a value that is there whole.
///
/// ```
/// use gatewise::functional::Apply;
/// use gatewise::layers::{Attention, Concatenate, Dense, Input, Lstm};
/// use gatewise::Model;
///
/// let source = Input::new([None, Some(4)]).tensor()?;
/// let target = Input::new([None, Some(5)]).tensor()?;
/// let encoded = Lstm::new(16).return_sequences(true).apply(&source)?;
/// let decoded = Lstm::new(16).return_sequences(true).apply(&target)?;
/// let context = Attention::new().use_scale(true).apply([&decoded, &encoded])?;
/// let both = Concatenate::new().apply([&decoded, &context])?;
/// let model = Model::new([&source, &target], Dense::new(3).activation("softmax").apply(&both)?)?;
/// # assert_eq!(model.inputs().len(), 2);
/// # Ok::<(), gatewise::Error>(())
/// ```
#[derive(Debug)]
pub struct Attention {
    base: LayerBase,
    use_scale: bool,
    score_mode: ScoreMode,
    dropout: f32,
    seed: Option<u64>,
    weights: OnceLock<Weights>,
}

#[derive(Debug)]
struct Weights {
    scale: Option<Variable>,
    concat_score_weight: Option<Variable>,
}

impl Attention {
    /// A layer with Keras's defaults: products without a scale, no dropout.
    pub fn new() -> Self {
        Self {
            base: LayerBase::default(),
            use_scale: false,
            score_mode: ScoreMode::Dot,
            dropout: 0.0,
            seed: None,
            weights: OnceLock::new(),
        }
    }

    /// Keras's `use_scale` (default false): whether the scores are multiplied by a number that is learnt.
    pub fn use_scale(mut self, use_scale: bool) -> Self {
        self.use_scale = use_scale;
        self
    }

    /// Keras's `score_mode` (default dot).
    pub fn score_mode(mut self, score_mode: ScoreMode) -> Self {
        self.score_mode = score_mode;
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
        let Weights { scale, concat_score_weight } = self.weights.get().ok_or_else(|| unbuilt(self))?;
        let times = |x: Value, weight: &Option<Variable>| match weight {
            Some(weight) => b.mul(x, b.variable(weight)),
            None => Ok(x),
        };
        match self.score_mode {
            ScoreMode::Dot => {
                let product = BatchMatMul { b_transposed: true, ..BatchMatMul::default() };
                times(b.batch_product(product, parts.query.value, parts.key)?, scale)
            }
            ScoreMode::Concat => {
                let terms = b.tanh(times(pairs(b, parts)?, scale)?)?;
                times(b.sum_last(terms)?, concat_score_weight)
            }
        }
    }
}

/// query + key for each pair of steps: `[batch, ..., time, steps, size]`.
pub(super) fn pairs(b: &Builder, parts: Parts) -> Result<Value> {
    let rank = b.shape(parts.key).rank();
    b.add(b.expand_dims(parts.query.value, rank - 1)?, b.expand_dims(parts.key, rank - 2)?)
}

impl Default for Attention {
    fn default() -> Self {
        Self::new()
    }
}

impl Layer for Attention {
    fn class_name(&self) -> &str {
        "Attention"
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

    fn build(&self, _inputs: &[Shape], weights: &mut WeightBuilder<'_>) -> Result<()> {
        let mut add = |name: &str| weights.add(name, &[], &WeightOptions::new("ones"));
        let scale = self.use_scale.then(|| add("scale")).transpose()?;
        let is_concat = self.score_mode == ScoreMode::Concat;
        let concat_score_weight = is_concat.then(|| add("concat_score_weight")).transpose()?;
        self.weights.get_or_init(|| Weights { scale, concat_score_weight });
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
        let weights = self.weights.get().into_iter();
        weights
            .flat_map(|weights| weights.scale.iter().chain(&weights.concat_score_weight))
            .cloned()
            .collect()
    }

    fn own_config(&self) -> Map<String, Json> {
        let mut written = Map::new();
        written.insert("use_scale".into(), self.use_scale.into());
        written.insert("score_mode".into(), self.score_mode.name().into());
        written.insert("dropout".into(), config::short(self.dropout));
        written.insert("seed".into(), json!(self.seed));
        written
    }
}
