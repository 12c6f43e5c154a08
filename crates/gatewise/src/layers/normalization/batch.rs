//! Normalization over the samples of a batch.

use std::sync::OnceLock;

use serde_json::{Map, Value as Json};

use super::affine::{Affine, affine_setters, check_epsilon};
use crate::builder::{Builder, Mode};
use crate::error::{Error, Result};
use crate::graph::Value;
use crate::initializers::InitializerArgument;
use crate::layers::axes::{check_sizes, known_sizes, repeated_but, resolve_axis};
use crate::layers::{
    Layer, LayerBase, StreamCall, Streamed, Tensor, WeightBuilder, WeightOptions, config, name_of,
    single_input, unbuilt,
};
use crate::shape::Shape;
use crate::variable::Variable;

mod renorm;

pub use renorm::RenormClipping;

/// y = gamma · (x − μ) / √(σ² + `epsilon`) + beta, for every index of `axis` with a mean μ and a variance σ² of its own
/// (Ioffe and Szegedy 2015; Keras's `BatchNormalization`). The shape stays and the mask passes.
///
/// In training μ and σ² = mean((x − μ)²) are those of the batch, over all other axes, and the moving statistics follow
/// them: `moving ← momentum · moving + (1 − momentum) · batch`. In inference they are the moving statistics.
///
/// | weight | shape | moved by |
/// |---|---|---|
/// | `gamma` | the size of `axis` | gradients |
/// | `beta` | the same | gradients |
/// | `moving_mean` | the same | training, not by gradients |
/// | `moving_variance` | the same | training, not by gradients |
/// | `moving_stddev`, with `renorm` | the same | training, not by gradients |
/// | `renorm_mean`, with `renorm` | the same | training, not by gradients |
/// | `renorm_stddev`, with `renorm` | the same | training, not by gradients |
///
/// ```
/// use gatewise::layers::{BatchNormalization, Dense, Input, Lstm};
/// use gatewise::Sequential;
///
/// let mut model = Sequential::new();
/// model.add(Input::new([None, Some(3)]))?;
/// model.add(Lstm::new(8).return_sequences(true))?.add(BatchNormalization::new())?;
/// model.add(Lstm::new(8))?.add(Dense::new(1))?;
/// # Ok::<(), gatewise::Error>(())
/// ```
///
/// # Masks
///
/// With a mask, which has all axes but the last, only what it keeps enters μ and σ², both with the number of kept
/// elements + 10⁻⁷ as the divisor. Everything is normalized, masked steps too.
///
/// # Renormalization
///
/// With `renorm` (Ioffe 2017, "Batch Renormalization", <https://arxiv.org/abs/1702.03275>) training takes the deviation
/// t = √(σ² + `epsilon`) of the batch and s = max(`renorm_stddev`, √`epsilon`) of earlier ones, and computes
///
/// * r = t / s, limited to `rmin ..= rmax`, and d = (μ − `renorm_mean`) / s, limited to `-dmax ..= dmax`
///   ([`RenormClipping`]); both are constants for the gradients,
/// * y = gamma · (r · (x − μ) / t + d) + beta.
///
/// `renorm_mean` and `renorm_stddev` follow μ and t with `renorm_momentum`, `moving_mean` and `moving_stddev` with
/// `momentum`, and `moving_variance` becomes max(`moving_stddev`² − `epsilon`, 0). Inference is as without. The deviations
/// start at the root of what `moving_variance_initializer` gives.
///
/// # Frozen layers
///
/// With `trainable(false)`, or in a model that is frozen, the layer normalizes by the moving statistics in training too
/// and leaves them as they are. As everywhere this takes effect at the next `compile`.
///
/// # Differences from Keras
///
/// * A model that is not being trained changes no weight: a call with `training=True` inside of it normalizes by the
///   batch, and the moving statistics stay. In Keras they move in `predict` too.
/// * `synchronized` is not supported and is refused by name. One machine has nothing to synchronize.
/// * `momentum`, `renorm_momentum` and `renorm_clipping` are checked for every layer, in use or not. Keras checks neither
///   momentum, and the clipping with `renorm` alone.
#[derive(Debug)]
pub struct BatchNormalization {
    base: LayerBase,
    axis: i64,
    momentum: f32,
    epsilon: f32,
    affine: Affine,
    moving_mean: InitializerArgument,
    moving_variance: InitializerArgument,
    renorm: renorm::Options,
    statistics: OnceLock<Statistics>,
}

/// Weights that follow the batches.
#[derive(Debug)]
struct Statistics {
    mean: Variable,
    variance: Variable,
    renorm: Option<renorm::Kept>,
}

impl Statistics {
    /// All of them in Keras's order.
    fn variables(&self) -> impl Iterator<Item = &Variable> {
        let renorm = self.renorm.iter().flat_map(renorm::Kept::variables);
        [&self.mean, &self.variance].into_iter().chain(renorm)
    }
}

