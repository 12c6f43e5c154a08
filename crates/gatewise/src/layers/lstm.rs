//! Long short-term memory, with Keras's arguments, defaults, weights and gate order.
//!
//! For each step, with σ the recurrent activation, φ the activation, ⊙ element by element:
//!
//! ```text
//! i f g o = inputs · kernel + previous_h · recurrent_kernel + bias      (1)
//! i, f, o = σ(i), σ(f), σ(o)    g = φ(g)                                (2)
//! c = f ⊙ previous_c + i ⊙ g                                            (3)
//! h = o ⊙ φ(c)                                                          (4)
//! ```
//!
//! | weight | shape | columns |
//! |---|---|---|
//! | `kernel` | `[features, 4·units]` | input, forget, candidate, output |
//! | `recurrent_kernel` | `[units, 4·units]` | the same |
//! | `bias` | `[4·units]` | the same; the forget part starts at one |
//!
//! The arithmetic is in [`gatewise_kernels::lstm`]. This file checks what the caller gave, owns the weights, and
//! picks what to return.

use std::sync::OnceLock;

use serde_json::{Map, Value as Json};

use super::weights::add_activity_loss;
use super::{
    CallForm, Layer, LayerBase, RecurrentForm, StreamCall, Streamed, Tensor, WeightBuilder, WeightTree,
    name_of, unbuilt,
};
use crate::activations::cell::CellActivation;
use crate::builder::{Builder, Mode, RecurrentInputs, Start};
use crate::error::{Error, Result};
use crate::graph::Value;
use crate::initializers::Initializer;
use crate::ops::Op;
use crate::ops::lstm as op;
use crate::ops::recurrent::DropoutForm;
use crate::shape::{Dim, Shape};
use crate::state::StateCell;
use crate::variable::Variable;

mod bias;
mod config;
mod options;
mod state;
mod step;
mod trace;

pub(super) use bias::BiasInitializer;
pub use state::LstmState;
pub use trace::LstmTrace;

use options::Options;

/// Keras's `LSTM` layer.
///
/// `[batch, time, features]` → `[batch, units]`, or `[batch, time, units]` with `return_sequences`; with
/// `return_state` followed by the states h and c, each `[batch, units]`.
///
/// ```
/// use gatewise::layers::{Input, Lstm};
/// use gatewise::Sequential;
///
/// let mut model = Sequential::new();
/// model.add(Input::new([None, Some(8)]))?;
/// model.add(Lstm::new(64).return_sequences(true).dropout(0.2))?;
/// model.add(Lstm::new(32).recurrent_activation("hard_sigmoid"))?;
/// # Ok::<(), gatewise::Error>(())
/// ```
///
/// # Masks
///
/// At a masked step the states hold their values and the output repeats the one before (zeros if there was none), or
/// is zero with `zero_output_for_mask`. The mask that comes with the input is used **also when an initial state is
/// given**, as in Keras 2; Keras 3.15 forgets it there, without a word, because of how it fills in arguments.
///
/// # Differences from Keras
///
/// * A rate of dropout outside `0 ≤ rate < 1` is an error; Keras clamps it.
/// * A `stateful` layer takes any batch size. Samples keep their row of the state: a smaller last batch uses and
///   updates the first rows, and the others stay. Keras broadcasts or fails there.
/// * `unroll` changes no number here. In Keras 3.15 an unrolled layer with `zero_output_for_mask` and `go_backwards` zeroes the
///   wrong steps under a mask, because it does not reverse the mask.
/// * `implementation` 1 and 2 compute the same; as in Keras, 1 draws its own mask of dropout for each gate, and a
///   `recurrent_dropout` implies it.
#[derive(Debug)]
pub struct Lstm {
    base: LayerBase,
    units: usize,
    options: Options,
    weights: OnceLock<Weights>,
    /// h and c between calls, where the layer is stateful.
    states: [StateCell; 2],
}

#[derive(Debug)]
struct Weights {
    kernel: Variable,
    recurrent_kernel: Variable,
    bias: Option<Variable>,
}

/// What a call may give beside the inputs.
#[derive(Debug, Clone, Copy, Default)]
pub struct LstmCall {
    /// `[batch, time]`, 1 where a step is used; without it the mask that comes with the input.
    pub mask: Option<Value>,
    /// h and c before the first step, each `[batch, units]`; without it zeros, or what a stateful layer kept.
    pub initial_state: Option<[Value; 2]>,
    /// Whether dropout is on; without it the mode of the program.
    pub training: Option<bool>,
}

/// The inputs of a call by what they are.
struct LstmInputs {
    x: Tensor,
    initial_state: Option<[Value; 2]>,
}

impl Lstm {
    /// A layer of this width with Keras's defaults.
    pub fn new(units: usize) -> Self {
        Self {
            base: LayerBase::default(),
            units,
            options: Options::default(),
            weights: OnceLock::new(),
            states: Default::default(),
        }
    }

    /// What the layer reads and returns.
    pub(super) fn form(&self) -> RecurrentForm {
        self.options.form
    }

