//! One step of a stream.

use super::{Lstm, LstmInputs};
use crate::builder::{Builder, Mode};
use crate::error::Result;
use crate::layers::{StreamCall, Streamed, Tensor, unbuilt};
use crate::shape::Shape;

impl Lstm {
    /// The layer on a sequence of one step, started from what it kept. What a stateful layer keeps between whole
    /// sequences has no part in it.
    pub(super) fn take_step(&self, b: &Builder, call: &StreamCall<'_>) -> Result<Vec<Streamed>> {
        let weights = self.weights.get().ok_or_else(|| unbuilt(self))?;
        if self.options.form.go_backwards {
            return Err(call.refused(self, "it reads the sequence backwards"));
        }
        let tensors: Vec<Tensor> = call.inputs.iter().map(|input| input.tensor).collect();
        let LstmInputs { x, initial_state } = self.inputs(&tensors)?;
        if call.inputs[1..].iter().any(|state| state.is_step) || !call.inputs[0].is_step {
            return Err(call.refused(self, "its initial state comes from a step of a sequence"));
        }
        let inputs = b.shape(x.value);
        self.check_inputs(&inputs, Some(weights.kernel.shape()[0]))?;
        let shape = Shape::new([inputs.dim(0), Some(self.units)]);
        let first = |index: usize| match initial_state {
            Some(state) => Ok(state[index]),
            None => b.constant(0.0, &shape),
        };
        let state = [call.state(b, "h", &shape, || first(0))?, call.state(b, "c", &shape, || first(1))?];
        let is_training = b.mode() == Mode::Training;
        let [mut y, h, c] = self.emit(b, weights, x.value, state, x.mask, is_training)?;
        call.keep("h", h);
        call.keep("c", c);
        if let Some(mask) = x.mask.filter(|_| !self.options.form.zero_output_for_mask) {
            // At a masked step the output is the one before, which is no state: before the first it is 0.
            let before = call.state(b, "output", &shape, || b.constant(0.0, &shape))?;
            let before = b.reshape(before, &b.shape(y))?;
            let mask_shape = if self.options.form.return_sequences { b.expand_dims(mask, 2)? } else { mask };
            y = b.select(mask_shape, y, before)?;
            call.keep("output", b.reshape(y, &shape)?);
        }
        let outputs = self.outputs(b, [y, h, c], x.mask)?;
        let is_step = |index| index == 0 && self.options.form.return_sequences;
        Ok(outputs
            .into_iter()
            .enumerate()
            .map(|(index, tensor)| Streamed { tensor, is_step: is_step(index) })
            .collect())
    }
}
