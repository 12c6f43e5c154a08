//! The cell of a convolutional LSTM.

use std::sync::Arc;

use serde_json::{Map, Value as Json, json};

use super::WeightedCell;
use super::arguments::{Arguments, check_activation};
use super::gates::Step;
use super::lstm::states_from_gates;
use super::weighted::CellKind;
use crate::activations::Activation;
use crate::builder::Builder;
use crate::error::{Error, Result};
use crate::graph::Value;
use crate::initializers::Initializer;
use crate::layers::convolution::convolve;
use crate::layers::lstm::BiasInitializer;
use crate::layers::{DataFormat, Padding};
use crate::ops::window::Window;
use crate::shape::{Dim, Shape};

/// The cell of a [`ConvLstm1d`](crate::layers::ConvLstm1d), [`ConvLstm2d`](crate::layers::ConvLstm2d) or
/// [`ConvLstm3d`](crate::layers::ConvLstm3d), by the number of axes that it convolves over.
pub type ConvLstmCell<const RANK: usize> = WeightedCell<ConvLstmKind<RANK>>;

/// What a [`ConvLstmCell`] has beside the arguments of all cells.
#[derive(Debug, Clone)]
pub struct ConvLstmKind<const RANK: usize> {
    pub(in crate::layers) kernel_size: [usize; RANK],
    pub(in crate::layers) strides: [usize; RANK],
    pub(in crate::layers) padding: Padding,
    pub(in crate::layers) data_format: DataFormat,
    pub(in crate::layers) dilation_rate: [usize; RANK],
    pub(in crate::layers) recurrent_activation: Activation,
    pub(in crate::layers) unit_forget_bias: bool,
}

/// The names of the axes that are convolved over.
const AXES: [&str; 3] = ["rows", "columns", "slices"];

impl<const RANK: usize> ConvLstmCell<RANK> {
    pub(in crate::layers) fn new(filters: usize, kernel_size: [usize; RANK]) -> Self {
        let kind = ConvLstmKind {
            kernel_size,
            strides: [1; RANK],
            padding: Padding::Valid,
            data_format: DataFormat::ChannelsLast,
            dilation_rate: [1; RANK],
            recurrent_activation: "sigmoid".into(),
            unit_forget_bias: true,
        };
        Self::of(kind, filters)
    }
}

impl<const RANK: usize> ConvLstmKind<RANK> {
    /// The windows of the inputs.
    fn input_windows(&self) -> [Window; RANK] {
        std::array::from_fn(|axis| Window {
            size: self.kernel_size[axis],
            stride: self.strides[axis],
            dilation: self.dilation_rate[axis],
            padding: self.padding,
        })
    }

    /// The windows of the state, which keep its size.
    fn state_windows(&self) -> [Window; RANK] {
        let same = |size| Window { size, stride: 1, dilation: 1, padding: Padding::Same };
        self.kernel_size.map(same)
    }

    /// The first of the axes that are convolved over, in inputs of one step.
    fn first_axis(&self) -> usize {
        match self.data_format {
            DataFormat::ChannelsLast => 1,
            DataFormat::ChannelsFirst => 2,
        }
    }

    /// The value of this layer's format with its channels last.
    fn channels_last(&self, b: &Builder, x: Value) -> Result<Value> {
        match self.data_format {
            DataFormat::ChannelsLast => Ok(x),
            DataFormat::ChannelsFirst => {
                let order: Vec<usize> = [vec![0], (2..RANK + 2).collect(), vec![1]].concat();
                b.transpose(x, &order)
            }
        }
    }

    /// The value with its channels last in this layer's format.
    fn in_format(&self, b: &Builder, x: Value) -> Result<Value> {
        match self.data_format {
            DataFormat::ChannelsLast => Ok(x),
            DataFormat::ChannelsFirst => {
                let order: Vec<usize> = [vec![0, RANK + 1], (1..=RANK).collect()].concat();
                b.transpose(x, &order)
            }
        }
    }

