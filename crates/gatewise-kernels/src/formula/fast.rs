//! Formulas over whole vectors.
//!
//! What differs from [`Formula::apply_plainly`]:
//!
//!   1. An instruction runs over a block of numbers before the next one does, so that choosing it costs little.
//!   2. Functions are polynomials over whole vectors, where there are any.
//!
//! The registers are memory of the thread: to fill them with zeros at each call would take as long as a short formula.

use std::cell::RefCell;

use super::steps::{Choice, Step};
use super::{Binary, Formula, Operand, Operation, REGISTERS, Unary, vectors};
use crate::activation::{sigmoid, tanh};
use crate::simd::{BitOps, FloatOps, Isa, NumOps, SimdOp, load, neg, run, store};

/// Numbers of a register: a few vectors of the widest instruction set.
const BLOCK: usize = 512;

/// What a register holds.
#[derive(Debug, Clone)]
#[repr(align(64))]
pub(super) struct Block([f32; BLOCK]);

impl Block {
    /// The same number everywhere.
    pub const fn filled(value: f32) -> Self {
        Self([value; BLOCK])
    }
}

/// The most numbers that a vector holds.
const MAX_LANES: usize = 16;

/// The registers of instructions, and one for what they write to that of the first input (see `steps.rs`).
type Registers = [Block; REGISTERS + 1];

thread_local! {
    static MEMORY: RefCell<Registers> = const { RefCell::new([const { Block::filled(0.0) }; REGISTERS + 1]) };
}

/// Writes the formula of `x`, and of `y` if it has two inputs, to `y`.
pub(super) fn apply(formula: &Formula, x: &[f32], y: &mut [f32]) {
    MEMORY.with_borrow_mut(|registers| run(Application { formula, x, y, registers }));
}

struct Application<'a> {
    formula: &'a Formula,
    x: &'a [f32],
    y: &'a mut [f32],
    registers: &'a mut Registers,
}

impl SimdOp for Application<'_> {
    type Output = ();

    /// Blocks of whole vectors, in place, and then the rest, which is filled up to a vector.
    #[inline(always)]
    fn eval<I: Isa>(self, isa: I) {
        let Self { formula, x, y, registers } = self;
        let lanes = isa.f32().len();
        let [mut rest_x, mut rest_y] = [[0.0; MAX_LANES]; 2];
        let mut first = 0;
        while first < x.len() {
            let left = x.len() - first;
            let is_rest = left < lanes;
            let len = if is_rest { left } else { BLOCK.min(left - left % lanes) };
            let range = first..first + len;
            let (from, to) = if is_rest {
                rest_x[..len].copy_from_slice(&x[range.clone()]);
                rest_y[..len].copy_from_slice(&y[range.clone()]);
                (&rest_x[..lanes], &mut rest_y[..lanes])
            } else {
                (&x[range.clone()], &mut y[range.clone()])
            };
            apply_to_block(isa, formula, from, to, registers);
            if is_rest {
                y[range].copy_from_slice(&rest_y[..len]);
            }
            first += len;
        }
    }
}

/// [`apply`] for a number of whole vectors, at most [`BLOCK`] numbers.
#[inline(always)]
fn apply_to_block<I: Isa>(isa: I, formula: &Formula, x: &[f32], y: &mut [f32], registers: &mut Registers) {
    let len = x.len();
    if formula.num_inputs == 2 {
        registers[1].0[..len].copy_from_slice(y);
    }
    let is_result = |step: &Step| Operand::Register(step.to()) == formula.result_of_steps;
    let last = formula.steps.len().wrapping_sub(1);
    let writes_result = formula.steps.last().is_some_and(is_result);
    for (index, step) in formula.steps.iter().enumerate() {
        let (register, sources) = Sources::split(&formula.blocks, x, registers, step.to());
        let to = if writes_result && index == last { &mut *y } else { &mut register.0[..len] };
        match step {
            Step::One(instruction) => execute(isa, instruction.operation, &sources, len, to),
            Step::Choice(choice) => choose(isa, choice, &sources, len, to),
        }
    }
    match formula.result_of_steps {
        _ if writes_result => {}
        Operand::Register(0) => y.copy_from_slice(x),
        Operand::Register(number) => y.copy_from_slice(&registers[number].0[..len]),
        Operand::Constant(number) => y.copy_from_slice(&formula.blocks[number].0[..len]),
    }
}

/// Everything that an instruction may read.
struct Sources<'a> {
    constants: &'a [Block],
    /// The first input, which no instruction writes to.
    x: &'a [f32],
    /// The registers before and after the one that is written.
    before: &'a [Block],
    after: &'a [Block],
}

impl<'a> Sources<'a> {
    /// The register with number `to`, and what is not it.
    #[inline(always)]
    fn split(
        constants: &'a [Block],
        x: &'a [f32],
        registers: &'a mut [Block],
        to: usize,
    ) -> (&'a mut Block, Self) {
        let (before, rest) = registers.split_at_mut(to);
        let (to, after) = rest.split_first_mut().expect("registers of a formula exist");
        (to, Self { constants, x, before, after })
    }

    /// The first `len` numbers of an operand.
    #[inline(always)]
    fn get(&self, operand: Operand, len: usize) -> &'a [f32] {
        let block = match operand {
            Operand::Register(0) => return &self.x[..len],
            Operand::Constant(number) => &self.constants[number],
            Operand::Register(number) if number < self.before.len() => &self.before[number],
            Operand::Register(number) => &self.after[number - self.before.len() - 1],
        };
        &block.0[..len]
    }
}

