//! One step of a sequence that arrives step by step.

use std::cell::RefCell;

use serde_json::{Map, Value as Json};

use super::{Layer, Tensor, name_of};
use crate::builder::Builder;
use crate::error::{Error, Result};
use crate::graph::Value;
use crate::shape::Shape;

/// A value in a program that takes one step of a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Streamed {
    /// The array; that of a step has a time axis of size 1, `[batch, 1, …]`.
    pub tensor: Tensor,
    /// Whether it is one step of a sequence. If not it is there whole: an encoder's output, or the last state.
    pub is_step: bool,
}

/// What [`Layer::step`] is given: the inputs of one step, and what the layer kept of the step before.
#[derive(Debug, Clone, Copy)]
pub struct StreamCall<'a> {
    /// The inputs, of which at least one is a step.
    pub inputs: &'a [Streamed],
    /// Further arguments of the layer's `call` by their names.
    pub arguments: &'a Map<String, Json>,
    pub(crate) states: &'a StreamStates,
}

/// The states of all layers while a program for one step is described.
#[derive(Debug, Default)]
pub(crate) struct StreamStates {
    /// Whether there is no step before this one.
    pub is_first: bool,
    /// The models and the layer that are being called, outermost first.
    path: RefCell<Vec<String>>,
    /// What enters as data, in the order of entering, with its shape.
    read: RefCell<Vec<(String, Shape)>>,
    /// What the next step is given.
    next: RefCell<Vec<(String, Value)>>,
}

impl StreamStates {
    pub fn new(is_first: bool) -> Self {
        Self { is_first, ..Self::default() }
    }

    /// Runs `work` with `name` at the end of the path.
    pub fn within<R>(&self, name: String, work: impl FnOnce() -> R) -> R {
        self.path.borrow_mut().push(name);
        let result = work();
        self.path.borrow_mut().pop();
        result
    }

    fn path_of(&self, name: &str) -> String {
        let mut path = self.path.borrow().join("/");
        path.push('/');
        path.push_str(name);
        path
    }

    /// The states that enter after the data, in this order.
    pub fn read(&self) -> Vec<(String, Shape)> {
        self.read.borrow().clone()
    }

    /// The states that leave.
    pub fn next(&self) -> Vec<(String, Value)> {
        self.next.borrow().clone()
    }
}

impl StreamCall<'_> {
    /// What the layer kept under this name at the step before, or `first` if there was none.
    ///
    /// # Errors
    /// If `first` fails or has another shape.
    pub fn state(
        &self,
        b: &Builder,
        name: &str,
        shape: &Shape,
        first: impl FnOnce() -> Result<Value>,
    ) -> Result<Value> {
        let path = self.states.path_of(name);
        if !self.states.is_first {
            let value = b.input(&path, shape);
            self.states.read.borrow_mut().push((path, shape.clone()));
            return Ok(value);
        }
        let value = first()?;
        match b.shape(value) {
            got if got == *shape => Ok(value),
            got => Err(Error::shape(path, format!("expected a first state {shape}, got {got}"))),
        }
    }

    /// Keeps a value of the shape of its [`state`](Self::state) for the next step.
    pub fn keep(&self, name: &str, value: Value) {
        self.states.next.borrow_mut().push((self.states.path_of(name), value));
    }

    /// Emits the ordinary call of a layer whose every step follows from the same step of its inputs alone.
    ///
    /// # Errors
    /// If an input that is not a step has a time axis of its own, or the call fails.
    pub fn step_by_step(&self, layer: &dyn Layer, b: &Builder) -> Result<Vec<Streamed>> {
        for input in self.inputs.iter().filter(|input| !input.is_step) {
            let shape = b.shape(input.tensor.value);
            if shape.rank() > 2 && shape.dim(1) != Some(1) {
                let text = format!("it joins a sequence that arrives step by step with a whole one, {shape}");
                return Err(self.refused(layer, text));
            }
        }
        let inputs: Vec<Tensor> = self.inputs.iter().map(|input| input.tensor).collect();
        let outputs = layer.call_with_arguments(b, &inputs, self.arguments)?;
        Ok(outputs.into_iter().map(|tensor| Streamed { tensor, is_step: true }).collect())
    }

    /// The error of a layer that cannot take one step at a time, with the reason.
    pub fn refused(&self, layer: &(impl Layer + ?Sized), reason: impl std::fmt::Display) -> Error {
        let text = format!("the layer ({}) cannot take one step at a time: {reason}", layer.class_name());
        Error::unsupported(name_of(layer), text)
    }
}
