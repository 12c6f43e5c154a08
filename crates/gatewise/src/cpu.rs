//! The executor for CPUs: maps operations to the fast kernels, in `f32`.
//!
//! Operations that only move elements, or that take no time in sequence models, run by their naive meaning, which is
//! as fast as they need.

use gatewise_kernels::{lstm, matmul, rnn, vector};

use crate::broadcast::{self, map2};
use crate::error::Result;
use crate::executor::{Executor, Run};
use crate::number::Number;
use crate::ops::binary::Binary;
use crate::ops::lstm::Lstm;
use crate::ops::rnn::Rnn;
use crate::ops::row::Row;
use crate::ops::unary::Unary;
use crate::ops::{Op, Operation};

mod weights_dtype;

pub use weights_dtype::WeightsDtype;

/// Runs operations with the fast kernels.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cpu;

/// The weights of an operation in the order in which its kernel reads them, for runs with the same weights.
#[derive(Debug, Clone)]
pub(crate) enum Prepared {
    /// The operation takes its inputs as they are.
    Nothing,
    /// Those of an LSTM.
    Lstm(lstm::PackedWeights),
    /// Those of a recurrence with one state.
    Rnn(rnn::PackedWeights),
    /// The right operand of a product.
    Right(matmul::PackedRight),
    /// Those of the operations that are parts of this one.
    Parts(Vec<Self>),
}

impl Prepared {
    /// Prepares an operation on inputs of these sizes; `weight` gives the numbers of an input that never change, and `dtype` is
    /// what those of an LSTM are stored as.
    pub fn new<'a>(
        op: &Op,
        dims: &[&[usize]],
        dtype: WeightsDtype,
        weight: &dyn Fn(usize) -> Option<&'a [f32]>,
    ) -> Self {
        match op {
            Op::Lstm(_) => match (weight(1), weight(2)) {
                (Some(kernel), Some(recurrent_kernel)) => {
                    let pack = match dtype {
                        WeightsDtype::Float32 => lstm::PackedWeights::new,
                        WeightsDtype::Bfloat16 => lstm::PackedWeights::bfloat16,
                    };
                    Self::Lstm(pack(kernel, recurrent_kernel, &Lstm::sizes(dims[0], dims[2])))
                }
                _ => Self::Nothing,
            },
            Op::Rnn(op) => match (weight(1), weight(2)) {
                (Some(kernel), Some(recurrent_kernel)) => {
                    let sizes = Rnn::sizes(dims[0], dims[2]);
                    let layer = op.layer(sizes, [kernel, recurrent_kernel], None);
                    Self::Rnn(rnn::PackedWeights::new(&layer))
                }
                _ => Self::Nothing,
            },
            Op::MatMul(product) => match weight(1) {
                Some(b) => Self::Right(matmul::PackedRight::new(&product.product(dims[0], dims[1]), b)),
                None => Self::Nothing,
            },
            Op::SideBySide(op) => Self::Parts(
                op.parts_with_inputs()
                    .map(|(part, at)| {
                        Self::new(&part.op, &dims[at.clone()], dtype, &|input| weight(at.start + input))
                    })
                    .collect(),
            ),
            _ => Self::Nothing,
        }
    }

    /// Whether weights of an LSTM are among it.
    pub fn has_lstm(&self) -> bool {
        match self {
            Self::Lstm(_) => true,
            Self::Parts(parts) => parts.iter().any(Self::has_lstm),
            Self::Nothing | Self::Rnn(_) | Self::Right(_) => false,
        }
    }

    /// What was made for part `index` of an operation.
    pub fn part(&self, index: usize) -> &Self {
        match self {
            Self::Parts(parts) => &parts[index],
            _ => &Self::Nothing,
        }
    }
}

impl Executor<f32> for Cpu {
    fn run(&self, op: &Op, run: &mut Run<'_, f32>) -> Result<()> {
        match op {
            Op::Lstm(lstm) => lstm.run_fast(run),
            Op::LstmGradient(gradient) => gradient.run_fast(run),
            Op::Rnn(rnn) => rnn.run_fast(run),
            Op::RnnGradient(gradient) => gradient.run_fast(run),
            Op::MatMul(op) => product(&op.product(run.input_dims(0), run.input_dims(1)), run),
            Op::BatchMatMul(op) => op.run_fast(run),
            Op::Contract(op) => product(&op.product(run.input_dims(0), run.input_dims(1)), run),
            Op::Scan(scan) => return scan.run_with(self, run),
            Op::Fused(fused) => return fused.run_with(self, run),
            Op::SideBySide(op) => return op.run_with(self, run),
            Op::Unary(function) => unary(*function, run),
            Op::Binary(function) => binary(*function, run),
            Op::Row(Row::Softmax) => rows(vector::softmax_rows, run),
            Op::Row(Row::LogSoftmax) => rows(vector::log_softmax_rows, run),
            Op::Row(Row::Sparsemax) => rows(vector::sparsemax_rows, run),
            other => return other.run(run),
        }
        Ok(())
    }
}

