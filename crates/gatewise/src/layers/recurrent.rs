//! Recurrent layers: a cell run over a sequence.
//!
//! For each step t, in the order of time or, with `go_backwards`, from the last to the first:
//!
//! ```text
//! y, new = cell(x[t], states)
//! states = mask[t] ? new : states
//! output = mask[t] ? y : previous output        (zeros before the first step)
//!        = mask[t] ? y : 0                      (with zero_output_for_mask)
//! ```

use std::fmt::Debug;
use std::sync::{Arc, OnceLock};

use serde_json::{Map, Value as Json};

use super::cells::{Cell, CellKind, IntoCell, Sequence, WeightedCell};
use super::weights::add_activity_loss;
use super::{
    CallForm, Layer, LayerBase, StreamCall, Streamed, Tensor, WeightBuilder, WeightTree, config, name_of,
    serialize, serialize_built,
};
use crate::builder::{Builder, Mode};
use crate::error::{Error, Result};
use crate::graph::Value;
use crate::regularizers::RegularizerArgument;
use crate::shape::{Dim, Shape};
use crate::variable::Variable;

mod cell_setters;
mod conv_lstm;
mod form;
mod gru;
mod simple_rnn;
mod states;
mod steps;
mod stream;

pub use conv_lstm::{ConvLstm, ConvLstm1d, ConvLstm2d, ConvLstm3d, Sizes};
pub use gru::Gru;
pub use simple_rnn::SimpleRnn;

pub use form::RecurrentForm;
use states::Kept;
use steps::{End, Start};

/// A layer that runs a cell over a sequence: [`Rnn`] over any cell, [`Gru`] or [`SimpleRnn`].
///
/// `[batch, time, …]` → the output of the last step `[batch, units]`, or of all steps `[batch, time, units]` with
/// `return_sequences`; with `return_state` followed by the states, each `[batch, units]`. What several inputs mean: the
/// sequences, then the states before the first step.
///
/// [`Gru`] and [`SimpleRnn`] take all steps in one kernel; [`Rnn`] takes them one by one, which is many times slower and can
/// be differentiated twice.
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
/// * States of a stack of cells are given and returned one after another, not as lists in a list.
#[derive(Debug)]
pub struct RecurrentLayer<C: ?Sized> {
    base: LayerBase,
    cell: Arc<C>,
    form: RecurrentForm,
    activity_regularizer: Option<RegularizerArgument>,
    /// The states between calls, where the layer is stateful; made when it is built.
    kept: OnceLock<Vec<Kept>>,
}

/// Keras's `RNN`: any [`Cell`] over a sequence, with every argument of [`RecurrentLayer`].
///
/// ```
/// use gatewise::layers::{GruCell, Input, Rnn};
/// use gatewise::Sequential;
///
/// let mut model = Sequential::new();
/// model.add(Input::new([None, Some(8)]))?;
/// model.add(Rnn::new(GruCell::new(16).reset_after(false)).return_sequences(true))?;
/// model.add(Rnn::new(GruCell::new(8)).go_backwards(true))?;
/// # Ok::<(), gatewise::Error>(())
/// ```
pub type Rnn = RecurrentLayer<dyn Cell>;

impl Rnn {
    /// A layer that runs this cell, with Keras's defaults.
    pub fn new(cell: impl IntoCell) -> Self {
        Self::of(cell.into_cell())
    }
}

/// What a call may give beside the sequences.
#[derive(Debug, Clone, Default)]
pub struct RecurrentCall {
    /// `[batch, time]`, 1 where a step is used; without it the mask that comes with the input.
    pub mask: Option<Value>,
    /// The states before the first step; without them zeros, or what a stateful layer kept.
    pub initial_state: Option<Vec<Value>>,
    /// Whether dropout is on; without it the mode of the program.
    pub training: Option<bool>,
}

/// What a layer makes of its cell.
pub trait LayerCell: Cell {
    /// Keras's name of the layer over this cell.
    #[doc(hidden)]
    fn layer_class(&self) -> &'static str;

    /// The arguments of the layer that are the cell's.
    #[doc(hidden)]
    fn layer_config(
        &self,
        activity: Option<&RegularizerArgument>,
        write: &dyn Fn(&dyn Layer) -> Json,
    ) -> Map<String, Json>;

    /// The same cell without weights.
    #[doc(hidden)]
    fn anew(&self) -> Result<Arc<Self>>;

    /// The part of the weights' paths that stands for the cell.
    #[doc(hidden)]
    fn path(&self) -> String;

    /// Checks the cell's arguments, which may be the layer's own.
    #[doc(hidden)]
    fn check_for(&self, layer: &str) -> Result<()>;

    /// Checks the shape of the sequences.
    #[doc(hidden)]
    fn check_sequences(&self, layer: &str, shape: &Shape) -> Result<()>;

