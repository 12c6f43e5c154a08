//! The functional API: layers called on symbolic values, from which models are made.
//!
//! ```
//! use gatewise::functional::Apply;
//! use gatewise::layers::{Dense, Input, Lstm};
//! use gatewise::Model;
//!
//! let sequence = Input::new([None, Some(8)]).with_name("sequence").tensor()?;
//! let features = Lstm::new(16).apply(&sequence)?;
//! let label = Dense::new(3).activation("softmax").with_name("label").apply(&features)?;
//! let size = Dense::new(1).with_name("size").apply(&features)?;
//! let model = Model::new([&sequence], [&label, &size])?;
//! assert_eq!(model.output_names(), ["label", "size"]);
//! # use gatewise::layers::LayerOptions;
//! # Ok::<(), gatewise::Error>(())
//! ```
//!
//! Calling a layer makes its weights, from the numbers that [`set_random_seed`] fixes. A layer in an `Arc` can be
//! called again: its weights are shared and their gradients add up. The states of one layer start another when they
//! are given after the sequences:
//!
//! ```
//! use std::sync::Arc;
//!
//! use gatewise::functional::Apply;
//! use gatewise::layers::{Input, Lstm};
//! use gatewise::Model;
//!
//! let source = Input::new([None, Some(4)]).tensor()?;
//! let target = Input::new([None, Some(5)]).tensor()?;
//! let states = Lstm::new(16).return_state(true).apply_all(&source)?;
//! let decoder = Arc::new(Lstm::new(16).return_sequences(true));
//! let decoded = decoder.apply([&target, &states[1], &states[2]])?;
//! let model = Model::new([&source, &target], [&decoded])?;
//! # assert_eq!(model.inputs().len(), 2);
//! # Ok::<(), gatewise::Error>(())
//! ```

use std::fmt::{self, Debug, Formatter};
use std::sync::Arc;

use serde_json::{Map, Value as Json};

use crate::error::{Error, Result};
use crate::layers::{Input, Layer, name_of};
use crate::shape::Shape;

mod apply;
mod connect;
mod session;

pub use apply::{Apply, Handle};
pub(crate) use connect::connect;
pub use session::{clear_session, set_random_seed};
pub(crate) use session::{free_name, next_random, next_seed};

/// A value in a graph of layer calls that is being described: the output of a call, or where data enters. Clones are
/// handles to the same value.
#[derive(Clone)]
pub struct KerasTensor {
    pub(crate) node: Arc<Node>,
    /// The position among the outputs of the call.
    pub(crate) output: usize,
}

/// One call of a layer.
pub(crate) struct Node {
    pub layer: Arc<dyn Layer>,
    /// The position of this call among all calls of the layer.
    pub index: usize,
    /// What the layer was called on; initial states come last.
    pub inputs: Vec<KerasTensor>,
    pub options: CallOptions,
    /// The shapes of the outputs.
    pub outputs: Vec<Spec>,
}

/// The shape of a symbolic value and of the mask that travels with it.
#[derive(Debug, Clone)]
pub(crate) struct Spec {
    pub shape: Shape,
    pub mask: Option<Shape>,
}

/// What a call of a layer may be given beside its inputs.
#[derive(Debug, Clone, Default)]
pub struct CallOptions {
    /// A mask `[batch, time]`, 1 where a step is used, in place of the one that travels with the first input.
    pub mask: Option<KerasTensor>,
    /// Whether dropout is on in this call, whatever the model is doing; without it in training only.
    pub training: Option<bool>,
    /// Further inputs by Keras's names, such as `attention_mask`.
    pub inputs: Vec<(String, KerasTensor)>,
    /// Further arguments of the layer's `call` by Keras's names, such as `use_causal_mask`.
    pub arguments: Map<String, Json>,
}

impl KerasTensor {
    /// The shape, batch first; `None` is an unknown size.
    pub fn shape(&self) -> &Shape {
        &self.spec().shape
    }

    /// The name of the layer that gives this value.
    pub fn name(&self) -> String {
        name_of(&*self.node.layer)
    }

    pub(crate) fn spec(&self) -> &Spec {
        &self.node.outputs[self.output]
    }

    /// Whether two handles mean the same value.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.node, &other.node) && self.output == other.output
    }
}

impl Node {
    /// Whether data enters here.
    pub fn is_input(&self) -> bool {
        self.layer.as_input().is_some()
    }
}

impl Debug for KerasTensor {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "KerasTensor({:?}, {})", self.name(), self.shape())
    }
}

impl Debug for Node {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "Node({:?}, {:?})", name_of(&*self.layer), self.inputs)
    }
}

impl Input {
    /// The symbolic value for data of this shape, as Keras's `Input` gives it.
    ///
    /// # Errors
    /// If the name or the type of numbers is not one that Keras knows.
    pub fn tensor(self) -> Result<KerasTensor> {
        enter(Arc::new(self))
    }
}

/// The symbolic value of an input layer.
pub(crate) fn enter(layer: Arc<dyn Layer>) -> Result<KerasTensor> {
    layer.base().check()?;
    layer.check()?;
    layer.base().set_name_with(|| free_name(layer.class_name()));
    let shape = layer.as_input().ok_or_else(|| {
        let text = format!("expected an input, got the class {}", layer.class_name());
        Error::argument(name_of(&*layer), text)
    })?;
    let outputs = vec![Spec { shape, mask: None }];
    let index = layer.base().count_call();
    let node = Node { layer, index, inputs: Vec::new(), options: CallOptions::default(), outputs };
    Ok(KerasTensor { node: Arc::new(node), output: 0 })
}

/// Several symbolic values: one, an array, a slice or a vector of them.
#[derive(Debug, Clone, Default)]
pub struct Tensors {
    pub(crate) list: Vec<KerasTensor>,
    /// Whether there is one that is not in a list; Keras's files tell the two apart.
    pub(crate) is_bare: bool,
}

impl From<KerasTensor> for Tensors {
    fn from(tensor: KerasTensor) -> Self {
        Self { list: vec![tensor], is_bare: true }
    }
}

impl From<&KerasTensor> for Tensors {
    fn from(tensor: &KerasTensor) -> Self {
        tensor.clone().into()
    }
}

impl From<Vec<KerasTensor>> for Tensors {
    fn from(tensors: Vec<KerasTensor>) -> Self {
        Self { list: tensors, is_bare: false }
    }
}

impl<const N: usize> From<&[KerasTensor; N]> for Tensors {
    fn from(tensors: &[KerasTensor; N]) -> Self {
        tensors.as_slice().into()
    }
}

impl From<&[KerasTensor]> for Tensors {
    fn from(tensors: &[KerasTensor]) -> Self {
        tensors.to_vec().into()
    }
}

impl From<&Vec<KerasTensor>> for Tensors {
    fn from(tensors: &Vec<KerasTensor>) -> Self {
        tensors.clone().into()
    }
}

impl<const N: usize> From<[KerasTensor; N]> for Tensors {
    fn from(tensors: [KerasTensor; N]) -> Self {
        tensors.to_vec().into()
    }
}

impl<const N: usize> From<[&KerasTensor; N]> for Tensors {
    fn from(tensors: [&KerasTensor; N]) -> Self {
        tensors.map(KerasTensor::clone).to_vec().into()
    }
}

#[cfg(test)]
mod tests;
