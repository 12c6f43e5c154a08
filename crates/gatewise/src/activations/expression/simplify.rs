//! Operations made fewer: gradients are full of products by 1, of sums of choices between 0 and 1, and of signs. In `f64` no bit of the
//! result changes.

use gatewise_kernels::formula::{Operand, Operation};

use crate::ops::binary::Binary;
use crate::ops::unary::Unary;

/// Operations in the order in which they run. Each has a register of its own: the first ones are those of the inputs.
pub(super) struct Expression {
    num_inputs: usize,
    pub constants: Vec<f64>,
    pub operations: Vec<Operation>,
}

/// One of two numbers: the first where the condition is not 0.
#[derive(Clone, Copy)]
struct OneOfTwo {
    /// `None` where both numbers are the same.
    condition: Option<Operand>,
    numbers: [f64; 2],
}

impl Expression {
    pub fn new(num_inputs: usize) -> Self {
        Self { num_inputs, constants: Vec::new(), operations: Vec::new() }
    }

    /// The operand for a number that is the same everywhere.
    pub fn constant(&mut self, value: f64) -> Operand {
        let same = |known: &f64| known.to_bits() == value.to_bits();
        Operand::Constant(self.constants.iter().position(same).unwrap_or_else(|| {
            self.constants.push(value);
            self.constants.len() - 1
        }))
    }

    /// The operand for the value of an operation, which is added if it is a new one.
    pub fn value(&mut self, operation: Operation) -> Operand {
        let operation = self.without_sign(operation);
        if let Some(operand) = self.shortcut(operation) {
            return operand;
        }
        if let Some(OneOfTwo { condition, numbers }) = self.folded(operation) {
            return self.choice(condition, numbers);
        }
        self.add(operation)
    }

    /// The register that has or gets the value of an operation.
    fn add(&mut self, operation: Operation) -> Operand {
        let known = self.operations.iter().position(|known| *known == operation);
        Operand::Register(
            self.num_inputs
                + known.unwrap_or_else(|| {
                    self.operations.push(operation);
                    self.operations.len() - 1
                }),
        )
    }

    /// The number of a constant.
    fn number(&self, operand: Operand) -> Option<f64> {
        match operand {
            Operand::Constant(number) => Some(self.constants[number]),
            Operand::Register(_) => None,
        }
    }

    /// The operation whose value an operand is.
    fn operation(&self, operand: Operand) -> Option<Operation> {
        match operand {
            Operand::Register(number) if number >= self.num_inputs => {
                Some(self.operations[number - self.num_inputs])
            }
            _ => None,
        }
    }

    /// A sum with −x is a difference, and the other way round.
    fn without_sign(&self, operation: Operation) -> Operation {
        let negated = |operand| match self.operation(operand) {
            Some(Operation::Unary(Unary::Neg, x)) => Some(x),
            _ => None,
        };
        match operation {
            Operation::Binary(Binary::Add, x, y) => match (negated(x), negated(y)) {
                (_, Some(y)) => Operation::Binary(Binary::Sub, x, y),
                (Some(x), None) => Operation::Binary(Binary::Sub, y, x),
                (None, None) => operation,
            },
            Operation::Binary(Binary::Sub, x, y) => match negated(y) {
                Some(y) => Operation::Binary(Binary::Add, x, y),
                None => operation,
            },
            _ => operation,
        }
    }

    /// The operand that an operation leaves as it is.
    fn shortcut(&self, operation: Operation) -> Option<Operand> {
        let is_one = |operand| self.number(operand) == Some(1.0);
        match operation {
            Operation::Binary(Binary::Mul, x, y) if is_one(x) => Some(y),
            Operation::Binary(Binary::Mul | Binary::Div, x, y) if is_one(y) => Some(x),
            Operation::Select(condition, x, y) => match self.number(condition) {
                Some(number) => Some(if number == 0.0 { y } else { x }),
                None if x == y => Some(x),
                None => None,
            },
            _ => None,
        }
    }

    /// What an operation comes to whose operands are numbers, or choices between numbers by the same condition.
    fn folded(&self, operation: Operation) -> Option<OneOfTwo> {
        match operation {
            Operation::Unary(function, x) => {
                let x = self.one_of_two(x)?;
                Some(OneOfTwo { numbers: x.numbers.map(|x| function.apply(x)), ..x })
            }
            Operation::Binary(function, x, y) => {
                let (x, y) = (self.one_of_two(x)?, self.one_of_two(y)?);
                let is_same = x.condition.is_none() || y.condition.is_none() || x.condition == y.condition;
                let value = |which: usize| function.apply(x.numbers[which], y.numbers[which]);
                let condition = x.condition.or(y.condition);
                is_same.then(|| OneOfTwo { condition, numbers: [value(0), value(1)] })
            }
            Operation::Select(condition, x, y) => {
                let (x, y) = (self.number(x)?, self.number(y)?);
                Some(match self.one_of_two(condition) {
                    Some(choice) => {
                        let value = |number| if number == 0.0 { y } else { x };
                        OneOfTwo { numbers: choice.numbers.map(value), ..choice }
                    }
                    None => OneOfTwo { condition: Some(condition), numbers: [x, y] },
                })
            }
        }
    }

    /// The two numbers that an operand can be.
    fn one_of_two(&self, operand: Operand) -> Option<OneOfTwo> {
        if let Some(number) = self.number(operand) {
            return Some(OneOfTwo { condition: None, numbers: [number; 2] });
        }
        match self.operation(operand)? {
            Operation::Binary(function, ..) if function.is_comparison() => {
                Some(OneOfTwo { condition: Some(operand), numbers: [1.0, 0.0] })
            }
            Operation::Select(condition, x, y) => {
                let numbers = [self.number(x)?, self.number(y)?];
                Some(OneOfTwo { condition: Some(condition), numbers })
            }
            _ => None,
        }
    }

    /// The operand for a choice between two numbers.
    fn choice(&mut self, condition: Option<Operand>, numbers: [f64; 2]) -> Operand {
        let [first, second] = numbers;
        let Some(condition) = condition.filter(|_| first.to_bits() != second.to_bits()) else {
            return self.constant(first);
        };
        if let Some(OneOfTwo { numbers: known, .. }) = self.one_of_two(condition)
            && known.map(f64::to_bits) == numbers.map(f64::to_bits)
        {
            return condition;
        }
        let (first, second) = (self.constant(first), self.constant(second));
        self.add(Operation::Select(condition, first, second))
    }
}