/// Executes one instruction. All slices have the length `len`, a number of whole vectors.
#[inline(always)]
fn execute<I: Isa>(isa: I, operation: Operation, sources: &Sources, len: usize, to: &mut [f32]) {
    let ops = isa.f32();
    match operation {
        Operation::Unary(function, x) => unary(isa, function, sources.get(x, len), to),
        Operation::Binary(function, x, y) => {
            binary(isa, function, sources.get(x, len), sources.get(y, len), to);
        }
        Operation::Select(condition, x, y) => {
            let [condition, x, y] = [condition, x, y].map(|operand| sources.get(operand, len));
            let lanes = ops.len();
            let sources = condition.chunks_exact(lanes).zip(x.chunks_exact(lanes).zip(y.chunks_exact(lanes)));
            for (to, (condition, (x, y))) in to.chunks_exact_mut(lanes).zip(sources) {
                let is_zero = ops.eq(load(ops, condition), ops.zero());
                store(ops, ops.select(load(ops, y), load(ops, x), is_zero), to);
            }
        }
    }
}

/// Executes a comparison and the choice by it.
#[inline(always)]
fn choose<I: Isa>(isa: I, choice: &Choice, sources: &Sources, len: usize, to: &mut [f32]) {
    let ops = isa.f32();
    let lanes = ops.len();
    let get = |operand| sources.get(operand, len).chunks_exact(lanes);
    let compared = get(choice.left).zip(get(choice.right));
    let each = to.chunks_exact_mut(lanes).zip(compared).zip(get(choice.x).zip(get(choice.y)));
    /// The loop over all vectors, with the mask for `$left` and `$right` as its body.
    macro_rules! each {
        (|$left:ident, $right:ident| $mask:expr) => {
            for ((to, (left, right)), (x, y)) in each {
                let ($left, $right) = (load(ops, left), load(ops, right));
                store(ops, ops.select(load(ops, x), load(ops, y), $mask), to);
            }
        };
    }
    match choice.comparison {
        Binary::GreaterEqual => each!(|left, right| ops.ge(left, right)),
        Binary::Greater => each!(|left, right| ops.gt(left, right)),
        _ => each!(|left, right| ops.eq(left, right)),
    }
}

#[inline(always)]
fn unary<I: Isa>(isa: I, function: Unary, x: &[f32], to: &mut [f32]) {
    let ops = isa.f32();
    /// The loop over all vectors, with the value of `$x` as its body.
    macro_rules! each {
        (|$x:ident| $value:expr) => {
            for (to, x) in to.chunks_exact_mut(ops.len()).zip(x.chunks_exact(ops.len())) {
                let $x = load(ops, x);
                store(ops, $value, to);
            }
        };
    }
    match function {
        Unary::Neg => each!(|x| neg(ops, x)),
        Unary::StopGradient => each!(|x| x),
        Unary::Abs => each!(|x| ops.abs(x)),
        Unary::Sign => each!(|x| {
            let below = ops.select(ops.splat(-1.0), x, ops.lt(x, ops.zero()));
            ops.select(ops.one(), below, ops.gt(x, ops.zero()))
        }),
        Unary::Exp => each!(|x| vectors::exp(isa, x)),
        Unary::Log => each!(|x| vectors::log(isa, x)),
        // The compiler turns the loop into one over whole vectors.
        Unary::Sqrt => to.iter_mut().zip(x).for_each(|(to, x)| *to = x.sqrt()),
        Unary::Square => each!(|x| ops.mul(x, x)),
        Unary::Reciprocal => each!(|x| ops.div(ops.one(), x)),
        Unary::Tanh => each!(|x| tanh(isa, x)),
        Unary::Sigmoid => each!(|x| sigmoid(isa, x)),
        Unary::Softplus => each!(|x| vectors::softplus(isa, x)),
        Unary::Erf => each!(|x| vectors::erf(isa, x)),
    }
}

#[inline(always)]
fn binary<I: Isa>(isa: I, function: Binary, x: &[f32], y: &[f32], to: &mut [f32]) {
    let ops = isa.f32();
    let (zero, one) = (ops.zero(), ops.one());
    /// The loop over all vectors, with the value of `$x` and `$y` as its body.
    macro_rules! each {
        (|$x:ident, $y:ident| $value:expr) => {
            for (to, (x, y)) in
                to.chunks_exact_mut(ops.len()).zip(x.chunks_exact(ops.len()).zip(y.chunks_exact(ops.len())))
            {
                let ($x, $y) = (load(ops, x), load(ops, y));
                store(ops, $value, to);
            }
        };
    }
    match function {
        Binary::Add => each!(|x, y| ops.add(x, y)),
        Binary::Sub => each!(|x, y| ops.sub(x, y)),
        Binary::Mul => each!(|x, y| ops.mul(x, y)),
        Binary::Div => each!(|x, y| ops.div(x, y)),
        Binary::Power => {
            to.iter_mut().zip(x).zip(y).for_each(|((to, x), y)| *to = function.apply(*x, *y));
        }
        // `y` unless x is NaN, and x where it is chosen.
        Binary::Maximum => each!(|x, y| ops.select(x, ops.select(y, x, ops.eq(x, x)), ops.ge(x, y))),
        Binary::Minimum => each!(|x, y| ops.select(x, ops.select(y, x, ops.eq(x, x)), ops.le(x, y))),
        Binary::Greater => each!(|x, y| ops.select(one, zero, ops.gt(x, y))),
        Binary::GreaterEqual => each!(|x, y| ops.select(one, zero, ops.ge(x, y))),
        Binary::Equal => each!(|x, y| ops.select(one, zero, ops.eq(x, y))),
    }
}
