//! The gates and states of every step, to look inside a layer.

use ndarray::Array3;

use super::{Lstm, LstmInputs, Tensor, Weights, name_of, unbuilt};
use crate::builder::Builder;
use crate::error::{Error, Result};
use crate::graph::Value;
use crate::shape::Shape;

/// What an LSTM did at every step, each array `[batch, time, units]`, in the order in which the layer takes the steps
/// (from the last one with `go_backwards`). The letters are those of the equations of [`Lstm`]'s module.
#[derive(Debug, Clone, PartialEq)]
pub struct LstmTrace {
    /// The input gate, after its activation.
    pub i: Array3<f32>,
    /// The forget gate.
    pub f: Array3<f32>,
    /// The candidate for the cell state (Keras's gate `c`).
    pub g: Array3<f32>,
    /// The output gate.
    pub o: Array3<f32>,
    /// The cell state after the step.
    pub c: Array3<f32>,
    /// The hidden state after the step.
    pub h: Array3<f32>,
}

/// The number of arrays in a trace.
pub(crate) const TRACED: usize = 6;

impl LstmTrace {
    /// Stacks the arrays `[batch, units]` of each step: the four gates, c and h of the first, then of the second, ….
    pub(crate) fn stack(steps: &[ndarray::ArrayD<f32>], batch: usize, units: usize) -> Self {
        let time = steps.len() / TRACED;
        let gather = |which: usize| {
            Array3::from_shape_fn((batch, time, units), |(row, step, unit)| {
                steps[step * TRACED + which][[row, unit]]
            })
        };
        Self { i: gather(0), f: gather(1), g: gather(2), o: gather(3), c: gather(4), h: gather(5) }
    }
}

impl Lstm {
    /// Emits the four gates, c and h of every step, in inference. The states are computed by the layer itself, a step at
    /// a time, which gives the bits of the whole sequence; the gates follow from them and the inputs.
    ///
    /// # Errors
    /// If a shape does not fit.
    pub(crate) fn trace(&self, b: &Builder, inputs: &[Tensor]) -> Result<Vec<Value>> {
        let weights = self.weights.get().ok_or_else(|| unbuilt(self))?;
        let (x, mut state) = self.traced_inputs(b, inputs)?;
        let shape = b.shape(x.value);
        let time = shape.dim(1).ok_or_else(|| {
            Error::shape(name_of(self), format!("expected a known number of time steps, got {shape}"))
        })?;
        let mut values = Vec::with_capacity(TRACED * time);
        for step in 0..time {
            let at = if self.options.form.go_backwards { time - 1 - step } else { step };
            let x_t = b.slice(x.value, 1, at, 1)?;
            let mask = x.mask.map(|mask| b.slice(mask, 1, at, 1)).transpose()?;
            values.extend(self.gates(b, weights, x_t, state[0])?);
            let [_, h, c] = self.emit(b, weights, x_t, state, mask, false)?;
            values.extend([c, h]);
            state = [h, c];
        }
        Ok(values)
    }

    /// The sequences, and the states before the first step.
    fn traced_inputs(&self, b: &Builder, inputs: &[Tensor]) -> Result<(Tensor, [Value; 2])> {
        let LstmInputs { x, initial_state } = self.inputs(inputs)?;
        let state = initial_state.map_or_else(|| self.first_state(b, b.shape(x.value).dim(0)), Ok)?;
        Ok((x, state))
    }

    /// Equations (1) and (2) of one step, `x [batch, 1, features]`.
    fn gates(&self, b: &Builder, weights: &Weights, x: Value, previous_h: Value) -> Result<[Value; 4]> {
        let shape = b.shape(x);
        let x = b.reshape(x, &Shape::new([shape.dim(0), shape.dim(2)]))?;
        let kernel = b.variable(&weights.kernel);
        let from_x = match &weights.bias {
            Some(bias) => b.matmul_bias(x, kernel, b.variable(bias))?,
            None => b.matmul(x, kernel)?,
        };
        let z = b.add(from_x, b.matmul(previous_h, b.variable(&weights.recurrent_kernel))?)?;
        let gate = |index: usize| b.slice(z, 1, index * self.units, self.units);
        let (activation, recurrent) = (&self.options.activation, &self.options.recurrent_activation);
        Ok([
            recurrent.apply(b, gate(0)?)?,
            recurrent.apply(b, gate(1)?)?,
            activation.apply(b, gate(2)?)?,
            recurrent.apply(b, gate(3)?)?,
        ])
    }
}
