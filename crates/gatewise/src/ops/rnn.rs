//! The recurrences with one state over a whole sequence, the layers `GRU` and `SimpleRNN`, with every option of theirs as
//! an attribute or an input.
//!
//! The equations are in [`gatewise_kernels::rnn`]. With G blocks of columns, 1 of the simple recurrence and 3 of a GRU, the
//! inputs are, in this order, `x [batch, steps, features]`, or ids `[batch, steps]` of
//! [rows](gatewise_kernels::recurrent::X::Ids) where the attributes say so, `kernel [features, G·units]`,
//! `recurrent_kernel [units, G·units]`, `h0 [batch, units]`, and then those that the attributes announce: `bias [G·units]`
//! or, where the reset gate comes after the product, `[2, G·units]`, `mask [batch, steps]`, the masks of dropout
//! `[batch, features]` or `[G, batch, features]` and of recurrent dropout `[batch, units]` or `[G, batch, units]`. The
//! outputs are `y`, `h` and the record that the gradient needs.

use gatewise_kernels::rnn::{self, Kind};

use super::recurrent::{DropoutForm, OptionalInputs, features_of};
use super::rnn_gradient::RnnGradient;
use super::{Differential, Op, Operation, elements, expect_shape};
use crate::activations::cell::CellActivation;
use crate::cpu::Prepared;
use crate::error::Result;
use crate::executor::{Buffer, Inputs, Run};
use crate::graph::Value;
use crate::number::Number;
use crate::shape::{Dim, Shape};

/// The attributes of a recurrence.
#[derive(Debug, Clone)]
pub(crate) struct Rnn {
    /// The layer, for messages.
    pub subject: String,
    pub kind: Kind,
    pub activation: CellActivation,
    /// Not read by the simple recurrence.
    pub recurrent_activation: CellActivation,
    pub return_sequences: bool,
    pub go_backwards: bool,
    pub zero_output_for_mask: bool,
    /// Whether x is ids, each of which names a row of the kernel.
    pub takes_ids: bool,
    pub has_bias: bool,
    pub has_mask: bool,
    pub dropout: DropoutForm,
    pub recurrent_dropout: DropoutForm,
}

/// Number of the first input that the attributes announce.
const FIRST_OPTIONAL: usize = 4;

/// The number of the output that the gradient reads.
pub(crate) const RECORD: usize = 2;

