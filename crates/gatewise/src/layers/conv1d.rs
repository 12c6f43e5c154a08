//! The convolution over time.

use std::sync::OnceLock;

use serde_json::{Map, Value as Json, json};

use super::weights::add_activity_loss;
use super::{
    DataFormat, Layer, LayerBase, Padding, Tensor, WeightBuilder, WeightOptions, config, name_of,
    single_input, unbuilt,
};
use crate::activations::Activation;
use crate::builder::Builder;
use crate::error::{Error, Result};
use crate::graph::Value;
use crate::ops::window::Window;
use crate::regularizers::RegularizerArgument;
use crate::shape::Shape;
use crate::variable::Variable;

mod options;

/// The convolution over time (cross-correlation, as everywhere in deep learning):
///
/// ```text
/// y[b, t, f] = activation(bias[f] + Σₖ Σ꜀ x[b, t·strides + k·dilation_rate − before, c] · kernel[k, c, f])
/// ```
///
/// with k from 0 to `kernel_size` − 1, x = 0 outside of the sequence, and `before` the steps of [`Padding`] in front.
/// `[batch, time, channels] → [batch, windows, filters]`, or with the last two axes swapped for
/// [`DataFormat::ChannelsFirst`]. With `groups`, filter f sees only the channels of its group.
///
/// | weight | shape |
/// |---|---|
/// | `kernel` | `[kernel_size, channels / groups, filters]` |
/// | `bias` | `[filters]` |
///
/// The mask ends here, as in Keras.
///
/// ```
/// use gatewise::layers::{Conv1d, Dense, Input, Lstm, Padding};
/// use gatewise::Sequential;
///
/// let mut model = Sequential::new();
/// model.add(Input::new([None, Some(3)]))?;
/// model.add(Conv1d::new(16, 5).padding(Padding::Causal).activation("relu"))?;
/// model.add(Lstm::new(8))?.add(Dense::new(1))?;
/// # Ok::<(), gatewise::Error>(())
/// ```
#[derive(Debug)]
pub struct Conv1d {
    base: LayerBase,
    filters: usize,
    kernel_size: usize,
    strides: usize,
    padding: Padding,
    data_format: DataFormat,
    dilation_rate: usize,
    groups: usize,
    activation: Activation,
    use_bias: bool,
    kernel: WeightOptions,
    bias: WeightOptions,
    activity_regularizer: Option<RegularizerArgument>,
    weights: OnceLock<(Variable, Option<Variable>)>,
}

impl Conv1d {
    fn window(&self) -> Window {
        Window {
            size: self.kernel_size,
            stride: self.strides,
            dilation: self.dilation_rate,
            padding: self.padding,
        }
    }

    /// The number of channels of inputs of this shape, which has to be `channels` if that is given.
    fn check_inputs(&self, inputs: &Shape, channels: Option<usize>) -> Result<usize> {
        let shape = self.data_format.swap_shape(inputs);
        let known = shape.last().filter(|_| shape.rank() == 3);
        let Some(found) = known.filter(|found| channels.is_none_or(|channels| channels == *found)) else {
            let channels = channels.map_or("channels".into(), |channels| channels.to_string());
            let axes = self.data_format.axes().replace("channels", &channels);
            let text = format!("expected inputs {axes}, got {inputs}");
            return Err(Error::shape(name_of(self), text));
        };
        let reach = self.window().reach();
        if self.padding == Padding::Valid && shape.dim(1).is_some_and(|steps| steps < reach) {
            let text = format!(
                "expected at least {reach} steps for a `kernel_size` of {} and a `dilation_rate` of {}, got inputs \
                 {inputs}",
                self.kernel_size, self.dilation_rate
            );
            return Err(Error::shape(name_of(self), text));
        }
        Ok(found)
    }

