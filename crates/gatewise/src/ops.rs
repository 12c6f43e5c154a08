//! The closed set of operations that programs are made of, one file each.
//!
//! A file holds the operation's meaning, its rule for shapes, its rule for gradients (which emits operations), its
//! cost, and a naive run of it for `f32` and `f64`, which is the oracle for every executor. "To add an op" is a
//! numbered list in `CONTRIBUTING.md`.

use crate::builder::Builder;
use crate::error::{Error, Result};
use crate::executor::Run;
use crate::graph::Value;
use crate::number::Number;
use crate::shape::{Dim, Shape};

pub mod band;
pub mod batch_matmul;
pub mod binary;
pub mod broadcast_to;
pub mod concatenate;
pub mod contract;
pub mod ctc;
pub mod flip;
pub mod fused;
pub mod gather;
pub mod ids;
pub mod literal;
pub mod lstm;
pub mod lstm_gradient;
pub mod matmul;
pub mod max_positions;
pub mod max_windows;
pub mod mean_windows;
pub mod one_hot;
pub mod pad;
pub mod random_mask;
pub mod random_normal;
pub(crate) mod recurrent;
pub mod reduce;
pub mod reshape;
pub mod rnn;
pub mod rnn_gradient;
pub mod row;
pub mod scan;
pub mod scatter_add;
pub mod select;
pub mod side_by_side;
pub mod slice;
pub mod source;
pub mod sparse_crossentropy;
pub mod spread_windows;
pub mod sum_windows;
#[cfg(test)]
pub(crate) mod testing;
pub mod transpose;
pub mod unary;
pub mod window;
pub mod windows;

/// What the machinery asks of an operation.
pub(crate) trait Operation {
    /// The name in a printed program.
    fn name(&self) -> &'static str;

    /// The options in a printed program, empty if there are none.
    fn options(&self) -> String {
        String::new()
    }

    /// The shapes of the outputs for inputs of these shapes.
    fn output_shapes(&self, inputs: &[&Shape]) -> Result<Vec<Shape>>;

    /// Emits the gradients by the inputs, given the gradients by the outputs.
    fn gradient(&self, at: &Differential<'_>) -> Result<Vec<Option<Value>>>;

    /// Floating-point operations of one run. Elementwise work counts one an element of the first output.
    fn flops(&self, inputs: &[&[usize]], outputs: &[&[usize]]) -> u64 {
        let _ = inputs;
        elements(outputs[0]) as u64
    }

    /// Numbers of scratch memory that a run needs.
    fn workspace_len(&self, inputs: &[&[usize]]) -> usize {
        let _ = inputs;
        0
    }

    /// Whether an output that nobody reads can be left out (its buffer is then empty).
    fn is_optional(&self, output: usize) -> bool {
        let _ = output;
        false
    }

    /// The meaning, computed naively.
    fn run<F: Number>(&self, run: &mut Run<'_, F>) -> Result<()>;
}

/// What a gradient rule is given: the values at one operation and the gradients that reach its outputs.
pub(crate) struct Differential<'a> {
    /// Where to emit operations.
    pub builder: &'a Builder,
    pub inputs: &'a [Value],
    pub outputs: &'a [Value],
    /// The gradient of the loss by each output; `None` where the loss does not depend on it.
    pub d_outputs: &'a [Option<Value>],
    /// Whether anybody needs the gradient by each input.
    pub needed: &'a [bool],
}

impl Differential<'_> {
    /// The gradient by the only output of an operation that has one. The machinery never asks without one.
    pub fn d_output(&self) -> Value {
        self.d_outputs[0].expect("a gradient reaches the operation")
    }

    /// Emits the gradient by input `index` if it is needed.
    pub fn when_needed(
        &self,
        index: usize,
        emit: impl FnOnce(&Builder) -> Result<Value>,
    ) -> Result<Option<Value>> {
        self.needed[index].then(|| emit(self.builder)).transpose()
    }
}

/// The number of elements of an array.
pub(crate) fn elements(dims: &[usize]) -> usize {
    dims.iter().product()
}

/// Checks the shape of an input that is called `what` and has these axes.
pub(crate) fn expect_shape(
    subject: &str,
    (what, axes): (&str, &str),
    got: &Shape,
    expected: &[Dim],
) -> Result<()> {
    let fits = got.rank() == expected.len()
        && got.dims().iter().zip(expected).all(|(a, b)| a.is_none() || b.is_none() || a == b);
    if fits {
        return Ok(());
    }
    let text = format!("expected {what} {} ({axes}), got {got}", Shape::new(expected));
    Err(Error::shape(subject, text))
}