    /// Emits all steps as one operation and returns the output and the last state, where the cell has one state and such an
    /// operation.
    #[doc(hidden)]
    fn run_fused(&self, b: &Builder, call: &Sequence<'_>) -> Result<Option<[Value; 2]>> {
        let _ = (b, call);
        Ok(None)
    }

    /// The cell as a layer of its own, where Keras counts it as one.
    #[doc(hidden)]
    fn sublayer(cell: &Arc<Self>) -> Option<Arc<dyn Layer>>;
}

/// A kind of cell that Keras has a layer for.
pub trait LayerKind: CellKind {
    /// Keras's name of the layer.
    #[doc(hidden)]
    const LAYER: &'static str;

    /// Keras's name of the cell inside the layer.
    #[doc(hidden)]
    const CELL_NAME: &'static str;
}

impl LayerCell for dyn Cell {
    fn layer_class(&self) -> &'static str {
        "RNN"
    }

    fn layer_config(
        &self,
        activity: Option<&RegularizerArgument>,
        write: &dyn Fn(&dyn Layer) -> Json,
    ) -> Map<String, Json> {
        let mut config = Map::new();
        if activity.is_some() {
            config.insert("activity_regularizer".into(), config::regularizer(activity));
        }
        config.insert("cell".into(), write(self));
        config
    }

    fn anew(&self) -> Result<Arc<Self>> {
        self.fresh()
    }

    fn path(&self) -> String {
        name_of(self)
    }

    fn check_for(&self, _layer: &str) -> Result<()> {
        self.base().check()?;
        self.check()
    }

    fn check_sequences(&self, layer: &str, shape: &Shape) -> Result<()> {
        if shape.rank() >= 2 {
            return Ok(());
        }
        Err(Error::shape(layer, format!("expected inputs [batch, time, ...], got {shape}")))
    }

    fn sublayer(cell: &Arc<Self>) -> Option<Arc<dyn Layer>> {
        Some(Arc::clone(cell) as Arc<dyn Layer>)
    }
}

impl<K: LayerKind> LayerCell for WeightedCell<K> {
    fn layer_class(&self) -> &'static str {
        K::LAYER
    }

    fn layer_config(
        &self,
        activity: Option<&RegularizerArgument>,
        _write: &dyn Fn(&dyn Layer) -> Json,
    ) -> Map<String, Json> {
        self.kind.config(&self.arguments, Some(config::regularizer(activity)))
    }

    fn anew(&self) -> Result<Arc<Self>> {
        Ok(Arc::new(WeightedCell::anew(self)))
    }

    fn path(&self) -> String {
        K::CELL_NAME.to_owned()
    }

    fn check_for(&self, layer: &str) -> Result<()> {
        self.arguments.check(layer, K::UNITS)?;
        self.kind.check(layer)
    }

    fn check_sequences(&self, layer: &str, shape: &Shape) -> Result<()> {
        self.check_layer_inputs(layer, shape)
    }

    fn run_fused(&self, b: &Builder, call: &Sequence<'_>) -> Result<Option<[Value; 2]>> {
        self.emit_fused(b, call)
    }

    fn sublayer(_cell: &Arc<Self>) -> Option<Arc<dyn Layer>> {
        None
    }
}

impl<C: LayerCell + ?Sized> RecurrentLayer<C> {
    fn of(cell: Arc<C>) -> Self {
        Self {
            base: LayerBase::default(),
            cell,
            form: RecurrentForm::default(),
            activity_regularizer: None,
            kept: OnceLock::new(),
        }
    }

    /// The same layer without name, weights and states.
    pub(super) fn anew(&self) -> Result<Self> {
        let activity_regularizer = self.activity_regularizer.clone();
        Ok(Self { form: self.form, activity_regularizer, ..Self::of(self.cell.anew()?) })
    }

    /// The cell that the layer runs.
    pub fn cell(&self) -> &C {
        &self.cell
    }

    /// Emits the layer with the arguments of Keras's `call`.
    ///
    /// # Errors
    /// If a shape does not fit.
    pub fn call_with(&self, b: &Builder, inputs: Tensor, call: RecurrentCall) -> Result<Vec<Tensor>> {
        self.call_as(b, inputs, call, &self.form)
    }

    /// The same in another form than its own.
    pub(super) fn call_as(
        &self,
        b: &Builder,
        inputs: Tensor,
        call: RecurrentCall,
        form: &RecurrentForm,
    ) -> Result<Vec<Tensor>> {
        let training = call.training.unwrap_or(b.mode() == Mode::Training);
        let mode = if training { Mode::Training } else { Mode::Inference };
        b.in_mode(mode, || self.emit(b, inputs, call, form))
    }

