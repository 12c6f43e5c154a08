//! The long short-term memory over a whole sequence, with every option of the layer as an attribute or an input.
//!
//! The equations are in [`gatewise_kernels::lstm`]. The inputs are, in this order, `x [batch, steps, features]`, or ids
//! `[batch, steps]` of [rows](gatewise_kernels::recurrent::X::Ids) where the attributes say so, `kernel [features, 4·units]`, `recurrent_kernel [units, 4·units]`, `h0` and `c0 [batch, units]`, and then those
//! that the attributes announce: `bias [4·units]`, `mask [batch, steps]`, the masks of dropout
//! `[batch, features]` or `[4, batch, features]` and of recurrent dropout `[batch, units]` or `[4, batch, units]`.
//! The outputs are `y`, `h`, `c` and the record that the gradient needs.

use gatewise_kernels::lstm;

use super::lstm_gradient::LstmGradient;
use super::recurrent::{DropoutForm, OptionalInputs, features_of};
use super::{Differential, Op, Operation, elements, expect_shape};
use crate::activations::cell::CellActivation;
use crate::cpu::Prepared;
use crate::error::Result;
use crate::executor::{Buffer, Inputs, Run};
use crate::graph::Value;
use crate::number::Number;
use crate::shape::{Dim, Shape};

/// The attributes of an LSTM.
#[derive(Debug, Clone)]
pub(crate) struct Lstm {
    /// The layer, for messages.
    pub subject: String,
    pub activation: CellActivation,
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
const FIRST_OPTIONAL: usize = 5;

/// The number of the output that the gradient reads.
pub(crate) const RECORD: usize = 3;

impl Lstm {
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
    pub fn sizes(inputs: &[&[usize]]) -> lstm::Sizes {
        let [x, kernel, recurrent_kernel, ..] = *inputs else { unreachable!("an LSTM has more inputs") };
        lstm::Sizes { batch: x[0], steps: x[1], features: kernel[0], units: recurrent_kernel[0] }
    }

    /// Checks the shape of one input.
    fn expect(&self, name: (&str, &str), got: &Shape, expected: &[Dim]) -> Result<()> {
        expect_shape(&self.subject, name, got, expected)
    }

    fn check_optional(&self, inputs: &[&Shape], features: Dim, units: Dim) -> Result<()> {
        let (batch, steps) = (inputs[0].dim(0), inputs[0].dim(1));
        let optional = self.optional_inputs();
        if let Some(index) = optional.bias {
            self.expect(("bias", "4 × units"), inputs[index], &[units.map(|units| 4 * units)])?;
        }
        if let Some(index) = optional.mask {
            self.expect(("mask", "batch, time"), inputs[index], &[batch, steps])?;
        }
        let masks = [
            (optional.dropout, self.dropout, features, "masks of dropout"),
            (optional.recurrent_dropout, self.recurrent_dropout, units, "masks of recurrent dropout"),
        ];
        for (index, form, width, what) in masks {
            if let Some(index) = index {
                let (axes, expected) = form.axes(4, batch, width);
                self.expect((what, axes), inputs[index], &expected)?;
            }
        }
        Ok(())
    }

    /// The layer and its inputs as the kernels take them.
    pub(super) fn arguments<'a, F: Number>(
        &'a self,
        sizes: lstm::Sizes,
        inputs: Inputs<'a, F>,
    ) -> (lstm::Layer<'a, F>, lstm::Inputs<'a, F>) {
        let optional = self.optional_inputs();
        let get = |index: Option<usize>| index.map(|index| inputs.get(index));
        let layer = lstm::Layer {
            sizes,
            activation: self.activation.kernel(),
            recurrent_activation: self.recurrent_activation.kernel(),
            kernel: inputs.get(1),
            recurrent_kernel: inputs.get(2),
            bias: get(optional.bias),
            go_backwards: self.go_backwards,
            zero_output_for_mask: self.zero_output_for_mask,
        };
        let inputs = lstm::Inputs {
            x: if self.takes_ids { lstm::X::Ids(inputs.get(0)) } else { lstm::X::Rows(inputs.get(0)) },
            h0: inputs.get(3),
            c0: inputs.get(4),
            mask: get(optional.mask),
            dropout: self.dropout.kernel(get(optional.dropout)),
            recurrent_dropout: self.recurrent_dropout.kernel(get(optional.recurrent_dropout)),
        };
        (layer, inputs)
    }

