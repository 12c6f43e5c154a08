//! Batch renormalization: what is normalized by the batch is corrected towards what earlier batches had.

use std::sync::Arc;

use ndarray::ArrayD;
use serde_json::{Map, Value as Json};

use super::{BatchNormalization, moved};
use crate::builder::Builder;
use crate::error::{Error, Result};
use crate::graph::Value;
use crate::initializers::{Initializer, InitializerArgument, InitializerRandom};
use crate::layers::{WeightBuilder, config};
use crate::shape::Shape;
use crate::variable::Variable;

/// Keras's `renorm_clipping`: limits of the correction r · x + d; without one there is no limit.
///
/// ```
/// use gatewise::layers::{BatchNormalization, RenormClipping};
///
/// let clipping = RenormClipping { rmax: Some(3.0), dmax: Some(5.0), ..RenormClipping::default() };
/// let layer = BatchNormalization::new().renorm(true).renorm_clipping(clipping);
/// # let _ = layer;
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct RenormClipping {
    /// The largest r, at least `rmin`.
    pub rmax: Option<f32>,
    /// The smallest r.
    pub rmin: Option<f32>,
    /// The largest distance of d from 0, at least 0.
    pub dmax: Option<f32>,
}

impl RenormClipping {
    fn named(&self) -> [(&'static str, Option<f32>); 3] {
        [("rmax", self.rmax), ("rmin", self.rmin), ("dmax", self.dmax)]
    }

    fn check(&self, subject: &str) -> Result<()> {
        let wrong = |text: String| Err(Error::argument(subject, format!("`renorm_clipping`: {text}")));
        for (name, limit) in self.named() {
            if let Some(limit) = limit.filter(|limit| !limit.is_finite()) {
                return wrong(format!("`{name}` must be finite, got {limit}; leave it out for no limit"));
            }
        }
        match *self {
            Self { rmax: Some(rmax), rmin: Some(rmin), .. } if rmax < rmin => {
                wrong(format!("`rmax` must be at least `rmin`, got {rmax} and {rmin}"))
            }
            Self { dmax: Some(dmax), .. } if dmax < 0.0 => {
                wrong(format!("`dmax` must be at least 0, got {dmax}"))
            }
            _ => Ok(()),
        }
    }

    fn to_json(self) -> Json {
        let given = self.named().into_iter().filter_map(|(name, limit)| Some((name, limit?)));
        Json::Object(given.map(|(name, limit)| (name.to_owned(), config::short(limit))).collect())
    }
}

/// Keras's arguments.
#[derive(Debug)]
pub(super) struct Options {
    is_on: bool,
    clipping: Option<RenormClipping>,
    momentum: f32,
}

impl Default for Options {
    fn default() -> Self {
        Self { is_on: false, clipping: None, momentum: 0.99 }
    }
}

impl BatchNormalization {
    /// Keras's `renorm` (default false): whether training corrects what it normalizes by the batch, with three more
    /// weights.
    pub fn renorm(mut self, renorm: bool) -> Self {
        self.renorm.is_on = renorm;
        self
    }

    /// Keras's `renorm_clipping` (default no limits), which only has a meaning with `renorm`.
    pub fn renorm_clipping(mut self, clipping: RenormClipping) -> Self {
        self.renorm.clipping = Some(clipping);
        self
    }

    /// Keras's `renorm_momentum` (default 0.99): how much of `renorm_mean` and `renorm_stddev` stays at each step, between
    /// 0 and 1. It only has a meaning with `renorm`; the other statistics have `momentum` all the same.
    pub fn renorm_momentum(mut self, momentum: f32) -> Self {
        self.renorm.momentum = momentum;
        self
    }
}

impl Options {
    pub fn check(&self, subject: &str) -> Result<()> {
        if !(0.0..=1.0).contains(&self.momentum) {
            let text = format!("`renorm_momentum` must be between 0 and 1, got {}", self.momentum);
            return Err(Error::argument(subject, text));
        }
        self.clipping.map_or(Ok(()), |clipping| clipping.check(subject))
    }

