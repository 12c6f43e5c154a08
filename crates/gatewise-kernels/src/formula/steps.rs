//! The instructions of a formula as whole blocks of numbers go through them: a comparison and the choice that it is for are
//! one step, which most activations are made of. No step writes to the register of the first input, so that it can be read
//! where it is.

use super::{Binary, Instruction, Operand, Operation, REGISTERS};

/// One pass over a block.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Step {
    One(Instruction),
    Choice(Choice),
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

impl Step {
    /// The register that takes the result.
    pub fn to(&self) -> usize {
        match self {
            Self::One(instruction) => instruction.to,
            Self::Choice(choice) => choice.to,
        }
    }
}

/// The steps for some instructions, and where their result then is.
pub(super) fn steps(instructions: &[Instruction], result: Operand) -> (Vec<Step>, Operand) {
    let (instructions, result) = spare_input(instructions, result);
    (join(&instructions, result), result)
}

/// The same instructions, with an additional register for what they write to that of the first input.
fn spare_input(instructions: &[Instruction], result: Operand) -> (Vec<Instruction>, Operand) {
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
    (spared, moved(result, is_written))
}

/// Joins what can be joined.
fn join(instructions: &[Instruction], result: Operand) -> Vec<Step> {
    let mut steps = Vec::with_capacity(instructions.len());
    let mut rest = instructions;
    while let [first, after @ ..] = rest {
        let choice = after.split_first().and_then(|(second, later)| choice(first, second, later, result));
        steps.push(choice.map_or(Step::One(*first), Step::Choice));
        rest = if choice.is_some() { &after[1..] } else { after };
    }
    steps
}

/// A comparison and a choice by it, if nobody else reads the comparison.
fn choice(
    first: &Instruction,
    second: &Instruction,
    later: &[Instruction],
    result: Operand,
) -> Option<Choice> {
    let Operation::Binary(comparison, left, right) = first.operation else { return None };
    let Operation::Select(condition, x, y) = second.operation else { return None };
    let compared = Operand::Register(first.to);
    // An instruction writes to none of the registers that it reads.
    let is_free = [left, right].iter().all(|operand| *operand != Operand::Register(second.to));
    let joins = comparison.is_comparison()
        && is_free
        && condition == compared
        && x != compared
        && y != compared
        && (second.to == first.to || !is_read(compared, later, result));
    joins.then_some(Choice { comparison, left, right, x, y, to: second.to })
}

/// Whether a register is read after this before it is written.
fn is_read(register: Operand, later: &[Instruction], result: Operand) -> bool {
    for Instruction { operation, to } in later {
        if operation.operands().any(|operand| operand == register) {
            return true;
        }
        if Operand::Register(*to) == register {
            return false;
        }
    }
    result == register
}
