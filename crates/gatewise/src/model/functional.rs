//! Models of layers that were called on symbolic values.

use std::sync::{Arc, OnceLock};

use super::Model;
use super::architecture::{Architecture, Kind};
use crate::error::{Error, Result};
use crate::functional::{self, KerasTensor, Tensors};
use crate::layers::{LayerBase, name_of};
use crate::network::Network;

impl Model {
    /// The model that computes `outputs` from `inputs`, as Keras's `Model(inputs, outputs)`.
    ///
    /// Layers and weights are shared with all other models that were made from the same calls: a model of an inner
    /// value looks inside, and a model of a part uses what the whole has learnt.
    ///
    /// # Errors
    /// If an output does not follow from the inputs alone, an input is given twice, or two layers have one name.
    pub fn new(inputs: impl Into<Tensors>, outputs: impl Into<Tensors>) -> Result<Self> {
        let (inputs, outputs) = (inputs.into(), outputs.into());
        let mut architecture = Architecture::new(Kind::Functional, functional::next_seed());
        architecture.has_bare_ends = [inputs.is_bare, outputs.is_bare];
        let (inputs, outputs) = (inputs.list, outputs.list);
        for (list, name) in [(&inputs, "inputs"), (&outputs, "outputs")] {
            if list.is_empty() {
                return Err(Error::argument("model", format!("expected at least one tensor in `{name}`")));
            }
        }
        for (index, input) in inputs.iter().enumerate() {
            if inputs[..index].iter().any(|known| known.is_same(input)) {
                let text = format!("the input \"{}\" is given twice", input.name());
                return Err(Error::argument("model", text));
            }
        }
        let network = Network::new(architecture.name(), inputs, outputs)?;
        architecture.layers = network.user_layers();
        architecture.network = OnceLock::from(network);
        Ok(Self::from_architecture(architecture))
    }

    /// Sets the name of the model.
    pub fn with_name(mut self, name: impl Into<String>) -> Self {
        self.set_name(name.into());
        self
    }

    /// Sets the seed of dropout and shuffling.
    pub fn with_seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    pub(crate) fn set_name(&mut self, name: String) {
        let architecture = self.architecture_mut();
        architecture.base = LayerBase::default();
        architecture.base.set_name_once(name);
    }

    /// The values that enter, in order; none before the model is built.
    pub fn inputs(&self) -> &[KerasTensor] {
        self.architecture.ends().map_or(&[], |(inputs, _)| inputs)
    }

    /// The values that leave, in order; none before the model is built.
    pub fn outputs(&self) -> &[KerasTensor] {
        self.architecture.ends().map_or(&[], |(_, outputs)| outputs)
    }

    /// The names of the inputs, under which data may be given.
    pub fn input_names(&self) -> Vec<String> {
        self.inputs().iter().map(KerasTensor::name).collect()
    }

    /// The names of the outputs, under which losses, metrics and targets may be given: those of their layers.
    pub fn output_names(&self) -> Vec<String> {
        self.outputs().iter().map(KerasTensor::name).collect()
    }

    /// The outputs of the first call of a layer inside the model, to make another model that ends (or begins) there:
    /// Keras's `model.get_layer(name).output`.
    ///
    /// ```
    /// use gatewise::layers::{Dense, Input, Lstm};
    /// use gatewise::{Model, Sequential};
    ///
    /// let mut model = Sequential::new();
    /// model.add(Input::new([None, Some(2)]))?.add(Lstm::new(3))?.add(Dense::new(1))?;
    /// let features = Model::new(model.inputs(), model.output_of("lstm")?)?;
    /// let x = ndarray::ArrayD::zeros(vec![4, 5, 2]);
    /// assert_eq!(features.predict(&x)?.shape(), [4, 3]);
    /// # Ok::<(), gatewise::Error>(())
    /// ```
    ///
    /// # Errors
    /// If the model is not built or has no such layer; the message lists the names.
    pub fn output_of(&self, layer: &str) -> Result<Vec<KerasTensor>> {
        let network = self.architecture.network()?;
        if let Some(input) = network.inputs.iter().find(|input| input.name() == layer) {
            return Ok(vec![input.clone()]);
        }
        match network.nodes().find(|node| name_of(&*node.layer) == layer) {
            Some(node) => {
                let all = 0..node.outputs.len();
                Ok(all.map(|output| KerasTensor { node: Arc::clone(node), output }).collect())
            }
            None => Err(self.no_such_layer(layer)),
        }
    }
}
