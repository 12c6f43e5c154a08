//! What a recurrent layer reads and returns, whatever its cell is.

use serde_json::{Map, Value as Json};

use super::{LayerCell, RecurrentLayer};
use crate::error::Error;
use crate::regularizers::RegularizerArgument;

/// Keras's arguments of every recurrent layer, all false by default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RecurrentForm {
    /// Whether every step's output is returned, `[batch, time, …]`, or only the last, `[batch, …]`.
    pub return_sequences: bool,
    /// Whether the states are returned after the output.
    pub return_state: bool,
    /// Whether the steps are taken from the last to the first. Outputs come in the order taken.
    pub go_backwards: bool,
    /// Whether a batch starts from the states that the one before ended with.
    pub stateful: bool,
    /// Keras's `unroll`, which changes nothing here but needs a known number of steps.
    pub unroll: bool,
    /// Whether masked steps return zeros instead of the output before them.
    pub zero_output_for_mask: bool,
}

impl RecurrentForm {
    /// The arguments in the order of Keras's `get_config`.
    pub(in crate::layers) fn config(&self) -> Map<String, Json> {
        let arguments = [
            ("return_sequences", self.return_sequences),
            ("return_state", self.return_state),
            ("go_backwards", self.go_backwards),
            ("stateful", self.stateful),
            ("unroll", self.unroll),
            ("zero_output_for_mask", self.zero_output_for_mask),
        ];
        arguments.into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect()
    }
}

/// The error for `unroll` over steps that nobody can count.
pub(super) fn unknown_time(subject: &str) -> Error {
    let text =
        "`unroll` needs a known number of time steps, got an unknown one; give it in the shape of the input";
    Error::argument(subject, text)
}

/// Keras's arguments of every recurrent layer.
impl<C: LayerCell + ?Sized> RecurrentLayer<C> {
    /// What the layer reads and returns.
    pub(in crate::layers) fn form(&self) -> RecurrentForm {
        self.form
    }

    pub(in crate::layers) fn set_form(&mut self, form: RecurrentForm) {
        self.form = form;
    }

    pub(in crate::layers) fn with_form(mut self, form: RecurrentForm) -> Self {
        self.set_form(form);
        self
    }

    /// Whether every step's output is returned, `[batch, time, …]`, or only the last, `[batch, …]` (default).
    pub fn return_sequences(mut self, return_sequences: bool) -> Self {
        self.form.return_sequences = return_sequences;
        self
    }

    /// Whether the states are returned after the output (default false).
    pub fn return_state(mut self, return_state: bool) -> Self {
        self.form.return_state = return_state;
        self
    }

    /// Whether the steps are taken from the last to the first (default false). Outputs come in the order taken.
    pub fn go_backwards(mut self, go_backwards: bool) -> Self {
        self.form.go_backwards = go_backwards;
        self
    }

    /// Whether a batch starts from the states that the one before ended with (default false). Nothing resets them but
    /// [`reset_states`](crate::layers::Layer::reset_states).
    pub fn stateful(mut self, stateful: bool) -> Self {
        self.form.stateful = stateful;
        self
    }

    /// Keras's `unroll` (default false). It changes nothing here but, as in Keras, needs a known number of steps.
    pub fn unroll(mut self, unroll: bool) -> Self {
        self.form.unroll = unroll;
        self
    }

    /// Whether masked steps return zeros instead of the output before them (default false).
    pub fn zero_output_for_mask(mut self, zero_output_for_mask: bool) -> Self {
        self.form.zero_output_for_mask = zero_output_for_mask;
        self
    }

    /// A penalty on everything that the layer returns, states included, divided by the batch size.
    pub fn activity_regularizer(mut self, regularizer: impl Into<RegularizerArgument>) -> Self {
        self.activity_regularizer = Some(regularizer.into());
        self
    }
}
