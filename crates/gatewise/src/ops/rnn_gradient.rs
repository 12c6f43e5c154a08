//! The gradient of the [`rnn`](super::rnn) by its inputs, weights and initial state.

use gatewise_kernels::rnn;

use super::rnn::Rnn;
use super::{Differential, Operation, elements};
use crate::error::{Error, Result};
use crate::executor::{Buffer, Inputs, Run};
use crate::graph::Value;
use crate::number::Number;
use crate::shape::Shape;

/// The inputs are those of the recurrence, its record, and the gradients by its outputs that are there. The outputs are the
/// gradients by `x`, `kernel`, `recurrent_kernel`, `h0` and, if there is one, `bias`.
#[derive(Debug, Clone)]
pub(crate) struct RnnGradient {
    pub forward: Rnn,
    pub has_d_y: bool,
    pub has_d_h: bool,
}

impl RnnGradient {
    /// The numbers of the record and of the gradients by `y` and `h` among the inputs.
    fn extra_inputs(&self) -> (usize, [Option<usize>; 2]) {
        let record = self.forward.optional_inputs().count;
        let mut next = record;
        let numbers = [self.has_d_y, self.has_d_h].map(|is_there| {
            next += usize::from(is_there);
            is_there.then_some(next)
        });
        (record, numbers)
    }

    fn d_outputs<'a, F>(&self, inputs: Inputs<'a, F>) -> rnn::OutputGradients<'a, F> {
        let (_, [d_y, d_h]) = self.extra_inputs();
        let get = |index: Option<usize>| index.map(|index| inputs.get(index));
        let d_y = match get(d_y) {
            None => rnn::OutputGradient::None,
            Some(d_y) if self.forward.return_sequences => rnn::OutputGradient::Sequence(d_y),
            Some(d_y) => rnn::OutputGradient::Last(d_y),
        };
        rnn::OutputGradients { d_y, d_h: get(d_h) }
    }

    /// Runs the fast kernel.
    pub fn run_fast(&self, run: &mut Run<'_, f32>) {
        let sizes = Rnn::sizes(&run.first_dims::<3>());
        let used = used_outputs(run);
        let (inputs, outputs, workspace) = run.parts_with_workspace();
        let (layer, arguments) = self.forward.arguments(sizes, inputs);
        let record = inputs.get(self.extra_inputs().0);
        let d_outputs = self.d_outputs(inputs);
        rnn::backward(&layer, &arguments, record, &d_outputs, gradients(outputs, used), workspace);
    }
}

/// Which gradients anybody reads.
fn used_outputs<F>(run: &Run<'_, F>) -> [bool; 5] {
    std::array::from_fn(|output| output < run.num_outputs() && run.is_used(output))
}

/// Where the kernels put the gradients.
fn gradients<F>(outputs: &mut [Buffer<F>], used: [bool; 5]) -> rnn::Gradients<'_, F> {
    let mut buffers = outputs.iter_mut().zip(used).map(|(buffer, used)| used.then_some(&mut **buffer));
    let mut next = || buffers.next().flatten();
    let (d_x, d_kernel, d_recurrent_kernel) = (next(), next(), next());
    let (d_h0, d_bias) = (next(), next());
    rnn::Gradients { d_x, d_kernel, d_recurrent_kernel, d_bias, d_h0 }
}

impl Operation for RnnGradient {
    fn name(&self) -> &'static str {
        if self.forward.kind_name() == "gru" { "gru_gradient" } else { "simple_rnn_gradient" }
    }

    fn options(&self) -> String {
        self.forward.options()
    }

    fn output_shapes(&self, inputs: &[&Shape]) -> Result<Vec<Shape>> {
        let bias = self.forward.optional_inputs().bias;
        Ok((0..4).chain(bias).map(|index| inputs[index].clone()).collect())
    }

    fn gradient(&self, _at: &Differential<'_>) -> Result<Vec<Option<Value>>> {
        let text = "second derivatives through this layer are not supported; an `Rnn` over a cell has them";
        Err(Error::unsupported(&self.forward.subject, text))
    }

    fn flops(&self, inputs: &[&[usize]], _outputs: &[&[usize]]) -> u64 {
        // Two products with the recurrent kernel a step, and two with the kernel where the gradient by x is read.
        let rows = inputs[0][0] * inputs[0][1];
        let features = if self.forward.takes_ids { 0 } else { inputs[1][0] };
        (4 * rows * elements(inputs[2]) + 4 * rows * features * inputs[2][1]) as u64
    }

    fn workspace_len(&self, inputs: &[&[usize]]) -> usize {
        let op = &self.forward;
        rnn::backward_workspace_len(op.kind, &Rnn::sizes(inputs), op.has_dropout(), !op.takes_ids)
    }

    fn is_optional(&self, _output: usize) -> bool {
        true
    }

    fn run<F: Number>(&self, run: &mut Run<'_, F>) -> Result<()> {
        let sizes = Rnn::sizes(&run.first_dims::<3>());
        let used = used_outputs(run);
        let (inputs, outputs) = run.parts();
        let (layer, arguments) = self.forward.arguments(sizes, inputs);
        let record = inputs.get(self.extra_inputs().0);
        let d_outputs = self.d_outputs(inputs);
        rnn::reference::backward(&layer, &arguments, record, &d_outputs, gradients(outputs, used));
        Ok(())
    }
}

#[cfg(test)]
mod tests;
