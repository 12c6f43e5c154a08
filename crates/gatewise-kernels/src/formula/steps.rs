//! The instructions of a formula as whole blocks of numbers go through them: a comparison and the choice that it is for are
//! one step, which most activations are made of.

use super::{Binary, Instruction, Operand, Operation};

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

/// Joins what can be joined.
pub(super) fn join(instructions: &[Instruction], result: Operand) -> Vec<Step> {
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
    let is_comparison = matches!(comparison, Binary::Greater | Binary::GreaterEqual | Binary::Equal);
    // An instruction writes to none of the registers that it reads.
    let is_free = [left, right].iter().all(|operand| *operand != Operand::Register(second.to));
    let joins = is_comparison
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
