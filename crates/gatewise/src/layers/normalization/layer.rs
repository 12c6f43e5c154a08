//! Normalization within each sample and step.

use serde_json::{Map, Value as Json, json};

use super::affine::{Affine, affine_setters, check_epsilon};
use crate::builder::Builder;
use crate::error::Result;
use crate::layers::axes::{check_sizes, known_sizes, repeated_but};
use crate::layers::{
    Axes, Layer, LayerBase, StreamCall, Streamed, Tensor, WeightBuilder, config, name_of, single_input,
    unbuilt,
};
use crate::shape::Shape;
use crate::variable::Variable;

/// y = gamma · (x − μ) / √(σ² + `epsilon`) + beta, with the mean μ and the variance σ² = mean((x − μ)²) over the axes of
/// `axis`, for every index of the others (Ba et al. 2016). The shape stays and the mask passes.
///
/// | weight | shape |
/// |---|---|
/// | `gamma` | the sizes of the normalized axes |
/// | `beta` | the same |
///
/// ```
/// use gatewise::layers::{Dense, Input, LayerNormalization, Lstm};
/// use gatewise::Sequential;
///
/// let mut model = Sequential::new();
/// model.add(Input::new([None, Some(3)]))?;
/// model.add(Lstm::new(8).return_sequences(true))?.add(LayerNormalization::new())?;
/// model.add(Lstm::new(8))?.add(Dense::new(1))?;
/// # Ok::<(), gatewise::Error>(())
/// ```
#[derive(Debug)]
pub struct LayerNormalization {
    base: LayerBase,
    axis: Axes,
    epsilon: f32,
    rms_scaling: bool,
    affine: Affine,
}

impl LayerNormalization {
    /// A layer with Keras's defaults: over the last axis, `epsilon` 0.001, with `gamma` and `beta`.
    pub fn new() -> Self {
        Self {
            base: LayerBase::default(),
            axis: Axes::One(-1),
            epsilon: 1e-3,
            rms_scaling: false,
            affine: Affine::default(),
        }
    }

    /// Keras's `axis` (default −1): the axis or axes that are normalized together; not that of the samples.
    pub fn axis(mut self, axis: impl Into<Axes>) -> Self {
        self.axis = axis.into();
        self
    }

    /// Keras's `epsilon` (default 0.001): what is added to the variance, at least 0.
    pub fn epsilon(mut self, epsilon: f32) -> Self {
        self.epsilon = epsilon;
        self
    }

    /// Keras's `rms_scaling` (default false), which it discourages: y = gamma · x / √(σ² + `epsilon`), with `gamma` and
    /// without `beta` whatever `scale` and `center` say. [`RmsNormalization`](super::RmsNormalization) divides by the root
    /// of the mean square, as Keras's name for it suggests; this one by the deviation, as Keras computes it.
    pub fn rms_scaling(mut self, rms_scaling: bool) -> Self {
        self.rms_scaling = rms_scaling;
        self
    }
}

affine_setters!(LayerNormalization);

impl Default for LayerNormalization {
    fn default() -> Self {
        Self::new()
    }
}

impl Layer for LayerNormalization {
    fn class_name(&self) -> &str {
        "LayerNormalization"
    }

    fn base(&self) -> &LayerBase {
        &self.base
    }

    fn base_mut(&mut self) -> &mut LayerBase {
        &mut self.base
    }

    fn check(&self) -> Result<()> {
        check_epsilon(&name_of(self), self.epsilon)?;
        self.affine.check(&name_of(self))
    }

    fn build(&self, inputs: &[Shape], weights: &mut WeightBuilder<'_>) -> Result<()> {
        let axes = self.axis.resolve(self, &inputs[0])?;
        let sizes = known_sizes(self, &axes, &inputs[0])?;
        match self.rms_scaling {
            true => self.affine.build_some(&sizes, weights, [true, false]),
            false => self.affine.build(&sizes, weights),
        }
    }

    fn call(&self, b: &Builder, inputs: &[Tensor]) -> Result<Vec<Tensor>> {
        let x = single_input(self, inputs)?;
        let shape = b.shape(x.value);
        let axes = self.axis.resolve(self, &shape)?;
        check_sizes(self, &axes, self.affine.shape().ok_or_else(|| unbuilt(self))?, &shape)?;
        let centered = b.sub(x.value, b.mean_keep(x.value, &axes)?)?;
        let variance = b.mean_keep(b.square(centered)?, &axes)?;
        let deviation = b.sqrt(b.shift(variance, config::decimal(self.epsilon))?)?;
        let stretched = if self.rms_scaling { x.value } else { centered };
        let normalized = b.mul(stretched, b.reciprocal(deviation)?)?;
        let y = self.affine.apply(b, normalized, &repeated_but(&axes, &shape))?;
        Ok(vec![x.with_value(y)])
    }

    fn step(&self, b: &Builder, call: &StreamCall<'_>) -> Result<Vec<Streamed>> {
        let shape = call.inputs.first().map(|input| b.shape(input.tensor.value)).unwrap_or_default();
        if self.axis.resolve(self, &shape)?.contains(&1) {
            return Err(call.refused(self, "it normalizes over the time axis"));
        }
        call.step_by_step(self, b)
    }

    fn variables(&self) -> Vec<Variable> {
        self.affine.variables()
    }

    fn own_config(&self) -> Map<String, Json> {
        let mut written = Map::new();
        // Keras makes a sorted list of it when it builds the layer.
        let is_built = self.affine.shape().is_some();
        let axis = if is_built { json!(self.axis.sorted()) } else { self.axis.to_json() };
        written.insert("axis".into(), axis);
        written.insert("epsilon".into(), config::short(self.epsilon));
        self.affine.insert_flags(&mut written);
        written.insert("rms_scaling".into(), self.rms_scaling.into());
        self.affine.insert_initializers(&mut written);
        self.affine.insert_penalties(&mut written);
        written
    }
}
