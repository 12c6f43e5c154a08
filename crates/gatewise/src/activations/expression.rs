//! Elementwise graphs compiled for evaluation block by block.
//!
//! A user's activation is traced once into a graph of unary, binary and select operations. Here it becomes a short
//! list of instructions over registers, each register a block of [`BLOCK`] numbers, so that the instructions run
//! over whole blocks while they lie in the first-level cache.

use std::ops::Range;

use crate::error::{Error, Result};
use crate::graph::{Node, Value};
use crate::number::Number;
use crate::ops::binary::Binary;
use crate::ops::unary::Unary;
use crate::ops::{Op, Operation};

/// Numbers in a register.
const BLOCK: usize = 32;

/// Registers of the evaluator; an expression that needs more live values at once is refused.
const REGISTERS: usize = 48;

type Register = usize;

type Registers<F> = [[F; BLOCK]; REGISTERS];

#[derive(Debug, Clone, Copy)]
enum Instruction {
    Unary(Unary, Register),
    Binary(Binary, Register, Register),
    Select(Register, Register, Register),
}

/// An elementwise function of one or more arrays of equal length.
#[derive(Debug, Clone)]
pub(crate) struct Expression {
    /// Constants and their registers, filled before the first block.
    constants: Vec<(f64, Register)>,
    /// Instructions with the registers they write. Inputs are in the first registers.
    instructions: Vec<(Instruction, Register)>,
    result: Register,
}

impl Expression {
    /// Compiles what `result` needs of a graph whose inputs are bound in order.
    ///
    /// # Errors
    /// If an operation is not elementwise, or the expression is too large.
    pub fn compile(subject: &str, nodes: &[Node], inputs: &[Value], result: Value) -> Result<Self> {
        let mut compiler = Compiler::new(subject, nodes, inputs, result);
        // Constants first: they are filled once for all blocks, so no instruction may write to their registers.
        for node in nodes {
            compiler.constant(node)?;
        }
        for (index, node) in nodes.iter().enumerate() {
            compiler.node(index, node)?;
        }
        let result = compiler.register_of(result);
        let Compiler { constants, instructions, .. } = compiler;
        Ok(Self { constants, instructions, result })
    }

    /// Writes the function of one array to `out`, which is as long.
    pub fn evaluate<F: Number>(&self, x: &[F], out: &mut [F]) {
        self.for_blocks(
            |registers, block| {
                registers[0][..block.len()].copy_from_slice(&x[block.clone()]);
                self.run(registers);
                let len = block.len();
                out[block].copy_from_slice(&registers[self.result][..len]);
            },
            x.len(),
        );
    }

    /// Replaces `d` by the function of `x` and `d`, which are equally long.
    pub fn evaluate_in_place<F: Number>(&self, x: &[F], d: &mut [F]) {
        self.for_blocks(
            |registers, block| {
                registers[0][..block.len()].copy_from_slice(&x[block.clone()]);
                registers[1][..block.len()].copy_from_slice(&d[block.clone()]);
                self.run(registers);
                let len = block.len();
                d[block].copy_from_slice(&registers[self.result][..len]);
            },
            x.len(),
        );
    }

    /// Calls `visit` for every block of an array of `len` numbers, with the constants in their registers.
    fn for_blocks<F: Number>(&self, mut visit: impl FnMut(&mut Registers<F>, Range<usize>), len: usize) {
        let mut registers = [[F::zero(); BLOCK]; REGISTERS];
        for (value, register) in &self.constants {
            registers[*register].fill(F::of(*value));
        }
        for start in (0..len).step_by(BLOCK) {
            visit(&mut registers, start..len.min(start + BLOCK));
        }
    }

    fn run<F: Number>(&self, registers: &mut Registers<F>) {
        for (instruction, to) in &self.instructions {
            let block = run(*instruction, registers);
            registers[*to] = block;
        }
    }
}

