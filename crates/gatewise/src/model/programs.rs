//! The programs of a model, made for the shapes that are met and kept.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use super::Model;
use crate::builder::{Builder, Mode};
use crate::compiled::Compiled;
use crate::error::{Error, Result};
use crate::graph::Value;
use crate::layers::Tensor;
use crate::losses::Loss;
use crate::network::Network;
use crate::shape::Shape;
use crate::variable::Variable;

/// What a program computes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Purpose {
    Predict,
    /// The loss without dropout.
    Test,
    /// The loss and its gradients.
    Train,
}

/// What a program was made for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Key {
    purpose: Purpose,
    /// The shapes of x, and for the loss of y and of the weights of samples.
    shapes: Vec<Vec<usize>>,
}

/// The most programs that a model keeps. Sequences of many lengths would else fill the memory.
const MOST_PROGRAMS: usize = 64;

/// Programs by what they were made for, the oldest first.
#[derive(Debug, Default)]
pub(super) struct Programs(Mutex<VecDeque<(Key, Arc<Compiled>)>>);

impl Programs {
    /// Forgets all programs.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// The program for these shapes, made if there is none; where there are too many, the oldest is dropped.
    fn get_or_make(&self, key: Key, make: impl FnOnce() -> Result<Compiled>) -> Result<Arc<Compiled>> {
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

    /// The number of programs that are kept.
    #[cfg(test)]
    pub fn len(&self) -> usize {
        self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).len()
    }
}

/// The order of a loss program's outputs before the gradients.
pub(super) struct LossOutputs;

impl LossOutputs {
    pub const LOSS: usize = 0;
    pub const PREDICTION: usize = 1;
    pub const MASK: usize = 2;
    pub const FIRST_GRADIENT: usize = 3;
}

impl Model {
    /// The program that predicts batches of this shape.
    pub(super) fn predict_program_for(&self, shape: &[usize]) -> Result<Arc<Compiled>> {
        let network = self.network_for(&Shape::known(shape))?;
        check_input(&self.name, network, shape)?;
        let key = Key { purpose: Purpose::Predict, shapes: vec![shape.to_vec()] };
        self.programs.get_or_make(key, || {
            let builder = Builder::new(Mode::Inference);
            let x = Tensor::new(builder.input("x", &Shape::known(shape)));
            let outputs = network.trace(&builder, &[x])?;
            Compiled::new(&builder, &outputs.iter().map(|output| output.value).collect::<Vec<_>>())
        })
    }

    /// The program that computes the loss of batches of these shapes, of x, y and perhaps weights of samples.
    pub(super) fn loss_program_for(
        &self,
        purpose: Purpose,
        shapes: Vec<Vec<usize>>,
    ) -> Result<Arc<Compiled>> {
        let network = self.network_for(&Shape::known(&shapes[0]))?;
        check_input(&self.name, network, &shapes[0])?;
        let training = self.training()?;
        let scale = training.optimizer.loss_scale_factor();
        let key = Key { purpose, shapes: shapes.clone() };
        self.programs.get_or_make(key, || make_loss(network, purpose, &shapes, &training.loss, scale))
    }

    /// The weights that training changes.
    pub(super) fn trainable_variables(&self) -> Vec<Variable> {
        self.variables().into_iter().filter(Variable::is_trainable).collect()
    }
}

/// Checks the shape of data against what the model was built for.
fn check_input(name: &str, network: &Network, shape: &[usize]) -> Result<()> {
    // The batch size and the number of steps are never fixed by a declaration; everything else is.
    let mut declared = network.inputs[0].dims().to_vec();
    let is_sequence = declared.len() == 3;
    declared.iter_mut().take(if is_sequence { 2 } else { 1 }).for_each(|dim| *dim = None);
    if Shape::new(declared).accepts(shape) {
        return Ok(());
    }
    let text = format!("expected inputs {}, got {shape:?}", network.inputs[0]);
    Err(Error::shape(name, text))
}

/// A program with the loss, the prediction, its mask (or a 1) and, for training, the gradients by all trainable
/// weights in their order.
fn make_loss(
    network: &Network,
    purpose: Purpose,
    shapes: &[Vec<usize>],
    loss: &Loss,
    scale: Option<f32>,
) -> Result<Compiled> {
    let mode = if purpose == Purpose::Train { Mode::Training } else { Mode::Inference };
    let b = Builder::new(mode);
    let x = Tensor::new(b.input("x", &Shape::known(&shapes[0])));
    let y_true = b.input("y", &Shape::known(&shapes[1]));
    let sample_weight = shapes.get(2).map(|shape| b.input("sample_weight", &Shape::known(shape)));
    let outputs = network.trace(&b, &[x])?;
    let [y_pred] = outputs[..] else {
        let text = format!("expected a model with one output, got {}", outputs.len());
        return Err(Error::unsupported("fit", text));
    };
    let own = loss.reduce(&b, y_true, y_pred.value, y_pred.mask, sample_weight)?;
    let variables: Vec<Variable> = network.variables().into_iter().filter(Variable::is_trainable).collect();
    let total = add_penalties(&b, own, &variables)?;
    let mask = match y_pred.mask {
        Some(mask) => mask,
        None => b.scalar(1.0)?,
    };
    let mut results = vec![total, y_pred.value, mask];
    if purpose == Purpose::Train {
        results.extend(gradients(&b, total, scale, &variables)?);
    }
    Compiled::new(&b, &results)
}

/// The loss with what layers and regularizers add to it.
fn add_penalties(b: &Builder, loss: Value, variables: &[Variable]) -> Result<Value> {
    let mut total = loss;
    for penalty in b.losses() {
        total = b.add(total, penalty)?;
    }
    for variable in variables {
        if let Some(regularizer) = variable.regularizer() {
            total = b.add(total, regularizer.penalty(b, b.variable(variable))?)?;
        }
    }
    Ok(total)
}

/// The gradients by all weights; zeros for a weight that the loss does not depend on.
fn gradients(b: &Builder, loss: Value, scale: Option<f32>, variables: &[Variable]) -> Result<Vec<Value>> {
    let scaled = match scale {
        Some(scale) => b.scale(loss, f64::from(scale))?,
        None => loss,
    };
    let values: Vec<Value> = variables.iter().map(|variable| b.variable(variable)).collect();
    let gradients = b.gradients(scaled, &values)?;
    let or_zeros = |(gradient, value): (Option<Value>, &Value)| match gradient {
        Some(gradient) => Ok(gradient),
        None => b.constant(0.0, &b.shape(*value)),
    };
    gradients.into_iter().zip(&values).map(or_zeros).collect()
}
