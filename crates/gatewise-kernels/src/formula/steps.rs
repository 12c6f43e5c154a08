//! The instructions of a formula as whole blocks of numbers go through them: a comparison and the choice that it is for are
//! one step, which most activations are made of, and so are two sums or products of which the second alone reads the first. No
//! step writes to the register of the first input, so that it can be read where it is.

use super::{Binary, Instruction, Operand, Operation, REGISTERS, Results};

/// One pass over a block.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Step {
    One(Instruction),
    Choice(Choice),
    Chain(Chain),
}

/// `x` where the comparison of `left` and `right` holds, else `y`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Choice {
    pub comparison: Binary,
    pub left: Operand,
    pub right: Operand,
    pub x: Operand,
    pub y: Operand,
    pub to: usize,
}

/// `second` of `first` of `x` and `y`, and of `z`; with the operands of `second` the other way round if it is a difference
/// from `z`. Both are sums, differences or products.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Chain {
    pub first: Binary,
    pub second: Binary,
    pub is_from_z: bool,
    pub x: Operand,
    pub y: Operand,
    pub z: Operand,
    pub to: usize,
}

impl Step {
    /// The register that takes the result.
    pub fn to(&self) -> usize {
        match self {
            Self::One(instruction) => instruction.to,
            Self::Choice(choice) => choice.to,
            Self::Chain(chain) => chain.to,
        }
    }
}

/// The steps for some instructions, and where their results then are.
pub(super) fn steps(instructions: &[Instruction], results: Results) -> (Vec<Step>, Results) {
    let (instructions, results) = spare_input(instructions, results);
    (join(&instructions, &results), results)
}

/// The same instructions, with an additional register for what they write to that of the first input.
fn spare_input(instructions: &[Instruction], results: Results) -> (Vec<Instruction>, Results) {
    let mut is_written = false;
    let moved = |operand, is_written| match operand {
        Operand::Register(0) if is_written => Operand::Register(REGISTERS),
        _ => operand,
    };
    let spared = instructions.iter().map(|&Instruction { operation, to }| {
        let operation = operation.map_operands(|operand| moved(operand, is_written));
        is_written |= to == 0;
        Instruction { operation, to: if to == 0 { REGISTERS } else { to } }
    });
    let spared = spared.collect();
    (spared, results.map(|result| result.map(|result| moved(result, is_written))))
}

/// Joins what can be joined.
fn join(instructions: &[Instruction], results: &Results) -> Vec<Step> {
    let mut steps = Vec::with_capacity(instructions.len());
    let mut rest = instructions;
    while let [first, after @ ..] = rest {
        let joined = after.split_first().and_then(|(second, later)| {
            let choice = choice(first, second, later, results).map(Step::Choice);
            choice.or_else(|| chain(first, second, later, results).map(Step::Chain))
        });
        steps.push(joined.unwrap_or(Step::One(*first)));
        rest = if joined.is_some() { &after[1..] } else { after };
    }
    steps
}

/// A comparison and a choice by it, if nobody else reads the comparison.
fn choice(
    first: &Instruction,
    second: &Instruction,
    later: &[Instruction],
    results: &Results,
) -> Option<Choice> {
    let Operation::Binary(comparison, left, right) = first.operation else { return None };
    let Operation::Select(condition, x, y) = second.operation else { return None };
    let compared = Operand::Register(first.to);
    let joins = comparison.is_comparison()
        && condition == compared
        && x != compared
        && y != compared
        && can_join([left, right], first, second, later, results);
    joins.then_some(Choice { comparison, left, right, x, y, to: second.to })
}

/// Two sums, differences or products, if nobody but the second reads the first.
fn chain(
    first: &Instruction,
    second: &Instruction,
    later: &[Instruction],
    results: &Results,
) -> Option<Chain> {
    let (Operation::Binary(inner, x, y), Operation::Binary(outer, left, right)) =
        (first.operation, second.operation)
    else {
        return None;
    };
    let value = Operand::Register(first.to);
    let joins = inner.is_sum_or_product()
        && outer.is_sum_or_product()
        && (left == value) != (right == value)
        && can_join([x, y], first, second, later, results);
    let (z, is_from_z) = if left == value { (right, false) } else { (left, outer == Binary::Sub) };
    joins.then_some(Chain { first: inner, second: outer, is_from_z, x, y, z, to: second.to })
}

/// Whether nobody but `second` reads what `first` makes of `operands`, and `second` does not write to these: an instruction
/// writes to none of the registers that it reads.
fn can_join(
    operands: [Operand; 2],
    first: &Instruction,
    second: &Instruction,
    later: &[Instruction],
    results: &Results,
) -> bool {
    let is_free = operands.iter().all(|operand| *operand != Operand::Register(second.to));
    is_free && (second.to == first.to || !is_read(Operand::Register(first.to), later, results))
}

/// Whether a register is read after this before it is written.
fn is_read(register: Operand, later: &[Instruction], results: &Results) -> bool {
    for Instruction { operation, to } in later {
        if operation.operands().any(|operand| operand == register) {
            return true;
        }
        if Operand::Register(*to) == register {
            return false;
        }
    }
    results.contains(&Some(register))
}
