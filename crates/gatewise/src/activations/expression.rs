//! Elementwise graphs compiled to formulas of the kernels.
//!
//! An activation is traced once into a graph of unary, binary and select operations. They are written down in the graph's
//! order (here), made fewer ([`simplify`]), and given registers ([`registers`]).

mod registers;
mod simplify;

use gatewise_kernels::formula::{Formula, Instruction, Operand, Operation};

use crate::error::{Error, Result};
use crate::graph::{Node, Value};
use crate::ops::{Op, Operation as _};
use simplify::Expression;

/// Compiles what `result` needs of a graph in which the values `inputs` are given, in order.
///
/// # Errors
/// If an operation is not elementwise, or the formula keeps too many values at once.
pub(crate) fn compile(subject: &str, nodes: &[Node], inputs: &[Value], result: Value) -> Result<Formula> {
    let (constants, instructions, [result]) = instructions(subject, nodes, inputs, [result])?;
    Ok(Formula::new(inputs.len(), constants, instructions, result))
}

/// [`compile`] for two results of one input, which share what they have in common.
///
/// # Errors
/// As those of [`compile`].
pub(crate) fn compile_both(
    subject: &str,
    nodes: &[Node],
    input: Value,
    results: [Value; 2],
) -> Result<Formula> {
    let (constants, instructions, results) = instructions(subject, nodes, &[input], results)?;
    Ok(Formula::of_two(constants, instructions, results))
}

/// The parts of the formula.
fn instructions<const N: usize>(
    subject: &str,
    nodes: &[Node],
    inputs: &[Value],
    results: [Value; N],
) -> Result<(Vec<f64>, Vec<Instruction>, [Operand; N])> {
    let mut compiler = Compiler::new(subject, nodes, inputs, &results);
    for node in nodes {
        compiler.node(node)?;
    }
    let results = results.map(|result| compiler.operand_of(result));
    let Expression { constants, operations, .. } = compiler.expression;
    let (instructions, results) = registers::assign(subject, inputs.len(), &operations, results)?;
    Ok((constants, instructions, results))
}

/// Whether `result` needs `input` even where `known` is given.
pub(crate) fn depends(nodes: &[Node], result: Value, input: Value, known: Value) -> bool {
    let is_needed = needed(nodes, &[known], &[result]);
    input != known && is_needed[input.index()]
}

/// Which values `results` need if `given` are there.
fn needed(nodes: &[Node], given: &[Value], results: &[Value]) -> Vec<bool> {
    let values = nodes.iter().flat_map(|node| &node.outputs).map(|value| value.index() + 1).max();
    let mut is_needed = vec![false; values.unwrap_or(0)];
    results.iter().for_each(|result| is_needed[result.index()] = true);
    for node in nodes.iter().rev() {
        if node.outputs.iter().any(|value| is_needed[value.index()] && !given.contains(value)) {
            node.inputs.iter().for_each(|value| is_needed[value.index()] = true);
        }
    }
    is_needed
}

/// The state of a compilation: which values are needed, and where each of them is.
struct Compiler<'a> {
    subject: &'a str,
    is_needed: Vec<bool>,
    operands: Vec<Option<Operand>>,
    expression: Expression,
}

impl<'a> Compiler<'a> {
    fn new(subject: &'a str, nodes: &[Node], inputs: &[Value], results: &[Value]) -> Self {
        let is_needed = needed(nodes, inputs, results);
        let mut operands = vec![None; is_needed.len()];
        for (register, value) in inputs.iter().enumerate() {
            operands[value.index()] = Some(Operand::Register(register));
        }
        Self { subject, is_needed, operands, expression: Expression::new(inputs.len()) }
    }

    fn operand_of(&self, value: Value) -> Operand {
        self.operands[value.index()].expect("a value is computed before it is read")
    }

    fn node(&mut self, node: &Node) -> Result<()> {
        let output = node.outputs[0].index();
        let is_given = self.operands[output].is_some();
        if is_given || !self.is_needed[output] {
            return Ok(());
        }
        let of = |input: usize| self.operand_of(node.inputs[input]);
        let operand = match &node.op {
            Op::Constant(constant) => self.expression.constant(constant.value),
            Op::Reshape(_) | Op::BroadcastTo(_) => of(0),
            Op::Unary(function) => {
                let operation = Operation::Unary(*function, of(0));
                self.expression.value(operation)
            }
            Op::Binary(function) => {
                let operation = Operation::Binary(*function, of(0), of(1));
                self.expression.value(operation)
            }
            Op::Select(_) => {
                let operation = Operation::Select(of(0), of(1), of(2));
                self.expression.value(operation)
            }
            other => {
                let text = format!(
                    "an activation inside a cell must be elementwise, got the operation `{}`",
                    other.name()
                );
                return Err(Error::unsupported(self.subject, text));
            }
        };
        self.operands[output] = Some(operand);
        Ok(())
    }
}

#[cfg(test)]
mod tests;
