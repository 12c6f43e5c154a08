//! The executor for CPUs: maps operations to the fast kernels, in `f32`.
//!
//! Operations that only move elements, or that take no time in sequence models, run by their naive meaning, which is
//! as fast as they need.

use gatewise_kernels::matmul;

use crate::error::Result;
use crate::executor::{Executor, Run};
use crate::number::Number;
use crate::ops::binary::Binary;
use crate::ops::unary::Unary;
use crate::ops::{Op, Operation};

/// Runs operations with the fast kernels.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cpu;

impl Executor<f32> for Cpu {
    fn run(&self, op: &Op, run: &mut Run<'_, f32>) -> Result<()> {
        match op {
            Op::Lstm(lstm) => lstm.run_fast(run),
            Op::LstmGradient(gradient) => gradient.run_fast(run),
            Op::MatMul(op) => product(&op.product(run.input_dims(0), run.input_dims(1)), run),
            Op::BatchMatMul(op) => op.run_fast(run),
            Op::Contract(op) => product(&op.product(run.input_dims(0), run.input_dims(1)), run),
            Op::Scan(scan) => return scan.run_with(self, run),
            Op::Unary(function) => unary(*function, run),
            Op::Binary(function) => return binary(*function, run),
            other => return other.run(run),
        }
        Ok(())
    }
}

/// A product of matrices.
fn product(product: &matmul::Product, run: &mut Run<'_, f32>) {
    let (inputs, outputs, workspace) = run.parts_with_workspace();
    let bias = inputs.optional(2);
    matmul::matmul(product, inputs.get(0), inputs.get(1), bias, &mut outputs[0], workspace);
}

/// A function of one number over a whole array.
fn unary(function: Unary, run: &mut Run<'_, f32>) {
    let (inputs, outputs) = run.parts();
    f32::map(function, inputs.get(0), &mut outputs[0]);
}

/// How an input of an elementwise operation is repeated.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Repeat {
    /// Not at all.
    Full,
    /// One number for all elements.
    Scalar,
    /// A row that is repeated over all leading axes.
    Rows,
    /// Each number over a row, the last axis: a mean that is taken from its row.
    Columns,
    /// In another way.
    Other,
}

impl Repeat {
    fn new(input: &[usize], output: &[usize]) -> Self {
        let leading_ones = input.iter().take_while(|size| **size == 1).count();
        let own = &input[leading_ones..];
        if input == output {
            Self::Full
        } else if own.is_empty() {
            Self::Scalar
        } else if output.ends_with(own) {
            Self::Rows
        } else if matches!((input, output), ([rows @ .., 1], [all @ .., _]) if rows == all) {
            Self::Columns
        } else {
            Self::Other
        }
    }
}

/// A function of two numbers: contiguous loops for the usual shapes, the naive way for the others.
fn binary(function: Binary, run: &mut Run<'_, f32>) -> Result<()> {
    let repeats = [0, 1].map(|input| Repeat::new(run.input_dims(input), run.output_dims(0)));
    let is_plain = repeats.iter().any(|repeat| [Repeat::Full, Repeat::Scalar].contains(repeat));
    if repeats.contains(&Repeat::Other) || !is_plain {
        return function.run(run);
    }
    let (inputs, outputs) = run.parts();
    let (x, y, out) = (inputs.get(0), inputs.get(1), &mut *outputs[0]);
    match function {
        Binary::Add => zip(repeats, x, y, out, |x, y| x + y),
        Binary::Sub => zip(repeats, x, y, out, |x, y| x - y),
        Binary::Mul => zip(repeats, x, y, out, |x, y| x * y),
        Binary::Div => zip(repeats, x, y, out, |x, y| x / y),
        other => zip(repeats, x, y, out, |x, y| other.apply(x, y)),
    }
    Ok(())
}

/// Applies `f` to two arrays of which at most one is repeated.
fn zip(repeats: [Repeat; 2], x: &[f32], y: &[f32], out: &mut [f32], f: impl Fn(f32, f32) -> f32) {
    let pairs = |out: &mut [f32], x: &[f32], y: &[f32]| {
        out.iter_mut().zip(x.iter().zip(y)).for_each(|(out, (x, y))| *out = f(*x, *y));
    };
    match repeats {
        _ if out.is_empty() => {}
        [Repeat::Scalar, Repeat::Scalar] => out.fill(f(x[0], y[0])),
        [Repeat::Scalar, _] if y.len() == out.len() => {
            out.iter_mut().zip(y).for_each(|(out, y)| *out = f(x[0], *y));
        }
        [_, Repeat::Scalar] if x.len() == out.len() => {
            out.iter_mut().zip(x).for_each(|(out, x)| *out = f(*x, y[0]));
        }
        [Repeat::Rows, _] => {
            let rows = out.chunks_exact_mut(x.len()).zip(y.chunks_exact(x.len()));
            rows.for_each(|(out, y)| pairs(out, x, y));
        }
        [_, Repeat::Rows] => {
            let rows = out.chunks_exact_mut(y.len()).zip(x.chunks_exact(y.len()));
            rows.for_each(|(out, x)| pairs(out, x, y));
        }
        [Repeat::Columns, _] => {
            let width = out.len() / x.len();
            let rows = out.chunks_exact_mut(width).zip(y.chunks_exact(width)).zip(x);
            rows.for_each(|((out, y), x)| out.iter_mut().zip(y).for_each(|(out, y)| *out = f(*x, *y)));
        }
        [_, Repeat::Columns] => {
            let width = out.len() / y.len();
            let rows = out.chunks_exact_mut(width).zip(x.chunks_exact(width)).zip(y);
            rows.for_each(|((out, x), y)| out.iter_mut().zip(x).for_each(|(out, x)| *out = f(*x, *y)));
        }
        _ => pairs(out, x, y),
    }
}

#[cfg(test)]
mod tests;