impl BatchNormalization {
    /// A layer with Keras's defaults: along the last axis, `momentum` 0.99, `epsilon` 0.001, with `gamma` and `beta`.
    pub fn new() -> Self {
        Self {
            base: LayerBase::default(),
            axis: -1,
            momentum: 0.99,
            epsilon: 1e-3,
            affine: Affine::default(),
            moving_mean: "zeros".into(),
            moving_variance: "ones".into(),
            renorm: renorm::Options::default(),
            statistics: OnceLock::new(),
        }
    }

    /// Keras's `axis` (default −1): the axis whose every index has its own statistics, usually that of the features.
    pub fn axis(mut self, axis: i64) -> Self {
        self.axis = axis;
        self
    }

    /// Keras's `momentum` (default 0.99): how much of the moving statistics stays at each step, between 0 and 1.
    pub fn momentum(mut self, momentum: f32) -> Self {
        self.momentum = momentum;
        self
    }

    /// Keras's `epsilon` (default 0.001): what is added to the variance, at least 0.
    pub fn epsilon(mut self, epsilon: f32) -> Self {
        self.epsilon = epsilon;
        self
    }

    /// Keras's `moving_mean_initializer` (default zeros).
    pub fn moving_mean_initializer(mut self, initializer: impl Into<InitializerArgument>) -> Self {
        self.moving_mean = initializer.into();
        self
    }

    /// Keras's `moving_variance_initializer` (default ones).
    pub fn moving_variance_initializer(mut self, initializer: impl Into<InitializerArgument>) -> Self {
        self.moving_variance = initializer.into();
        self
    }

    /// The mean and the variance of the batch, 1 along all axes but `axis`.
    fn moments(&self, b: &Builder, x: Tensor, axis: usize) -> Result<[Value; 2]> {
        let shape = b.shape(x.value);
        let axes: Vec<usize> = (0..shape.rank()).filter(|other| *other != axis).collect();
        let Some(mask) = x.mask else {
            let mean = b.mean_keep(x.value, &axes)?;
            let variance = b.mean_keep(b.square(b.sub(x.value, mean)?)?, &axes)?;
            return Ok([mean, variance]);
        };
        let mask = self.kept(b, mask, &shape)?;
        let zero = b.scalar(0.0)?;
        let count = b.shift(b.sum_keep(b.broadcast_to(mask, &shape)?, &axes)?, MASK_EPSILON)?;
        let mean = b.div(b.sum_keep(b.select(mask, x.value, zero)?, &axes)?, count)?;
        let difference = b.select(mask, b.sub(x.value, mean)?, zero)?;
        let variance = b.div(b.sum_keep(b.square(difference)?, &axes)?, count)?;
        Ok([mean, variance])
    }

    /// The mask with a last axis of size 1.
    fn kept(&self, b: &Builder, mask: Value, inputs: &Shape) -> Result<Value> {
        let mut dims = b.shape(mask).dims().to_vec();
        dims.push(Some(1));
        let fits = |(mask, size): (&Option<usize>, &Option<usize>)| {
            mask.is_none() || size.is_none() || *mask == Some(1) || mask == size
        };
        if dims.len() != inputs.rank() || !dims.iter().zip(inputs.dims()).all(fits) {
            let got = b.shape(mask);
            let text = format!("expected a mask with all axes but the last of inputs {inputs}, got {got}");
            return Err(Error::shape(name_of(self), text));
        }
        b.reshape(mask, &Shape::new(dims))
    }

    /// √(σ² + `epsilon`)
    fn deviation(&self, b: &Builder, variance: Value) -> Result<Value> {
        b.sqrt(b.shift(variance, config::decimal(self.epsilon))?)
    }

    /// Moves the statistics towards the mean and the variance of the batch.
    fn follow(&self, b: &Builder, statistics: &Statistics, [mean, variance]: [Value; 2]) -> Result<()> {
        moved(b, &statistics.mean, mean, self.momentum)?;
        let Some(renorm) = &statistics.renorm else {
            return moved(b, &statistics.variance, variance, self.momentum).map(|_| ());
        };
        let variance = renorm.follow(b, self, [mean, self.deviation(b, variance)?])?;
        b.assign(&statistics.variance, variance)
    }
}

/// Moves a statistic towards what the batch has; where it is then.
fn moved(b: &Builder, statistic: &Variable, batch: Value, momentum: f32) -> Result<Value> {
    let batch = b.reshape(batch, &Shape::known(statistic.shape()))?;
    let momentum = config::decimal(momentum);
    let kept = b.scale(b.variable(statistic), momentum)?;
    let value = b.add(kept, b.scale(batch, 1.0 - momentum)?)?;
    b.assign(statistic, value)?;
    Ok(value)
}