    pub fn insert(&self, written: &mut Map<String, Json>) {
        // Keras makes empty limits of none for a layer that has a use for them.
        let clipping = self.clipping.or(self.is_on.then(RenormClipping::default));
        written.insert("renorm".into(), self.is_on.into());
        written.insert("renorm_clipping".into(), clipping.map_or(Json::Null, RenormClipping::to_json));
        written.insert("renorm_momentum".into(), config::short(self.momentum));
    }
}

/// Weights that the correction needs.
#[derive(Debug)]
pub(super) struct Kept {
    moving_stddev: Variable,
    renorm_mean: Variable,
    renorm_stddev: Variable,
}

impl Kept {
    /// The weights in Keras's order, if the layer has any.
    pub fn build(
        layer: &BatchNormalization,
        shape: &[usize],
        weights: &mut WeightBuilder<'_>,
    ) -> Result<Option<Self>> {
        if !layer.renorm.is_on {
            return Ok(None);
        }
        let root = InitializerArgument::from(Root(layer.moving_variance.resolve()?));
        Ok(Some(Self {
            moving_stddev: weights.add_statistic("moving_stddev", shape, &root)?,
            renorm_mean: weights.add_statistic("renorm_mean", shape, &layer.moving_mean)?,
            renorm_stddev: weights.add_statistic("renorm_stddev", shape, &root)?,
        }))
    }

    pub fn variables(&self) -> [&Variable; 3] {
        [&self.moving_stddev, &self.renorm_mean, &self.renorm_stddev]
    }

    /// r and d for the mean and the deviation of a batch, which have the shape `repeated`; no gradient goes through them.
    pub fn correction(
        &self,
        b: &Builder,
        layer: &BatchNormalization,
        [mean, deviation]: [Value; 2],
        repeated: &Shape,
    ) -> Result<[Value; 2]> {
        let enter = |statistic: &Variable| b.reshape(b.variable(statistic), repeated);
        let least = b.scalar(config::decimal(layer.epsilon).sqrt())?;
        let kept = b.maximum(enter(&self.renorm_stddev)?, least)?;
        let r = b.div(deviation, kept)?;
        let d = b.div(b.sub(mean, enter(&self.renorm_mean)?)?, kept)?;
        let RenormClipping { rmax, rmin, dmax } = layer.renorm.clipping.unwrap_or_default();
        let r = limited(b, r, [rmin, rmax])?;
        let d = limited(b, d, [dmax.map(|dmax| -dmax), dmax])?;
        Ok([b.stop_gradient(r)?, b.stop_gradient(d)?])
    }

    /// Moves the weights towards what the batch has; the variance that `moving_stddev` stands for then.
    pub fn follow(
        &self,
        b: &Builder,
        layer: &BatchNormalization,
        [mean, deviation]: [Value; 2],
    ) -> Result<Value> {
        moved(b, &self.renorm_mean, mean, layer.renorm.momentum)?;
        moved(b, &self.renorm_stddev, deviation, layer.renorm.momentum)?;
        let moving = moved(b, &self.moving_stddev, deviation, layer.momentum)?;
        // Rounding, or an `epsilon` that is larger than the weight's square, must not make it negative.
        b.relu(b.shift(b.square(moving)?, -config::decimal(layer.epsilon))?)
    }
}

fn limited(b: &Builder, x: Value, [low, high]: [Option<f32>; 2]) -> Result<Value> {
    let raised = low.map_or(Ok(x), |low| b.maximum(x, b.scalar(config::decimal(low))?))?;
    high.map_or(Ok(raised), |high| b.minimum(raised, b.scalar(config::decimal(high))?))
}

/// The root of what another initializer gives.
#[derive(Debug)]
struct Root(Arc<dyn Initializer>);

impl Initializer for Root {
    fn class_name(&self) -> &str {
        self.0.class_name()
    }

    fn config(&self) -> Json {
        self.0.config()
    }

    fn initialize(&self, shape: &[usize], random: &mut InitializerRandom) -> Result<ArrayD<f32>> {
        Ok(self.0.initialize(shape, random)?.mapv_into(f32::sqrt))
    }
}