    fn emit(&self, b: &Builder, x: Tensor, call: RecurrentCall, form: &RecurrentForm) -> Result<Vec<Tensor>> {
        let (shape, kept) = (b.shape(x.value), self.kept()?);
        let step = self.step_shape(&shape)?;
        if form.unroll && shape.dim(1).is_none() {
            return Err(form::unknown_time(&name_of(self)));
        }
        let mask = call.mask.or(x.mask);
        let expected = self.cell.state_shapes(&step)?;
        let states = match call.initial_state {
            Some(states) => self.checked_states(b, &states, &expected)?,
            None => self.first_states(b, kept, &expected, form)?,
        };
        let end = self.run(b, x.value, mask, Start { states: &states, output: None }, form)?;
        if form.stateful {
            kept.iter().zip(&end.states).for_each(|(kept, last)| b.update_state(&kept.cell, *last));
        }
        let outputs = outputs(end, mask, form);
        for output in &outputs {
            add_activity_loss(b, self.activity_regularizer.as_ref(), output.value)?;
        }
        Ok(outputs)
    }

    /// The shape of the inputs of one step.
    fn step_shape(&self, shape: &Shape) -> Result<Shape> {
        self.cell.check_sequences(&name_of(self), shape)?;
        let dims: Vec<Dim> = [&shape.dims()[..1], &shape.dims()[2..]].concat();
        Ok(Shape::new(dims))
    }
}

/// What the layer returns in this form.
fn outputs(end: End, mask: Option<Value>, form: &RecurrentForm) -> Vec<Tensor> {
    let mut outputs = vec![Tensor { value: end.y, mask: mask.filter(|_| form.return_sequences) }];
    if form.return_state {
        outputs.extend(end.states.into_iter().map(Tensor::new));
    }
    outputs
}

impl<C: LayerCell + ?Sized + 'static> Layer for RecurrentLayer<C> {
    fn class_name(&self) -> &str {
        self.cell.layer_class()
    }

    fn base(&self) -> &LayerBase {
        &self.base
    }

    fn base_mut(&mut self) -> &mut LayerBase {
        &mut self.base
    }

    fn check(&self) -> Result<()> {
        if let Some(regularizer) = &self.activity_regularizer {
            regularizer
                .resolve()
                .map_err(|error| error.in_argument(name_of(self), "activity_regularizer", "regularizer"))?;
        }
        self.cell.check_for(&name_of(self))
    }

    fn build(&self, inputs: &[Shape], weights: &mut WeightBuilder<'_>) -> Result<()> {
        let step = self.step_shape(&inputs[0])?;
        let states = self.cell.state_shapes(&step)?;
        if states.iter().any(|state| state.rank() == 0) {
            let text = "expected states [batch, ...] of the cell, got one without axes";
            return Err(Error::shape(name_of(self), text));
        }
        if self.cell.variables().is_empty() {
            self.cell.build(&[step], &mut weights.inner(&self.cell.path()))?;
        }
        self.kept.get_or_init(|| states.iter().map(Kept::new).collect());
        Ok(())
    }

    /// One input, or the sequences and the states before the first step.
    fn call(&self, b: &Builder, inputs: &[Tensor]) -> Result<Vec<Tensor>> {
        let Some((x, states)) = inputs.split_first() else {
            return Err(Error::argument(name_of(self), "expected the sequences, got no input"));
        };
        let states: Vec<Value> = states.iter().map(|state| state.value).collect();
        let initial_state = (!states.is_empty()).then_some(states);
        self.call_with(b, *x, RecurrentCall { initial_state, ..RecurrentCall::default() })
    }

    fn step(&self, b: &Builder, call: &StreamCall<'_>) -> Result<Vec<Streamed>> {
        self.take_step(b, call)
    }

    fn call_form(&self) -> CallForm {
        CallForm::States
    }

    fn sublayers(&self) -> Vec<Arc<dyn Layer>> {
        C::sublayer(&self.cell).into_iter().collect()
    }

    fn variables(&self) -> Vec<Variable> {
        self.cell.variables()
    }

    fn weight_tree(&self) -> WeightTree {
        WeightTree::around(self, "cell", self.cell.weight_tree())
    }

    fn joins_calls(&self, mode: Mode) -> bool {
        self.form.stateful || self.cell.joins_calls(mode)
    }

    fn reset_states(&self) {
        self.kept.get().into_iter().flatten().for_each(|state| state.cell.set(None));
    }

    fn own_config(&self) -> Map<String, Json> {
        self.config_with(&serialize)
    }

    fn built_config(&self, inputs: &[Shape]) -> Map<String, Json> {
        let step = self.step_shape(&inputs[0]).unwrap_or_default();
        self.config_with(&|cell| serialize_built(cell, std::slice::from_ref(&step)))
    }
}

impl<C: LayerCell + ?Sized + 'static> RecurrentLayer<C> {
    fn config_with(&self, write: &dyn Fn(&dyn Layer) -> Json) -> Map<String, Json> {
        let mut config = self.form.config();
        config.extend(self.cell.layer_config(self.activity_regularizer.as_ref(), write));
        config
    }
}

#[cfg(test)]
mod tests;
