//! Sums, differences, products, means and extremes of inputs, element by element.

use serde_json::{Map, Value as Json};

use super::{aligned, joined_mask, spread_mask};
use crate::builder::Builder;
use crate::error::{Error, Result};
use crate::graph::Value;
use crate::layers::{Layer, LayerBase, StreamCall, Streamed, Tensor, name_of};

/// Defines a layer without arguments that merges with a function of the aligned inputs.
macro_rules! elementwise {
    ($(#[$documentation:meta])* $name:ident, $merge:expr) => {
        $(#[$documentation])*
        #[derive(Debug, Default)]
        pub struct $name {
            base: LayerBase,
        }

        impl $name {
            /// A layer with Keras's defaults; it has no arguments of its own.
            pub fn new() -> Self {
                Self::default()
            }
        }

        impl Layer for $name {
            fn class_name(&self) -> &str {
                stringify!($name)
            }

            fn base(&self) -> &LayerBase {
                &self.base
            }

            fn base_mut(&mut self) -> &mut LayerBase {
                &mut self.base
            }

            fn call(&self, b: &Builder, inputs: &[Tensor]) -> Result<Vec<Tensor>> {
                let merge: fn(&Self, &Builder, &[Tensor]) -> Result<Value> = $merge;
                let value = merge(self, b, &aligned(self, b, inputs)?)?;
                Ok(vec![Tensor { value, mask: joined_mask(self, b, inputs)? }])
            }

            fn step(&self, b: &Builder, call: &StreamCall<'_>) -> Result<Vec<Streamed>> {
                call.step_by_step(self, b)
            }

            fn own_config(&self) -> Map<String, Json> {
                Map::new()
            }
        }
    };
}

elementwise! {
    /// y = x₁ + x₂ + …, with Keras's broadcasting.
    ///
    /// Shapes have to be equal or 1 axis by axis; an input with fewer axes gets axes of size 1 after its batch axis.
    /// If all inputs have masks, a step of the result is used where it is used in any of them; else there is no mask.
    ///
    /// ```
    /// use gatewise::functional::Apply;
    /// use gatewise::layers::{Add, Dense, Input};
    /// use gatewise::Model;
    ///
    /// let x = Input::new([Some(4)]).tensor()?;
    /// let y = Add::new().apply([&x, &Dense::new(4).activation("relu").apply(&x)?])?;
    /// let model = Model::new(&x, &y)?;
    /// # assert_eq!(model.outputs()[0].shape().to_string(), "[None, 4]");
    /// # Ok::<(), gatewise::Error>(())
    /// ```
    Add, |_, b, inputs| fold(inputs, |x, y| b.add(x, y))
}

elementwise! {
    /// y = x₁ − x₂ of exactly two inputs; shapes and masks as [`Add`] has them.
    ///
    /// ```
    /// use gatewise::layers::{self, Subtract};
    /// use ndarray::array;
    ///
    /// let (x, y) = (array![[5.0, 3.0]].into_dyn(), array![[1.0, 4.0]].into_dyn());
    /// assert_eq!(layers::call(&Subtract::new(), &[x, y], 1)?[0], array![[4.0, -1.0]].into_dyn());
    /// # Ok::<(), gatewise::Error>(())
    /// ```
    Subtract, |layer, b, inputs| match inputs {
        [x, y] => b.sub(x.value, y.value),
        _ => {
            let text = format!("expected exactly two inputs, got {}", inputs.len());
            Err(Error::argument(name_of(layer), text))
        }
    }
}

elementwise! {
    /// y = x₁ · x₂ · …; shapes and masks as [`Add`] has them.
    ///
    /// A step that is masked in one input counts as 1 there; where it is masked in all of them the result is 0.
    ///
    /// ```
    /// use gatewise::layers::{self, Multiply};
    /// use ndarray::array;
    ///
    /// let (x, gate) = (array![[5.0, 3.0]].into_dyn(), array![[0.5]].into_dyn());
    /// assert_eq!(layers::call(&Multiply::new(), &[x, gate], 1)?[0], array![[2.5, 1.5]].into_dyn());
    /// # Ok::<(), gatewise::Error>(())
    /// ```
    Multiply, |_, b, inputs| multiply(b, inputs)
}

elementwise! {
    /// y = (x₁ + x₂ + … + xₙ) / n; shapes and masks as [`Add`] has them.
    ///
    /// ```
    /// use gatewise::layers::{self, Average};
    /// use ndarray::array;
    ///
    /// let (x, y) = (array![[5.0, 3.0]].into_dyn(), array![[1.0, 4.0]].into_dyn());
    /// assert_eq!(layers::call(&Average::new(), &[x, y], 1)?[0], array![[3.0, 3.5]].into_dyn());
    /// # Ok::<(), gatewise::Error>(())
    /// ```
    Average, |_, b, inputs| {
        let sum = fold(inputs, |x, y| b.add(x, y))?;
        b.div(sum, b.scalar(inputs.len() as f64)?)
    }
}

elementwise! {
    /// y = max(x₁, x₂, …); shapes and masks as [`Add`] has them. A step that is masked in one input is taken from the
    /// others. At a tie the gradient goes to the earlier input.
    ///
    /// ```
    /// use gatewise::layers::{self, Maximum};
    /// use ndarray::array;
    ///
    /// let (x, y) = (array![[5.0, 3.0]].into_dyn(), array![[1.0, 4.0]].into_dyn());
    /// assert_eq!(layers::call(&Maximum::new(), &[x, y], 1)?[0], array![[5.0, 4.0]].into_dyn());
    /// # Ok::<(), gatewise::Error>(())
    /// ```
    Maximum, |_, b, inputs| extreme(b, inputs, Builder::maximum)
}

elementwise! {
    /// y = min(x₁, x₂, …); shapes and masks as [`Add`] has them. A step that is masked in one input is taken from the
    /// others. At a tie the gradient goes to the earlier input.
    ///
    /// ```
    /// use gatewise::layers::{self, Minimum};
    /// use ndarray::array;
    ///
    /// let (x, y) = (array![[5.0, 3.0]].into_dyn(), array![[1.0, 4.0]].into_dyn());
    /// assert_eq!(layers::call(&Minimum::new(), &[x, y], 1)?[0], array![[1.0, 3.0]].into_dyn());
    /// # Ok::<(), gatewise::Error>(())
    /// ```
    Minimum, |_, b, inputs| extreme(b, inputs, Builder::minimum)
}

/// The values joined from left to right; there is at least one.
fn fold(inputs: &[Tensor], join: impl Fn(Value, Value) -> Result<Value>) -> Result<Value> {
    inputs[1..].iter().try_fold(inputs[0].value, |joined, input| join(joined, input.value))
}

/// The product, in which masked steps count as 1 and what is masked everywhere is 0.
fn multiply(b: &Builder, inputs: &[Tensor]) -> Result<Value> {
    let masks: Vec<Option<Value>> =
        inputs.iter().map(|input| spread_mask(b, *input)).collect::<Result<_>>()?;
    let one = b.scalar(1.0)?;
    let mut product = None;
    for (input, mask) in inputs.iter().zip(&masks) {
        let x = mask.map_or(Ok(input.value), |mask| b.select(mask, input.value, one))?;
        product = Some(product.map_or(Ok(x), |product| b.mul(product, x))?);
    }
    let product = product.expect("aligned inputs are at least one");
    let Some(masks) = masks.into_iter().collect::<Option<Vec<Value>>>() else { return Ok(product) };
    let any = masks[1..].iter().try_fold(masks[0], |any, mask| b.maximum(any, *mask))?;
    b.select(any, product, b.scalar(0.0)?)
}

/// The largest or smallest, where a masked step gives way to the others; Keras's order of operations.
fn extreme(
    b: &Builder,
    inputs: &[Tensor],
    choose: fn(&Builder, Value, Value) -> Result<Value>,
) -> Result<Value> {
    let (mut joined, mut joined_mask) = (inputs[0].value, spread_mask(b, inputs[0])?);
    for input in &inputs[1..] {
        let mask = spread_mask(b, *input)?;
        let x = mask.map_or(Ok(input.value), |mask| b.select(mask, input.value, joined))?;
        joined = joined_mask.map_or(Ok(joined), |mask| b.select(mask, joined, x))?;
        joined_mask = joined_mask.zip(mask).map(|(known, mask)| b.maximum(known, mask)).transpose()?;
        joined = choose(b, joined, x)?;
    }
    Ok(joined)
}
