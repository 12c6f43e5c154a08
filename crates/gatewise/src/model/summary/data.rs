//! What a summary tells, for programs.

use std::sync::Arc;

use serde::Serialize;

use crate::functional::KerasTensor;
use crate::layers::{Layer, name_of};
use crate::model::Model;
use crate::model::architecture::Kind;
use crate::network::Network;
use crate::optimizers::{Optimizer, OptimizerValue};
use crate::shape::Shape;
use crate::variable::Variable;

/// What [`Model::summary`] tells, for programs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// The name of the model.
    pub name: String,
    /// The rows of the table.
    pub layers: Vec<SummaryRow>,
    /// Numbers in all weights, and in the optimizer once it has made a step.
    pub total_params: usize,
    /// Numbers in weights that training changes.
    pub trainable_params: usize,
    /// Numbers in weights that training leaves.
    pub non_trainable_params: usize,
    /// Numbers that the optimizer keeps, once it has made a step.
    pub optimizer_params: Option<usize>,
    #[serde(skip)]
    pub(super) optimizer: Option<Size>,
}

/// A layer in a [`Summary`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SummaryRow {
    /// The name of the layer.
    pub name: String,
    /// Keras's name of its class.
    pub class_name: String,
    /// The shapes of what its last call gives, batch first; none before the model is built.
    pub output_shapes: Vec<Shape>,
    /// Numbers in its weights; `None` before the model is built.
    pub params: Option<usize>,
    /// Where the inputs of its calls come from: `lstm[0][1]` is output 1 of the first call of `lstm`.
    pub connected_to: Vec<String>,
}

impl Model {
    /// The layers with their output shapes, parameters and connections, and the totals: what [`summary`](Self::summary)
    /// prints.
    ///
    /// ```
    /// use gatewise::Sequential;
    /// use gatewise::layers::{Input, Lstm};
    ///
    /// let mut model = Sequential::new();
    /// model.add(Input::new([None, Some(2)]))?.add(Lstm::new(3))?;
    /// let summary = model.summary_data();
    /// assert_eq!((summary.layers[0].class_name.as_str(), summary.total_params), ("LSTM", 4 * 3 * (2 + 3 + 1)));
    /// # Ok::<(), gatewise::Error>(())
    /// ```
    pub fn summary_data(&self) -> Summary {
        let all = self.variables();
        let frozen = frozen_variables(self.layers(), self.architecture.base.is_trainable());
        let is_frozen = |variable: &Variable| frozen.contains(&variable.id());
        let (frozen, trained): (Vec<Variable>, Vec<Variable>) = all.iter().cloned().partition(is_frozen);
        let optimizer = self.optimizer().filter(|optimizer| optimizer.iterations() > 0);
        let optimizer = optimizer.map(Size::of_optimizer);
        Summary {
            name: self.name().to_owned(),
            layers: self.rows().iter().map(|layer| self.row(layer)).collect(),
            total_params: count(&all) + optimizer.map_or(0, |size| size.count),
            trainable_params: count(&trained),
            non_trainable_params: count(&frozen),
            optimizer_params: optimizer.map(|size| size.count),
            optimizer,
        }
    }

    /// The layers of the table: in a graph also those where data enters and what Keras has added.
    fn rows(&self) -> &[Arc<dyn Layer>] {
        match (self.architecture.kind, self.architecture.network.get()) {
            (Kind::Functional, Some(network)) => network.layers(),
            _ => self.layers(),
        }
    }

    fn row(&self, layer: &Arc<dyn Layer>) -> SummaryRow {
        let network = self.architecture.network.get();
        SummaryRow {
            name: name_of(&**layer),
            class_name: layer.class_name().to_owned(),
            output_shapes: network.map(|network| output_shapes(network, layer)).unwrap_or_default(),
            params: network.map(|_| count(&layer.variables())),
            connected_to: network.map(|network| connections(network, layer)).unwrap_or_default(),
        }
    }
}

impl Summary {
    /// Of everything.
    pub(super) fn size(&self) -> Size {
        let weights = Size::of_numbers(self.trainable_params + self.non_trainable_params);
        self.optimizer.map_or(weights, |optimizer| weights.plus(optimizer))
    }
}

/// The weights of layers that are frozen, by themselves or with the model that they are in, and those that are never
/// learned.
fn frozen_variables(layers: &[Arc<dyn Layer>], is_trainable: bool) -> Vec<u64> {
    let mut frozen = Vec::new();
    for layer in layers {
        let is_trainable = is_trainable && layer.base().is_trainable();
        if !is_trainable {
            frozen.extend(layer.variables().iter().map(Variable::id));
        } else {
            frozen.extend(layer.variables().iter().filter(|weight| !weight.is_learned()).map(Variable::id));
            frozen.extend(frozen_variables(&layer.sublayers(), true));
        }
    }
    frozen
}

/// A number of parameters and what they occupy.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Size {
    pub count: usize,
    pub bytes: usize,
}

impl Size {
    pub fn of_numbers(count: usize) -> Self {
        Self { count, bytes: 4 * count }
    }

    /// Everything that an optimizer keeps; the iteration is a 64-bit number.
    fn of_optimizer(optimizer: &dyn Optimizer) -> Self {
        let size = |value: &OptimizerValue| match value {
            OptimizerValue::Integer(_) => Self { count: 1, bytes: 8 },
            OptimizerValue::Array(array) => Self::of_numbers(array.len()),
        };
        optimizer.state().iter().fold(Self::default(), |sum, variable| sum.plus(size(&variable.value)))
    }

    fn plus(self, other: Self) -> Self {
        Self { count: self.count + other.count, bytes: self.bytes + other.bytes }
    }
}

/// The shapes of what a layer gives, at its last call.
fn output_shapes(network: &Network, layer: &Arc<dyn Layer>) -> Vec<Shape> {
    let calls = network.nodes().filter(|node| Arc::ptr_eq(&node.layer, layer));
    match calls.last() {
        Some(node) => node.outputs.iter().map(|output| output.shape.clone()).collect(),
        None => layer.as_input().into_iter().collect(),
    }
}

/// Where the inputs of a layer's calls come from.
fn connections(network: &Network, layer: &Arc<dyn Layer>) -> Vec<String> {
    let calls = network.calls_of(layer);
    let inputs = calls.into_iter().flat_map(|node| node.inputs.iter().chain(&node.options.mask));
    let place = |tensor: &KerasTensor| format!("{}[{}][{}]", tensor.name(), tensor.node.index, tensor.output);
    inputs.map(place).collect()
}

fn count(variables: &[Variable]) -> usize {
    variables.iter().map(Variable::len).sum()
}
