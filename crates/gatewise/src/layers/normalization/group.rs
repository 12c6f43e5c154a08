//! Normalization of groups of channels within each sample.

use serde_json::{Map, Value as Json};

use super::affine::{Affine, affine_setters, check_epsilon};
use crate::builder::Builder;
use crate::error::{Error, Result};
use crate::layers::axes::{check_sizes, known_sizes, resolve_axis};
use crate::layers::{Layer, LayerBase, Tensor, WeightBuilder, config, name_of, single_input, unbuilt};
use crate::shape::{Dim, Shape};
use crate::variable::Variable;

/// y = gamma · (x − μ) / √(σ² + `epsilon`) + beta, with the mean μ and the variance σ² = mean((x − μ)²) of each sample
/// and group of neighbouring channels over all else, time included (Wu and He 2018). The shape stays and the mask
/// passes; it is not looked at.
///
/// | weight | shape |
/// |---|---|
/// | `gamma` | `[channels]` |
/// | `beta` | `[channels]` |
///
/// ```
/// use gatewise::layers::{self, GroupNormalization};
/// use ndarray::array;
///
/// let x = array![[[1.0, 10.0], [3.0, 30.0]]].into_dyn();
/// let y = &layers::call(&GroupNormalization::new(2).epsilon(0.0), &[x], 1)?[0];
/// assert_eq!(*y, array![[[-1.0, -1.0], [1.0, 1.0]]].into_dyn());
/// # Ok::<(), gatewise::Error>(())
/// ```
#[derive(Debug)]
pub struct GroupNormalization {
    base: LayerBase,
    groups: i64,
    axis: i64,
    epsilon: f32,
    affine: Affine,
}

impl GroupNormalization {
    /// A layer with this many groups, which have to divide the channels (Keras's default is 32; −1 is a group for
    /// each channel), with Keras's defaults: channels last, `epsilon` 0.001, with `gamma` and `beta`.
    pub fn new(groups: i64) -> Self {
        Self { base: LayerBase::default(), groups, axis: -1, epsilon: 1e-3, affine: Affine::default() }
    }

    /// Keras's `axis` (default −1): the axis of the channels; not that of the samples.
    pub fn axis(mut self, axis: i64) -> Self {
        self.axis = axis;
        self
    }

    /// Keras's `epsilon` (default 0.001): what is added to the variance, at least 0.
    pub fn epsilon(mut self, epsilon: f32) -> Self {
        self.epsilon = epsilon;
        self
    }

    /// The number of groups for this many channels.
    fn groups_of(&self, channels: usize) -> usize {
        usize::try_from(self.groups).unwrap_or(channels)
    }
}

affine_setters!(GroupNormalization);

impl Layer for GroupNormalization {
    fn class_name(&self) -> &str {
        "GroupNormalization"
    }

    fn base(&self) -> &LayerBase {
        &self.base
    }

    fn base_mut(&mut self) -> &mut LayerBase {
        &mut self.base
    }

    fn check(&self) -> Result<()> {
        let name = name_of(self);
        if self.groups < 1 && self.groups != -1 {
            let text = format!("`groups` must be at least 1, or -1 for one a channel, got {}", self.groups);
            return Err(Error::argument(name, text));
        }
        check_epsilon(&name, self.epsilon)?;
        self.affine.check(&name)
    }

    fn build(&self, inputs: &[Shape], weights: &mut WeightBuilder<'_>) -> Result<()> {
        let axis = resolve_axis(self, self.axis, &inputs[0])?;
        let sizes = known_sizes(self, &[axis], &inputs[0])?;
        let groups = self.groups_of(sizes[0]);
        if groups == 0 || !sizes[0].is_multiple_of(groups) {
            let text = format!(
                "expected a number of channels that {groups} `groups` divide, got inputs {}",
                inputs[0]
            );
            return Err(Error::shape(name_of(self), text));
        }
        self.affine.build(&sizes, weights)
    }

    fn call(&self, b: &Builder, inputs: &[Tensor]) -> Result<Vec<Tensor>> {
        let x = single_input(self, inputs)?;
        let shape = b.shape(x.value);
        let axis = resolve_axis(self, self.axis, &shape)?;
        let sizes = self.affine.shape().ok_or_else(|| unbuilt(self))?;
        check_sizes(self, &[axis], sizes, &shape)?;
        let groups = self.groups_of(sizes[0]);
        // The axis of the channels becomes two: groups, and channels of a group.
        let split = |dims: &[Dim]| {
            let mut dims = dims.to_vec();
            dims.splice(axis..=axis, [Some(groups), Some(sizes[0] / groups)]);
            Shape::new(dims)
        };
        let axes: Vec<usize> = (1..=shape.rank()).filter(|other| *other != axis).collect();
        let grouped = b.reshape(x.value, &split(shape.dims()))?;
        let centered = b.sub(grouped, b.mean_keep(grouped, &axes)?)?;
        let variance = b.mean_keep(b.square(centered)?, &axes)?;
        let deviation = b.sqrt(b.shift(variance, config::decimal(self.epsilon))?)?;
        let normalized = b.mul(centered, b.reciprocal(deviation)?)?;
        let y = self.affine.apply(b, normalized, &split(&vec![Some(1); shape.rank()]))?;
        Ok(vec![x.with_value(b.reshape(y, &shape)?)])
    }

    fn variables(&self) -> Vec<Variable> {
        self.affine.variables()
    }

    fn own_config(&self) -> Map<String, Json> {
        let mut written = Map::new();
        // Keras replaces −1 by the number of channels when it builds the layer.
        let groups = self.affine.shape().map(|sizes| self.groups_of(sizes[0]));
        written.insert("groups".into(), groups.map_or(self.groups.into(), Json::from));
        written.insert("axis".into(), self.axis.into());
        written.insert("epsilon".into(), config::short(self.epsilon));
        self.affine.insert_flags(&mut written);
        self.affine.insert_initializers(&mut written);
        self.affine.insert_penalties(&mut written);
        written
    }
}
