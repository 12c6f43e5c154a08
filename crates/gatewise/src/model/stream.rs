//! One step at a time, with the state as a value.

use std::sync::Arc;

use ndarray::{ArrayD, Axis};

use super::Model;
use super::arrays::Arrays;
use super::programs::{BatchShapes, Key, Purpose};
use crate::builder::{Builder, Mode};
use crate::compiled::Compiled;
use crate::error::{Error, Result};
use crate::executor::RunKey;
use crate::functional::KerasTensor;
use crate::graph::Value;
use crate::layers::{StreamStates, Streamed, Tensor};
use crate::network::Network;
use crate::shape::{Dim, Shape};

/// What a model keeps of the steps that it has taken: the states of its recurrent layers, for every sample of the
/// batch.
///
/// It is a value: keep it, copy it to try two ways on, [save](Self::save) it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct StreamState {
    /// The states by the paths of their layers; none before the first step.
    pub(crate) parts: Option<Vec<(String, ArrayD<f32>)>>,
}

impl StreamState {
    /// The state before the first step.
    pub fn new() -> Self {
        Self::default()
    }

    /// The state with these parts, which lie in the order of their paths.
    pub(crate) fn of(mut parts: Vec<(String, ArrayD<f32>)>) -> Self {
        parts.sort_by(|(a, _), (b, _)| a.cmp(b));
        Self { parts: Some(parts) }
    }

    /// Whether no step has been taken.
    pub fn is_new(&self) -> bool {
        self.parts.is_none()
    }

    /// The states by the paths of their layers, such as `lstm/h [batch, units]`.
    pub fn parts(&self) -> impl Iterator<Item = (&str, &ArrayD<f32>)> {
        self.parts.iter().flatten().map(|(path, array)| (path.as_str(), array))
    }

    /// The states of these samples of the batch, in this order; a sample may be taken several times, as a beam search
    /// does.
    ///
    /// # Errors
    /// If there is no such sample.
    pub fn select(&self, samples: &[usize]) -> Result<Self> {
        let select = |(path, array): &(String, ArrayD<f32>)| {
            let batch = array.len_of(Axis(0));
            match samples.iter().find(|sample| **sample >= batch) {
                Some(sample) => {
                    let text = format!("expected samples below {batch}, the size of the batch, got {sample}");
                    Err(Error::argument("select", text))
                }
                None => Ok((path.clone(), array.select(Axis(0), samples))),
            }
        };
        let parts = self.parts.as_ref().map(|parts| parts.iter().map(select).collect());
        Ok(Self { parts: parts.transpose()? })
    }
}

/// A program for one step.
#[derive(Debug)]
pub(super) struct StepProgram {
    pub compiled: Arc<Compiled>,
    /// The states that enter after the data.
    pub read: Vec<(String, Shape)>,
    /// The states that leave after the outputs.
    pub next: Vec<String>,
}

impl Model {
    /// The model's output for the next step `x [batch, …]` of its sequence, and the state after it.
    ///
    /// `x` has no time axis: `[batch, features]` for inputs `[batch, time, features]`, and `[batch]` for tokens. Of an
    /// output that is a sequence `[batch, time, …]` it is this step's `[batch, …]`; another output is what the model
    /// would predict for the steps so far. T steps give the bits of one `predict` over T steps.
    ///
    /// Where a model has several inputs, those that are given **with** their time axis, or have none, enter whole at
    /// every step, as the output of an encoder for its decoder. An initial state that comes from the graph is used at the first
    /// step. What `stateful` layers keep between calls has no part in it.
    ///
    /// ```
    /// use gatewise::layers::{Dense, Input, Lstm};
    /// use gatewise::{Sequential, StreamState};
    /// use ndarray::{ArrayD, Axis};
    ///
    /// let mut model = Sequential::new();
    /// model.add(Input::new([None, Some(3)]))?;
    /// model.add(Lstm::new(8).return_sequences(true))?.add(Dense::new(2))?;
    ///
    /// let x = ArrayD::from_shape_fn(vec![1, 5, 3], |index| (index[1] + index[2]) as f32 / 7.0);
    /// let whole = model.predict(&x)?;
    /// let mut state = StreamState::new();
    /// for t in 0..5 {
    ///     let (y, next) = model.step(&x.index_axis(Axis(1), t).to_owned(), state)?;
    ///     assert_eq!(y, whole.index_axis(Axis(1), t));
    ///     state = next;
    /// }
    /// # Ok::<(), gatewise::Error>(())
    /// ```
    ///
    /// # Errors
    /// If a layer needs the whole sequence (a backward direction, attention over all steps), which the message names;
    /// if an array or the state does not fit; or if the model has several outputs.
    pub fn step<'a>(
        &self,
        x: impl Into<Arrays<'a>>,
        state: StreamState,
    ) -> Result<(ArrayD<f32>, StreamState)> {
        let (mut outputs, next) = self.step_all(x, state)?;
        match outputs.len() {
            1 => Ok((outputs.remove(0), next)),
            count => {
                let text = format!("expected one output, got {count}; call `step_all`");
                Err(Error::argument(self.name(), text))
            }
        }
    }

    /// The same with all outputs of the model, in their order.
    ///
    /// # Errors
    /// As [`step`](Self::step), but for the number of outputs.
    pub fn step_all<'a>(
        &self,
        x: impl Into<Arrays<'a>>,
        state: StreamState,
    ) -> Result<(Vec<ArrayD<f32>>, StreamState)> {
        // A model that is not built says so, before its inputs are counted.
        self.network()?;
        self.network()?;
        let arrays = x.into().in_order("x", &self.input_names())?;
        let purpose = if state.is_new() { Purpose::FirstStep } else { Purpose::NextStep };
        let program = self.step_program(purpose, &arrays)?;
        let states = check_state(&program, state)?;
        let contiguous: Vec<_> =
            arrays.into_iter().chain(&states).map(|array| array.as_standard_layout()).collect();
        let data: Vec<&[f32]> =
            contiguous.iter().map(|array| array.as_slice().expect("it has the standard layout")).collect();
        let key = RunKey { seed: self.seed(), step: 0 };
        let mut outputs =
            program.compiled.run_without_keeping(&data, key, |outputs| Ok(outputs.to_arrays()))?;
        let kept = outputs.split_off(outputs.len() - program.next.len());
        let parts = program.next.iter().cloned().zip(kept).collect();
        Ok((outputs, StreamState::of(parts)))
    }

    /// The program for a step with arrays of these shapes, which are checked.
    pub(super) fn step_program(&self, purpose: Purpose, arrays: &[&ArrayD<f32>]) -> Result<Arc<StepProgram>> {
        let network = self.network()?;
        check_steps(network, arrays)?;
        let shapes = arrays.iter().map(|array| array.shape().to_vec()).collect();
        let key = Key { purpose, shapes: BatchShapes { x: shapes, ..BatchShapes::default() } };
        self.step_programs.get_or_make(key, || make(network, purpose, arrays))
    }
}

