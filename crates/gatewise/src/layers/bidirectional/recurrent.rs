//! What a layer must offer to be run in both directions.

use ndarray::ArrayD;

use crate::error::Result;
use crate::layers::cells::Cell;
use crate::layers::recurrent::{LayerCell, RecurrentForm, RecurrentLayer};
use crate::layers::{Layer, Lstm};

/// A layer that reads a sequence in one direction: [`Lstm`], [`Gru`](crate::layers::Gru),
/// [`SimpleRnn`](crate::layers::SimpleRnn), [`Rnn`](crate::layers::Rnn) over any cell, or a layer of your own.
///
/// Its inputs are `[batch, time, …]`, perhaps followed by the states before the first step; its outputs are one
/// `[batch, …]` or, with `return_sequences`, `[batch, time, …]`, and with `return_state` the states. It obeys its form.
pub trait Recurrent: Layer {
    /// What the layer reads and returns.
    fn form(&self) -> RecurrentForm;

    /// Sets what the layer reads and returns, before it is used.
    fn set_form(&mut self, form: RecurrentForm);

    /// A layer with the same arguments, and without name and weights.
    ///
    /// # Errors
    /// If a cell inside cannot be made a second time.
    fn fresh(&self) -> Result<Box<dyn Recurrent>>;

    /// The states that the layer keeps between batches, each `[batch, …]`; `None` where there are none.
    fn states(&self) -> Option<Vec<ArrayD<f32>>> {
        None
    }
}

impl Recurrent for Lstm {
    fn form(&self) -> RecurrentForm {
        Self::form(self)
    }

    fn set_form(&mut self, form: RecurrentForm) {
        Self::set_form(self, form);
    }

    fn fresh(&self) -> Result<Box<dyn Recurrent>> {
        Ok(Box::new(self.anew()))
    }

    fn states(&self) -> Option<Vec<ArrayD<f32>>> {
        Self::states(self).map(|state| vec![state.h.into_dyn(), state.c.into_dyn()])
    }
}

impl<C: LayerCell + Cell + ?Sized + 'static> Recurrent for RecurrentLayer<C> {
    fn form(&self) -> RecurrentForm {
        Self::form(self)
    }

    fn set_form(&mut self, form: RecurrentForm) {
        Self::set_form(self, form);
    }

    fn fresh(&self) -> Result<Box<dyn Recurrent>> {
        Ok(Box::new(self.anew()?))
    }

    fn states(&self) -> Option<Vec<ArrayD<f32>>> {
        Self::states(self)
    }
}