/// A product of matrices.
fn product(product: &matmul::Product, run: &mut Run<'_, f32>) {
    let prepared = run.prepared();
    let (inputs, outputs, workspace) = run.parts_with_workspace();
    let bias = inputs.optional(2);
    match prepared {
        Prepared::Right(b) => matmul::matmul_packed(product, inputs.get(0), b, bias, &mut outputs[0]),
        _ => matmul::matmul(product, inputs.get(0), inputs.get(1), bias, &mut outputs[0], workspace),
    }
}

/// A function of one number over a whole array.
fn unary(function: Unary, run: &mut Run<'_, f32>) {
    let (inputs, outputs) = run.parts();
    f32::map(function, inputs.get(0), &mut outputs[0]);
}

/// A function of each row, which is the last axis.
fn rows(function: fn(&[f32], usize, &mut [f32]), run: &mut Run<'_, f32>) {
    let width = run.input_dims(0).last().copied().unwrap_or(1).max(1);
    let (inputs, outputs) = run.parts();
    function(inputs.get(0), width, &mut outputs[0]);
}

/// A function of two numbers: a loop of its own for those that the compiler can vectorize.
fn binary(function: Binary, run: &mut Run<'_, f32>) {
    match function {
        Binary::Add => whole_vectors(
            run,
            #[inline(always)]
            |x, y| x + y,
        ),
        Binary::Sub => whole_vectors(
            run,
            #[inline(always)]
            |x, y| x - y,
        ),
        Binary::Mul => whole_vectors(
            run,
            #[inline(always)]
            |x, y| x * y,
        ),
        Binary::Div => whole_vectors(
            run,
            #[inline(always)]
            |x, y| x / y,
        ),
        Binary::Maximum => whole_vectors(
            run,
            #[inline(always)]
            |x, y| Binary::Maximum.apply(x, y),
        ),
        Binary::Minimum => whole_vectors(
            run,
            #[inline(always)]
            |x, y| Binary::Minimum.apply(x, y),
        ),
        Binary::Greater => whole_vectors(
            run,
            #[inline(always)]
            |x, y| Binary::Greater.apply(x, y),
        ),
        Binary::GreaterEqual => whole_vectors(
            run,
            #[inline(always)]
            |x, y| Binary::GreaterEqual.apply(x, y),
        ),
        Binary::Equal => whole_vectors(
            run,
            #[inline(always)]
            |x, y| Binary::Equal.apply(x, y),
        ),
        Binary::Power => {
            let broadcast = run.broadcast();
            let (inputs, outputs) = run.parts();
            map2(&broadcast, inputs.get(0), inputs.get(1), &mut outputs[0], |x, y| Binary::Power.apply(x, y));
        }
    }
}

/// Writes `f` of two inputs, compiled for the instruction set in use.
fn whole_vectors(run: &mut Run<'_, f32>, f: impl Fn(f32, f32) -> f32 + Copy) {
    let broadcast = run.broadcast();
    let (inputs, outputs) = run.parts();
    let (x, y, out) = (inputs.get(0), inputs.get(1), &mut *outputs[0]);
    broadcast.for_each_row(|broadcast::Row { start, len, at: [x_at, y_at], steps }| {
        let out = &mut out[start..start + len];
        match steps {
            [1, 1] => vector::zip_map(&x[x_at..][..len], &y[y_at..][..len], out, f),
            [1, 0] if len > 0 => {
                let y = y[y_at];
                vector::map(
                    &x[x_at..][..len],
                    out,
                    #[inline(always)]
                    |x| f(x, y),
                );
            }
            [0, 1] if len > 0 => {
                let x = x[x_at];
                vector::map(
                    &y[y_at..][..len],
                    out,
                    #[inline(always)]
                    |y| f(x, y),
                );
            }
            [x_step, y_step] => {
                let elements = out.iter_mut().enumerate();
                elements.for_each(|(i, out)| *out = f(x[x_at + i * x_step], y[y_at + i * y_step]));
            }
        }
    });
}

#[cfg(test)]
mod tests;
