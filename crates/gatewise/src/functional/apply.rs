//! Layers as functions of symbolic values.

use std::sync::Arc;

use super::{CallOptions, KerasTensor, Tensors, connect, free_name, next_random};
use crate::error::{Error, Result};
use crate::layers::{Layer, name_of};
use crate::model::Model;
use crate::sequential::Sequential;

/// Something that can be called on symbolic values: a layer, a reference to a shared one, or a model.
pub trait Handle {
    /// The layer that is called.
    ///
    /// # Errors
    /// If a model has no layers.
    fn handle(self) -> Result<Arc<dyn Layer>>;
}

impl<L: Layer> Handle for L {
    fn handle(self) -> Result<Arc<dyn Layer>> {
        Ok(Arc::new(self))
    }
}

impl<L: Layer> Handle for &Arc<L> {
    fn handle(self) -> Result<Arc<dyn Layer>> {
        Ok(Arc::clone(self) as Arc<dyn Layer>)
    }
}

impl Handle for &Arc<dyn Layer> {
    fn handle(self) -> Result<Arc<dyn Layer>> {
        Ok(Arc::clone(self))
    }
}

impl Handle for &Model {
    fn handle(self) -> Result<Arc<dyn Layer>> {
        Ok(self.as_layer())
    }
}

impl Handle for &Sequential {
    fn handle(self) -> Result<Arc<dyn Layer>> {
        Ok(self.as_layer())
    }
}

/// Calling a layer, or a model as a layer, on symbolic values.
pub trait Apply: Handle + Sized {
    /// The only output of the call.
    ///
    /// # Errors
    /// If an argument of the layer is out of range, the inputs do not fit, or there are several outputs.
    fn apply(self, inputs: impl Into<Tensors>) -> Result<KerasTensor> {
        let mut outputs = self.apply_all(inputs)?;
        match outputs.len() {
            1 => Ok(outputs.remove(0)),
            count => {
                let subject = outputs.first().map_or_else(|| "layer".into(), KerasTensor::name);
                Err(Error::argument(subject, format!("expected one output, got {count}; use `apply_all`")))
            }
        }
    }

    /// All outputs of the call.
    ///
    /// # Errors
    /// If an argument of the layer is out of range or the inputs do not fit.
    fn apply_all(self, inputs: impl Into<Tensors>) -> Result<Vec<KerasTensor>> {
        self.apply_with(inputs, CallOptions::default())
    }

    /// All outputs of a call with a mask, a mode or further arguments.
    ///
    /// # Errors
    /// If an argument is unknown or out of range, or the inputs do not fit.
    fn apply_with(self, inputs: impl Into<Tensors>, options: CallOptions) -> Result<Vec<KerasTensor>> {
        let layer = self.handle()?;
        layer.base().check()?;
        layer.check()?;
        layer.base().set_name_with(|| free_name(layer.class_name()));
        if layer.as_input().is_some() {
            let text = "an input is not called; its symbolic value is `tensor()`";
            return Err(Error::argument(name_of(&*layer), text));
        }
        connect(layer, inputs.into().list, options, next_random)
    }
}

impl<H: Handle> Apply for H {}
