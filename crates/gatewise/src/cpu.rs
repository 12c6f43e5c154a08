//! The executor for CPUs: maps operations to the fast kernels, in `f32`.
//!
//! Operations that only move elements, or that take no time in sequence models, run by their naive meaning, which is
//! as fast as they need.

use gatewise_kernels::{matmul, vector};

use crate::broadcast::{self, map2};
use crate::error::Result;
use crate::executor::{Executor, Run};
use crate::number::Number;
use crate::ops::binary::Binary;
use crate::ops::row::Row;
use crate::ops::unary::Unary;
use crate::ops::{Op, Operation};

mod prepared;
mod weights_dtype;

pub(crate) use prepared::{Known, Prepared};
pub use weights_dtype::WeightsDtype;

/// Runs operations with the fast kernels.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cpu;

impl Executor<f32> for Cpu {
    fn run(&self, op: &Op, run: &mut Run<'_, f32>) -> Result<()> {
        match op {
            Op::Gather(gather) if matches!(run.prepared(), Prepared::Ids) => return gather.hand_ids_on(run),
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
