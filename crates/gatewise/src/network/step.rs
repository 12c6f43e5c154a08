//! The calls of a network for one step of its input sequences.

use std::sync::Arc;

use super::{Network, Origin};
use crate::builder::{Builder, Mode};
use crate::error::Result;
use crate::functional::Node;
use crate::layers::{StreamCall, StreamStates, Streamed, Tensor, name_of};

impl Network {
    /// Emits all layers for one step: those that a step reaches take it alone, the others are called as ever.
    ///
    /// # Errors
    /// If a layer that a step reaches needs the whole sequence; the message names it.
    pub fn trace_step(
        &self,
        b: &Builder,
        inputs: &[Streamed],
        states: &StreamStates,
    ) -> Result<Vec<Streamed>> {
        let mut values: Vec<Vec<Streamed>> = Vec::new();
        for call in &self.calls {
            let find = |origin: &Origin| streamed(*origin, inputs, &values);
            let mut arguments: Vec<Streamed> = call.inputs.iter().map(find).collect();
            if let (Some(mask), Some(first)) = (&call.mask, arguments.first_mut()) {
                first.tensor.mask = Some(find(mask).tensor.value);
            }
            values.push(call.node.emit_step(b, &arguments, states, self.path_part(&call.node))?);
        }
        Ok(self.results.iter().map(|origin| streamed(*origin, inputs, &values)).collect())
    }

    /// The layer's name; a later call of a shared layer has its number, because its states are its own.
    fn path_part(&self, node: &Arc<Node>) -> String {
        let calls = self.calls_of(&node.layer);
        let number = calls.iter().position(|call| Arc::ptr_eq(call, node)).unwrap_or(0);
        let name = name_of(&*node.layer);
        if number == 0 { name } else { format!("{name}#{number}") }
    }
}

fn streamed(origin: Origin, inputs: &[Streamed], values: &[Vec<Streamed>]) -> Streamed {
    match origin {
        Origin::Input(position) => inputs[position],
        Origin::Call(call, output) => values[call][output],
    }
}

impl Node {
    fn emit_step(
        &self,
        b: &Builder,
        inputs: &[Streamed],
        states: &StreamStates,
        path_part: String,
    ) -> Result<Vec<Streamed>> {
        if inputs.iter().all(|input| !input.is_step) {
            let tensors: Vec<Tensor> = inputs.iter().map(|input| input.tensor).collect();
            let outputs = self.emit(b, &tensors)?;
            return Ok(outputs.into_iter().map(|tensor| Streamed { tensor, is_step: false }).collect());
        }
        let call = StreamCall { inputs, arguments: &self.options.arguments, states };
        if self.options.training == Some(true) {
            return Err(
                call.refused(&*self.layer, "it is called with training=True, which draws once a sequence")
            );
        }
        states.within(path_part, || b.in_mode(Mode::Inference, || self.layer.step(b, &call)))
    }
}
