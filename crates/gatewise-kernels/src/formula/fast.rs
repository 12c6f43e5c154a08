//! Formulas over whole vectors.
//!
//! What differs from [`Formula::apply_plainly`]:
//!
//!   1. An instruction runs over a block of numbers before the next one does, so that choosing it costs little.
//!   2. Functions are polynomials over whole vectors, where there are any.
//!
//! The registers are memory of the thread: to fill them with zeros at each call would take as long as a short formula.

use std::cell::RefCell;

use super::known::{self, Job};
use super::steps::{Chain, Choice, Step};
use super::{Binary, Formula, Operand, Operation, REGISTERS, Results, Unary, vectors};
use crate::activation::{sigmoid, tanh};
use crate::passes::pass;
use crate::simd::{BitOps, FloatOps, Isa, NumOps, SimdOp, neg, run};

/// Numbers of a register: a few vectors of the widest instruction set.
const BLOCK: usize = 512;

/// What a register holds, and a line of the cache more: were registers a power of two apart, the processor would take a load
/// from one for what has just been stored to another.
#[derive(Debug, Clone)]
#[repr(align(64))]
pub(super) struct Block([f32; BLOCK + 16]);

impl Block {
    /// The same number everywhere.
    pub const fn filled(value: f32) -> Self {
        Self([value; BLOCK + 16])
    }
}

/// The most numbers that a vector holds.
const MAX_LANES: usize = 16;

/// The registers of instructions, and one for what they write to that of the first input (see `steps.rs`).
type Registers = [Block; REGISTERS + 1];

thread_local! {
    static MEMORY: RefCell<Registers> = const { RefCell::new([const { Block::filled(0.0) }; REGISTERS + 1]) };
}

/// Writes the formula of `x`, and of `y` if it has two inputs, to `y`, and its second result to `second` if it has one.
pub(super) fn apply(formula: &Formula, x: &[f32], y: &mut [f32], second: &mut [f32]) {
    if let Some(function) = formula.known {
        return known::apply(
            function,
            match formula.results {
                _ if formula.num_inputs == 2 => Job::Gradient { x, d: y },
                [_, Some(_)] => Job::Both { x, y, slope: second },
                [_, None] => Job::Value { x, y },
            },
        );
    }
    MEMORY.with_borrow_mut(|registers| run(Application { formula, x, y, second, registers }));
}

struct Application<'a> {
    formula: &'a Formula,
    x: &'a [f32],
    y: &'a mut [f32],
    /// Empty without a second result.
    second: &'a mut [f32],
    registers: &'a mut Registers,
}

impl SimdOp for Application<'_> {
    type Output = ();

    /// Blocks of whole vectors, in place, and then the rest, which is filled up to a vector.
    #[inline(always)]
    fn eval<I: Isa>(self, isa: I) {
        let Self { formula, x, y, second, registers } = self;
        let lanes = isa.f32().len();
        let whole = x.len() - x.len() % lanes;
        for first in (0..whole).step_by(BLOCK) {
            let range = first..whole.min(first + BLOCK);
            let second = second.get_mut(range.clone()).unwrap_or_default();
            apply_to_block(isa, formula, &x[range.clone()], &mut y[range], second, registers);
        }
        let len = x.len() - whole;
        if len > 0 {
            let [mut rest_x, mut rest_y, mut rest_second] = [[0.0; MAX_LANES]; 3];
            rest_x[..len].copy_from_slice(&x[whole..]);
            rest_y[..len].copy_from_slice(&y[whole..]);
            let (to, to_second) = (&mut rest_y[..lanes], &mut rest_second[..lanes]);
            apply_to_block(isa, formula, &rest_x[..lanes], to, to_second, registers);
            y[whole..].copy_from_slice(&rest_y[..len]);
            if let Some(second) = second.get_mut(whole..) {
                second.copy_from_slice(&rest_second[..second.len()]);
            }
        }
    }
}