impl Rnn {
    /// The name of the kind in messages and printed programs.
    pub(super) fn kind_name(&self) -> &'static str {
        if self.kind == Kind::Simple { "simple_rnn" } else { "gru" }
    }

    /// The numbers of the optional inputs.
    pub(super) fn optional_inputs(&self) -> OptionalInputs {
        let dropouts = [self.dropout, self.recurrent_dropout];
        OptionalInputs::after(FIRST_OPTIONAL, [self.has_bias, self.has_mask], dropouts)
    }

    /// The number of the input that is the bias, if there is one.
    pub fn bias_input(&self) -> Option<usize> {
        self.optional_inputs().bias
    }

    /// Whether there is dropout of x or of h.
    pub(super) fn has_dropout(&self) -> bool {
        self.dropout.is_there() || self.recurrent_dropout.is_there()
    }

    /// The sizes for the kernels, from those of `x`, `kernel` and `recurrent_kernel`, the first inputs.
    pub fn sizes(inputs: &[&[usize]]) -> rnn::Sizes {
        let [x, kernel, recurrent_kernel, ..] = *inputs else { unreachable!("a recurrence has more inputs") };
        rnn::Sizes { batch: x[0], steps: x[1], features: kernel[0], units: recurrent_kernel[0] }
    }

    fn check_optional(&self, inputs: &[&Shape], features: Dim, units: Dim) -> Result<()> {
        let (batch, steps, gates) = (inputs[0].dim(0), inputs[0].dim(1), self.kind.gates());
        let (optional, columns) = (self.optional_inputs(), units.map(|units| gates * units));
        if let Some(index) = optional.bias {
            let rows: &[Dim] = if self.kind == Kind::ResetAfter { &[Some(2)] } else { &[] };
            let axes = if rows.is_empty() { "gates × units" } else { "of x and of h, gates × units" };
            let expected = [rows, &[columns]].concat();
            expect_shape(&self.subject, ("bias", axes), inputs[index], &expected)?;
        }
        if let Some(index) = optional.mask {
            expect_shape(&self.subject, ("mask", "batch, time"), inputs[index], &[batch, steps])?;
        }
        let masks = [
            (optional.dropout, self.dropout, features, "masks of dropout"),
            (optional.recurrent_dropout, self.recurrent_dropout, units, "masks of recurrent dropout"),
        ];
        for (index, form, width, what) in masks {
            if let Some(index) = index {
                let (axes, expected) = form.axes(gates, batch, width);
                expect_shape(&self.subject, (what, axes), inputs[index], &expected)?;
            }
        }
        Ok(())
    }

    /// The layer as the kernels take it, with these weights or, where only sizes are asked for, without any.
    pub(crate) fn layer<'a, F: Number>(
        &'a self,
        sizes: rnn::Sizes,
        [kernel, recurrent_kernel]: [&'a [F]; 2],
        bias: Option<&'a [F]>,
    ) -> rnn::Layer<'a, F> {
        rnn::Layer {
            kind: self.kind,
            sizes,
            activation: self.activation.kernel(),
            recurrent_activation: self.recurrent_activation.kernel(),
            kernel,
            recurrent_kernel,
            bias,
            go_backwards: self.go_backwards,
            zero_output_for_mask: self.zero_output_for_mask,
        }
    }

    /// The layer and its inputs as the kernels take them.
    pub(super) fn arguments<'a, F: Number>(
        &'a self,
        sizes: rnn::Sizes,
        inputs: Inputs<'a, F>,
    ) -> (rnn::Layer<'a, F>, rnn::Inputs<'a, F>) {
        let optional = self.optional_inputs();
        let get = |index: Option<usize>| index.map(|index| inputs.get(index));
        let layer = self.layer(sizes, [inputs.get(1), inputs.get(2)], get(optional.bias));
        let inputs = rnn::Inputs {
            x: if self.takes_ids { rnn::X::Ids(inputs.get(0)) } else { rnn::X::Rows(inputs.get(0)) },
            h0: inputs.get(3),
            mask: get(optional.mask),
            dropout: self.dropout.kernel(get(optional.dropout)),
            recurrent_dropout: self.recurrent_dropout.kernel(get(optional.recurrent_dropout)),
        };
        (layer, inputs)
    }

    /// The outputs as the kernels take them.
    fn kernel_outputs<'a, F: Number>(&self, outputs: &'a mut [Buffer<F>]) -> rnn::Outputs<'a, F> {
        let [y, h, record] = outputs else { unreachable!("a recurrence has three outputs") };
        let y = if self.return_sequences { rnn::Output::Sequence(y) } else { rnn::Output::Last(y) };
        rnn::Outputs { y, h, record: (!record.is_empty()).then_some(&mut **record) }
    }

    /// Runs the fast kernel.
    pub fn run_fast(&self, run: &mut Run<'_, f32>) {
        let sizes = Self::sizes(&run.first_dims::<3>());
        let prepared = run.prepared();
        let (inputs, outputs, workspace) = run.parts_with_workspace();
        let (layer, arguments) = self.arguments(sizes, inputs);
        let outputs = self.kernel_outputs(outputs);
        match prepared {
            Prepared::Rnn(packed) => rnn::forward_packed(&layer, packed, &arguments, outputs, workspace),
            Prepared::RnnOfIds(packed, table) => {
                let ids = &inputs.get(0)[..sizes.batch * sizes.steps];
                let arguments = rnn::Inputs { x: rnn::X::Ids(ids), ..arguments };
                rnn::forward_packed(&table.layer(layer), packed, &arguments, outputs, workspace);
            }
            _ => rnn::forward(&layer, &arguments, outputs, workspace),
        }
    }
}