    pub(in crate::layers) fn set_form(&mut self, form: RecurrentForm) {
        self.options.form = form;
    }

    /// The same layer without name, weights and states.
    pub(super) fn anew(&self) -> Self {
        Self { options: self.options.clone(), ..Self::new(self.units) }
    }

    /// The width of the states and the output.
    pub fn units(&self) -> usize {
        self.units
    }

    /// Emits the layer with the arguments of Keras's `call`.
    ///
    /// # Errors
    /// If a shape does not fit.
    pub fn call_with(&self, b: &Builder, inputs: Tensor, call: LstmCall) -> Result<Vec<Tensor>> {
        let weights = self.weights.get().ok_or_else(|| unbuilt(self))?;
        let shape = b.shape(inputs.value);
        self.check_inputs(&shape, Some(weights.kernel.shape()[0]))?;
        let state = match call.initial_state {
            Some(state) => state,
            None => self.first_state(b, shape.dim(0))?,
        };
        let mask = call.mask.or(inputs.mask);
        let training = call.training.unwrap_or(b.mode() == Mode::Training);
        let [y, h, c] = self.emit(b, weights, inputs.value, state, mask, training)?;
        if self.options.form.stateful {
            self.states.iter().zip([h, c]).for_each(|(cell, last)| b.update_state(cell, last));
        }
        self.outputs(b, [y, h, c], mask)
    }

    /// Emits the operation.
    fn emit(
        &self,
        b: &Builder,
        weights: &Weights,
        x: Value,
        state: [Value; 2],
        mask: Option<Value>,
        training: bool,
    ) -> Result<[Value; 3]> {
        let options = &self.options;
        let batch = b.shape(x).dim(0);
        let (dropout, recurrent_dropout) = if training { self.dropout_forms() } else { Default::default() };
        let (kernel, bias) =
            (b.variable(&weights.kernel), weights.bias.as_ref().map(|bias| b.variable(bias)));
        let features = b.shape(x).last();
        let may_take_ids = dropout == DropoutForm::None && b.has_lookups();
        let RecurrentInputs { x, takes_ids, kernel, bias } =
            b.recurrent_inputs(x, kernel, bias, may_take_ids.then_some(Start::Bias))?;
        let recurrent_kernel = b.variable(&weights.recurrent_kernel);
        let mut inputs = vec![x, kernel, recurrent_kernel, state[0], state[1]];
        inputs.extend(bias);
        inputs.extend(mask);
        inputs.extend(self.dropout_masks(b, dropout, options.dropout, batch, features)?);
        let units = Some(self.units);
        inputs.extend(self.dropout_masks(b, recurrent_dropout, options.recurrent_dropout, batch, units)?);
        let subject = name_of(self);
        let lstm = op::Lstm {
            activation: CellActivation::new(&subject, &options.activation)?,
            recurrent_activation: CellActivation::new(&subject, &options.recurrent_activation)?,
            subject,
            return_sequences: options.form.return_sequences,
            go_backwards: options.form.go_backwards,
            zero_output_for_mask: options.form.zero_output_for_mask,
            takes_ids,
            has_bias: bias.is_some(),
            has_mask: mask.is_some(),
            dropout,
            recurrent_dropout,
        };
        let outputs = b.emit_all(Op::Lstm(lstm), &inputs)?;
        Ok([outputs[0], outputs[1], outputs[2]])
    }

    /// How many masks of dropout and of recurrent dropout a training step draws (`keras.layers.LSTMCell`).
    fn dropout_forms(&self) -> (DropoutForm, DropoutForm) {
        let has_recurrent = self.options.recurrent_dropout > 0.0;
        let per_gate = has_recurrent || self.options.implementation == 1;
        let form = |is_on: bool| match (is_on, per_gate) {
            (false, _) => DropoutForm::None,
            (true, true) => DropoutForm::PerGate,
            (true, false) => DropoutForm::Shared,
        };
        (form(self.options.dropout > 0.0), form(has_recurrent))
    }

    /// Emits the masks of one kind of dropout, constant over time.
    fn dropout_masks(
        &self,
        b: &Builder,
        form: DropoutForm,
        rate: f32,
        batch: Dim,
        width: Dim,
    ) -> Result<Option<Value>> {
        let shape = match form {
            DropoutForm::None => return Ok(None),
            DropoutForm::Shared => Shape::new([batch, width]),
            DropoutForm::PerGate => Shape::new([Some(4), batch, width]),
        };
        b.random_mask(rate, &shape, self.options.seed).map(Some)
    }

    /// The states before the first step where the caller gives none.
    fn first_state(&self, b: &Builder, batch: Dim) -> Result<[Value; 2]> {
        let shape = Shape::new([batch, Some(self.units)]);
        if self.options.form.stateful {
            let name = name_of(self);
            let [h, c] = &self.states;
            return Ok([
                b.state_input(&format!("{name}/h"), &shape, h),
                b.state_input(&format!("{name}/c"), &shape, c),
            ]);
        }
        let zeros = b.constant(0.0, &shape)?;
        Ok([zeros, zeros])
    }

