//! Elementwise functions put together from simple ones: a list of instructions that runs over whole blocks of numbers.
//!
//! [`Formula::apply_plainly`] says what a formula is, number by number; [`Formula::apply`] is fast.

mod fast;
mod functions;
mod known;
mod steps;
#[cfg(test)]
mod tests;
mod vectors;

pub use functions::{Binary, Unary};
pub use known::Known;
pub(crate) use vectors::{exp, exp_up_to, log};

use crate::Real;
use fast::Block;
use steps::Step;

/// How many registers a formula may use.
pub const REGISTERS: usize = 48;

/// Where an instruction reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operand {
    /// The register with this number.
    Register(usize),
    /// The constant with this number.
    Constant(usize),
}

/// What an instruction computes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// A function of one number.
    Unary(Unary, Operand),
    /// A function of two numbers.
    Binary(Binary, Operand, Operand),
    /// The second where the first is not 0, else the third.
    Select(Operand, Operand, Operand),
}

/// An operation and the register that takes its result, which none of its operands is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Instruction {
    /// What is computed.
    pub operation: Operation,
    /// The register that takes it.
    pub to: usize,
}

/// A function of one array, or of two arrays of equal length, element by element; or two functions of one array.
///
/// The inputs are in the first registers.
#[derive(Debug, Clone)]
pub struct Formula {
    num_inputs: usize,
    constants: Vec<f64>,
    /// The constants in the form in which whole blocks read them.
    blocks: Vec<Block>,
    instructions: Vec<Instruction>,
    results: Results,
    /// The same as whole blocks go through them, and where the results then are.
    steps: Vec<Step>,
    results_of_steps: Results,
    known: Option<Known>,
}

/// Where the result is, and the second one if there is one.
type Results = [Option<Operand>; 2];

impl Formula {
    /// The function that the instructions compute from one or two inputs.
    ///
    /// # Panics
    ///
    /// If there are other than one or two inputs, if a register or constant is not there, or if an instruction writes to
    /// one of its operands.
    pub fn new(
        num_inputs: usize,
        constants: Vec<f64>,
        instructions: Vec<Instruction>,
        result: Operand,
    ) -> Self {
        Self::with_results(num_inputs, constants, instructions, [Some(result), None])
    }

    /// Two functions of one array that share what they have in common, for [`apply_both`](Self::apply_both).
    ///
    /// # Panics
    ///
    /// As [`new`](Self::new).
    pub fn of_two(constants: Vec<f64>, instructions: Vec<Instruction>, results: [Operand; 2]) -> Self {
        Self::with_results(1, constants, instructions, results.map(Some))
    }

    fn with_results(
        num_inputs: usize,
        constants: Vec<f64>,
        instructions: Vec<Instruction>,
        results: Results,
    ) -> Self {
        assert!((1..=2).contains(&num_inputs), "a formula has one or two inputs, not {num_inputs}");
        let exists = |operand: Operand| match operand {
            Operand::Register(number) => number < REGISTERS,
            Operand::Constant(number) => number < constants.len(),
        };
        for Instruction { operation, to } in &instructions {
            for operand in operation.operands() {
                assert!(exists(operand), "the operand {operand:?} does not exist");
                assert!(
                    operand != Operand::Register(*to),
                    "an instruction writes to its operand {operand:?}"
                );
            }
            assert!(*to < REGISTERS, "the register {to} does not exist");
        }
        for result in results.into_iter().flatten() {
            assert!(exists(result), "the result {result:?} does not exist");
        }
        let blocks = constants.iter().map(|constant| Block::filled(*constant as f32)).collect();
        let (steps, results_of_steps) = steps::steps(&instructions, results);
        let known = None;
        Self { num_inputs, constants, blocks, instructions, results, steps, results_of_steps, known }
    }

    /// The same formula, which is a known function, with its slope as the second result if there is one; or, if it has two
    /// inputs, the slope of that function at the first one times the second: with the code for it where whole vectors are
    /// computed.
    pub fn computed_by(self, known: Known) -> Self {
        Self { known: Some(known), ..self }
    }

    /// Writes the function of `x` to `y`, which is as long and which a formula of two inputs takes as the second.
    ///
    /// The functions are those of whole vectors, off by a few units in the last place.
    pub fn apply(&self, x: &[f32], y: &mut [f32]) {
        check_lengths(x, y);
        fast::apply(self, x, y, &mut []);
    }

    /// Writes both functions of `x` to `y` and `second`, which are as long.
    pub fn apply_both(&self, x: &[f32], y: &mut [f32], second: &mut [f32]) {
        check_lengths(x, y);
        check_lengths(x, second);
        fast::apply(self, x, y, second);
    }

    /// [`apply`](Self::apply), number by number: the meaning of a formula.
    pub fn apply_plainly<F: Real>(&self, x: &[F], y: &mut [F]) {
        check_lengths(x, y);
        for (x, y) in x.iter().zip(y) {
            *y = self.results_at([*x, *y])[0];
        }
    }

    /// [`apply_both`](Self::apply_both), number by number.
    pub fn apply_both_plainly<F: Real>(&self, x: &[F], y: &mut [F], second: &mut [F]) {
        check_lengths(x, y);
        check_lengths(x, second);
        for (x, (y, second)) in x.iter().zip(y.iter_mut().zip(second)) {
            [*y, *second] = self.results_at([*x, F::zero()]);
        }
    }

    /// The results for these inputs; zero if there is none.
    fn results_at<F: Real>(&self, inputs: [F; 2]) -> [F; 2] {
        let mut registers = [F::zero(); REGISTERS];
        [registers[0], registers[1]] = inputs;
        for Instruction { operation, to } in &self.instructions {
            let get = |operand| self.get(&registers, operand);
            registers[*to] = match *operation {
                Operation::Unary(function, x) => function.apply(get(x)),
                Operation::Binary(function, x, y) => function.apply(get(x), get(y)),
                Operation::Select(condition, x, y) => get(if get(condition) != F::zero() { x } else { y }),
            };
        }
        self.results.map(|result| result.map_or(F::zero(), |result| self.get(&registers, result)))
    }

    fn get<F: Real>(&self, registers: &[F], operand: Operand) -> F {
        match operand {
            Operand::Register(number) => registers[number],
            Operand::Constant(number) => F::from_f64(self.constants[number]),
        }
    }
}

impl Operation {
    /// The same operation that reads elsewhere: at what `of` makes of each operand.
    pub fn map_operands(self, of: impl Fn(Operand) -> Operand) -> Self {
        match self {
            Self::Unary(function, x) => Self::Unary(function, of(x)),
            Self::Binary(function, x, y) => Self::Binary(function, of(x), of(y)),
            Self::Select(condition, x, y) => Self::Select(of(condition), of(x), of(y)),
        }
    }

    /// Where it reads.
    pub fn operands(self) -> impl Iterator<Item = Operand> {
        let operands = match self {
            Self::Unary(_, x) => [Some(x), None, None],
            Self::Binary(_, x, y) => [Some(x), Some(y), None],
            Self::Select(condition, x, y) => [Some(condition), Some(x), Some(y)],
        };
        operands.into_iter().flatten()
    }
}

fn check_lengths<F>(x: &[F], y: &[F]) {
    assert_eq!(y.len(), x.len(), "formula: `y` must hold {} numbers", x.len());
}
