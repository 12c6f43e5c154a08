//! Models: layers that are trained and used together.

use std::sync::Arc;

use ndarray::ArrayD;

use crate::compiled::Compiled;
use crate::error::{Error, Result};
use crate::layers::{Layer, name_of};
use crate::network::Network;
use crate::shape::Shape;
use crate::variable::Variable;

mod architecture;
mod arrays;
mod batches;
mod chain;
mod class_weight;
mod compile;
mod compile_config;
mod config;
mod dataset_feed;
mod evaluate;
mod feed;
mod fit;
mod functional;
mod heads;
mod listeners;
mod optimizer_state;
mod predict;
mod programs;
mod ready;
mod runner;
mod step;
mod stream;
mod summary;
mod trace;

pub use arrays::Arrays;
pub(crate) use arrays::places;
pub use compile::{Compile, LossArgument};
pub(crate) use config::deserialize;
pub use evaluate::Evaluate;
pub use fit::{Fit, OnBatch, Shuffle, Validation, ValidationFreq};
pub use predict::Predict;
pub use runner::{Runner, RunnerOptions, Stepper};
pub use stream::StreamState;
pub use summary::{Summary, SummaryRow};

use architecture::Architecture;
use compile::Training;
use programs::Programs;
use stream::StepProgram;

/// A model: a graph of layers with their weights, from [`Model::new`] or as a [`Sequential`](crate::Sequential) chain.
///
/// Inference takes `&self` and can be shared by threads; programs are made for the shapes that are met and kept.
#[derive(Debug)]
pub struct Model {
    architecture: Arc<Architecture>,
    seed: u64,
    programs: Programs,
    step_programs: Programs<StepProgram>,
    training: Option<Training>,
}

impl Model {
    fn from_architecture(architecture: Architecture) -> Self {
        let seed = architecture.seed;
        Self {
            architecture: Arc::new(architecture),
            seed,
            programs: Programs::default(),
            step_programs: Programs::default(),
            training: None,
        }
    }

    /// The architecture, to change it. Where it is a part of another model, that one keeps what it has.
    fn architecture_mut(&mut self) -> &mut Architecture {
        if Arc::get_mut(&mut self.architecture).is_none() {
            self.architecture = Arc::new(self.architecture.copy());
        }
        Arc::get_mut(&mut self.architecture).expect("there is one handle to a copy")
    }

    /// The model's name.
    pub fn name(&self) -> &str {
        self.architecture.name()
    }

    /// The seed of everything random in the model.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// Sets the seed of the fresh weights too, which a chain makes when it is built.
    pub(crate) fn set_seed(&mut self, seed: u64) {
        self.seed = seed;
        self.architecture_mut().seed = seed;
    }

    /// The model as a layer of another.
    pub(crate) fn as_layer(&self) -> Arc<dyn Layer> {
        Arc::clone(&self.architecture) as Arc<dyn Layer>
    }

    /// The layers in Keras's order: of a chain without the input, else with the inputs.
    pub fn layers(&self) -> &[Arc<dyn Layer>] {
        &self.architecture.layers
    }

    /// The layer of this name.
    ///
    /// # Errors
    /// If there is none; the message lists the names.
    pub fn get_layer(&self, name: &str) -> Result<&Arc<dyn Layer>> {
        let found = self.layers().iter().find(|layer| layer.base().name() == Some(name));
        found.ok_or_else(|| self.no_such_layer(name))
    }

    fn no_such_layer(&self, name: &str) -> Error {
        let names: Vec<String> = self.layers().iter().map(|layer| name_of(&**layer)).collect();
        let text = format!("there is no layer \"{name}\", the layers are: {}", names.join(", "));
        Error::argument(self.name(), text)
    }

    /// Whether the model has its weights.
    pub fn is_built(&self) -> bool {
        self.architecture.network.get().is_some()
    }

    /// Makes the weights for inputs of this shape, batch first; `None` is an unknown size. A model whose input is
    /// declared is built already.
    ///
    /// # Errors
    /// If a layer cannot take what comes to it.
    pub fn build(&self, input_shape: &Shape) -> Result<()> {
        self.network_for(std::slice::from_ref(input_shape)).map(|_| ())
    }

    /// The network, made for data of these shapes if there is none yet.
    pub(crate) fn network_for(&self, input_shapes: &[Shape]) -> Result<&Network> {
        self.architecture.network_for(input_shapes)
    }

    /// The network of a built model.
    pub(crate) fn network(&self) -> Result<&Network> {
        self.architecture.network()
    }

    /// All weights in Keras's order; none before the model is built.
    pub fn variables(&self) -> Vec<Variable> {
        self.architecture.variables()
    }

    /// Copies of all weights, in Keras's order.
    pub fn get_weights(&self) -> Vec<ArrayD<f32>> {
        self.variables().iter().map(Variable::value).collect()
    }

    /// Replaces all weights.
    ///
    /// # Errors
    /// If the model is not built, or the number or a shape differs; no weight is changed then.
    pub fn set_weights(&self, weights: &[ArrayD<f32>]) -> Result<()> {
        self.network()?;
        assign_weights(self.name(), &self.variables(), weights)
    }

    /// Forgets the recurrent states of all stateful layers.
    pub fn reset_states(&self) {
        self.architecture.reset_states();
    }

    /// The program that computes predictions for a batch of this shape, to look at.
    ///
    /// # Errors
    /// If the shape does not fit.
    pub fn predict_program(&self, input_shape: &[usize]) -> Result<String> {
        let program: Arc<Compiled> = self.predict_program_for(vec![input_shape.to_vec()])?;
        Ok(program.program().to_string())
    }
}

/// Replaces the numbers of weights after checking them all.
pub(crate) fn assign_weights(subject: &str, variables: &[Variable], weights: &[ArrayD<f32>]) -> Result<()> {
    if variables.len() != weights.len() {
        let text = format!("expected {} weights, got {}", variables.len(), weights.len());
        return Err(Error::argument(subject, text));
    }
    for (variable, weight) in variables.iter().zip(weights) {
        variable.check_shape(weight)?;
    }
    variables.iter().zip(weights).try_for_each(|(variable, weight)| variable.assign(weight))
}

#[cfg(test)]
mod tests;