    /// `windows [batch, windows, size, channels] → [batch, windows, filters]`
    fn multiply(&self, b: &Builder, windows: Value, kernel: Value, bias: Option<Value>) -> Result<Value> {
        let (shape, kernel_shape) = (b.shape(windows), b.shape(kernel));
        let width = kernel_shape.dim(0).zip(kernel_shape.dim(1)).map(|(size, channels)| size * channels);
        if self.groups == 1 {
            let rows = b.reshape(windows, &Shape::new([shape.dim(0), shape.dim(1), width]))?;
            let matrix = b.reshape(kernel, &Shape::new([width, Some(self.filters)]))?;
            return match bias {
                Some(bias) => b.matmul_bias(rows, matrix, bias),
                None => b.matmul(rows, matrix),
            };
        }
        // A product for each group: [groups, batch · windows, width] · [groups, width, filters of the group].
        let (size, groups) = (Some(self.kernel_size), Some(self.groups));
        let (channels, filters) = (kernel_shape.dim(1), Some(self.filters / self.groups));
        let count = shape.dim(0).zip(shape.dim(1)).map(|(batch, windows)| batch * windows);
        let split = b.reshape(windows, &Shape::new([count, size, groups, channels]))?;
        let rows = b.reshape(b.transpose(split, &[2, 0, 1, 3])?, &Shape::new([groups, count, width]))?;
        let split = b.reshape(kernel, &Shape::new([width, groups, filters]))?;
        let product = b.batch_matmul(rows, b.transpose(split, &[1, 0, 2])?)?;
        let joined = b.transpose(product, &[1, 0, 2])?;
        let y = b.reshape(joined, &Shape::new([shape.dim(0), shape.dim(1), Some(self.filters)]))?;
        bias.map_or(Ok(y), |bias| b.add(y, bias))
    }
}

impl Layer for Conv1d {
    fn class_name(&self) -> &str {
        "Conv1D"
    }

    fn base(&self) -> &LayerBase {
        &self.base
    }

    fn base_mut(&mut self) -> &mut LayerBase {
        &mut self.base
    }

    fn check(&self) -> Result<()> {
        self.check_options()
    }

    fn build(&self, inputs: &[Shape], weights: &mut WeightBuilder<'_>) -> Result<()> {
        let channels = self.check_inputs(&inputs[0], None)?;
        if channels % self.groups != 0 {
            let text = format!(
                "expected a number of channels that {} `groups` divide, got inputs {}",
                self.groups, inputs[0]
            );
            return Err(Error::shape(name_of(self), text));
        }
        let shape = [self.kernel_size, channels / self.groups, self.filters];
        let kernel = weights.add("kernel", &shape, &self.kernel)?;
        let bias = self.use_bias.then(|| weights.add("bias", &[self.filters], &self.bias)).transpose()?;
        self.weights.get_or_init(|| (kernel, bias));
        Ok(())
    }

    fn call(&self, b: &Builder, inputs: &[Tensor]) -> Result<Vec<Tensor>> {
        let x = single_input(self, inputs)?.value;
        let (kernel, bias) = self.weights.get().ok_or_else(|| unbuilt(self))?;
        self.check_inputs(&b.shape(x), Some(kernel.shape()[1] * self.groups))?;
        let windows = b.windows(self.data_format.swap(b, x)?, self.window())?;
        let bias = bias.as_ref().map(|bias| b.variable(bias));
        let z = self.multiply(b, windows, b.variable(kernel), bias)?;
        let y = self.activation.apply(b, self.data_format.swap(b, z)?)?;
        add_activity_loss(b, self.activity_regularizer.as_ref(), y)?;
        Ok(vec![Tensor::new(y)])
    }

    fn variables(&self) -> Vec<Variable> {
        let weights = self.weights.get();
        weights.map_or_else(Vec::new, |(kernel, bias)| [kernel].into_iter().chain(bias).cloned().collect())
    }

    fn own_config(&self) -> Map<String, Json> {
        let mut config = Map::new();
        let weights = [("kernel", &self.kernel), ("bias", &self.bias)];
        config.insert("filters".into(), self.filters.into());
        config.insert("kernel_size".into(), json!([self.kernel_size]));
        config.insert("strides".into(), json!([self.strides]));
        config.insert("padding".into(), self.padding.name().into());
        config.insert("data_format".into(), self.data_format.name().into());
        config.insert("dilation_rate".into(), json!([self.dilation_rate]));
        config.insert("groups".into(), self.groups.into());
        config.insert("activation".into(), self.activation.name().into());
        config.insert("use_bias".into(), self.use_bias.into());
        config::insert_initializers(&mut config, &weights);
        config::insert_regularizers(&mut config, &weights);
        let activity = config::regularizer(self.activity_regularizer.as_ref());
        config.insert("activity_regularizer".into(), activity);
        config::insert_constraints(&mut config, &weights);
        config
    }
}
