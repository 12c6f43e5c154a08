//! Elementwise graphs compiled to formulas of the kernels.
//!
//! An activation is traced once into a graph of unary, binary and select operations, which becomes a short list of
//! instructions over registers.

use gatewise_kernels::formula::{Formula, Instruction, Operand, Operation, REGISTERS};

use crate::error::{Error, Result};
use crate::graph::{Node, Value};
use crate::ops::binary::Binary;
use crate::ops::{Op, Operation as _};

/// Compiles what `result` needs of a graph whose inputs are bound in order.
///
/// # Errors
/// If an operation is not elementwise, or the formula keeps too many values at once.
pub(crate) fn compile(subject: &str, nodes: &[Node], inputs: &[Value], result: Value) -> Result<Formula> {
    let mut compiler = Compiler::new(subject, nodes, inputs, result);
    for (index, node) in nodes.iter().enumerate() {
        compiler.node(index, node)?;
    }
    let result = compiler.operand_of(result);
    let Compiler { constants, instructions, .. } = compiler;
    Ok(Formula::new(inputs.len(), constants, instructions, result))
}

/// The state of a compilation: where each value is, and until when it is needed.
struct Compiler<'a> {
    subject: &'a str,
    constants: Vec<f64>,
    instructions: Vec<Instruction>,
    operands: Vec<Option<Operand>>,
    last_use: Vec<Option<usize>>,
    free: Vec<usize>,
}

impl<'a> Compiler<'a> {
    fn new(subject: &'a str, nodes: &[Node], inputs: &[Value], result: Value) -> Self {
        let values = nodes.iter().flat_map(|node| &node.outputs).map(|value| value.index() + 1).max();
        let mut last_use = vec![None; values.unwrap_or(0)];
        last_use[result.index()] = Some(usize::MAX);
        for (index, node) in nodes.iter().enumerate().rev() {
            if node.outputs.iter().any(|value| last_use[value.index()].is_some()) {
                for value in &node.inputs {
                    let last = &mut last_use[value.index()];
                    *last = (*last).max(Some(index));
                }
            }
        }
        let mut operands = vec![None; last_use.len()];
        for (register, value) in inputs.iter().enumerate() {
            operands[value.index()] = Some(Operand::Register(register));
            // An input keeps its register, because it is loaded before the first instruction of every block.
            last_use[value.index()] = Some(usize::MAX);
        }
        let free = (inputs.len()..REGISTERS).rev().collect();
        Self { subject, constants: Vec::new(), instructions: Vec::new(), operands, last_use, free }
    }

    fn operand_of(&self, value: Value) -> Operand {
        self.operands[value.index()].expect("a value is computed before it is read")
    }

    fn node(&mut self, index: usize, node: &Node) -> Result<()> {
        let output = node.outputs[0];
        if matches!(node.op, Op::Input(_)) || self.last_use[output.index()].is_none() {
            return Ok(());
        }
        let of = |input: usize| self.operand_of(node.inputs[input]);
        let operation = match &node.op {
            Op::Constant(constant) => {
                self.operands[output.index()] = Some(self.constant(constant.value));
                return Ok(());
            }
            Op::Reshape(_) | Op::BroadcastTo(_) => {
                self.rename(node.inputs[0], output);
                return Ok(());
            }
            Op::Unary(function) => Operation::Unary(*function, of(0)),
            Op::Binary(function) => Operation::Binary(*function, of(0), of(1)),
            Op::Select(_) => Operation::Select(of(0), of(1), of(2)),
            other => {
                let text = format!(
                    "an activation inside a cell must be elementwise, got the operation `{}`",
                    other.name()
                );
                return Err(Error::unsupported(self.subject, text));
            }
        };
        match self.shortcut(operation) {
            Some(Shortcut::Constant(value)) => self.operands[output.index()] = Some(self.constant(value)),
            Some(Shortcut::Input(input)) => self.rename(node.inputs[input], output),
            None => self.emit(operation, output)?,
        }
        self.release(index, node);
        Ok(())
    }

    /// The operand for a number that is the same everywhere.
    fn constant(&mut self, value: f64) -> Operand {
        let same = |known: &f64| known.to_bits() == value.to_bits();
        Operand::Constant(self.constants.iter().position(same).unwrap_or_else(|| {
            self.constants.push(value);
            self.constants.len() - 1
        }))
    }

    /// Lets `output` be where `input` is. Neither of them may then free the register.
    fn rename(&mut self, input: Value, output: Value) {
        self.operands[output.index()] = Some(self.operand_of(input));
        self.last_use[input.index()] = Some(usize::MAX);
        self.last_use[output.index()] = Some(usize::MAX);
    }

    /// What makes an instruction needless: gradients are full of products by 1.
    fn shortcut(&self, operation: Operation) -> Option<Shortcut> {
        let value = |operand| match operand {
            Operand::Constant(number) => Some(self.constants[number]),
            Operand::Register(_) => None,
        };
        Some(match operation {
            Operation::Unary(function, x) => Shortcut::Constant(function.apply(value(x)?)),
            Operation::Binary(function, x, y) => match (function, value(x), value(y)) {
                (_, Some(x), Some(y)) => Shortcut::Constant(function.apply(x, y)),
                (Binary::Mul, Some(1.0), None) => Shortcut::Input(1),
                (Binary::Mul | Binary::Div, None, Some(1.0)) => Shortcut::Input(0),
                _ => return None,
            },
            Operation::Select(condition, ..) => Shortcut::Input(if value(condition)? == 0.0 { 2 } else { 1 }),
        })
    }

    fn emit(&mut self, operation: Operation, output: Value) -> Result<()> {
        let to = self.free.pop().ok_or_else(|| {
            let text = format!("an activation inside a cell may keep at most {REGISTERS} values at once");
            Error::unsupported(self.subject, text)
        })?;
        self.operands[output.index()] = Some(Operand::Register(to));
        self.instructions.push(Instruction { operation, to });
        Ok(())
    }

    /// Frees the registers of values that nobody reads after node `index`.
    fn release(&mut self, index: usize, node: &Node) {
        for value in &node.inputs {
            let is_last = self.last_use[value.index()] == Some(index);
            if let (true, Operand::Register(register)) = (is_last, self.operand_of(*value))
                && !self.free.contains(&register)
            {
                self.free.push(register);
            }
        }
    }
}

/// Where the result of an instruction is without it.
enum Shortcut {
    Constant(f64),
    /// In the input of the node with this number.
    Input(usize),
}

#[cfg(test)]
mod tests;