    /// The axes of inputs of one step, or of sequences.
    fn axes(&self, leading: &[&'static str]) -> Vec<&'static str> {
        let mut axes = leading.to_vec();
        axes.extend(&AXES[..RANK]);
        let channels = leading.len() - 1 + self.feature_axis();
        axes.insert(channels.min(axes.len()), "channels");
        axes
    }
}

impl<const RANK: usize> CellKind for ConvLstmKind<RANK> {
    const CELL: &'static str = "ConvLSTMCell";
    const UNITS: &'static str = "filters";
    const GATES: usize = 4;
    const STATES: usize = 2;

    fn check(&self, subject: &str) -> Result<()> {
        check_activation(subject, &self.recurrent_activation)?;
        let sizes = [
            ("kernel_size", self.kernel_size),
            ("strides", self.strides),
            ("dilation_rate", self.dilation_rate),
        ];
        if let Some((argument, sizes)) = sizes.iter().find(|(_, sizes)| sizes.contains(&0)) {
            let text = format!("`{argument}` must be at least 1 along every axis, got {sizes:?}");
            return Err(Error::argument(subject, text));
        }
        if self.padding == Padding::Causal {
            let text = "`padding` must be one of valid, same, got causal";
            return Err(Error::argument(subject, text));
        }
        if self.strides.iter().any(|size| *size > 1) && self.dilation_rate.iter().any(|size| *size > 1) {
            let text = format!(
                "`strides` and `dilation_rate` cannot both be greater than 1, got {:?} and {:?}",
                self.strides, self.dilation_rate
            );
            return Err(Error::argument(subject, text));
        }
        Ok(())
    }

    fn state_shape(&self, subject: &str, units: usize, inputs: &Shape) -> Result<Shape> {
        if inputs.rank() != RANK + 2 {
            let axes = self.axes(&["batch"]).join(", ");
            return Err(Error::shape(subject, format!("expected inputs [{axes}] at a step, got {inputs}")));
        }
        let mut dims: Vec<Dim> = inputs.dims().to_vec();
        dims[self.feature_axis()] = Some(units);
        for (axis, window) in self.input_windows().iter().enumerate() {
            let at = self.first_axis() + axis;
            let Some(size) = inputs.dim(at) else {
                let text = format!("expected a known number of {} at a step, got {inputs}", AXES[axis]);
                return Err(Error::shape(subject, text));
            };
            if self.padding == Padding::Valid && size < window.reach() {
                let text = format!(
                    "expected at least {} {} for a `kernel_size` of {} and a `dilation_rate` of {}, got inputs {inputs} \
                     at a step",
                    window.reach(),
                    AXES[axis],
                    window.size,
                    window.dilation
                );
                return Err(Error::shape(subject, text));
            }
            dims[at] = Some(window.count(size));
        }
        Ok(Shape::new(dims))
    }

    fn sequence_axes(&self) -> Vec<&'static str> {
        self.axes(&["batch", "time"])
    }

    fn feature_axis(&self) -> usize {
        match self.data_format {
            DataFormat::ChannelsLast => RANK + 1,
            DataFormat::ChannelsFirst => 1,
        }
    }

    fn window(&self) -> Vec<usize> {
        self.kernel_size.to_vec()
    }

    fn bias_initializer(&self, initializer: Arc<dyn Initializer>) -> Arc<dyn Initializer> {
        Arc::new(BiasInitializer { initializer, unit_forget_bias: self.unit_forget_bias })
    }

    fn num_masks(&self, _arguments: &Arguments) -> usize {
        Self::GATES
    }

    fn config(&self, arguments: &Arguments, activity: Option<Json>) -> Map<String, Json> {
        let mut config = Map::new();
        config.insert("filters".into(), json!(arguments.units));
        config.insert("kernel_size".into(), json!(self.kernel_size.as_slice()));
        config.insert("strides".into(), json!(self.strides.as_slice()));
        config.insert("padding".into(), self.padding.name().into());
        config.insert("data_format".into(), self.data_format.name().into());
        config.insert("dilation_rate".into(), json!(self.dilation_rate.as_slice()));
        config.insert("activation".into(), arguments.activation.name().into());
        config.insert("recurrent_activation".into(), self.recurrent_activation.name().into());
        arguments.insert_start(&mut config);
        config.insert("unit_forget_bias".into(), self.unit_forget_bias.into());
        arguments.insert_checks(&mut config, activity);
        config.insert("seed".into(), json!(arguments.seed));
        config
    }

    fn states(&self, step: &Step<'_>) -> Result<Vec<Value>> {
        let (b, [h, c]) = (step.b, [step.states[0], step.states[1]]);
        let (input_windows, state_windows) = (self.input_windows(), self.state_windows());
        let over_inputs =
            |x, weight, bias| convolve(b, self.channels_last(b, x)?, weight, bias, &input_windows);
        let over_state =
            |h, weight, bias| convolve(b, self.channels_last(b, h)?, weight, bias, &state_windows);
        let from_x = step.gates(&over_inputs, step.x, step.input_masks, step.kernel, step.bias, 4)?;
        let from_h = step.gates(&over_state, h, step.recurrent_masks, step.recurrent_kernel, None, 4)?;
        let sums = from_x.iter().zip(&from_h).map(|(x, h)| self.in_format(b, b.add(*x, *h)?));
        let z = sums.collect::<Result<Vec<Value>>>()?;
        states_from_gates(step, &self.recurrent_activation, &z, c)
    }
}
