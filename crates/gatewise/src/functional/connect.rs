//! Calling a layer on symbolic values: names, weights, shapes.

use std::sync::Arc;

use super::{CallOptions, KerasTensor, Node, Spec};
use crate::builder::{Builder, Mode};
use crate::error::{Error, Result};
use crate::initializers::InitializerRandom;
use crate::layers::{Layer, Tensor, WeightBuilder, built_inputs, name_of};
use crate::shape::Shape;

/// Calls a layer, whose name is given and whose arguments are checked. Fresh weights come from `random`.
///
/// # Errors
/// If the layer cannot take such inputs.
pub(crate) fn connect(
    layer: Arc<dyn Layer>,
    mut inputs: Vec<KerasTensor>,
    mut options: CallOptions,
    random: impl FnOnce() -> InitializerRandom,
) -> Result<Vec<KerasTensor>> {
    take_named(&*layer, &mut inputs, &mut options)?;
    let builder = Builder::new(Mode::Inference);
    let mut tensors: Vec<Tensor> = inputs.iter().map(|input| entered(&builder, input.spec())).collect();
    if let (Some(mask), Some(first)) = (&options.mask, tensors.first_mut()) {
        first.mask = Some(builder.input("mask", mask.shape()));
    }
    if layer.variables().is_empty() {
        let shapes: Vec<Shape> = inputs.iter().map(|input| input.shape().clone()).collect();
        if shapes.is_empty() {
            return Err(Error::argument(name_of(&*layer), "expected at least one input, got none"));
        }
        let shapes = built_inputs(&*layer, &options.arguments, &shapes);
        layer.build(&shapes, &mut WeightBuilder::new(&name_of(&*layer), &mut random()))?;
    }
    let outputs = layer.call_with_arguments(&builder, &tensors, &options.arguments)?;
    let spec = |tensor: &Tensor| Spec {
        shape: builder.shape(tensor.value),
        mask: tensor.mask.map(|mask| builder.shape(mask)),
    };
    let outputs: Vec<Spec> = outputs.iter().map(spec).collect();
    let count = outputs.len();
    let index = layer.base().count_call();
    let node = Arc::new(Node { layer, index, inputs, options, outputs });
    Ok((0..count).map(|output| KerasTensor { node: Arc::clone(&node), output }).collect())
}

/// Moves inputs that are given by name behind the others, and their positions into the arguments.
fn take_named(layer: &dyn Layer, inputs: &mut Vec<KerasTensor>, options: &mut CallOptions) -> Result<()> {
    for (name, tensor) in std::mem::take(&mut options.inputs) {
        if !layer.input_names().contains(&name.as_str()) {
            let text = format!("there is no input `{name}` of `call`");
            return Err(Error::argument(name_of(layer), text));
        }
        options.arguments.insert(name, inputs.len().into());
        inputs.push(tensor);
    }
    Ok(())
}

/// A value of this shape, with a mask if it has one.
fn entered(builder: &Builder, spec: &Spec) -> Tensor {
    let value = builder.input("x", &spec.shape);
    let mask = spec.mask.as_ref().map(|shape| builder.input("mask", shape));
    Tensor { value, mask }
}
