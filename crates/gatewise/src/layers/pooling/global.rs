//! A number for each channel of a sequence.

use serde_json::{Map, Value as Json};

use crate::builder::Builder;
use crate::error::{Error, Result};
use crate::graph::Value;
use crate::layers::{DataFormat, Layer, LayerBase, Tensor, name_of, single_input};
use crate::shape::Shape;

/// Defines a layer that turns `[batch, time, channels]` into `[batch, channels]`.
macro_rules! global_pooling {
    ($(#[$documentation:meta])* $name:ident, $class_name:literal, $pool:expr) => {
        $(#[$documentation])*
        #[derive(Debug, Default)]
        pub struct $name {
            base: LayerBase,
            data_format: DataFormat,
            keepdims: bool,
        }

        impl $name {
            /// A layer with Keras's defaults: channels last, and the axis of time disappears.
            pub fn new() -> Self {
                Self::default()
            }

            /// Keras's `data_format` (default channels last).
            pub fn data_format(mut self, data_format: DataFormat) -> Self {
                self.data_format = data_format;
                self
            }

            /// Keras's `keepdims` (default false): whether the axis of time stays, with size 1.
            pub fn keepdims(mut self, keepdims: bool) -> Self {
                self.keepdims = keepdims;
                self
            }
        }

        impl Layer for $name {
            fn class_name(&self) -> &str {
                $class_name
            }

            fn base(&self) -> &LayerBase {
                &self.base
            }

            fn base_mut(&mut self) -> &mut LayerBase {
                &mut self.base
            }

            fn call(&self, b: &Builder, inputs: &[Tensor]) -> Result<Vec<Tensor>> {
                let x = single_input(self, inputs)?;
                let axis = time_axis(self, &b.shape(x.value), self.data_format)?;
                let pool: fn(&Builder, Tensor, usize) -> Result<Value> = $pool;
                let y = pool(b, x, axis)?;
                Ok(vec![Tensor::new(if self.keepdims { b.expand_dims(y, axis)? } else { y })])
            }

            fn own_config(&self) -> Map<String, Json> {
                let mut config = Map::new();
                config.insert("data_format".into(), self.data_format.name().into());
                config.insert("keepdims".into(), self.keepdims.into());
                config
            }
        }
    };
}

global_pooling! {
    /// y[b, c] = max over t of x[b, t, c]: `[batch, time, channels] → [batch, channels]`.
    ///
    /// As in Keras a mask is not looked at, and ends here. At a tie the gradient is shared equally.
    ///
    /// ```
    /// use gatewise::layers::{self, GlobalMaxPooling1d};
    /// use ndarray::array;
    ///
    /// let x = array![[[1.0, 2.0], [5.0, -2.0]]].into_dyn();
    /// assert_eq!(layers::call(&GlobalMaxPooling1d::new(), &[x], 1)?[0], array![[5.0, 2.0]].into_dyn());
    /// # Ok::<(), gatewise::Error>(())
    /// ```
    GlobalMaxPooling1d, "GlobalMaxPooling1D", largest
}

global_pooling! {
    /// y[b, c] = the mean over t of x[b, t, c]: `[batch, time, channels] → [batch, channels]`.
    ///
    /// With a mask the mean is over the steps that are used, Σₜ mask[b, t] · x[b, t, c] / Σₜ mask[b, t], which is NaN where
    /// there are none. The mask ends here.
    ///
    /// ```
    /// use gatewise::layers::{self, GlobalAveragePooling1d};
    /// use ndarray::array;
    ///
    /// let x = array![[[1.0, 2.0], [5.0, -2.0]]].into_dyn();
    /// assert_eq!(layers::call(&GlobalAveragePooling1d::new(), &[x], 1)?[0], array![[3.0, 0.0]].into_dyn());
    /// # Ok::<(), gatewise::Error>(())
    /// ```
    GlobalAveragePooling1d, "GlobalAveragePooling1D", mean_of_used
}

/// The largest of the steps.
fn largest(b: &Builder, x: Tensor, axis: usize) -> Result<Value> {
    b.max(x.value, &[axis])
}

/// The axis of time of inputs of this shape, which has at least one step.
fn time_axis(layer: &impl Layer, inputs: &Shape, data_format: DataFormat) -> Result<usize> {
    if inputs.rank() == 3 && data_format.swap_shape(inputs).dim(1) == Some(0) {
        return Err(Error::shape(name_of(layer), format!("expected at least one step, got inputs {inputs}")));
    }
    match (inputs.rank(), data_format) {
        (3, DataFormat::ChannelsLast) => Ok(1),
        (3, DataFormat::ChannelsFirst) => Ok(2),
        _ => {
            let text = format!("expected inputs {}, got {inputs}", data_format.axes());
            Err(Error::shape(name_of(layer), text))
        }
    }
}

/// The mean over an axis of the steps that the mask says are used.
fn mean_of_used(b: &Builder, x: Tensor, axis: usize) -> Result<Value> {
    let Some(mask) = x.mask else { return b.mean(x.value, &[axis]) };
    let used = b.expand_dims(mask, 3 - axis)?;
    let sum = b.sum(b.select(used, x.value, b.scalar(0.0)?)?, &[axis])?;
    b.div(sum, b.sum(used, &[axis])?)
}
