//! Calling a layer on arrays, without a model around it.

use ndarray::ArrayD;
use serde_json::Map;

use super::{Layer, Tensor, WeightBuilder, built_inputs, name_of};
use crate::builder::{Builder, Mode};
use crate::error::Result;
use crate::initializers::InitializerRandom;
use crate::shape::Shape;

/// Calls a layer on arrays, batch first, in inference; a layer without weights gets fresh ones from `seed`.
///
/// ```
/// use gatewise::layers::{self, Lstm};
/// use ndarray::ArrayD;
///
/// let layer = Lstm::new(4).return_state(true);
/// let x = ArrayD::zeros(vec![2, 5, 3]);
/// let outputs = layers::call(&layer, &[x], 7)?;
/// assert_eq!(outputs.len(), 3); // the output, h and c
/// assert_eq!(outputs[0].shape(), [2, 4]);
/// # Ok::<(), gatewise::Error>(())
/// ```
///
/// # Errors
/// If an argument of the layer is out of range or the arrays do not fit.
pub fn call(layer: &dyn Layer, inputs: &[ArrayD<f32>], seed: u64) -> Result<Vec<ArrayD<f32>>> {
    build(layer, &inputs.iter().map(|x| Shape::known(x.shape())).collect::<Vec<_>>(), seed)?;
    let builder = Builder::new(Mode::Inference);
    let enter = |(index, x): (usize, &ArrayD<f32>)| {
        Tensor::new(builder.input(&format!("input_{index}"), &Shape::known(x.shape())))
    };
    let tensors: Vec<Tensor> = inputs.iter().enumerate().map(enter).collect();
    let outputs = layer.call(&builder, &tensors)?;
    builder.evaluate(&outputs.iter().map(|tensor| tensor.value).collect::<Vec<_>>(), inputs)
}

/// Makes the weights of a layer that has none.
pub(crate) fn build(layer: &dyn Layer, inputs: &[Shape], seed: u64) -> Result<()> {
    layer.base().check()?;
    layer.check()?;
    if layer.variables().is_empty() {
        let mut random = InitializerRandom::new(seed, 0);
        layer.build(
            &built_inputs(layer, &Map::new(), inputs),
            &mut WeightBuilder::new(&name_of(layer), &mut random),
        )?;
    }
    Ok(())
}