/// [`apply`] for a number of whole vectors, at most [`BLOCK`] numbers.
#[inline(always)]
fn apply_to_block<I: Isa>(
    isa: I,
    formula: &Formula,
    x: &[f32],
    y: &mut [f32],
    second: &mut [f32],
    registers: &mut Registers,
) {
    let len = x.len();
    if formula.num_inputs == 2 {
        registers[1].0[..len].copy_from_slice(y);
    }
    let results = formula.results_of_steps;
    let in_place = in_place(results);
    for step in &formula.steps {
        let places = [&mut *y, &mut *second];
        let (to, sources) = Sources::split(&formula.blocks, x, registers, (in_place, places), step.to());
        let to = &mut to[..len];
        match step {
            Step::One(instruction) => execute(isa, instruction.operation, &sources, len, to),
            Step::Choice(choice) => choose(isa, choice, &sources, len, to),
            Step::Chain(chain) => execute_chain(isa, chain, &sources, len, to),
        }
    }
    let [_, second_in_place] = in_place;
    if results[1].is_some() && second_in_place.is_none() && results[1] == results[0] {
        second.copy_from_slice(y);
    }
    for (result, to) in results.into_iter().zip([y, second]) {
        match result {
            Some(Operand::Register(0)) => to.copy_from_slice(x),
            Some(Operand::Constant(number)) => to.copy_from_slice(&formula.blocks[number].0[..len]),
            Some(Operand::Register(_)) | None => {}
        }
    }
}

/// The registers that are not among the others but where the results go.
#[inline(always)]
fn in_place([first, second]: Results) -> Results {
    let is_other = |result: &Operand| matches!(*result, Operand::Register(number) if number > 0);
    [first.filter(is_other), second.filter(is_other).filter(|second| Some(*second) != first)]
}

