//! Normalization by the root of the mean square.

use std::sync::OnceLock;

use serde_json::{Map, Value as Json, json};

use super::affine::check_epsilon;
use crate::builder::Builder;
use crate::error::{Error, Result};
use crate::layers::axes::{check_sizes, known_sizes, repeated_but};
use crate::layers::{
    Axes, Layer, LayerBase, StreamCall, Streamed, Tensor, WeightBuilder, WeightOptions, config, name_of,
    single_input, unbuilt,
};
use crate::shape::Shape;
use crate::variable::Variable;

/// y = scale · x / √(mean(x²) + `epsilon`), with the mean over the axes of `axis` (Zhang and Sennrich 2019). The shape
/// stays; the mask ends here, as in Keras.
///
/// | weight | shape |
/// |---|---|
/// | `scale` | the sizes of the normalized axes |
///
/// ```
/// use gatewise::layers::{self, RmsNormalization};
/// use ndarray::array;
///
/// let x = array![[3.0, 4.0]].into_dyn();
/// let y = &layers::call(&RmsNormalization::new(), &[x], 1)?[0];
/// assert!((y[[0, 1]] / y[[0, 0]] - 4.0 / 3.0).abs() < 1e-6);
/// # Ok::<(), gatewise::Error>(())
/// ```
#[derive(Debug)]
pub struct RmsNormalization {
    base: LayerBase,
    axis: Axes,
    epsilon: f32,
    scale: OnceLock<Variable>,
}

impl RmsNormalization {
    /// A layer with Keras's defaults: over the last axis, `epsilon` 1e-6.
    pub fn new() -> Self {
        Self { base: LayerBase::default(), axis: Axes::One(-1), epsilon: 1e-6, scale: OnceLock::new() }
    }

    /// Keras's `axis` (default −1): the last axis, or the last axes, which are then normalized together; not that of
    /// the samples.
    pub fn axis(mut self, axis: impl Into<Axes>) -> Self {
        self.axis = axis.into();
        self
    }

    /// Keras's `epsilon` (default 1e-6): what is added to the mean square, at least 0.
    pub fn epsilon(mut self, epsilon: f32) -> Self {
        self.epsilon = epsilon;
        self
    }

    /// The axes in inputs of this shape. Keras repeats `scale` over the leading axes, whichever were named.
    fn last_axes(&self, inputs: &Shape) -> Result<Vec<usize>> {
        let axes = self.axis.resolve(self, inputs)?;
        let rank = inputs.rank();
        if axes.iter().copied().eq(rank - axes.len()..rank) {
            return Ok(axes);
        }
        let text = format!(
            "`axis` must name the last axes in ascending order, got {} for inputs {inputs}",
            self.axis.to_json()
        );
        Err(Error::argument(name_of(self), text))
    }
}

impl Default for RmsNormalization {
    fn default() -> Self {
        Self::new()
    }
}

impl Layer for RmsNormalization {
    fn class_name(&self) -> &str {
        "RMSNormalization"
    }

    fn base(&self) -> &LayerBase {
        &self.base
    }

    fn base_mut(&mut self) -> &mut LayerBase {
        &mut self.base
    }

    fn check(&self) -> Result<()> {
        check_epsilon(&name_of(self), self.epsilon)
    }

    fn build(&self, inputs: &[Shape], weights: &mut WeightBuilder<'_>) -> Result<()> {
        let axes = self.last_axes(&inputs[0])?;
        let sizes = known_sizes(self, &axes, &inputs[0])?;
        let scale = weights.add("scale", &sizes, &WeightOptions::new("ones"))?;
        self.scale.get_or_init(|| scale);
        Ok(())
    }

    fn call(&self, b: &Builder, inputs: &[Tensor]) -> Result<Vec<Tensor>> {
        let x = single_input(self, inputs)?.value;
        let scale = self.scale.get().ok_or_else(|| unbuilt(self))?;
        let shape = b.shape(x);
        let axes = self.last_axes(&shape)?;
        check_sizes(self, &axes, scale.shape(), &shape)?;
        let square = b.mean_keep(b.square(x)?, &axes)?;
        let root = b.sqrt(b.shift(square, config::decimal(self.epsilon))?)?;
        let normalized = b.mul(x, b.reciprocal(root)?)?;
        let scale = b.reshape(b.variable(scale), &repeated_but(&axes, &shape))?;
        Ok(vec![Tensor::new(b.mul(normalized, scale)?)])
    }

    fn step(&self, b: &Builder, call: &StreamCall<'_>) -> Result<Vec<Streamed>> {
        let shape = call.inputs.first().map(|input| b.shape(input.tensor.value)).unwrap_or_default();
        if self.last_axes(&shape)?.contains(&1) {
            return Err(call.refused(self, "it normalizes over the time axis"));
        }
        call.step_by_step(self, b)
    }

    fn variables(&self) -> Vec<Variable> {
        self.scale.get().into_iter().cloned().collect()
    }

    fn own_config(&self) -> Map<String, Json> {
        let mut written = Map::new();
        // Keras makes a sorted list of it when it builds the layer.
        let is_built = self.scale.get().is_some();
        let axis = if is_built { json!(self.axis.sorted()) } else { self.axis.to_json() };
        written.insert("axis".into(), axis);
        written.insert("epsilon".into(), config::short(self.epsilon));
        written
    }
}
