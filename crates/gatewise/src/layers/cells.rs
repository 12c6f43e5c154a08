//! Cells: one step of a recurrence.
//!
//! [`Rnn`](super::Rnn) runs any of them over a sequence. A cell is a layer whose inputs are those of one step and the
//! states before it, and whose outputs are the output and the states after it.

use std::sync::Arc;

use super::{Layer, Tensor, name_of};
use crate::builder::Builder;
use crate::error::{Error, Result};
use crate::graph::Value;
use crate::shape::Shape;

mod arguments;
mod conv_lstm;
mod gates;
mod gru;
mod lstm;
mod setters;
mod simple_rnn;
mod stacked;
mod weighted;

pub use conv_lstm::{ConvLstmCell, ConvLstmKind};
pub use gru::{GruCell, GruKind};
pub use lstm::{LstmCell, LstmKind};
pub use simple_rnn::{SimpleRnnCell, SimpleRnnKind};
pub use stacked::StackedRnnCells;
pub(crate) use weighted::Sequence;
pub use weighted::{CellKind, FusedKind, WeightedCell};
#[cfg(test)]
pub(crate) use weighted::{FusedMasks, Masks};

/// One step of a recurrence, with weights of its own: Keras's protocol of cells.
///
/// A cell of your own is a layer with three more functions. [`Rnn`](super::Rnn) then gives it sequences, masks,
/// states in and out, `stateful` and everything else that a recurrent layer has; the gradient follows from the
/// operations.
///
/// ```
/// use gatewise::layers::{self, Cell, Layer, LayerBase, Rnn, Tensor};
/// use gatewise::{Builder, Result, Shape, Value};
/// use ndarray::ArrayD;
/// use serde_json::{Map, Value as Json, json};
///
/// /// A running mean that forgets: `h = decay · h + (1 − decay) · x`.
/// #[derive(Debug)]
/// struct Leaky {
///     base: LayerBase,
///     decay: f64,
/// }
///
/// impl Layer for Leaky {
///     fn class_name(&self) -> &str {
///         "Leaky"
///     }
///
///     fn base(&self) -> &LayerBase {
///         &self.base
///     }
///
///     fn base_mut(&mut self) -> &mut LayerBase {
///         &mut self.base
///     }
///
///     fn call(&self, b: &Builder, inputs: &[Tensor]) -> Result<Vec<Tensor>> {
///         layers::call_cell(self, b, inputs)
///     }
///
///     fn own_config(&self) -> Map<String, Json> {
///         Map::from_iter([("decay".to_owned(), json!(self.decay))])
///     }
/// }
///
/// impl Cell for Leaky {
///     fn state_shapes(&self, inputs: &Shape) -> Result<Vec<Shape>> {
///         Ok(vec![inputs.clone()])
///     }
///
///     fn advance(&self, b: &Builder, x: Value, states: &[Value]) -> Result<(Value, Vec<Value>)> {
///         let h = b.add(b.scale(states[0], self.decay)?, b.scale(x, 1.0 - self.decay)?)?;
///         Ok((h, vec![h]))
///     }
/// }
///
/// let layer = Rnn::new(Leaky { base: LayerBase::default(), decay: 0.5 });
/// let y = layers::call(&layer, &[ArrayD::ones(vec![1, 2, 1])], 0)?;
/// assert_eq!(y[0][[0, 0]], 0.75);
/// # Ok::<(), gatewise::Error>(())
/// ```
pub trait Cell: Layer {
    /// The shapes of the states, batch first, for inputs `[batch, …]` of one step.
    ///
    /// # Errors
    /// If the cell cannot take such inputs.
    fn state_shapes(&self, inputs: &Shape) -> Result<Vec<Shape>>;

    /// The shape of the output of one step (default: that of the first state).
    ///
    /// # Errors
    /// If the cell cannot take such inputs.
    fn output_shape(&self, inputs: &Shape) -> Result<Shape> {
        self.state_shapes(inputs)?.into_iter().next().ok_or_else(|| {
            Error::argument(name_of(self), "a cell without states has to say the shape of its output")
        })
    }

    /// Emits one step and returns its output and the states after it, which have the shapes of those before.
    ///
    /// What does not depend on `x` and `states`, such as a mask of dropout, is computed once for all steps.
    ///
    /// # Errors
    /// If the shapes do not fit.
    fn advance(&self, b: &Builder, x: Value, states: &[Value]) -> Result<(Value, Vec<Value>)>;

    /// A cell with the same arguments and name, and without weights, for the other direction of a bidirectional layer.
    ///
    /// # Errors
    /// If the cell does not say how (the default).
    fn fresh(&self) -> Result<Arc<dyn Cell>> {
        let text =
            "the cell cannot be made a second time; implement `Cell::fresh`, or give a `backward_layer`";
        Err(Error::unsupported(name_of(self), text))
    }
}

/// Something that can become the cell of an [`Rnn`](super::Rnn): a cell, or a shared handle to one.
pub trait IntoCell {
    /// The shared handle.
    fn into_cell(self) -> Arc<dyn Cell>;
}

impl<C: Cell + 'static> IntoCell for C {
    fn into_cell(self) -> Arc<dyn Cell> {
        Arc::new(self)
    }
}

impl<C: Cell + 'static> IntoCell for Arc<C> {
    fn into_cell(self) -> Arc<dyn Cell> {
        self
    }
}

impl IntoCell for Arc<dyn Cell> {
    fn into_cell(self) -> Arc<dyn Cell> {
        self
    }
}

/// A cell as a layer: inputs `x [batch, …]` and the states, outputs the output and the states after the step. This is
/// what [`Layer::call`] of a cell does.
///
/// # Errors
/// If the number of states is wrong or the shapes do not fit.
pub fn call_cell<C: Cell + ?Sized>(cell: &C, b: &Builder, inputs: &[Tensor]) -> Result<Vec<Tensor>> {
    let Some((x, states)) = inputs.split_first() else {
        return Err(Error::argument(name_of(cell), "expected the inputs of a step and its states, got none"));
    };
    let expected = cell.state_shapes(&b.shape(x.value))?.len();
    if states.len() != expected {
        let text =
            format!("expected the inputs of a step and {expected} states, got {} states", states.len());
        return Err(Error::argument(name_of(cell), text));
    }
    let states: Vec<Value> = states.iter().map(|state| state.value).collect();
    let (y, states) = cell.advance(b, x.value, &states)?;
    Ok(std::iter::once(y).chain(states).map(Tensor::new).collect())
}
