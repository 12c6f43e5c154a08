//! Arrays that an optimizer keeps for each weight.

use ndarray::{ArrayD, IxDyn};

use super::{OptimizerValue, OptimizerVariable, SlotBlock, Slots};
use crate::error::{Error, Result};

/// Name and shape of a weight that an optimizer moves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Variable {
    pub(super) name: String,
    pub(super) shape: Vec<usize>,
}

impl Variable {
    pub(super) fn len(&self) -> usize {
        self.shape.iter().product()
    }
}

/// For each weight the arrays of all blocks, in the shape of the weight.
#[derive(Debug)]
pub(super) struct SlotTable {
    variables: Vec<Variable>,
    blocks: Vec<SlotBlock>,
    /// By weight, then by slot with the slots of all blocks in a row.
    values: Vec<Vec<Vec<f32>>>,
}

impl SlotTable {
    pub(super) fn new(variables: &[Variable], blocks: Vec<SlotBlock>) -> Self {
        let slots = |variable: &Variable| {
            let block = |block: &SlotBlock| vec![vec![block.initial; variable.len()]; block.names.len()];
            blocks.iter().flat_map(block).collect()
        };
        let values = variables.iter().map(slots).collect();
        Self { variables: variables.to_vec(), blocks, values }
    }

    /// The arrays of one weight.
    pub(super) fn of(&mut self, variable: usize) -> Slots<'_> {
        Slots::new(&mut self.values[variable])
    }

    /// The array of one weight in a table with one slot.
    pub(super) fn only(&mut self, variable: usize) -> &mut [f32] {
        self.of(variable).take()
    }

    /// Appends all arrays in saved order.
    pub(super) fn save(&self, state: &mut Vec<OptimizerVariable>) {
        for (variable, slot, name) in self.saved_order() {
            let Variable { shape, .. } = &self.variables[variable];
            let values = self.values[variable][slot].clone();
            let array = ArrayD::from_shape_vec(IxDyn(shape), values).expect("a slot has its weight's shape");
            let name = self.full_name(variable, name);
            state.push(OptimizerVariable { name, value: OptimizerValue::Array(array) });
        }
    }

    /// The number of arrays.
    pub(super) fn len(&self) -> usize {
        self.saved_order().count()
    }

    /// Checks that `values` are arrays that [`load`](Self::load) can take.
    pub(super) fn check(&self, class_name: &str, values: &[OptimizerValue]) -> Result<()> {
        for ((variable, _, name), value) in self.saved_order().zip(values) {
            let Variable { shape, .. } = &self.variables[variable];
            let got = match value {
                OptimizerValue::Array(array) if array.shape() == shape => continue,
                OptimizerValue::Array(array) => format!("{:?}", array.shape()),
                OptimizerValue::Iteration(_) => "an integer".to_owned(),
            };
            let name = self.full_name(variable, name);
            return Err(Error::shape(class_name, format!("expected `{name}` {shape:?}, got {got}")));
        }
        Ok(())
    }

    /// Takes values that [`check`](Self::check) has let pass.
    pub(super) fn load(&mut self, values: &[OptimizerValue]) {
        let order: Vec<_> = self.saved_order().map(|(variable, slot, _)| (variable, slot)).collect();
        for ((variable, slot), value) in order.into_iter().zip(values) {
            if let OptimizerValue::Array(array) = value {
                let slot = &mut self.values[variable][slot];
                slot.iter_mut().zip(array).for_each(|(to, &from)| *to = from);
            }
        }
    }

    /// Weight, slot and name of each array: block after block, in it weight after weight.
    fn saved_order(&self) -> impl Iterator<Item = (usize, usize, &'static str)> {
        let mut first = 0;
        let with_first = self.blocks.iter().map(move |block| {
            first += block.names.len();
            (first - block.names.len(), block.names)
        });
        let count = self.variables.len();
        with_first.flat_map(move |(first, names)| {
            (0..count).flat_map(move |variable| {
                names.iter().enumerate().map(move |(index, &name)| (variable, first + index, name))
            })
        })
    }

    fn full_name(&self, variable: usize, slot: &str) -> String {
        format!("{}_{slot}", self.variables[variable].name.replace('/', "_"))
    }
}

#[cfg(test)]
mod tests;
