//! The programs of a model, made for the shapes that are met and kept.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use smallvec::SmallVec;

use super::Model;
use super::architecture::check_inputs;
use super::feed::{BatchView, View};
use super::heads::Heads;
use crate::builder::{Builder, Mode};
use crate::compiled::Compiled;
use crate::error::Result;
use crate::graph::Value;
use crate::layers::Tensor;
use crate::network::Network;
use crate::ops::Op;
use crate::shape::Shape;
use crate::variable::Variable;

/// What a program computes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Purpose {
    Predict,
    /// The same, for a runner, whose weights never change.
    Run,
    /// One step, the first of a stream.
    FirstStep,
    /// One step that goes on from a state.
    NextStep,
    /// The loss without dropout.
    Test,
    /// The loss and its gradients.
    Train,
}

/// What a program was made for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Key {
    pub purpose: Purpose,
    pub shapes: BatchShapes,
}

/// The shapes of the arrays of a batch.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(super) struct BatchShapes {
    pub x: Vec<Vec<usize>>,
    pub y: Vec<Vec<usize>>,
    /// None, or one for each target.
    pub sample_weight: Vec<Vec<usize>>,
}

impl BatchView<'_> {
    /// The shapes of all arrays.
    fn shapes(&self) -> BatchShapes {
        let shapes = |views: &[View<'_>]| views.iter().map(|view| view.shape.to_vec()).collect();
        BatchShapes { x: shapes(&self.x), y: shapes(&self.y), sample_weight: shapes(&self.sample_weight) }
    }

    /// Whether these are its shapes.
    fn has(&self, shapes: &BatchShapes) -> bool {
        let are_those = |views: &[View<'_>], shapes: &[Vec<usize>]| {
            views.iter().map(|view| &*view.shape).eq(shapes.iter().map(Vec::as_slice))
        };
        are_those(&self.x, &shapes.x)
            && are_those(&self.y, &shapes.y)
            && are_those(&self.sample_weight, &shapes.sample_weight)
    }

    /// The numbers of all arrays in the order in which a program takes them; `scale` is that of the loss, if it has one.
    pub fn data<'b>(&'b self, scale: Option<&'b f32>) -> SmallVec<[&'b [f32]; 4]> {
        let arrays = self.x.iter().chain(&*self.y).chain(&*self.sample_weight).map(|view| view.data);
        arrays.chain(scale.map(std::slice::from_ref)).collect()
    }
}

/// The most programs that a model keeps. Sequences of many lengths would else fill the memory.
const MOST_PROGRAMS: usize = 64;

/// Programs by what they were made for, the oldest first.
#[derive(Debug)]
pub(super) struct Programs<P = Compiled>(Mutex<VecDeque<(Key, Arc<P>)>>);

impl<P> Default for Programs<P> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<P> Programs<P> {
    /// The program for these shapes, made if there is none; where there are too many, the oldest is dropped.
    pub fn get_or_make(&self, key: Key, make: impl FnOnce() -> Result<P>) -> Result<Arc<P>> {
        let mut programs = self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        if let Some((_, known)) = programs.iter().find(|(known, _)| *known == key) {
            return Ok(Arc::clone(known));
        }
        let made = Arc::new(make()?);
        if programs.len() == MOST_PROGRAMS {
            programs.pop_front();
        }
        programs.push_back((key, Arc::clone(&made)));
        Ok(made)
    }

    /// A program that was made before.
    fn find(&self, is_wanted: impl Fn(&Key) -> bool) -> Option<Arc<P>> {
        let programs = self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        programs.iter().find(|(key, _)| is_wanted(key)).map(|(_, program)| Arc::clone(program))
    }

    /// The number of programs that are kept.
    #[cfg(test)]
    pub fn len(&self) -> usize {
        self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).len()
    }
}

/// The order of a loss program's outputs: the whole loss, then loss, prediction and mask of each output, then the
/// gradients.
#[derive(Debug, Clone, Copy)]
pub(super) struct LossLayout {
    /// The number of the model's outputs.
    pub outputs: usize,
}

impl LossLayout {
    pub const LOSS: usize = 0;

