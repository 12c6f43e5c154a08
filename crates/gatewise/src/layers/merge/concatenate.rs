//! Inputs one after another.

use serde_json::{Map, Value as Json};

use super::{check_batches, resolve_axis, shapes_of, written};
use crate::builder::Builder;
use crate::error::{Error, Result};
use crate::graph::Value;
use crate::layers::{Layer, LayerBase, StreamCall, Streamed, Tensor, name_of};
use crate::shape::Shape;

/// The inputs one after another along an axis (default: the last, the features); their other sizes are equal.
///
/// If any input has a mask, so has the result; an input without one counts as used everywhere. Along the last axis
/// a step of the result is used where it is used in any input, along another axis masks are concatenated as well.
///
/// ```
/// use gatewise::functional::Apply;
/// use gatewise::layers::{Concatenate, Dense, Input, Lstm};
/// use gatewise::Model;
///
/// let series = Input::new([None, Some(3)]).tensor()?;
/// let facts = Input::new([Some(5)]).tensor()?;
/// let joined = Concatenate::new().apply([&Lstm::new(8).apply(&series)?, &facts])?;
/// let model = Model::new([&series, &facts], &Dense::new(1).apply(&joined)?)?;
/// # assert_eq!(joined.shape().to_string(), "[None, 13]");
/// # assert_eq!(model.inputs().len(), 2);
/// # Ok::<(), gatewise::Error>(())
/// ```
#[derive(Debug)]
pub struct Concatenate {
    base: LayerBase,
    axis: i64,
}

impl Default for Concatenate {
    fn default() -> Self {
        Self { base: LayerBase::default(), axis: -1 }
    }
}

impl Concatenate {
    /// Concatenates along the last axis.
    pub fn new() -> Self {
        Self::default()
    }

    /// Keras's `axis` (default −1): negative numbers count from the end, 0 is the batch.
    pub fn axis(mut self, axis: i64) -> Self {
        self.axis = axis;
        self
    }

    /// Checks that sizes are equal but along the axis.
    fn check_shapes(&self, shapes: &[Shape], axis: usize) -> Result<()> {
        if axis != 0 {
            check_batches(self, shapes)?;
        }
        let first = &shapes[0];
        let fits = |shape: &Shape| {
            let mut pairs = first.dims().iter().zip(shape.dims()).enumerate();
            shape.rank() == first.rank()
                && pairs.all(|(at, (a, b))| at == axis || a.is_none() || b.is_none() || a == b)
        };
        if shapes.iter().all(fits) {
            return Ok(());
        }
        let text = format!("expected inputs of equal sizes but along axis {axis}, got {}", written(shapes));
        Err(Error::shape(name_of(self), text))
    }

    /// The mask of one input, as large as the input without its last axis.
    fn full_mask(&self, b: &Builder, input: Tensor, shape: &Shape) -> Result<Value> {
        let steps = Shape::new(&shape.dims()[..shape.rank() - 1]);
        let Some(mask) = input.mask else { return b.constant(1.0, &steps) };
        let mut dims = b.shape(mask).dims().to_vec();
        if dims.len() > steps.rank() {
            let text = format!("a mask {} of inputs {shape} is not supported", b.shape(mask));
            return Err(Error::unsupported(name_of(self), text));
        }
        dims.resize(steps.rank(), Some(1));
        b.broadcast_to(b.reshape(mask, &Shape::new(dims))?, &steps)
    }
}

impl Layer for Concatenate {
    fn class_name(&self) -> &str {
        "Concatenate"
    }

    fn base(&self) -> &LayerBase {
        &self.base
    }

    fn base_mut(&mut self) -> &mut LayerBase {
        &mut self.base
    }

    fn call(&self, b: &Builder, inputs: &[Tensor]) -> Result<Vec<Tensor>> {
        let shapes = shapes_of(self, b, inputs)?;
        let axis = resolve_axis(self, "axis", self.axis, &shapes[0])?;
        self.check_shapes(&shapes, axis)?;
        let values: Vec<Value> = inputs.iter().map(|input| input.value).collect();
        let value = b.concatenate(&values, axis)?;
        if inputs.iter().all(|input| input.mask.is_none()) {
            return Ok(vec![Tensor::new(value)]);
        }
        let masks = inputs.iter().zip(&shapes).map(|(input, shape)| self.full_mask(b, *input, shape));
        let masks: Vec<Value> = masks.collect::<Result<_>>()?;
        let mask = match axis + 1 == shapes[0].rank() {
            true => masks[1..].iter().try_fold(masks[0], |any, mask| b.maximum(any, *mask))?,
            false => b.concatenate(&masks, axis)?,
        };
        Ok(vec![Tensor { value, mask: Some(mask) }])
    }

    fn step(&self, b: &Builder, call: &StreamCall<'_>) -> Result<Vec<Streamed>> {
        let shape = b.shape(call.inputs[0].tensor.value);
        if resolve_axis(self, "axis", self.axis, &shape)? == 1
            || call.inputs.iter().any(|input| !input.is_step)
        {
            return Err(call.refused(self, "it joins sequences along time, or a step with a whole sequence"));
        }
        call.step_by_step(self, b)
    }

    fn own_config(&self) -> Map<String, Json> {
        let mut config = Map::new();
        config.insert("axis".into(), self.axis.into());
        config
    }
}
