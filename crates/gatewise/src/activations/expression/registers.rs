//! Registers for the values of operations, as few as can be.

use gatewise_kernels::formula::{Instruction, Operand, Operation, REGISTERS};

use crate::error::{Error, Result};

/// The instructions for what `results` need of `operations`, each of which has a register of its own after those of the
/// inputs, and where the results then are.
///
/// A comparison comes right before each choice by it: for the kernels both are one pass.
///
/// # Errors
/// If there are too few registers.
pub(super) fn assign<const N: usize>(
    subject: &str,
    num_inputs: usize,
    operations: &[Operation],
    results: [Operand; N],
) -> Result<(Vec<Instruction>, [Operand; N])> {
    let groups = order(num_inputs, operations, &results);
    let mut assigner = Assigner::new(num_inputs, &groups, &results);
    for (index, group) in groups.iter().enumerate() {
        assigner.group(index, group).ok_or_else(|| {
            let text = format!("an activation inside a cell may keep at most {REGISTERS} values at once");
            Error::unsupported(subject, text)
        })?;
    }
    let places = results.map(|result| assigner.places.of(result));
    Ok((assigner.instructions, places))
}

/// Instructions that run together, with registers of their own: a comparison and its choice, a sum or product and the only
/// one that reads it, or a single one.
type Group = Vec<Instruction>;

/// The groups that `results` need, in an order in which they can run.
fn order(num_inputs: usize, operations: &[Operation], results: &[Operand]) -> Vec<Group> {
    let uses = uses(num_inputs, operations, results);
    let mut is_needed = vec![false; operations.len()];
    for result in results.iter().filter_map(|result| position(*result, num_inputs)) {
        is_needed[result] = true;
    }
    let mut groups = Vec::new();
    for (index, &operation) in operations.iter().enumerate().rev() {
        if !is_needed[index] {
            continue;
        }
        let mut group = vec![Instruction { operation, to: num_inputs + index }];
        let mut operands = operation.operands().filter_map(|operand| position(operand, num_inputs));
        if let Some(first) = operands.find(|&first| joins(operations[first], operation, uses[first])) {
            group.insert(0, Instruction { operation: operations[first], to: num_inputs + first });
        }
        for operand in read_by(&group) {
            if let Some(operand) = position(operand, num_inputs) {
                is_needed[operand] = true;
            }
        }
        groups.push(group);
    }
    groups.reverse();
    groups
}

/// The number of the operation whose value an operand is.
fn position(operand: Operand, num_inputs: usize) -> Option<usize> {
    match operand {
        Operand::Register(number) => number.checked_sub(num_inputs),
        Operand::Constant(_) => None,
    }
}

/// How often the value of each operation is read for `results`, each of which counts as well.
fn uses(num_inputs: usize, operations: &[Operation], results: &[Operand]) -> Vec<usize> {
    let mut uses = vec![0; operations.len()];
    for result in results.iter().filter_map(|result| position(*result, num_inputs)) {
        uses[result] += 1;
    }
    for (index, operation) in operations.iter().enumerate().rev() {
        if uses[index] > 0 {
            for operand in operation.operands().filter_map(|operand| position(operand, num_inputs)) {
                uses[operand] += 1;
            }
        }
    }
    uses
}

/// Whether kernels compute an operation and one that reads it, which is used so often, in one pass.
fn joins(first: Operation, second: Operation, uses: usize) -> bool {
    match (first, second) {
        (Operation::Binary(first, ..), Operation::Select(..)) => first.is_comparison(),
        (Operation::Binary(first, ..), Operation::Binary(second, ..)) => {
            uses == 1 && [first, second].iter().all(|function| function.is_sum_or_product())
        }
        _ => false,
    }
}

/// What a group reads that it has not written.
fn read_by(group: &Group) -> impl Iterator<Item = Operand> {
    let written = group.iter().take(group.len() - 1).map(|instruction| Operand::Register(instruction.to));
    let written: Vec<Operand> = written.collect();
    let read = group.iter().flat_map(|instruction| instruction.operation.operands());
    read.filter(move |operand| !written.contains(operand))
}

/// Where the value of each own register is.
struct Places(Vec<Option<Operand>>);

impl Places {
    fn of(&self, operand: Operand) -> Operand {
        match operand {
            Operand::Constant(_) => operand,
            Operand::Register(number) => self.0[number].expect("a value is computed before it is read"),
        }
    }
}

/// The state of the assignment.
struct Assigner {
    instructions: Vec<Instruction>,
    places: Places,
    /// The last group that reads each value. Inputs keep their registers, and results their own.
    last_use: Vec<usize>,
    free: Vec<usize>,
}

impl Assigner {
    fn new(num_inputs: usize, order: &[Group], results: &[Operand]) -> Self {
        let values = order.iter().flatten().map(|instruction| instruction.to + 1).max().unwrap_or(0);
        let values = values.max(num_inputs);
        let mut last_use = vec![0; values];
        for (index, group) in order.iter().enumerate() {
            for operand in read_by(group) {
                if let Operand::Register(number) = operand {
                    last_use[number] = index;
                }
            }
        }
        last_use[..num_inputs].fill(usize::MAX);
        for result in results {
            if let Operand::Register(result) = *result {
                last_use[result] = usize::MAX;
            }
        }
        let inputs = (0..num_inputs).map(|number| Some(Operand::Register(number)));
        let places = inputs.chain(std::iter::repeat(None)).take(values).collect();
        let free = (num_inputs..REGISTERS).rev().collect();
        Self { instructions: Vec::new(), places: Places(places), last_use, free }
    }

    /// Adds group number `index`, or returns nothing where no register is free.
    fn group(&mut self, index: usize, group: &Group) -> Option<()> {
        let comparison = (group.len() > 1).then(|| group[0].to);
        // Where its value is beyond this group, if anywhere.
        let place = comparison.and_then(|comparison| self.places.0[comparison]);
        for instruction in group {
            self.instruction(instruction)?;
        }
        for operand in read_by(group) {
            if let Operand::Register(number) = operand
                && self.last_use[number] == index
            {
                self.release(number);
            }
        }
        if let Some(comparison) = comparison {
            self.release(comparison);
            self.places.0[comparison] = place;
        }
        Some(())
    }

    fn instruction(&mut self, instruction: &Instruction) -> Option<()> {
        let operation = instruction.operation.map_operands(|operand| self.places.of(operand));
        let to = self.free.pop()?;
        self.places.0[instruction.to] = Some(Operand::Register(to));
        self.instructions.push(Instruction { operation, to });
        Some(())
    }

    /// Frees the register of a value.
    fn release(&mut self, value: usize) {
        if let Some(Operand::Register(register)) = self.places.0[value]
            && !self.free.contains(&register)
        {
            self.free.push(register);
        }
    }
}
