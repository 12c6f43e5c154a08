//! A number for each window and channel of a sequence.

use serde_json::{Map, Value as Json, json};

use crate::builder::Builder;
use crate::error::{Error, Result};
use crate::layers::{DataFormat, Layer, LayerBase, Padding, Tensor, name_of, single_input};
use crate::ops::window::Window;
use crate::shape::Shape;

/// Defines a layer that applies a function to the windows of `[batch, time, channels]`.
macro_rules! pooling {
    ($(#[$documentation:meta])* $name:ident, $class_name:literal, $pool:expr) => {
        $(#[$documentation])*
        #[derive(Debug)]
        pub struct $name {
            base: LayerBase,
            pool_size: usize,
            strides: Option<usize>,
            padding: Padding,
            data_format: DataFormat,
        }

        impl $name {
            /// A layer with windows of this many steps, with Keras's defaults: one window after another, no padding.
            pub fn new(pool_size: usize) -> Self {
                Self {
                    base: LayerBase::default(),
                    pool_size,
                    strides: None,
                    padding: Padding::Valid,
                    data_format: DataFormat::ChannelsLast,
                }
            }

            /// Keras's `strides` (default: the size of a window): the steps from one window to the next.
            pub fn strides(mut self, strides: usize) -> Self {
                self.strides = Some(strides);
                self
            }

            /// Keras's `padding` (default valid): what is done at the ends of the sequence; valid or same.
            pub fn padding(mut self, padding: Padding) -> Self {
                self.padding = padding;
                self
            }

            /// Keras's `data_format` (default channels last).
            pub fn data_format(mut self, data_format: DataFormat) -> Self {
                self.data_format = data_format;
                self
            }

            fn window(&self) -> Window {
                let stride = self.strides.unwrap_or(self.pool_size);
                Window { size: self.pool_size, stride, dilation: 1, padding: self.padding }
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

            fn check(&self) -> Result<()> {
                check(&name_of(self), self.window())
            }

            fn call(&self, b: &Builder, inputs: &[Tensor]) -> Result<Vec<Tensor>> {
                let x = single_input(self, inputs)?.value;
                check_inputs(&name_of(self), self.window(), self.data_format, &b.shape(x))?;
                let pool: fn(&Builder, _, _) -> _ = $pool;
                let pooled = pool(b, self.data_format.swap(b, x)?, self.window())?;
                Ok(vec![Tensor::new(self.data_format.swap(b, pooled)?)])
            }

            fn own_config(&self) -> Map<String, Json> {
                let mut config = Map::new();
                config.insert("pool_size".into(), json!([self.pool_size]));
                config.insert("padding".into(), self.padding.name().into());
                config.insert("strides".into(), json!([self.window().stride]));
                config.insert("data_format".into(), self.data_format.name().into());
                config
            }
        }
    };
}

pooling! {
    /// y[b, t, c] = max over k of x[b, t·strides + k − before, c], with k from 0 to `pool_size` − 1 and `before` the steps
    /// of [`Padding`] in front; padding is smaller than every number.
    ///
    /// `[batch, time, channels] → [batch, windows, channels]`, or with the last two axes swapped for
    /// [`DataFormat::ChannelsFirst`]. At a tie the gradient goes to the earliest step, as in TensorFlow. The mask ends here.
    ///
    /// ```
    /// use gatewise::layers::{self, MaxPooling1d};
    /// use ndarray::array;
    ///
    /// let x = array![[[1.0], [5.0], [2.0], [3.0]]].into_dyn();
    /// assert_eq!(layers::call(&MaxPooling1d::new(2), &[x], 1)?[0], array![[[5.0], [3.0]]].into_dyn());
    /// # Ok::<(), gatewise::Error>(())
    /// ```
    MaxPooling1d, "MaxPooling1D", Builder::max_windows
}

pooling! {
    /// y[b, t, c] = the mean over k of x[b, t·strides + k − before, c], with k from 0 to `pool_size` − 1 and `before` the
    /// steps of [`Padding`] in front; padding counts for nothing, so that at the ends the mean is over fewer steps.
    ///
    /// `[batch, time, channels] → [batch, windows, channels]`, or with the last two axes swapped for
    /// [`DataFormat::ChannelsFirst`]. The mask ends here.
    ///
    /// ```
    /// use gatewise::layers::{self, AveragePooling1d};
    /// use ndarray::array;
    ///
    /// let x = array![[[1.0], [5.0], [2.0], [3.0]]].into_dyn();
    /// assert_eq!(layers::call(&AveragePooling1d::new(2), &[x], 1)?[0], array![[[3.0], [2.5]]].into_dyn());
    /// # Ok::<(), gatewise::Error>(())
    /// ```
    AveragePooling1d, "AveragePooling1D", Builder::mean_windows
}

/// Checks the arguments of a pooling.
fn check(subject: &str, window: Window) -> Result<()> {
    let sizes = [("pool_size", window.size), ("strides", window.stride)];
    if let Some((argument, _)) = sizes.iter().find(|(_, size)| *size == 0) {
        return Err(Error::argument(subject, format!("`{argument}` must be at least 1, got 0")));
    }
    if window.padding == Padding::Causal {
        return Err(Error::argument(subject, "`padding` must be valid or same, got causal"));
    }
    Ok(())
}

/// Checks that windows fit on inputs of this shape.
fn check_inputs(subject: &str, window: Window, data_format: DataFormat, inputs: &Shape) -> Result<()> {
    if inputs.rank() != 3 {
        let text = format!("expected inputs {}, got {inputs}", data_format.axes());
        return Err(Error::shape(subject, text));
    }
    let steps = data_format.swap_shape(inputs).dim(1);
    if window.padding == Padding::Valid && steps.is_some_and(|steps| steps < window.size) {
        let text =
            format!("expected at least {0} steps for a `pool_size` of {0}, got inputs {inputs}", window.size);
        return Err(Error::shape(subject, text));
    }
    Ok(())
}