    /// The loss of an output before it is multiplied by its weight; 0 where it has none.
    pub fn own_loss(self, output: usize) -> usize {
        1 + 3 * output
    }

    pub fn prediction(self, output: usize) -> usize {
        2 + 3 * output
    }

    /// The mask of a prediction, or a single 1.
    pub fn mask(self, output: usize) -> usize {
        3 + 3 * output
    }

    /// The gradient by a weight, or the rows of one that is a table.
    pub fn gradient(self, weight: usize) -> usize {
        1 + 3 * self.outputs + 2 * weight
    }

    /// The numbers of these rows, or a single 1 where the gradient is whole.
    pub fn gradient_rows(self, weight: usize) -> usize {
        self.gradient(weight) + 1
    }
}

fn shapes_of(shapes: &[Vec<usize>]) -> Vec<Shape> {
    shapes.iter().map(|shape| Shape::known(shape)).collect()
}

impl Model {
    /// Forgets all programs, as where the layers have changed.
    pub(super) fn forget_programs(&mut self) {
        self.programs = Programs::default();
        self.step_programs = Programs::default();
    }

    /// The program that predicts batches of these shapes.
    pub(super) fn predict_program_for(&self, x: Vec<Vec<usize>>) -> Result<Arc<Compiled>> {
        self.inference_program_for(Purpose::Predict, x)
    }

    /// The same, or the program of a runner.
    pub(super) fn inference_program_for(
        &self,
        purpose: Purpose,
        x: Vec<Vec<usize>>,
    ) -> Result<Arc<Compiled>> {
        let shapes = shapes_of(&x);
        let network = self.network_for(&shapes)?;
        check_inputs(self.name(), network, &shapes)?;
        let key = Key { purpose, shapes: BatchShapes { x, ..BatchShapes::default() } };
        self.programs.get_or_make(key, || {
            let builder = Builder::new(Mode::Inference);
            // A runner looks up more, as its weights stay: `compiled/embeddings.rs`.
            let builder = if purpose == Purpose::Run { builder } else { builder.with_lookups() };
            let inputs = enter(&builder, network, &shapes);
            let outputs = network.trace(&builder, &inputs)?;
            Compiled::new(&builder, &outputs.iter().map(|output| output.value).collect::<Vec<_>>())
        })
    }

    /// The program that computes the loss of batches of the shapes of this one.
    pub(super) fn loss_program_for(&self, purpose: Purpose, batch: &BatchView<'_>) -> Result<Arc<Compiled>> {
        let is_known = |key: &Key| key.purpose == purpose && batch.has(&key.shapes);
        if let Some(known) = self.programs.find(is_known) {
            return Ok(known);
        }
        let shapes = batch.shapes();
        let x = shapes_of(&shapes.x);
        let network = self.network_for(&x)?;
        check_inputs(self.name(), network, &x)?;
        let training = self.training()?;
        let is_scaled = training.optimizer.loss_scale_factor().is_some();
        let key = Key { purpose, shapes: shapes.clone() };
        self.programs.get_or_make(key, || make_loss(network, purpose, &shapes, &training.heads, is_scaled))
    }

    /// The weights that training changes.
    pub(super) fn trainable_variables(&self) -> Vec<Variable> {
        self.variables().into_iter().filter(Variable::is_trainable).collect()
    }
}

/// Enters the inputs of a network.
pub(super) fn enter(b: &Builder, network: &Network, shapes: &[Shape]) -> Vec<Tensor> {
    let inputs = network.inputs.iter().zip(shapes);
    inputs.map(|(input, shape)| Tensor::new(b.input(&input.name(), shape))).collect()
}

