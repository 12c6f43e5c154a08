//! The arguments that every layer has.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use super::Layer;
use crate::error::{Error, Result};
use crate::shape::{Dim, Shape};

/// Name, trainable flag and, for the first layer of a model, the shape of the input.
#[derive(Debug)]
pub struct LayerBase {
    name: OnceLock<String>,
    is_trainable: AtomicBool,
    batch_shape: Option<Shape>,
    /// Calls on symbolic values so far.
    calls: AtomicUsize,
}

impl Default for LayerBase {
    fn default() -> Self {
        Self {
            name: OnceLock::new(),
            is_trainable: AtomicBool::new(true),
            batch_shape: None,
            calls: AtomicUsize::new(0),
        }
    }
}

impl LayerBase {
    /// The layer's name, if it has one already: given, or by the model that it was added to.
    pub fn name(&self) -> Option<&str> {
        self.name.get().map(String::as_str)
    }

    /// Gives a name in place of the one that the layer may have.
    pub(crate) fn rename(&mut self, name: String) {
        self.name = OnceLock::from(name);
    }

    /// Gives a name to a layer that has none.
    pub(crate) fn set_name_once(&self, name: String) {
        self.name.get_or_init(|| name);
    }

    /// The same with a name that is made only if it is needed.
    pub(crate) fn set_name_with(&self, name: impl FnOnce() -> String) {
        self.name.get_or_init(name);
    }

    /// Counts a call on symbolic values and returns how many there were before.
    pub(crate) fn count_call(&self) -> usize {
        self.calls.fetch_add(1, Ordering::Relaxed)
    }

    /// Whether training changes the layer's weights.
    pub fn is_trainable(&self) -> bool {
        self.is_trainable.load(Ordering::Relaxed)
    }

    /// Freezes or unfreezes the layer. It takes effect at the next `compile`.
    pub fn set_trainable(&self, trainable: bool) {
        self.is_trainable.store(trainable, Ordering::Relaxed);
    }

    /// The shape of the input, batch first, if it was given on the layer.
    pub fn batch_shape(&self) -> Option<&Shape> {
        self.batch_shape.as_ref()
    }

    /// Checks the name.
    pub(crate) fn check(&self) -> Result<()> {
        match self.name() {
            Some(name) if name.is_empty() || name.contains('/') => {
                let text = format!("`name` must not be empty or contain \"/\", got \"{name}\"");
                Err(Error::argument("layer", text))
            }
            _ => Ok(()),
        }
    }
}

/// Setters of the arguments that every layer has.
pub trait LayerOptions: Layer + Sized {
    /// Keras's `name`. Without it a model names its layers `lstm`, `lstm_1`, ….
    fn with_name(mut self, name: impl Into<String>) -> Self {
        self.base_mut().rename(name.into());
        self
    }

    /// Keras's `trainable` (default true): whether training changes the layer's weights.
    fn trainable(self, trainable: bool) -> Self {
        self.base().set_trainable(trainable);
        self
    }

    /// Keras's `input_shape`: the shape of one sample, for the first layer of a model; `None` is an unknown size.
    fn input_shape(mut self, shape: impl Into<Vec<Dim>>) -> Self {
        let mut dims = vec![None];
        dims.extend(shape.into());
        self.base_mut().batch_shape = Some(Shape::new(dims));
        self
    }

    /// Keras's `batch_shape`: the shape of a batch, for the first layer of a model.
    fn batch_shape(mut self, shape: impl Into<Vec<Dim>>) -> Self {
        self.base_mut().batch_shape = Some(Shape::new(shape));
        self
    }

    /// Keras 2's word for [`batch_shape`](Self::batch_shape).
    fn batch_input_shape(self, shape: impl Into<Vec<Dim>>) -> Self {
        self.batch_shape(shape)
    }
}

impl<L: Layer> LayerOptions for L {}

#[cfg(test)]
mod tests;
