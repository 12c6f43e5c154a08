//! Building up a chain of layers.

use std::collections::HashSet;
use std::sync::{Arc, OnceLock};

use super::Model;
use super::architecture::{Architecture, Kind};
use crate::error::{Error, Result};
use crate::functional::{self, CallOptions};
use crate::initializers::InitializerRandom;
use crate::layers::{Input, Layer, LayerOptions, name_of};
use crate::network::Network;
use crate::serialization::snake_case;
use crate::shape::Shape;

impl Model {
    /// A chain without layers.
    pub(crate) fn chain() -> Self {
        Self::from_architecture(Architecture::new(Kind::Sequential, functional::next_seed()))
    }

    /// Appends a layer to the chain and, as soon as the input is known, makes its weights.
    ///
    /// # Errors
    /// If the layer's arguments are out of range, its name is taken, it does not fit, or the chain is a part of another
    /// model already.
    pub(crate) fn append(&mut self, layer: Arc<dyn Layer>) -> Result<()> {
        let name = self.name().to_owned();
        let architecture = Arc::get_mut(&mut self.architecture).ok_or_else(|| {
            Error::state(name, "the model is a part of another model already; add all layers before that")
        })?;
        architecture.append(layer)?;
        self.forget_programs();
        self.training = None;
        Ok(())
    }
}

impl Architecture {
    pub(super) fn append(&mut self, layer: Arc<dyn Layer>) -> Result<()> {
        if !self.add(layer)? {
            return Ok(());
        }
        self.rebuild().inspect_err(|_| {
            self.layers.pop();
            self.network = OnceLock::new();
        })
    }

    /// Appends many layers and builds the chain once: one by one would take a time that grows with the square.
    pub(super) fn append_all(
        &mut self,
        layers: impl IntoIterator<Item = Result<Arc<dyn Layer>>>,
    ) -> Result<()> {
        for layer in layers {
            self.add(layer?)?;
        }
        if self.layers.is_empty() { Ok(()) } else { self.rebuild() }
    }

    /// Appends a layer without building; returns whether it is more than the input.
    fn add(&mut self, layer: Arc<dyn Layer>) -> Result<bool> {
        layer.base().check()?;
        layer.base().set_name_with(|| self.free_name(layer.class_name()));
        layer.check()?;
        if layer.as_input().is_some() {
            return self.set_input(layer).map(|()| false);
        }
        self.check_name(&*layer)?;
        if self.layers.is_empty() && self.input.is_none() {
            let shape = layer.base().batch_shape();
            self.input = shape.map(|shape| self.input_of(shape));
        }
        self.layers.push(layer);
        Ok(true)
    }

    fn input_of(&self, shape: &Shape) -> Arc<dyn Layer> {
        Arc::new(Input::batch(shape.dims()).with_name(self.free_name("InputLayer")))
    }

    fn set_input(&mut self, input: Arc<dyn Layer>) -> Result<()> {
        if let Some(last) = self.layers.last().or(self.input.as_ref()) {
            let text =
                format!("expected an input as the first layer only, got one after \"{}\"", name_of(&**last));
            return Err(Error::state(self.name(), text));
        }
        self.input = Some(input);
        Ok(())
    }

    /// Forgets the old chain and builds the new one if its input is known.
    fn rebuild(&mut self) -> Result<()> {
        self.network = OnceLock::new();
        match &self.input {
            Some(input) => self.network_for(&input.as_input().into_iter().collect::<Vec<_>>()).map(|_| ()),
            None => Ok(()),
        }
    }

    /// The chain for data of this shape, with fresh weights where layers have none. Layers draw from streams of their
    /// own.
    pub(super) fn chain_for(&self, shape: &Shape) -> Result<Network> {
        if self.layers.is_empty() {
            return Err(Error::state(self.name(), "the model has no layers; add one with `add`"));
        }
        let input = self.input.clone().unwrap_or_else(|| {
            // The batch is never a part of what a model is built for.
            let mut dims = shape.dims().to_vec();
            dims.iter_mut().take(1).for_each(|batch| *batch = None);
            self.input_of(&Shape::new(dims))
        });
        let input = functional::enter(input)?;
        let mut values = vec![input.clone()];
        for (index, layer) in self.layers.iter().enumerate() {
            if values.len() != 1 {
                let text = format!(
                    "expected one output for the layer \"{}\" after it, got {}",
                    name_of(&**layer),
                    values.len()
                );
                return Err(Error::argument(values[0].name(), text));
            }
            let random = || InitializerRandom::new(self.seed, index as u64);
            values = functional::connect(Arc::clone(layer), values, CallOptions::default(), random)?;
        }
        Network::new(self.name(), vec![input], values)
    }

    /// `lstm` for the first layer of a class, then `lstm_1`, ….
    fn free_name(&self, class_name: &str) -> String {
        let base = snake_case(class_name);
        let taken: HashSet<&str> = self.layers.iter().filter_map(|layer| layer.base().name()).collect();
        let numbered = (1..).map(|number| format!("{base}_{number}"));
        let mut names = std::iter::once(base.clone()).chain(numbered);
        names.find(|name| !taken.contains(name.as_str())).unwrap_or(base)
    }

    fn check_name(&self, layer: &dyn Layer) -> Result<()> {
        let name = layer.base().name().unwrap_or_default();
        let is_taken = self.layers.iter().any(|known| known.base().name() == Some(name));
        if !is_taken {
            return Ok(());
        }
        let text = format!("a layer named \"{name}\" is in the model already; give this one another name");
        Err(Error::argument(self.name(), text))
    }
}