/// Everything that an instruction may read.
struct Sources<'a> {
    constants: &'a [Block],
    /// The first input, which no instruction writes to.
    x: &'a [f32],
    /// The registers before and after the one that is written.
    before: &'a [Block],
    after: &'a [Block],
    /// The registers of the results are where these go.
    results: [(Option<Operand>, &'a [f32]); 2],
}

impl<'a> Sources<'a> {
    /// The register with number `to`, and what is not it.
    #[inline(always)]
    fn split(
        constants: &'a [Block],
        x: &'a [f32],
        registers: &'a mut [Block],
        ([first, second], [to_first, to_second]): (Results, [&'a mut [f32]; 2]),
        to: usize,
    ) -> (&'a mut [f32], Self) {
        let (before, rest) = registers.split_at_mut(to);
        let (register, after) = rest.split_first_mut().expect("registers of a formula exist");
        let (before, after, written) = (&*before, &*after, Some(Operand::Register(to)));
        let (to, results): (_, [&[f32]; 2]) = match written {
            _ if written == first => (to_first, [&[], to_second]),
            _ if written == second => (to_second, [to_first, &[]]),
            _ => (&mut register.0[..], [to_first, to_second]),
        };
        (to, Self { constants, x, before, after, results: [(first, results[0]), (second, results[1])] })
    }

    /// The first `len` numbers of an operand.
    #[inline(always)]
    fn get(&self, operand: Operand, len: usize) -> &'a [f32] {
        let [first, second] = self.results;
        let block = match operand {
            _ if first.0 == Some(operand) => return &first.1[..len],
            _ if second.0 == Some(operand) => return &second.1[..len],
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
        Operation::Binary(function, x, y) => binary(isa, function, sources, [x, y], to),
        Operation::Select(condition, x, y) => pass(
            isa,
            [sources.get(condition, len), sources.get(x, len), sources.get(y, len)],
            [],
            [to],
            #[inline(always)]
            |[condition, x, y], []| ([], [ops.select(y, x, ops.eq(condition, ops.zero()))]),
        ),
    }
}

/// Executes a comparison and the choice by it.
#[inline(always)]
fn choose<I: Isa>(isa: I, choice: &Choice, sources: &Sources, len: usize, to: &mut [f32]) {
    let ops = isa.f32();
    let Choice { left, right, x, y, .. } = *choice;
    let compared = [sources.get(left, len), sources.get(right, len)];
    let from = [compared[0], compared[1], sources.get(x, len), sources.get(y, len)];
    /// The loop over all vectors, with the mask for `$left` and `$right` as its body.
    macro_rules! each {
        (|$left:ident, $right:ident| $mask:expr) => {
            pass(
                isa,
                from,
                [],
                [to],
                #[inline(always)]
                |[$left, $right, x, y], []| ([], [ops.select(x, y, $mask)]),
            )
        };
    }
    match choice.comparison {
        Binary::GreaterEqual => each!(|left, right| ops.ge(left, right)),
        Binary::Greater => each!(|left, right| ops.gt(left, right)),
        _ => each!(|left, right| ops.eq(left, right)),
    }
}

/// Executes two sums, differences or products.
#[inline(always)]
fn execute_chain<I: Isa>(isa: I, chain: &Chain, sources: &Sources, len: usize, to: &mut [f32]) {
    let ops = isa.f32();
    let from = [sources.get(chain.x, len), sources.get(chain.y, len), sources.get(chain.z, len)];
    /// The loop over all vectors, with the value of `$first` of x and y, and of z, as its body.
    macro_rules! each {
        ($first:ident, |$value:ident, $z:ident| $result:expr) => {
            pass(
                isa,
                from,
                [],
                [to],
                #[inline(always)]
                |[x, y, $z], []| {
                    let $value = ops.$first(x, y);
                    ([], [$result])
                },
            )
        };
    }
    macro_rules! each_second {
        ($first:ident) => {
            match chain.second {
                Binary::Add => each!($first, |value, z| ops.add(value, z)),
                Binary::Mul => each!($first, |value, z| ops.mul(value, z)),
                _ if chain.is_from_z => each!($first, |value, z| ops.sub(z, value)),
                _ => each!($first, |value, z| ops.sub(value, z)),
            }
        };
    }
    match chain.first {
        Binary::Add => each_second!(add),
        Binary::Sub => each_second!(sub),
        _ => each_second!(mul),
    }
}

#[inline(always)]
fn unary<I: Isa>(isa: I, function: Unary, x: &[f32], to: &mut [f32]) {
    let ops = isa.f32();
    /// The loop over all vectors, with the value of `$x` as its body.
    macro_rules! each {
        (|$x:ident| $value:expr) => {
            pass(
                isa,
                [x],
                [],
                [to],
                #[inline(always)]
                |[$x], []| ([], [$value]),
            )
        };
    }
    match function {
        Unary::Neg => each!(|x| neg(ops, x)),
        Unary::StopGradient => to.copy_from_slice(x),
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
fn binary<I: Isa>(isa: I, function: Binary, sources: &Sources, operands: [Operand; 2], to: &mut [f32]) {
    let ops = isa.f32();
    let (zero, one) = (ops.zero(), ops.one());
    let [x, y] = [sources.get(operands[0], to.len()), sources.get(operands[1], to.len())];
    /// The loop over all vectors, with the value of `$x` and `$y` as its body. A constant stays in a register.
    macro_rules! each {
        (|$x:ident, $y:ident| $value:expr) => {
            match operands {
                [Operand::Register(_), Operand::Constant(_)] => {
                    let constant = y[0];
                    pass(
                        isa,
                        [x],
                        [],
                        [to],
                        #[inline(always)]
                        move |[$x], []| {
                            let $y = ops.splat(constant);
                            ([], [$value])
                        },
                    );
                }
                [Operand::Constant(_), Operand::Register(_)] => {
                    let constant = x[0];
                    pass(
                        isa,
                        [y],
                        [],
                        [to],
                        #[inline(always)]
                        move |[$y], []| {
                            let $x = ops.splat(constant);
                            ([], [$value])
                        },
                    );
                }
                _ => pass(
                    isa,
                    [x, y],
                    [],
                    [to],
                    #[inline(always)]
                    |[$x, $y], []| ([], [$value]),
                ),
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
