//! The part of an optimizer that depends on the weights.

use std::ops::Range;

use super::averages::Averages;
use super::exclusions::Exclusions;
use super::gradients::Gradients;
use super::slot_table::{SlotTable, Variable};
use super::{Gradient, Update, UpdateRule};
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
        gradients: &[Gradient<'_>],
        weights: &mut [&mut [f32]],
    ) {
        if update.number == 1 {
            for (variable, weights) in weights.iter().enumerate() {
                rule.start(self.slots.of(variable), weights);
            }
        }
        rule.advance(update, self.shared.of(0));
        for (variable, (weights, gradient)) in weights.iter_mut().zip(gradients).enumerate() {
            if let Some(rows) = self.rows_that_move(rule, variable, *gradient) {
                for index in 0..rows {
                    let range = self.gradients.row(variable, index);
                    self.update_part(rule, update, variable, *gradient, range, weights);
                }
                self.average(variable, 0..weights.len(), weights);
                continue;
            }
            let block = if rule.is_elementwise() { BLOCK } else { weights.len().max(1) };
            for start in (0..weights.len()).step_by(block) {
                let range = start..weights.len().min(start + block);
                self.update_part(rule, update, variable, *gradient, range.clone(), weights);
                self.average(variable, range, weights);
            }
        }
        self.gradients.finish(gradients.len());
    }

    /// The number of rows of a table that an update changes, where it leaves the others as they are.
    fn rows_that_move(
        &self,
        rule: &dyn UpdateRule,
        variable: usize,
        gradient: Gradient<'_>,
    ) -> Option<usize> {
        let rests = rule.is_elementwise() && rule.rests_at_zero() && self.decays[variable].is_none();
        if rests { self.gradients.rows_beside_zeros(variable, gradient) } else { None }
    }

    /// Moves a part of a weight, or all of it where the rule wants that.
    fn update_part(
        &mut self,
        rule: &dyn UpdateRule,
        update: Update,
        variable: usize,
        gradient: Gradient<'_>,
        range: Range<usize>,
        weights: &mut [f32],
    ) {
        let gradient = self.gradients.ready(variable, gradient, range.clone());
        let weights = &mut weights[range.clone()];
        if let Some(decay) = self.decays[variable] {
            weights.iter_mut().for_each(|weight| *weight -= *weight * decay * update.learning_rate);
        }
        let mut slots = self.slots.with_shared(variable, self.shared.first());
        slots.range = rule.is_elementwise().then_some(range);
        rule.update(update, slots, gradient, weights);
    }

    /// Takes a part of a weight into its average, if there is one.
    pub(super) fn average(&mut self, variable: usize, range: Range<usize>, weights: &[f32]) {
        if let Some(averages) = &mut self.averages {
            averages.take(variable, range.clone(), &weights[range]);
        }
    }

    /// Whether it was built for weights of these names and shapes.
    pub(super) fn is_for(&self, variables: &[(&str, &[usize])]) -> bool {
        let known = self.variables.iter().map(|Variable { name, shape }| (name.as_str(), shape.as_slice()));
        known.eq(variables.iter().copied())
    }

    /// Checks that gradients are those of the weights, in their order.
    pub(super) fn check_gradients(&self, class_name: &str, gradients: &[Gradient<'_>]) -> Result<()> {
        self.check_count(class_name, "gradients", gradients.len())?;
        let mut pairs = self.variables.iter().zip(gradients);
        pairs.try_for_each(|(Variable { name, shape }, gradient)| gradient.check(class_name, name, shape))
    }

    /// Checks that weights are those that the optimizer was built for, in their order.
    pub(super) fn check_weights(&self, class_name: &str, weights: &[&mut [f32]]) -> Result<()> {
        self.check_count(class_name, "weights", weights.len())?;
        match self.variables.iter().zip(weights).find(|(variable, weights)| variable.len() != weights.len()) {
            None => Ok(()),
            Some((Variable { name, shape }, weights)) => {
                let got = weights.len();
                let text = format!("expected weights of `{name}` {shape:?}, got {got} elements");
                Err(Error::shape(class_name, text))
            }
        }
    }

    fn check_count(&self, class_name: &str, what: &str, count: usize) -> Result<()> {
        if count == self.variables.len() {
            return Ok(());
        }
        let text = format!("expected {} {what}, got {count}", self.variables.len());
        Err(Error::shape(class_name, text))
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
