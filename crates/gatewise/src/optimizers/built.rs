//! The part of an optimizer that depends on the weights.

use super::averages::Averages;
use super::exclusions::Exclusions;
use super::gradients::Gradients;
use super::slot_table::{SlotTable, Variable};
use super::{Update, UpdateRule};
use crate::error::{Error, Result};

/// Numbers that are worked on at a time, so that they are still in the cache between the decay and the rule. A multiple of
/// every vector's length, so that blocks change no bit.
const BLOCK: usize = 4096;

/// The arrays of an optimizer, and what it knows of the weights.
#[derive(Debug)]
pub(super) struct Built {
    pub(super) variables: Vec<Variable>,
    /// By weight.
    decays: Vec<Option<f32>>,
    pub(super) gradients: Gradients,
    pub(super) averages: Option<Averages>,
    slots: SlotTable,
    shared: SlotTable,
}

impl Built {
    pub(super) fn new(rule: &dyn UpdateRule, exclusions: &Exclusions, variables: Vec<Variable>) -> Self {
        let options = rule.options();
        let decay = |Variable { name, shape }: &Variable| {
            rule.weight_decay(name, shape).filter(|_| exclusions.decays(name)).map(|decay| decay as f32)
        };
        Self {
            decays: variables.iter().map(decay).collect(),
            gradients: Gradients::new(options, &variables),
            averages: Averages::new(options, &variables),
            slots: SlotTable::new(&variables, &rule.slots(), |slot, variable| {
                rule.slot_of(slot, &variable.name, &variable.shape)
            }),
            shared: SlotTable::shared(&rule.shared()),
            variables,
        }
    }

    /// Moves the weights by the rule, with gradients that `self.gradients` has taken.
    pub(super) fn update(
        &mut self,
        rule: &dyn UpdateRule,
        update: Update,
        gradients: &[&[f32]],
        weights: &mut [&mut [f32]],
    ) {
        if update.number == 1 {
            for (variable, weights) in weights.iter().enumerate() {
                rule.start(self.slots.of(variable), weights);
            }
        }
        rule.advance(update, self.shared.of(0));
        for (variable, (weights, gradient)) in weights.iter_mut().zip(gradients).enumerate() {
            let gradient = self.gradients.ready(variable, gradient);
            let block = if rule.is_elementwise() { BLOCK } else { weights.len().max(1) };
            for start in (0..weights.len()).step_by(block) {
                let range = start..weights.len().min(start + block);
                let weights = &mut weights[range.clone()];
                if let Some(decay) = self.decays[variable] {
                    weights.iter_mut().for_each(|weight| *weight -= *weight * decay * update.learning_rate);
                }
                let mut slots = self.slots.with_shared(variable, self.shared.first());
                slots.range = rule.is_elementwise().then(|| range.clone());
                rule.update(update, slots, &gradient[range], weights);
            }
        }
        self.gradients.finish(gradients.len());
    }

    /// Checks that gradients are those of the weights, in their order.
    pub(super) fn check_gradients(&self, class_name: &str, gradients: &[&[f32]]) -> Result<()> {
        self.check(class_name, "gradients", gradients.iter().map(|gradient| gradient.len()))
    }

    /// Checks that weights are those that the optimizer was built for, in their order.
    pub(super) fn check_weights(&self, class_name: &str, weights: &[&mut [f32]]) -> Result<()> {
        self.check(class_name, "weights", weights.iter().map(|weights| weights.len()))
    }

    fn check(&self, class_name: &str, what: &str, lens: impl ExactSizeIterator<Item = usize>) -> Result<()> {
        if lens.len() != self.variables.len() {
            let text = format!("expected {} {what}, got {}", self.variables.len(), lens.len());
            return Err(Error::shape(class_name, text));
        }
        match self.variables.iter().zip(lens).find(|(variable, len)| variable.len() != *len) {
            None => Ok(()),
            Some((Variable { name, shape }, len)) => {
                let text = format!("expected {what} of `{name}` {shape:?}, got {len} elements");
                Err(Error::shape(class_name, text))
            }
        }
    }

    /// All arrays in saved order.
    pub(super) fn tables(&self) -> impl Iterator<Item = &SlotTable> {
        let averages = self.averages.as_ref().map(|averages| &averages.values);
        averages.into_iter().chain(self.gradients.accumulators()).chain([&self.slots, &self.shared])
    }

    /// The same, to be changed.
    pub(super) fn tables_mut(&mut self) -> impl Iterator<Item = &mut SlotTable> {
        let averages = self.averages.as_mut().map(|averages| &mut averages.values);
        averages
            .into_iter()
            .chain(self.gradients.accumulators_mut())
            .chain([&mut self.slots, &mut self.shared])
    }
}
