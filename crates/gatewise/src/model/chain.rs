//! Building up a chain of layers.

use std::sync::{Arc, OnceLock};

use super::Model;
use super::programs::Programs;
use crate::error::{Error, Result};
use crate::layers::{Input, Layer, name_of};
use crate::random;
use crate::serialization::snake_case;

impl Model {
    /// A chain without layers.
    pub(crate) fn chain(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            seed: random::seed_from_entropy(),
            layers: Vec::new(),
            input: None,
            network: OnceLock::new(),
            programs: Programs::default(),
            training: None,
        }
    }

    /// Appends a layer to the chain and, as soon as the input is known, makes its weights.
    ///
    /// # Errors
    /// If the layer's arguments are out of range, its name is taken, or it does not fit.
    pub(crate) fn append(&mut self, layer: Arc<dyn Layer>) -> Result<()> {
        layer.base().check()?;
        layer.base().set_name_once(self.free_name(layer.class_name()));
        layer.check()?;
        if layer.as_input().is_some() {
            return self.set_input(layer);
        }
        self.check_name(&*layer)?;
        if self.layers.is_empty() && self.input.is_none() {
            let shape = layer.base().batch_shape();
            self.input = shape.map(|shape| Arc::new(Input::batch(shape.dims())) as Arc<dyn Layer>);
        }
        self.layers.push(layer);
        self.rebuild().inspect_err(|_| {
            self.layers.pop();
            self.network = OnceLock::new();
        })
    }

    fn set_input(&mut self, input: Arc<dyn Layer>) -> Result<()> {
        if let Some(last) = self.layers.last().or(self.input.as_ref()) {
            let text =
                format!("expected an input as the first layer only, got one after \"{}\"", name_of(&**last));
            return Err(Error::state(&self.name, text));
        }
        self.input = Some(input);
        Ok(())
    }

    /// Forgets programs for the old chain and builds the new one if its input is known.
    fn rebuild(&mut self) -> Result<()> {
        self.network = OnceLock::new();
        self.programs = Programs::default();
        self.training = None;
        match self.declared_shape() {
            Some(shape) => self.network_for(&shape).map(|_| ()),
            None => Ok(()),
        }
    }

    /// `lstm` for the first layer of a class, then `lstm_1`, ….
    fn free_name(&self, class_name: &str) -> String {
        let base = snake_case(class_name);
        let is_taken = |name: &str| self.layers.iter().any(|layer| layer.base().name() == Some(name));
        let numbered = (1..).map(|number| format!("{base}_{number}"));
        let mut names = std::iter::once(base.clone()).chain(numbered);
        names.find(|name| !is_taken(name)).unwrap_or(base)
    }

    fn check_name(&self, layer: &dyn Layer) -> Result<()> {
        let name = layer.base().name().unwrap_or_default();
        let is_taken = self.layers.iter().any(|known| known.base().name() == Some(name));
        if !is_taken {
            return Ok(());
        }
        let text = format!("a layer named \"{name}\" is in the model already; give this one another name");
        Err(Error::argument(&self.name, text))
    }
}