/// One operation.
#[derive(Debug, Clone)]
pub(crate) enum Op {
    Input(source::Input),
    Constant(source::Constant),
    Literal(literal::Literal),
    Band(band::Band),
    RandomMask(random_mask::RandomMask),
    RandomNormal(random_normal::RandomNormal),
    Unary(unary::Unary),
    Binary(binary::Binary),
    Select(select::Select),
    MatMul(matmul::MatMul),
    BatchMatMul(batch_matmul::BatchMatMul),
    Contract(contract::Contract),
    Reduce(reduce::Reduce),
    BroadcastTo(broadcast_to::BroadcastTo),
    Reshape(reshape::Reshape),
    Transpose(transpose::Transpose),
    Concatenate(concatenate::Concatenate),
    Slice(slice::Slice),
    Pad(pad::Pad),
    Flip(flip::Flip),
    Windows(windows::Windows),
    SumWindows(sum_windows::SumWindows),
    MeanWindows(mean_windows::MeanWindows),
    SpreadWindows(spread_windows::SpreadWindows),
    MaxWindows(max_windows::MaxWindows),
    MaxPositions(max_positions::MaxPositions),
    Gather(gather::Gather),
    Ids(ids::Ids),
    OneHot(one_hot::OneHot),
    ScatterAdd(scatter_add::ScatterAdd),
    Row(row::Row),
    SparseCrossentropy(sparse_crossentropy::SparseCrossentropy),
    Ctc(ctc::Ctc),
    Lstm(lstm::Lstm),
    LstmGradient(lstm_gradient::LstmGradient),
    Rnn(rnn::Rnn),
    RnnGradient(rnn_gradient::RnnGradient),
    Scan(scan::Scan),
    StepValue(scan::StepValue),
    Fused(fused::Fused),
    SideBySide(side_by_side::SideBySide),
}

/// Calls a method of the operation inside an [`Op`].
macro_rules! each_op {
    ($op:expr, $inner:ident => $call:expr) => {
        match $op {
            Op::Input($inner) => $call,
            Op::Constant($inner) => $call,
            Op::Literal($inner) => $call,
            Op::Band($inner) => $call,
            Op::RandomMask($inner) => $call,
            Op::RandomNormal($inner) => $call,
            Op::Unary($inner) => $call,
            Op::Binary($inner) => $call,
            Op::Select($inner) => $call,
            Op::MatMul($inner) => $call,
            Op::BatchMatMul($inner) => $call,
            Op::Contract($inner) => $call,
            Op::Reduce($inner) => $call,
            Op::BroadcastTo($inner) => $call,
            Op::Reshape($inner) => $call,
            Op::Transpose($inner) => $call,
            Op::Concatenate($inner) => $call,
            Op::Slice($inner) => $call,
            Op::Pad($inner) => $call,
            Op::Flip($inner) => $call,
            Op::Windows($inner) => $call,
            Op::SumWindows($inner) => $call,
            Op::MeanWindows($inner) => $call,
            Op::SpreadWindows($inner) => $call,
            Op::MaxWindows($inner) => $call,
            Op::MaxPositions($inner) => $call,
            Op::Gather($inner) => $call,
            Op::Ids($inner) => $call,
            Op::OneHot($inner) => $call,
            Op::ScatterAdd($inner) => $call,
            Op::Row($inner) => $call,
            Op::SparseCrossentropy($inner) => $call,
            Op::Ctc($inner) => $call,
            Op::Lstm($inner) => $call,
            Op::LstmGradient($inner) => $call,
            Op::Rnn($inner) => $call,
            Op::RnnGradient($inner) => $call,
            Op::Scan($inner) => $call,
            Op::StepValue($inner) => $call,
            Op::Fused($inner) => $call,
            Op::SideBySide($inner) => $call,
        }
    };
}

impl Operation for Op {
    fn name(&self) -> &'static str {
        each_op!(self, op => op.name())
    }

    fn options(&self) -> String {
        each_op!(self, op => op.options())
    }

    fn output_shapes(&self, inputs: &[&Shape]) -> Result<Vec<Shape>> {
        each_op!(self, op => op.output_shapes(inputs))
    }

    fn gradient(&self, at: &Differential<'_>) -> Result<Vec<Option<Value>>> {
        each_op!(self, op => op.gradient(at))
    }

    fn flops(&self, inputs: &[&[usize]], outputs: &[&[usize]]) -> u64 {
        each_op!(self, op => op.flops(inputs, outputs))
    }

    fn workspace_len(&self, inputs: &[&[usize]]) -> usize {
        each_op!(self, op => op.workspace_len(inputs))
    }

    fn is_optional(&self, output: usize) -> bool {
        each_op!(self, op => op.is_optional(output))
    }

    fn run<F: Number>(&self, run: &mut Run<'_, F>) -> Result<()> {
        each_op!(self, op => op.run(run))
    }
}