/// The block that an instruction computes. Whole blocks are computed even where only a part is used.
fn run<F: Number>(instruction: Instruction, registers: &Registers<F>) -> [F; BLOCK] {
    let mut block = [F::zero(); BLOCK];
    match instruction {
        Instruction::Unary(function, x) => F::map(function, &registers[x], &mut block),
        Instruction::Binary(function, x, y) => {
            let pairs = registers[x].iter().zip(&registers[y]);
            block.iter_mut().zip(pairs).for_each(|(out, (x, y))| *out = function.apply(*x, *y));
        }
        Instruction::Select(condition, x, y) => {
            for (index, out) in block.iter_mut().enumerate() {
                let chosen = if registers[condition][index] != F::zero() { x } else { y };
                *out = registers[chosen][index];
            }
        }
    }
    block
}

/// The state of a compilation: which register holds which value, and until when.
struct Compiler<'a> {
    subject: &'a str,
    constants: Vec<(f64, Register)>,
    instructions: Vec<(Instruction, Register)>,
    registers: Vec<Option<Register>>,
    last_use: Vec<Option<usize>>,
    free: Vec<Register>,
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
        let mut registers = vec![None; last_use.len()];
        for (register, value) in inputs.iter().enumerate() {
            registers[value.index()] = Some(register);
            // An input keeps its register, because it is loaded before the first instruction of every block.
            last_use[value.index()] = Some(usize::MAX);
        }
        let free = (inputs.len()..REGISTERS).rev().collect();
        Self { subject, constants: Vec::new(), instructions: Vec::new(), registers, last_use, free }
    }

    fn register_of(&self, value: Value) -> Register {
        self.registers[value.index()].expect("a value is computed before it is read")
    }

    /// Gives a needed constant a register for good.
    fn constant(&mut self, node: &Node) -> Result<()> {
        let output = node.outputs[0];
        if let (Op::Constant(constant), Some(_)) = (&node.op, self.last_use[output.index()]) {
            let register = self.take()?;
            self.registers[output.index()] = Some(register);
            self.last_use[output.index()] = Some(usize::MAX);
            self.constants.push((constant.value, register));
        }
        Ok(())
    }

    fn node(&mut self, index: usize, node: &Node) -> Result<()> {
        let output = node.outputs[0];
        if matches!(node.op, Op::Input(_) | Op::Constant(_)) || self.last_use[output.index()].is_none() {
            return Ok(());
        }
        let of = |input: usize| self.register_of(node.inputs[input]);
        let instruction = match &node.op {
            Op::Reshape(_) | Op::BroadcastTo(_) => {
                self.registers[output.index()] = Some(of(0));
                // Two values share the register, so neither of them may free it.
                self.last_use[node.inputs[0].index()] = Some(usize::MAX);
                self.last_use[output.index()] = Some(usize::MAX);
                return Ok(());
            }
            Op::Unary(function) => Instruction::Unary(*function, of(0)),
            Op::Binary(function) => Instruction::Binary(*function, of(0), of(1)),
            Op::Select(_) => Instruction::Select(of(0), of(1), of(2)),
            other => {
                let text = format!(
                    "an activation inside a cell must be elementwise, got the operation `{}`",
                    other.name()
                );
                return Err(Error::unsupported(self.subject, text));
            }
        };
        let register = self.take()?;
        self.registers[output.index()] = Some(register);
        self.instructions.push((instruction, register));
        self.release(index, node);
        Ok(())
    }

    fn take(&mut self) -> Result<Register> {
        self.free.pop().ok_or_else(|| {
            let text = format!("an activation inside a cell may keep at most {REGISTERS} values at once");
            Error::unsupported(self.subject, text)
        })
    }

    /// Frees the registers of values that nobody reads after node `index`.
    fn release(&mut self, index: usize, node: &Node) {
        let mut dead: Vec<Value> = node.inputs.clone();
        dead.dedup();
        for value in dead {
            let register = self.register_of(value);
            if self.last_use[value.index()] == Some(index) && !self.free.contains(&register) {
                self.free.push(register);
            }
        }
    }
}

#[cfg(test)]
mod tests;
