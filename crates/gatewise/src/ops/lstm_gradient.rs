//! The gradient of the [`lstm`](super::lstm) by its inputs, weights and initial states.

use gatewise_kernels::lstm;

use super::lstm::Lstm;
use super::{Differential, Operation, elements};
use crate::error::{Error, Result};
use crate::executor::{Buffer, Inputs, Run};
use crate::graph::Value;
use crate::number::Number;
use crate::shape::Shape;

/// The inputs are those of the LSTM, its record, and the gradients by its outputs that are there. The outputs are the
/// gradients by `x`, `kernel`, `recurrent_kernel`, `h0`, `c0` and, if there is one, `bias`.
#[derive(Debug, Clone)]
pub(crate) struct LstmGradient {
    pub forward: Lstm,
    pub has_d_y: bool,
    pub has_d_h: bool,
    pub has_d_c: bool,
}

impl LstmGradient {
    /// The numbers of the record and of the gradients by `y`, `h` and `c` among the inputs.
    fn extra_inputs(&self) -> (usize, [Option<usize>; 3]) {
        let record = self.forward.optional_inputs().count;
        let mut next = record;
        let numbers = [self.has_d_y, self.has_d_h, self.has_d_c].map(|is_there| {
            next += usize::from(is_there);
            is_there.then_some(next)
        });
        (record, numbers)
    }

    fn d_outputs<'a, F>(&self, inputs: Inputs<'a, F>) -> lstm::OutputGradients<'a, F> {
        let (_, [d_y, d_h, d_c]) = self.extra_inputs();
        let get = |index: Option<usize>| index.map(|index| inputs.get(index));
        let d_y = match get(d_y) {
            None => lstm::OutputGradient::None,
            Some(d_y) if self.forward.return_sequences => lstm::OutputGradient::Sequence(d_y),
            Some(d_y) => lstm::OutputGradient::Last(d_y),
        };
        lstm::OutputGradients { d_y, d_h: get(d_h), d_c: get(d_c) }
    }

    /// Runs the fast kernel.
    pub fn run_fast(&self, run: &mut Run<'_, f32>) {
        let sizes = Lstm::sizes(&run.first_dims::<3>());
        let used = used_outputs(run);
        let (inputs, outputs, workspace) = run.parts_with_workspace();
        let (layer, arguments) = self.forward.arguments(sizes, inputs);
        let record = inputs.get(self.extra_inputs().0);
        let d_outputs = self.d_outputs(inputs);
        lstm::backward(&layer, &arguments, record, &d_outputs, gradients(outputs, used), workspace);
    }
}

/// Which gradients anybody reads.
fn used_outputs<F>(run: &Run<'_, F>) -> [bool; 6] {
    std::array::from_fn(|output| output < run.num_outputs() && run.is_used(output))
}

/// Where the kernels put the gradients.
fn gradients<F>(outputs: &mut [Buffer<F>], used: [bool; 6]) -> lstm::Gradients<'_, F> {
    let mut buffers = outputs.iter_mut().zip(used).map(|(buffer, used)| used.then_some(&mut **buffer));
    let mut next = || buffers.next().flatten();
    let (d_x, d_kernel, d_recurrent_kernel) = (next(), next(), next());
    let (d_h0, d_c0, d_bias) = (next(), next(), next());
    lstm::Gradients { d_x, d_kernel, d_recurrent_kernel, d_bias, d_h0, d_c0 }
}

impl Operation for LstmGradient {
    fn name(&self) -> &'static str {
        "lstm_gradient"
    }

    fn options(&self) -> String {
        self.forward.options()
    }

    fn output_shapes(&self, inputs: &[&Shape]) -> Result<Vec<Shape>> {
        let bias = self.forward.optional_inputs().bias;
        Ok((0..5).chain(bias).map(|index| inputs[index].clone()).collect())
    }

    fn gradient(&self, _at: &Differential<'_>) -> Result<Vec<Option<Value>>> {
        let text = "second derivatives through an LSTM are not supported";
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
        lstm::backward_workspace_len(&Lstm::sizes(inputs), op.has_dropout(), !op.takes_ids)
    }

    fn is_optional(&self, _output: usize) -> bool {
        true
    }

    fn run<F: Number>(&self, run: &mut Run<'_, F>) -> Result<()> {
        let sizes = Lstm::sizes(&run.first_dims::<3>());
        let used = used_outputs(run);
        let (inputs, outputs) = run.parts();
        let (layer, arguments) = self.forward.arguments(sizes, inputs);
        let record = inputs.get(self.extra_inputs().0);
        let d_outputs = self.d_outputs(inputs);
        lstm::reference::backward(&layer, &arguments, record, &d_outputs, gradients(outputs, used));
        Ok(())
    }
}

#[cfg(test)]
mod tests;
