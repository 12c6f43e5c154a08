//! One step of a stream.

use super::{LayerCell, RecurrentLayer, Start, outputs};
use crate::builder::Builder;
use crate::error::Result;
use crate::graph::Value;
use crate::layers::{StreamCall, Streamed};

impl<C: LayerCell + ?Sized + 'static> RecurrentLayer<C> {
    /// The layer on a sequence of one step, started from what it kept. What a stateful layer keeps between whole
    /// sequences has no part in it.
    pub(super) fn take_step(&self, b: &Builder, call: &StreamCall<'_>) -> Result<Vec<Streamed>> {
        if self.form.go_backwards {
            return Err(call.refused(self, "it reads the sequence backwards"));
        }
        let (x, initial) = call.inputs.split_first().expect("the graph checks that there are inputs");
        if initial.iter().any(|state| state.is_step) || !x.is_step {
            return Err(call.refused(self, "its initial state comes from a step of a sequence"));
        }
        let (x, mask) = (x.tensor.value, x.tensor.mask);
        let step = self.step_shape(&b.shape(x))?;
        let shapes = self.cell.state_shapes(&step)?;
        let given: Vec<Value> = initial.iter().map(|state| state.tensor.value).collect();
        let given = if given.is_empty() { None } else { Some(self.checked_states(b, &given, &shapes)?) };
        let mut states = Vec::new();
        for (index, shape) in shapes.iter().enumerate() {
            let first = || given.as_ref().map_or_else(|| b.constant(0.0, shape), |given| Ok(given[index]));
            states.push(call.state(b, &format!("state_{index}"), shape, first)?);
        }
        // A masked step repeats the output before it, which is no state of the cell.
        let repeats = mask.is_some() && !self.form.zero_output_for_mask;
        let shape = self.cell.output_shape(&step)?;
        let before = repeats.then(|| call.state(b, "output", &shape, || b.constant(0.0, &shape)));
        let start = Start { states: &states, output: before.transpose()? };
        let end = self.run(b, x, mask, start, &self.form)?;
        let new = end.states.iter().enumerate();
        new.for_each(|(index, state)| call.keep(&format!("state_{index}"), *state));
        if let Some(output) = end.output.filter(|_| repeats) {
            call.keep("output", output);
        }
        let is_step = |index| index == 0 && self.form.return_sequences;
        let streamed = outputs(end, mask, &self.form).into_iter().enumerate();
        Ok(streamed.map(|(index, tensor)| Streamed { tensor, is_step: is_step(index) }).collect())
    }
}
