//! State as a value, and the states that a stateful layer keeps.

use ndarray::{Array2, ArrayD, Ix2};

use super::{Lstm, LstmCall, Tensor, name_of, unbuilt};
use crate::builder::{Builder, Mode};
use crate::error::{Error, Result};
use crate::graph::Value;
use crate::layers::eager;
use crate::shape::Shape;
use crate::state::StateCell;

/// The state of an LSTM between steps: h and c, each `[batch, units]`.
#[derive(Debug, Clone, PartialEq)]
pub struct LstmState {
    /// The hidden state, which is also the output of the last step.
    pub h: Array2<f32>,
    /// The cell state.
    pub c: Array2<f32>,
}

impl LstmState {
    /// The state before the first step: zeros.
    pub fn zeros(batch: usize, units: usize) -> Self {
        Self { h: Array2::zeros((batch, units)), c: Array2::zeros((batch, units)) }
    }
}

impl Lstm {
    /// Runs the layer on `inputs [batch, time, features]` from a state, in inference, and returns the outputs (as
    /// `return_sequences` says) and the next state.
    ///
    /// The layer is not changed, also where it is `stateful`. Calling it step by step gives the same bits as calling
    /// it once. A layer without weights gets fresh ones.
    ///
    /// ```
    /// use gatewise::layers::{Lstm, LstmState};
    /// use ndarray::Array3;
    ///
    /// let layer = Lstm::new(4);
    /// let (x, start) = (Array3::ones((2, 5, 3)).into_dyn(), LstmState::zeros(2, 4));
    /// let (y, state) = layer.forward(&x, &start)?;
    /// assert_eq!(y, state.h.clone().into_dyn());
    /// let (_later, _state) = layer.forward(&x, &state)?;
    /// # Ok::<(), gatewise::Error>(())
    /// ```
    ///
    /// # Errors
    /// If the shapes do not fit.
    pub fn forward(&self, inputs: &ArrayD<f32>, state: &LstmState) -> Result<(ArrayD<f32>, LstmState)> {
        eager::build(self, &[Shape::known(inputs.shape())], 0)?;
        let b = Builder::new(Mode::Inference);
        let enter = |name: &str, shape: &[usize]| b.input(name, &Shape::known(shape));
        let x = Tensor::new(enter("inputs", inputs.shape()));
        let first = [enter("h", state.h.shape()), enter("c", state.c.shape())];
        let [y, h, c] = self.values(&b, x, first)?;
        let arrays = [inputs.clone(), state.h.clone().into_dyn(), state.c.clone().into_dyn()];
        let mut results = b.evaluate(&[y, h, c], &arrays)?.into_iter();
        let mut next = || results.next().expect("three results were asked for");
        let y = next();
        let mut matrix = || next().into_dimensionality::<Ix2>().expect("a state has two axes");
        Ok((y, LstmState { h: matrix(), c: matrix() }))
    }

    /// Emits the output and the states, whatever the layer returns.
    fn values(&self, b: &Builder, x: Tensor, first: [Value; 2]) -> Result<[Value; 3]> {
        let weights = self.weights.get().ok_or_else(|| unbuilt(self))?;
        let call = LstmCall { initial_state: Some(first), ..LstmCall::default() };
        self.check_inputs(&b.shape(x.value), Some(weights.kernel.shape()[0]))?;
        self.emit(b, weights, x.value, first, call.mask, false)
    }

    /// The states that the stateful layer keeps; `None` before its first batch and after a reset.
    pub fn states(&self) -> Option<LstmState> {
        let [h, c] = &self.states;
        let matrix = |state: &StateCell| state.get()?.into_dimensionality::<Ix2>().ok();
        Some(LstmState { h: matrix(h)?, c: matrix(c)? })
    }

    /// Sets the states that the stateful layer keeps, Keras 2's `reset_states(states=…)`.
    ///
    /// # Errors
    /// If the layer is not stateful, or the states are not `[batch, units]`.
    pub fn reset_states_to(&self, state: LstmState) -> Result<()> {
        if !self.options.form.stateful {
            let text = "the layer is not stateful and keeps no states; build it with `stateful(true)`";
            return Err(Error::state(name_of(self), text));
        }
        let (h, c) = (state.h.dim(), state.c.dim());
        if h != c || h.1 != self.units {
            let (h, c) = (<[usize; 2]>::from(h), <[usize; 2]>::from(c));
            let text = format!("expected states h and c [batch, {}], got {h:?} and {c:?}", self.units);
            return Err(Error::shape(name_of(self), text));
        }
        let [kept_h, kept_c] = &self.states;
        kept_h.set(Some(state.h.into_dyn()));
        kept_c.set(Some(state.c.into_dyn()));
        Ok(())
    }
}