/// Keras's `backend.epsilon()`, which is added to the number of elements under a mask.
const MASK_EPSILON: f64 = 1e-7;

affine_setters!(BatchNormalization);

impl Default for BatchNormalization {
    fn default() -> Self {
        Self::new()
    }
}

impl Layer for BatchNormalization {
    fn class_name(&self) -> &str {
        "BatchNormalization"
    }

    fn base(&self) -> &LayerBase {
        &self.base
    }

    fn base_mut(&mut self) -> &mut LayerBase {
        &mut self.base
    }

    fn check(&self) -> Result<()> {
        let name = name_of(self);
        if !(0.0..=1.0).contains(&self.momentum) {
            let text = format!("`momentum` must be between 0 and 1, got {}", self.momentum);
            return Err(Error::argument(name, text));
        }
        check_epsilon(&name, self.epsilon)?;
        self.renorm.check(&name)?;
        self.affine.check(&name)?;
        WeightOptions::new(self.moving_mean.clone()).check(&name, "moving_mean")?;
        WeightOptions::new(self.moving_variance.clone()).check(&name, "moving_variance")
    }

    fn build(&self, inputs: &[Shape], weights: &mut WeightBuilder<'_>) -> Result<()> {
        let axis = resolve_axis(self, self.axis, &inputs[0])?;
        let shape = known_sizes(self, &[axis], &inputs[0])?;
        self.affine.build(&shape, weights)?;
        let mean = weights.add_statistic("moving_mean", &shape, &self.moving_mean)?;
        let variance = weights.add_statistic("moving_variance", &shape, &self.moving_variance)?;
        let renorm = renorm::Kept::build(self, &shape, weights)?;
        let statistics = Statistics { mean, variance, renorm };
        statistics.variables().for_each(|statistic| statistic.set_frozen(!self.base.is_trainable()));
        self.statistics.get_or_init(|| statistics);
        Ok(())
    }

    fn call(&self, b: &Builder, inputs: &[Tensor]) -> Result<Vec<Tensor>> {
        let x = single_input(self, inputs)?;
        let shape = b.shape(x.value);
        let axis = resolve_axis(self, self.axis, &shape)?;
        let statistics = self.statistics.get().ok_or_else(|| unbuilt(self))?;
        check_sizes(self, &[axis], statistics.mean.shape(), &shape)?;
        let repeated = repeated_but(&[axis], &shape);
        let is_trained = b.mode() == Mode::Training && !statistics.mean.is_frozen();
        let [mean, variance] = if is_trained {
            self.moments(b, x, axis)?
        } else {
            let enter = |statistic: &Variable| b.reshape(b.variable(statistic), &repeated);
            [enter(&statistics.mean)?, enter(&statistics.variance)?]
        };
        let deviation = self.deviation(b, variance)?;
        let mut normalized = b.mul(b.sub(x.value, mean)?, b.reciprocal(deviation)?)?;
        if let (Some(renorm), true) = (&statistics.renorm, is_trained) {
            let [r, d] = renorm.correction(b, self, [mean, deviation], &repeated)?;
            normalized = b.add(b.mul(normalized, r)?, d)?;
        }
        if is_trained {
            self.follow(b, statistics, [mean, variance])?;
        }
        Ok(vec![x.with_value(self.affine.apply(b, normalized, &repeated)?)])
    }

    fn step(&self, b: &Builder, call: &StreamCall<'_>) -> Result<Vec<Streamed>> {
        let shape = call.inputs.first().map(|input| b.shape(input.tensor.value)).unwrap_or_default();
        if resolve_axis(self, self.axis, &shape)? == 1 {
            return Err(call.refused(self, "every step has statistics of its own"));
        }
        call.step_by_step(self, b)
    }

    fn joins_calls(&self, mode: Mode) -> bool {
        mode == Mode::Training && self.statistics.get().is_none_or(|statistics| !statistics.mean.is_frozen())
    }

    fn variables(&self) -> Vec<Variable> {
        let mut variables = self.affine.variables();
        variables.extend(self.statistics.get().into_iter().flat_map(Statistics::variables).cloned());
        variables
    }

    fn own_config(&self) -> Map<String, Json> {
        let mut written = Map::new();
        written.insert("axis".into(), self.axis.into());
        written.insert("momentum".into(), config::short(self.momentum));
        written.insert("epsilon".into(), config::short(self.epsilon));
        self.affine.insert_flags(&mut written);
        self.affine.insert_initializers(&mut written);
        let initializers = [("moving_mean", &self.moving_mean), ("moving_variance", &self.moving_variance)];
        for (name, initializer) in initializers {
            written.insert(format!("{name}_initializer"), config::initializer(initializer));
        }
        self.affine.insert_penalties(&mut written);
        written.insert("synchronized".into(), false.into());
        self.renorm.insert(&mut written);
        written
    }
}

#[cfg(test)]
mod tests;