    /// What the layer returns: the output with its mask and, if asked for, the states.
    fn outputs(&self, b: &Builder, values: [Value; 3], mask: Option<Value>) -> Result<Vec<Tensor>> {
        let [y, h, c] = values;
        let mask = mask.filter(|_| self.options.form.return_sequences);
        let mut outputs = vec![Tensor { value: y, mask }];
        if self.options.form.return_state {
            outputs.extend([Tensor::new(h), Tensor::new(c)]);
        }
        for output in &outputs {
            add_activity_loss(b, self.options.activity_regularizer.as_ref(), output.value)?;
        }
        Ok(outputs)
    }

    /// The sequences with, perhaps, the initial states after them.
    fn inputs(&self, inputs: &[Tensor]) -> Result<LstmInputs> {
        match inputs {
            [x] => Ok(LstmInputs { x: *x, initial_state: None }),
            [x, h, c] => Ok(LstmInputs { x: *x, initial_state: Some([h.value, c.value]) }),
            _ => {
                let count = inputs.len();
                let text =
                    format!("expected the sequences, or the sequences and h and c, got {count} inputs");
                Err(Error::argument(name_of(self), text))
            }
        }
    }

    fn check_inputs(&self, shape: &Shape, features: Dim) -> Result<()> {
        let fits = shape.rank() == 3 && (features.is_none() || shape.last() == features);
        if !fits {
            let width = features.map_or_else(|| "features".into(), |features| features.to_string());
            let built = features.map_or_else(String::new, |features| {
                format!("; the layer was built for {features} features")
            });
            let text = format!("expected inputs [batch, time, {width}], got {shape}{built}");
            return Err(Error::shape(name_of(self), text));
        }
        if self.options.form.unroll && shape.dim(1).is_none() {
            let text = "`unroll` needs a known number of time steps, got an unknown one; give it in the shape \
                        of the input";
            return Err(Error::argument(name_of(self), text));
        }
        Ok(())
    }
}

impl Layer for Lstm {
    fn class_name(&self) -> &str {
        "LSTM"
    }

    fn base(&self) -> &LayerBase {
        &self.base
    }

    fn base_mut(&mut self) -> &mut LayerBase {
        &mut self.base
    }

    fn check(&self) -> Result<()> {
        let name = name_of(self);
        if self.units == 0 {
            return Err(Error::argument(name, "`units` must be at least 1, got 0"));
        }
        self.options.check(&name)
    }

    fn build(&self, inputs: &[Shape], weights: &mut WeightBuilder<'_>) -> Result<()> {
        self.check_inputs(&inputs[0], None)?;
        let features = inputs[0].last().ok_or_else(|| {
            let text = format!("expected a known number of features, got {}", inputs[0]);
            Error::shape(name_of(self), text)
        })?;
        let (options, columns) = (&self.options, 4 * self.units);
        let mut cell = weights.inner("lstm_cell");
        let kernel = cell.add("kernel", &[features, columns], &options.kernel)?;
        let recurrent_kernel = cell.add("recurrent_kernel", &[self.units, columns], &options.recurrent)?;
        let make_bias = |cell: &mut WeightBuilder<'_>| {
            let initializer = options.bias.initializer.resolve()?;
            let bias = BiasInitializer { initializer, unit_forget_bias: options.unit_forget_bias };
            cell.add_with("bias", &[columns], &options.bias, &bias as &dyn Initializer)
        };
        let bias = options.use_bias.then(|| make_bias(&mut cell)).transpose()?;
        self.weights.get_or_init(|| Weights { kernel, recurrent_kernel, bias });
        Ok(())
    }

    /// One input, or three: the sequences and the initial states h and c.
    fn call(&self, b: &Builder, inputs: &[Tensor]) -> Result<Vec<Tensor>> {
        let LstmInputs { x, initial_state } = self.inputs(inputs)?;
        self.call_with(b, x, LstmCall { initial_state, ..LstmCall::default() })
    }

    fn step(&self, b: &Builder, call: &StreamCall<'_>) -> Result<Vec<Streamed>> {
        self.take_step(b, call)
    }

    fn call_form(&self) -> CallForm {
        CallForm::States
    }

    fn variables(&self) -> Vec<Variable> {
        let list = |w: &Weights| {
            let all = [Some(&w.kernel), Some(&w.recurrent_kernel), w.bias.as_ref()];
            all.into_iter().flatten().cloned().collect()
        };
        self.weights.get().map_or_else(Vec::new, list)
    }

    fn weight_tree(&self) -> WeightTree {
        let cell = WeightTree { name: "lstm_cell".into(), weights: self.variables(), parts: Vec::new() };
        WeightTree::around(self, "cell", cell)
    }

    fn joins_calls(&self, _mode: Mode) -> bool {
        self.options.form.stateful
    }

    fn reset_states(&self) {
        self.states.iter().for_each(|state| state.set(None));
    }

    fn own_config(&self) -> Map<String, Json> {
        config::own_config(self.units, &self.options)
    }
}

#[cfg(test)]
mod tests;