/// Whether an array for this input lacks the time axis.
fn is_step(input: &KerasTensor, array: &ArrayD<f32>) -> bool {
    array.ndim() + 1 == input.shape().rank()
}

/// The shape in the program of what is given for an input: a step has a time axis of size 1.
fn entered(input: &KerasTensor, array: &ArrayD<f32>) -> Shape {
    let mut dims: Vec<Dim> = array.shape().iter().copied().map(Some).collect();
    if is_step(input, array) {
        dims.insert(1.min(dims.len()), Some(1));
    }
    Shape::new(dims)
}

/// Checks ranks, batch sizes, and that something is a step.
fn check_steps(network: &Network, arrays: &[&ArrayD<f32>]) -> Result<()> {
    let without_time = |input: &KerasTensor| {
        let dims = input.shape().dims().iter().enumerate();
        Shape::new(dims.filter(|(axis, _)| *axis != 1).map(|(_, dim)| *dim).collect::<Vec<_>>())
    };
    let mut has_step = false;
    for (input, array) in network.inputs.iter().zip(arrays) {
        let fits = is_step(input, array) || array.ndim() == input.shape().rank();
        let is_empty = array.shape().first().is_none_or(|batch| *batch == 0);
        if !fits || is_empty || array.shape()[0] != arrays[0].shape()[0] {
            let text = format!(
                "expected one step {} of \"{}\", or the whole {}, of one batch size in all arrays, got {:?}",
                without_time(input),
                input.name(),
                input.shape(),
                array.shape()
            );
            return Err(Error::shape("x", text));
        }
        has_step |= is_step(input, array);
    }
    if has_step {
        return Ok(());
    }
    let shapes: Vec<String> = network.inputs.iter().map(|input| without_time(input).to_string()).collect();
    let got: Vec<_> = arrays.iter().map(|array| array.shape()).collect();
    let text = format!(
        "expected one step without its time axis, {}, got {got:?}; `predict` takes whole sequences",
        shapes.join(" or ")
    );
    Err(Error::shape("x", text))
}

fn make(network: &Network, purpose: Purpose, arrays: &[&ArrayD<f32>]) -> Result<StepProgram> {
    let b = Builder::new(Mode::Inference);
    let enter = |(input, array): (&KerasTensor, &&ArrayD<f32>)| {
        let value = b.input(&input.name(), &entered(input, array));
        Streamed { tensor: Tensor::new(value), is_step: is_step(input, array) }
    };
    let inputs: Vec<Streamed> = network.inputs.iter().zip(arrays).map(enter).collect();
    let states = StreamStates::new(purpose == Purpose::FirstStep);
    let outputs = network.trace_step(&b, &inputs, &states)?;
    let mut results: Vec<Value> =
        outputs.into_iter().map(|output| without_time_axis(&b, output)).collect::<Result<_>>()?;
    let (next, values): (Vec<String>, Vec<Value>) = states.next().into_iter().unzip();
    results.extend(values);
    Ok(StepProgram { compiled: Arc::new(Compiled::new(&b, &results)?), read: states.read(), next })
}

fn without_time_axis(b: &Builder, output: Streamed) -> Result<Value> {
    let value = output.tensor.value;
    if !output.is_step {
        return Ok(value);
    }
    let shape = b.shape(value);
    let dims = shape.dims().iter().enumerate().filter(|(axis, _)| *axis != 1).map(|(_, dim)| *dim);
    b.reshape(value, &Shape::new(dims.collect::<Vec<_>>()))
}

/// The states in the order in which the program reads them.
pub(super) fn check_state(program: &StepProgram, state: StreamState) -> Result<Vec<ArrayD<f32>>> {
    let Some(mut parts) = state.parts else { return Ok(Vec::new()) };
    let mut states = Vec::new();
    for (path, shape) in &program.read {
        let found = parts.iter().position(|(known, _)| known == path);
        let found = found.ok_or_else(|| {
            Error::state("state", format!("it has no \"{path}\", so it is the state of another model"))
        })?;
        let (_, array) = parts.swap_remove(found);
        if Shape::known(array.shape()) != *shape {
            let text = format!("expected {shape} for \"{path}\", got {:?}", array.shape());
            return Err(Error::shape("state", text));
        }
        states.push(array);
    }
    match parts.first() {
        Some((path, _)) => {
            let text = format!("the model has no state \"{path}\", so it is the state of another model");
            Err(Error::state("state", text))
        }
        None => Ok(states),
    }
}
