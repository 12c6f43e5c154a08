//! Models: layers that are trained and used together.

use std::sync::{Arc, OnceLock};

use ndarray::ArrayD;

use crate::compiled::Compiled;
use crate::error::{Error, Result};
use crate::layers::{Layer, name_of};
use crate::network::Network;
use crate::shape::Shape;
use crate::variable::Variable;

mod batches;
mod chain;
mod compile;
mod config;
mod evaluate;
mod fit;
mod predict;
mod programs;
mod step;
mod summary;

pub use compile::Compile;
pub use evaluate::Evaluate;
pub use fit::Fit;
pub use predict::Predict;

use compile::Training;
use programs::Programs;

/// A model: a graph of layers with their weights.
///
/// Inference takes `&self` and can be shared by threads; programs are made for the shapes that are met and kept.
#[derive(Debug)]
pub struct Model {
    name: String,
    seed: u64,
    /// The layers in order, without the input.
    layers: Vec<Arc<dyn Layer>>,
    /// Where data enters, if it was declared.
    input: Option<Arc<dyn Layer>>,
    network: OnceLock<Network>,
    programs: Programs,
    training: Option<Training>,
}

impl Model {
    /// The model's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The seed of everything random in the model.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    pub(crate) fn set_seed(&mut self, seed: u64) {
        self.seed = seed;
    }

    pub(crate) fn set_name(&mut self, name: String) {
        self.name = name;
    }

    /// The layers in order, without the input.
    pub fn layers(&self) -> &[Arc<dyn Layer>] {
        &self.layers
    }

    /// The layer of this name.
    ///
    /// # Errors
    /// If there is none; the message lists the names.
    pub fn get_layer(&self, name: &str) -> Result<&Arc<dyn Layer>> {
        let found = self.layers.iter().find(|layer| layer.base().name() == Some(name));
        found.ok_or_else(|| {
            let names: Vec<String> = self.layers.iter().map(|layer| name_of(&**layer)).collect();
            let text = format!("there is no layer \"{name}\", the layers are: {}", names.join(", "));
            Error::argument(&self.name, text)
        })
    }

    /// Whether the model has its weights.
    pub fn is_built(&self) -> bool {
        self.network.get().is_some()
    }

    /// Makes the weights for inputs of this shape, batch first; `None` is an unknown size. A model whose input is
    /// declared is built already.
    ///
    /// # Errors
    /// If a layer cannot take what comes to it.
    pub fn build(&self, input_shape: &Shape) -> Result<()> {
        self.network_for(input_shape).map(|_| ())
    }

    /// The network, made for data of this shape if there is none yet.
    pub(crate) fn network_for(&self, input_shape: &Shape) -> Result<&Network> {
        if let Some(network) = self.network.get() {
            return Ok(network);
        }
        if self.layers.is_empty() {
            return Err(Error::state(&self.name, "the model has no layers; add one with `add`"));
        }
        let mut dims = input_shape.dims().to_vec();
        // The batch is never a part of what a model is built for.
        if let Some(batch) = dims.first_mut() {
            *batch = None;
        }
        let shape = self.declared_shape().unwrap_or_else(|| Shape::new(dims));
        let network = Network::chain(shape, &self.layers);
        network.build(self.seed)?;
        let network = network.with_all_outputs()?;
        Ok(self.network.get_or_init(|| network))
    }

    /// The shape of a batch, if it was declared.
    fn declared_shape(&self) -> Option<Shape> {
        self.input.as_ref().and_then(|input| input.as_input())
    }

    /// The network of a built model.
    pub(crate) fn network(&self) -> Result<&Network> {
        self.network.get().ok_or_else(|| {
            let text = "the model has no weights yet; add an `Input`, call `build`, or give it data first";
            Error::state(&self.name, text)
        })
    }

    /// All weights in Keras's order; none before the model is built.
    pub fn variables(&self) -> Vec<Variable> {
        self.network.get().map_or_else(Vec::new, Network::variables)
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
        assign_weights(&self.name, &self.variables(), weights)
    }

    /// Forgets the recurrent states of all stateful layers.
    pub fn reset_states(&self) {
        self.layers.iter().for_each(|layer| layer.reset_states());
    }

    /// The program that computes predictions for a batch of this shape, to look at.
    ///
    /// # Errors
    /// If the shape does not fit.
    pub fn predict_program(&self, input_shape: &[usize]) -> Result<String> {
        let program: Arc<Compiled> = self.predict_program_for(input_shape)?;
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
