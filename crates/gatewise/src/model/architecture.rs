//! What a model is made of: layers and their graph. It is itself a layer, so that models can be parts of models.

use std::sync::{Arc, OnceLock};

use serde_json::{Map, Value as Json};

use super::config;
use crate::builder::Builder;
use crate::error::{Error, Result};
use crate::functional::KerasTensor;
use crate::layers::{Layer, LayerBase, StreamCall, Streamed, Tensor, WeightBuilder, WeightTree, name_of};
use crate::network::Network;
use crate::shape::Shape;
use crate::variable::Variable;

/// Layers with the graph of their calls.
#[derive(Debug)]
pub(crate) struct Architecture {
    pub(super) base: LayerBase,
    pub(super) kind: Kind,
    /// Where the fresh weights of a chain come from.
    pub(super) seed: u64,
    /// The layers in Keras's order; a chain has its input apart.
    pub(super) layers: Vec<Arc<dyn Layer>>,
    /// Where data enters a chain, if it was declared.
    pub(super) input: Option<Arc<dyn Layer>>,
    pub(super) network: OnceLock<Network>,
    /// Whether the inputs, and the outputs, were given as one value rather than as a list.
    pub(super) has_bare_ends: [bool; 2],
}

/// How the graph was described.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A chain of layers.
    Sequential,
    /// Layers called on symbolic values.
    Functional,
}

impl Architecture {
    pub(super) fn new(kind: Kind, seed: u64) -> Self {
        Self {
            base: LayerBase::default(),
            kind,
            seed,
            layers: Vec::new(),
            input: None,
            network: OnceLock::new(),
            has_bare_ends: [false; 2],
        }
    }

    /// The same layers in a graph of its own.
    pub(super) fn copy(&self) -> Self {
        let network = self
            .ends()
            .and_then(|(inputs, outputs)| Network::new(self.name(), inputs.to_vec(), outputs.to_vec()).ok());
        let copy = Self {
            layers: self.layers.clone(),
            input: self.input.clone(),
            has_bare_ends: self.has_bare_ends,
            ..Self::new(self.kind, self.seed)
        };
        if let Some(name) = self.base.name() {
            copy.base.set_name_once(name.to_owned());
        }
        Self { network: network.map_or_else(OnceLock::new, OnceLock::from), ..copy }
    }

    /// The name; before one is given that of the kind.
    pub(super) fn name(&self) -> &str {
        self.base.name().unwrap_or(match self.kind {
            Kind::Sequential => "sequential",
            Kind::Functional => "functional",
        })
    }

    /// The network, made for inputs of these shapes if there is none yet.
    pub(super) fn network_for(&self, inputs: &[Shape]) -> Result<&Network> {
        if let Some(network) = self.network.get() {
            return Ok(network);
        }
        let [input] = inputs else {
            let text = format!("expected one input, got {}", inputs.len());
            return Err(Error::argument(self.name(), text));
        };
        let network = self.chain_for(input)?;
        Ok(self.network.get_or_init(|| network))
    }

    /// The network of a built model.
    pub(super) fn network(&self) -> Result<&Network> {
        self.network.get().ok_or_else(|| {
            let text = "the model has no weights yet; add an `Input`, call `build`, or give it data first";
            Error::state(self.name(), text)
        })
    }

    /// The values that enter and leave, of a built model.
    pub(super) fn ends(&self) -> Option<(&[KerasTensor], &[KerasTensor])> {
        self.network.get().map(|network| (network.inputs.as_slice(), network.outputs.as_slice()))
    }
}

impl Layer for Architecture {
    fn class_name(&self) -> &str {
        match self.kind {
            Kind::Sequential => "Sequential",
            Kind::Functional => "Functional",
        }
    }

    fn base(&self) -> &LayerBase {
        &self.base
    }

    fn base_mut(&mut self) -> &mut LayerBase {
        &mut self.base
    }

    fn build(&self, inputs: &[Shape], _weights: &mut WeightBuilder<'_>) -> Result<()> {
        self.network_for(inputs).map(|_| ())
    }

    fn call(&self, builder: &Builder, inputs: &[Tensor]) -> Result<Vec<Tensor>> {
        let shapes: Vec<Shape> = inputs.iter().map(|input| builder.shape(input.value)).collect();
        let network = self.network_for(&shapes)?;
        check_inputs(&name_of(self), network, &shapes)?;
        network.trace(builder, inputs)
    }

    fn step(&self, builder: &Builder, call: &StreamCall<'_>) -> Result<Vec<Streamed>> {
        let shapes: Vec<Shape> = call.inputs.iter().map(|input| builder.shape(input.tensor.value)).collect();
        let network = self.network_for(&shapes)?;
        check_inputs(&name_of(self), network, &shapes)?;
        network.trace_step(builder, call.inputs, call.states)
    }

    fn sublayers(&self) -> Vec<Arc<dyn Layer>> {
        self.layers.clone()
    }

    fn variables(&self) -> Vec<Variable> {
        self.network.get().map_or_else(Vec::new, Network::variables)
    }

    fn weight_tree(&self) -> WeightTree {
        WeightTree::list(self, "layers", &self.layers)
    }

    fn reset_states(&self) {
        self.layers.iter().for_each(|layer| layer.reset_states());
    }

    fn own_config(&self) -> Map<String, Json> {
        config::own_config(self)
    }
}

/// Checks the shapes of what enters against what the model was described for.
pub(super) fn check_inputs(subject: &str, network: &Network, shapes: &[Shape]) -> Result<()> {
    if shapes.len() != network.inputs.len() {
        let names: Vec<String> = network.inputs.iter().map(KerasTensor::name).collect();
        let text = format!("expected {} inputs ({}), got {}", names.len(), names.join(", "), shapes.len());
        return Err(Error::argument(subject, text));
    }
    for (input, shape) in network.inputs.iter().zip(shapes) {
        // The batch size and the number of steps are never fixed by a declaration; everything else is.
        let declared = input.shape().dims();
        let free = if declared.len() == 3 { 2 } else { 1 };
        let fits = declared.len() == shape.rank()
            && declared
                .iter()
                .zip(shape.dims())
                .skip(free)
                .all(|(a, b)| a.is_none() || b.is_none() || a == b);
        if !fits {
            let which =
                if network.inputs.len() == 1 { String::new() } else { format!(" for \"{}\"", input.name()) };
            let text = format!("expected inputs {}{which}, got {shape}", input.shape());
            return Err(Error::shape(subject, text));
        }
    }
    Ok(())
}
