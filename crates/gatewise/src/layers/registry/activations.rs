//! Activations and other layers without much of their own, from their configurations.

use std::sync::Arc;

use super::Reader;
use crate::error::Result;
use crate::layers::{
    ActivityRegularization, ELU, Layer, LeakyReLU, Numbers, PReLU, Permute, ReLU, Rescaling, Softmax,
};

pub(super) fn relu(r: &mut Reader) -> Result<Arc<dyn Layer>> {
    let layer =
        ReLU::new().negative_slope(r.number("negative_slope", 0.0)?).threshold(r.number("threshold", 0.0)?);
    let layer = r.optional_number("max_value")?.into_iter().fold(layer, ReLU::max_value);
    r.base(layer)
}

pub(super) fn leaky_relu(r: &mut Reader) -> Result<Arc<dyn Layer>> {
    // Keras 2 wrote it under its old name.
    let slope = r.optional_number("alpha")?.unwrap_or(0.3);
    let layer = LeakyReLU::new().negative_slope(r.number("negative_slope", slope)?);
    r.base(layer)
}

pub(super) fn prelu(r: &mut Reader) -> Result<Arc<dyn Layer>> {
    let mut layer = PReLU::new().alpha_initializer(r.initializer("alpha_initializer", "zeros")?);
    layer = r.regularizer("alpha_regularizer")?.into_iter().fold(layer, PReLU::alpha_regularizer);
    layer = r.constraint("alpha_constraint")?.into_iter().fold(layer, PReLU::alpha_constraint);
    layer = r.optional_sizes("shared_axes")?.into_iter().fold(layer, PReLU::shared_axes);
    r.base(layer)
}

pub(super) fn elu(r: &mut Reader) -> Result<Arc<dyn Layer>> {
    let layer = ELU::new().alpha(r.number("alpha", 1.0)?);
    r.base(layer)
}

pub(super) fn softmax(r: &mut Reader) -> Result<Arc<dyn Layer>> {
    let layer = Softmax::new().axis(r.axes("axis", -1)?);
    r.base(layer)
}

pub(super) fn permute(r: &mut Reader) -> Result<Arc<dyn Layer>> {
    let dims = r.optional_sizes("dims")?.unwrap_or_default();
    r.base(Permute::new(dims))
}

pub(super) fn activity_regularization(r: &mut Reader) -> Result<Arc<dyn Layer>> {
    let layer = ActivityRegularization::new().l1(r.number("l1", 0.0)?).l2(r.number("l2", 0.0)?);
    r.base(layer)
}

pub(super) fn rescaling(r: &mut Reader) -> Result<Arc<dyn Layer>> {
    let scale = r.required_numbers("scale")?;
    let layer = Rescaling::new(scale).offset(r.numbers("offset")?.unwrap_or(0.0.into()));
    r.base(layer)
}

impl Reader {
    /// A number, or lists of them.
    pub fn numbers(&mut self, name: &str) -> Result<Option<Numbers>> {
        self.read(name, "a number or lists of numbers", Numbers::from_json)
    }

    fn required_numbers(&mut self, name: &str) -> Result<Numbers> {
        let numbers = self.numbers(name)?;
        numbers.ok_or_else(|| self.lacking(name))
    }

    /// Whole numbers of at least 0: one, or a list of them.
    pub fn optional_sizes(&mut self, name: &str) -> Result<Option<Vec<usize>>> {
        let Some(list) = self.optional_integers(name)? else { return Ok(None) };
        let sizes: Option<Vec<usize>> = list.iter().map(|number| usize::try_from(*number).ok()).collect();
        sizes.map(Some).ok_or_else(|| self.wrong(name, "a list of whole numbers of at least 0", &list.into()))
    }
}
