//! The states before the first step, and those that a stateful layer keeps.

use ndarray::ArrayD;

use super::{LayerCell, RecurrentForm, RecurrentLayer, name_of};
use crate::builder::Builder;
use crate::error::{Error, Result};
use crate::graph::Value;
use crate::shape::{Dim, Shape};
use crate::state::StateCell;

/// A state between calls, with its shape for any batch.
#[derive(Debug)]
pub(super) struct Kept {
    pub cell: StateCell,
    shape: Shape,
}

impl Kept {
    /// Nothing kept yet, of this shape.
    pub fn new(shape: &Shape) -> Self {
        let dims: Vec<Dim> = [&[None], &shape.dims()[1..]].concat();
        Self { cell: StateCell::default(), shape: Shape::new(dims) }
    }
}

impl<C: LayerCell + ?Sized + 'static> RecurrentLayer<C> {
    /// The states that the stateful layer keeps, each `[batch, …]`; `None` before its first batch and after a reset.
    pub fn states(&self) -> Option<Vec<ArrayD<f32>>> {
        self.kept.get()?.iter().map(|kept| kept.cell.get()).collect()
    }

    /// Sets the states that the stateful layer keeps, Keras 2's `reset_states(states=…)`.
    ///
    /// # Errors
    /// If the layer is not stateful, has no weights yet, or the number of states or their widths do not fit.
    pub fn reset_states_to(&self, states: Vec<ArrayD<f32>>) -> Result<()> {
        if !self.form.stateful {
            let text = "the layer is not stateful and keeps no states; build it with `stateful(true)`";
            return Err(Error::state(name_of(self), text));
        }
        let kept = self.kept()?;
        if states.len() != kept.len() {
            return Err(self.wrong_count(kept.len(), states.len()));
        }
        for (index, (state, kept)) in states.iter().zip(kept).enumerate() {
            if !kept.shape.accepts(state.shape()) || state.shape()[0] != states[0].shape()[0] {
                let text = format!(
                    "expected state {index} as {}, all of one batch, got {:?}",
                    kept.shape,
                    state.shape()
                );
                return Err(Error::shape(name_of(self), text));
            }
        }
        kept.iter().zip(states).for_each(|(kept, state)| kept.cell.set(Some(state)));
        Ok(())
    }
}

impl<C: LayerCell + ?Sized> RecurrentLayer<C> {
    pub(super) fn kept(&self) -> Result<&[Kept]> {
        self.kept.get().map(Vec::as_slice).ok_or_else(|| {
            let text = "the layer has no weights yet; add it to a model or use `layers::call`";
            Error::state(name_of(self), text)
        })
    }

    /// The states before the first step where the caller gives none.
    pub(super) fn first_states(
        &self,
        b: &Builder,
        kept: &[Kept],
        shapes: &[Shape],
        form: &RecurrentForm,
    ) -> Result<Vec<Value>> {
        if !form.stateful {
            return shapes.iter().map(|shape| b.constant(0.0, shape)).collect();
        }
        let name = name_of(self);
        let states = kept.iter().zip(shapes).enumerate();
        Ok(states
            .map(|(index, (kept, shape))| b.state_input(&format!("{name}/state_{index}"), shape, &kept.cell))
            .collect())
    }

    /// The states that the caller gives, in the shapes that the cell has for these inputs.
    pub(super) fn checked_states(
        &self,
        b: &Builder,
        states: &[Value],
        expected: &[Shape],
    ) -> Result<Vec<Value>> {
        if states.len() != expected.len() {
            return Err(self.wrong_count(expected.len(), states.len()));
        }
        let check = |(index, (state, expected)): (usize, (&Value, &Shape))| {
            let shape = b.shape(*state);
            let same = |(a, b): (&Option<usize>, &Option<usize>)| a.is_none() || b.is_none() || a == b;
            if shape.rank() != expected.rank() || !shape.dims().iter().zip(expected.dims()).all(same) {
                let text = format!("expected the initial state {index} as {expected}, got {shape}");
                return Err(Error::shape(name_of(self), text));
            }
            b.reshape(*state, expected)
        };
        states.iter().zip(expected).enumerate().map(check).collect()
    }

    fn wrong_count(&self, expected: usize, got: usize) -> Error {
        let text = format!("expected {expected} states, got {got}");
        Error::argument(name_of(self), text)
    }
}