/// A program with the results of [`LossLayout`].
fn make_loss(
    network: &Network,
    purpose: Purpose,
    shapes: &BatchShapes,
    heads: &Heads,
    is_scaled: bool,
) -> Result<Compiled> {
    let mode = if purpose == Purpose::Train { Mode::Training } else { Mode::Inference };
    let b = Builder::new(mode).with_lookups();
    let inputs = enter(&b, network, &shapes_of(&shapes.x));
    let enter_all = |name: &str, shapes: &[Vec<usize>]| -> Vec<Value> {
        shapes.iter().map(|shape| b.input(name, &Shape::known(shape))).collect()
    };
    let targets = enter_all("y", &shapes.y);
    let weights = enter_all("sample_weight", &shapes.sample_weight);
    let outputs = network.trace(&b, &inputs)?;
    let (mut total, mut results) = (b.scalar(0.0)?, Vec::new());
    let mut is_first = true;
    let mut target = 0;
    for (head, y_pred) in heads.list.iter().zip(outputs) {
        let own = match &head.loss {
            Some(loss) => {
                let weight = weights.get(target).copied();
                let own = loss.reduce(&b, targets[target], y_pred.value, y_pred.mask, weight)?;
                target += 1;
                let weighted = if head.weight == 1.0 { own } else { b.scale(own, head.weight)? };
                total = if is_first { weighted } else { b.add(total, weighted)? };
                is_first = false;
                mean_of_all(&b, own)?
            }
            None => b.scalar(0.0)?,
        };
        let mask = match y_pred.mask {
            Some(mask) => mask,
            None => b.scalar(1.0)?,
        };
        results.extend([own, y_pred.value, mask]);
    }
    let variables: Vec<Variable> = network.variables().into_iter().filter(Variable::is_trainable).collect();
    let penalties = penalties(&b, &variables)?;
    let with_penalties = |loss: Value| match penalties {
        Some(penalties) => b.add(loss, penalties),
        None => Ok(loss),
    };
    let reported = with_penalties(mean_of_all(&b, total)?)?;
    results.insert(LossLayout::LOSS, reported);
    if purpose == Purpose::Train {
        // Where losses are not reduced, their sum is made small, and their mean is only reported.
        let is_reduced = b.shape(total).rank() == 0;
        let minimized = if is_reduced { reported } else { with_penalties(b.sum_all(total)?)? };
        // The scale may change from step to step, so it comes with the data, as the last input.
        let scaled =
            if is_scaled { b.mul(minimized, b.input("loss_scale", &Shape::known(&[])))? } else { minimized };
        results.extend(gradients(&b, scaled, &variables)?);
    }
    Compiled::new(&b, &results)
}

/// One number: the mean where losses are not reduced.
fn mean_of_all(b: &Builder, losses: Value) -> Result<Value> {
    let axes: Vec<usize> = (0..b.shape(losses).rank()).collect();
    if axes.is_empty() { Ok(losses) } else { b.mean(losses, &axes) }
}

/// What layers and regularizers add to the loss.
fn penalties(b: &Builder, variables: &[Variable]) -> Result<Option<Value>> {
    let mut all = b.losses();
    for variable in variables {
        if let Some(regularizer) = variable.regularizer() {
            all.push(regularizer.penalty(b, b.variable(variable))?);
        }
    }
    let mut sum = None;
    for penalty in all {
        sum = Some(match sum {
            Some(sum) => b.add(sum, penalty)?,
            None => penalty,
        });
    }
    Ok(sum)
}

/// The gradients by all weights, each with the numbers of its rows if it is that of a table of which few rows were read;
/// zeros for a weight that the loss does not depend on.
fn gradients(b: &Builder, loss: Value, variables: &[Variable]) -> Result<Vec<Value>> {
    let values: Vec<Value> = variables.iter().map(|variable| b.variable(variable)).collect();
    let gradients = b.gradients(loss, &values)?;
    let whole = b.scalar(1.0)?;
    let mut results = Vec::new();
    for (gradient, value) in gradients.into_iter().zip(&values) {
        results.extend(match gradient {
            None => [b.constant(0.0, &b.shape(*value))?, whole],
            Some(gradient) => rows_of(b, gradient).unwrap_or([gradient, whole]),
        });
    }
    Ok(results)
}

/// The rows that a gradient is scattered from and their numbers, where that is less than half of the table.
fn rows_of(b: &Builder, gradient: Value) -> Option<[Value; 2]> {
    let inputs = b.inputs_of(gradient, |op| matches!(op, Op::ScatterAdd(_)))?;
    let [ids, rows] = inputs[..] else { return None };
    let is_small = 2 * b.shape(ids).len()? < b.shape(gradient).dim(0)?;
    (is_small && b.shape(ids).rank() > 0).then_some([rows, ids])
}
