//! Arrays that an optimizer keeps for each weight.

use ndarray::{ArrayD, IxDyn};

use super::{OptimizerValue, OptimizerVariable, SlotBlock, SlotForm, Slots};
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

/// One array with the name under which it is saved.
#[derive(Debug)]
pub(super) struct Slot {
    form: SlotForm,
    pub(super) values: Vec<f32>,
}

/// For each weight the arrays of all blocks.
#[derive(Debug)]
pub(super) struct SlotTable {
    shapes: Vec<Vec<usize>>,
    /// By weight, then in the order in which the rule takes them.
    slots: Vec<Vec<Slot>>,
    /// Weight and slot of each array in saved order: block after block, in it weight after weight.
    saved: Vec<(usize, usize)>,
}

impl SlotTable {
    /// The arrays of `blocks` for each weight, with the name and the shape that `form` gives for slot and weight.
    pub(super) fn new(
        variables: &[Variable],
        blocks: &[SlotBlock],
        form: impl Fn(&'static str, &Variable) -> Option<SlotForm>,
    ) -> Self {
        let mut slots: Vec<Vec<Slot>> = variables.iter().map(|_| Vec::new()).collect();
        let mut saved = Vec::new();
        for block in blocks {
            for (index, variable) in variables.iter().enumerate() {
                for &(name, initial) in &block.slots {
                    if let Some(form) = form(name, variable) {
                        saved.push((index, slots[index].len()));
                        let values = vec![initial; form.shape.iter().product()];
                        slots[index].push(Slot { form, values });
                    }
                }
            }
        }
        Self { shapes: variables.iter().map(|variable| variable.shape.clone()).collect(), slots, saved }
    }

    /// An array of zeros for each weight, in its shape.
    pub(super) fn zeros(variables: &[Variable], name: &'static str) -> Self {
        Self::new(variables, &[SlotBlock::zeros(&[name])], |slot, Variable { name, shape }| {
            Some(SlotForm::like_weight(slot, name, shape))
        })
    }

    /// Single numbers that belong to no weight.
    pub(super) fn shared(blocks: &[SlotBlock]) -> Self {
        let nothing = Variable { name: String::new(), shape: Vec::new() };
        Self::new(&[nothing], blocks, |name, _| Some(SlotForm { name: name.to_owned(), shape: Vec::new() }))
    }

    /// The arrays of one weight, without shared numbers.
    pub(super) fn of(&mut self, variable: usize) -> Slots<'_> {
        self.with_shared(variable, &[])
    }

    /// The arrays of one weight.
    pub(super) fn with_shared<'a>(&'a mut self, variable: usize, shared: &'a [Slot]) -> Slots<'a> {
        Slots { shape: &self.shapes[variable], own: self.slots[variable].iter_mut(), shared, range: None }
    }

    /// The arrays of the first weight: in a table of shared numbers all of them.
    pub(super) fn first(&self) -> &[Slot] {
        self.slots.first().map_or(&[], Vec::as_slice)
    }

    /// The array of one weight in a table with one slot.
    pub(super) fn only(&mut self, variable: usize) -> &mut [f32] {
        self.of(variable).take()
    }

    /// The array of one weight in a table with one slot, to be read.
    pub(super) fn first_of(&self, variable: usize) -> &[f32] {
        &self.slots[variable][0].values
    }

    /// Appends all arrays in saved order.
    pub(super) fn save(&self, state: &mut Vec<OptimizerVariable>) {
        for Slot { form, values } in self.in_saved_order() {
            let array = ArrayD::from_shape_vec(IxDyn(&form.shape), values.clone());
            let value = OptimizerValue::Array(array.expect("a slot has as many numbers as its shape"));
            state.push(OptimizerVariable { name: form.name.clone(), value });
        }
    }

    /// The number of arrays.
    pub(super) fn len(&self) -> usize {
        self.saved.len()
    }

    /// Checks that `values` are arrays that [`load`](Self::load) can take.
    pub(super) fn check(&self, class_name: &str, values: &[OptimizerValue]) -> Result<()> {
        for (Slot { form: SlotForm { name, shape }, .. }, value) in self.in_saved_order().zip(values) {
            let got = match value {
                OptimizerValue::Array(array) if array.shape() == shape => continue,
                OptimizerValue::Array(array) => format!("{:?}", array.shape()),
                OptimizerValue::Integer(_) => "an integer".to_owned(),
            };
            return Err(Error::shape(class_name, format!("expected `{name}` {shape:?}, got {got}")));
        }
        Ok(())
    }

    /// Takes values that [`check`](Self::check) has let pass.
    pub(super) fn load(&mut self, values: &[OptimizerValue]) {
        for (&(variable, slot), value) in self.saved.iter().zip(values) {
            if let OptimizerValue::Array(array) = value {
                let slot = &mut self.slots[variable][slot].values;
                slot.iter_mut().zip(array).for_each(|(to, &from)| *to = from);
            }
        }
    }

    fn in_saved_order(&self) -> impl Iterator<Item = &Slot> {
        self.saved.iter().map(|&(variable, slot)| &self.slots[variable][slot])
    }
}

#[cfg(test)]
mod tests;
