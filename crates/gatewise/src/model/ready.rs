//! What every step of a training needs of a built model beside the data, found once.

use std::sync::Arc;

use super::Model;
use super::batches::Names;
use crate::error::Result;
use crate::layers::Layer;
use crate::variable::Variable;

/// Names and weights of a model that is trained.
#[derive(Debug)]
pub(super) struct Ready {
    pub names: Names,
    /// All weights in Keras's order.
    variables: Vec<Variable>,
    /// All layers, each before those inside of it.
    layers: Vec<Place>,
}

/// A layer in a model.
#[derive(Debug)]
struct Place {
    layer: Arc<dyn Layer>,
    variables: Vec<Variable>,
    /// The number of the layer that it is inside of.
    outer: Option<usize>,
}

impl Ready {
    /// The weights that training changes.
    pub fn trainable(&self) -> impl Iterator<Item = &Variable> {
        self.variables.iter().filter(|variable| variable.is_trainable())
    }

    /// Makes the trainable flags of the layers those of their weights; a layer inside a frozen one is frozen too, and
    /// all are where the model is.
    fn freeze(&self, is_trainable: bool) {
        for (index, place) in self.layers.iter().enumerate() {
            let is_trainable = is_trainable && self.is_trainable(index);
            place.variables.iter().for_each(|variable| variable.set_frozen(!is_trainable));
        }
    }

    /// Whether a layer and all that it is inside of are trainable.
    fn is_trainable(&self, index: usize) -> bool {
        let Place { layer, outer, .. } = &self.layers[index];
        layer.base().is_trainable() && outer.is_none_or(|outer| self.is_trainable(outer))
    }
}

/// Appends layers with those inside of them.
fn append(layers: &[Arc<dyn Layer>], outer: Option<usize>, places: &mut Vec<Place>) {
    for layer in layers {
        let index = places.len();
        places.push(Place { layer: Arc::clone(layer), variables: layer.variables(), outer });
        append(&layer.sublayers(), Some(index), places);
    }
}

impl Model {
    /// Makes ready what training needs of a built model: which loss and metrics belong to which output, and which
    /// weights are frozen now.
    ///
    /// # Errors
    /// If the model is not compiled, or losses and metrics do not fit its outputs.
    pub(super) fn prepare_training(&mut self) -> Result<Arc<Ready>> {
        let ready = match &self.training()?.ready {
            Some(ready) => Arc::clone(ready),
            None => self.make_ready()?,
        };
        ready.freeze(self.architecture.base.is_trainable());
        Ok(ready)
    }

    fn make_ready(&mut self) -> Result<Arc<Ready>> {
        let outputs = self.output_names();
        self.training_mut()?.prepare(&outputs)?;
        let names = Names { inputs: self.names_of_inputs(), targets: self.training()?.heads.targets() };
        let mut layers = Vec::new();
        append(self.layers(), None, &mut layers);
        let ready = Arc::new(Ready { names, variables: self.variables(), layers });
        self.training_mut()?.ready = Some(Arc::clone(&ready));
        Ok(ready)
    }
}