    /// The outputs as the kernels take them.
    fn kernel_outputs<'a, F: Number>(&self, outputs: &'a mut [Buffer<F>]) -> lstm::Outputs<'a, F> {
        let [y, h, c, record] = outputs else { unreachable!("an LSTM has four outputs") };
        let y = if self.return_sequences { lstm::Output::Sequence(y) } else { lstm::Output::Last(y) };
        lstm::Outputs { y, h, c, record: (!record.is_empty()).then_some(&mut **record) }
    }

    /// Runs the fast kernel.
    pub fn run_fast(&self, run: &mut Run<'_, f32>) {
        let sizes = Self::sizes(&run.first_dims::<3>());
        let prepared = run.prepared();
        let (inputs, outputs, workspace) = run.parts_with_workspace();
        let (layer, arguments) = self.arguments(sizes, inputs);
        let outputs = self.kernel_outputs(outputs);
        match prepared {
            Prepared::Lstm(packed) => lstm::forward_packed(&layer, packed, &arguments, outputs, workspace),
            Prepared::LstmOfIds(packed, table) => {
                let tokens = lstm::Tokens { table, tokens: &inputs.get(0)[..sizes.batch * sizes.steps] };
                let sizes = lstm::Sizes { features: 0, ..sizes };
                let layer = lstm::Layer { sizes, kernel: &[], bias: None, ..layer };
                let arguments = lstm::Inputs { x: lstm::X::Rows(&[]), ..arguments };
                lstm::forward_tokens(&layer, packed, &tokens, &arguments, outputs, workspace);
            }
            _ => lstm::forward(&layer, &arguments, outputs, workspace),
        }
    }
}

impl Operation for Lstm {
    fn name(&self) -> &'static str {
        "lstm"
    }

    fn options(&self) -> String {
        let flags = [
            (self.return_sequences, "return_sequences"),
            (self.go_backwards, "go_backwards"),
            (self.zero_output_for_mask, "zero_output_for_mask"),
            (self.takes_ids, "ids"),
            (self.has_bias, "bias"),
            (self.has_mask, "mask"),
            (self.dropout.is_there(), "dropout"),
            (self.recurrent_dropout.is_there(), "recurrent_dropout"),
        ];
        let set: Vec<&str> = flags.iter().filter(|(is_set, _)| *is_set).map(|(_, name)| *name).collect();
        set.join(", ")
    }

    fn output_shapes(&self, inputs: &[&Shape]) -> Result<Vec<Shape>> {
        let x = inputs[0];
        let features = features_of(&self.subject, self.takes_ids, x, inputs[1])?;
        let units = inputs[2].dims().first().copied().flatten();
        let columns = units.map(|units| 4 * units);
        self.expect(("kernel", "features, 4 × units"), inputs[1], &[features, columns])?;
        self.expect(("recurrent_kernel", "units, 4 × units"), inputs[2], &[units, columns])?;
        self.expect(("initial state h", "batch, units"), inputs[3], &[x.dim(0), units])?;
        self.expect(("initial state c", "batch, units"), inputs[4], &[x.dim(0), units])?;
        self.check_optional(inputs, features, units)?;
        let state = Shape::new([x.dim(0), units]);
        let sequence = Shape::new([x.dim(0), x.dim(1), units]);
        let y = if self.return_sequences { sequence } else { state.clone() };
        let record = match (x.to_known(), features, units) {
            (Some(x), Some(features), Some(units)) => {
                let sizes = Self::sizes(&[&x, &[features], &[units]]);
                Some(lstm::record_len::<f32>(&sizes, &self.recurrent_activation.kernel()))
            }
            _ => None,
        };
        Ok(vec![y, state.clone(), state, Shape::new([record])])
    }

    fn gradient(&self, at: &Differential<'_>) -> Result<Vec<Option<Value>>> {
        let count = self.optional_inputs().count;
        let mut inputs = at.inputs.to_vec();
        inputs.push(at.outputs[RECORD]);
        inputs.extend(at.d_outputs[..RECORD].iter().flatten());
        let has = |output: usize| at.d_outputs[output].is_some();
        let op = LstmGradient { forward: self.clone(), has_d_y: has(0), has_d_h: has(1), has_d_c: has(2) };
        let gradients = at.builder.emit_all(Op::LstmGradient(op), &inputs)?;
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
        lstm::forward_workspace_len(&Self::sizes(inputs), self.has_dropout())
    }

    fn is_optional(&self, output: usize) -> bool {
        output == RECORD
    }

    fn run<F: Number>(&self, run: &mut Run<'_, F>) -> Result<()> {
        let sizes = Self::sizes(&run.first_dims::<3>());
        let (inputs, outputs) = run.parts();
        let (layer, inputs) = self.arguments(sizes, inputs);
        lstm::reference::forward(&layer, &inputs, self.kernel_outputs(outputs));
        Ok(())
    }
}

#[cfg(test)]
mod tests;