impl Operation for Rnn {
    fn name(&self) -> &'static str {
        self.kind_name()
    }

    fn options(&self) -> String {
        let flags = [
            (self.kind == Kind::ResetBefore, "reset_before"),
            (self.return_sequences, "return_sequences"),
            (self.go_backwards, "go_backwards"),
            (self.zero_output_for_mask, "zero_output_for_mask"),
            (self.takes_ids, "ids"),
            (self.has_mask, "mask"),
            (self.dropout.is_there(), "dropout"),
            (self.recurrent_dropout.is_there(), "recurrent_dropout"),
        ];
        let set: Vec<&str> = flags.iter().filter(|(is_set, _)| *is_set).map(|(_, name)| *name).collect();
        set.join(", ")
    }

    fn output_shapes(&self, inputs: &[&Shape]) -> Result<Vec<Shape>> {
        let (x, subject) = (inputs[0], &self.subject);
        let features = features_of(&self.subject, self.takes_ids, x, inputs[1])?;
        let units = inputs[2].dims().first().copied().flatten();
        let columns = units.map(|units| self.kind.gates() * units);
        expect_shape(subject, ("kernel", "features, gates × units"), inputs[1], &[features, columns])?;
        let recurrent = ("recurrent_kernel", "units, gates × units");
        expect_shape(subject, recurrent, inputs[2], &[units, columns])?;
        expect_shape(subject, ("initial state", "batch, units"), inputs[3], &[x.dim(0), units])?;
        self.check_optional(inputs, features, units)?;
        let state = Shape::new([x.dim(0), units]);
        let sequence = Shape::new([x.dim(0), x.dim(1), units]);
        let y = if self.return_sequences { sequence } else { state.clone() };
        let record = match (x.to_known(), features, units) {
            (Some(x), Some(features), Some(units)) => {
                let sizes = Self::sizes(&[&x, &[features], &[units]]);
                let (activation, gates) = (self.activation.kernel(), self.recurrent_activation.kernel());
                Some(rnn::record_len::<f32>(self.kind, &sizes, &activation, &gates))
            }
            _ => None,
        };
        Ok(vec![y, state, Shape::new([record])])
    }

    fn gradient(&self, at: &Differential<'_>) -> Result<Vec<Option<Value>>> {
        let count = self.optional_inputs().count;
        let mut inputs = at.inputs.to_vec();
        inputs.push(at.outputs[RECORD]);
        inputs.extend(at.d_outputs[..RECORD].iter().flatten());
        let has = |output: usize| at.d_outputs[output].is_some();
        let op = RnnGradient { forward: self.clone(), has_d_y: has(0), has_d_h: has(1) };
        let gradients = at.builder.emit_all(Op::RnnGradient(op), &inputs)?;
        // The gradients come in the order of the inputs up to the bias; masks have none, nor have ids.
        let has_any = |input: &usize| *input > 0 || !self.takes_ids;
        Ok((0..count).map(|input| gradients.get(input).copied().filter(|_| has_any(&input))).collect())
    }

    fn flops(&self, inputs: &[&[usize]], _outputs: &[&[usize]]) -> u64 {
        let rows = inputs[0][0] * inputs[0][1];
        let features = if self.takes_ids { 0 } else { inputs[1][0] };
        (2 * rows * elements(inputs[2]) + 2 * rows * features * inputs[2][1]) as u64
    }

    fn workspace_len(&self, inputs: &[&[usize]]) -> usize {
        let layer = self.layer(Self::sizes(inputs), [&[], &[]], None);
        rnn::forward_workspace_len(&layer, self.has_dropout())
    }

    fn is_optional(&self, output: usize) -> bool {
        output == RECORD
    }

    fn run<F: Number>(&self, run: &mut Run<'_, F>) -> Result<()> {
        let sizes = Self::sizes(&run.first_dims::<3>());
        let (inputs, outputs) = run.parts();
        let (layer, inputs) = self.arguments(sizes, inputs);
        rnn::reference::forward(&layer, &inputs, self.kernel_outputs(outputs));
        Ok(())
    }
}

#[cfg(test)]
mod tests;
