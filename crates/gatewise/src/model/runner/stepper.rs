//! One step of a sequence at a time, without allocation.

use std::sync::Arc;

use ndarray::{ArrayD, IxDyn};

use super::{RunnerOptions, fill};
use crate::compiled::Frozen;
use crate::error::{Error, Result};
use crate::executor::RunKey;
use crate::model::Model;
use crate::model::programs::Purpose;
use crate::model::stream::{StepProgram, StreamState, check_state};
use crate::shape::Shape;

/// A model that takes its sequences one step at a time, from [`Model::stepper`].
///
/// It is to [`Model::step`] what a [`Runner`](super::Runner) is to `predict`, and gives the same bits: weights copied and
/// laid out once, memory allocated once, the state kept inside. A call allocates nothing and takes no lock, as there.
#[derive(Debug)]
pub struct Stepper {
    /// The program for the step that has none before it.
    first: Frozen,
    /// The program for all others. Its inputs after the data are where the state is.
    next: Frozen,
    /// For each of the two the outputs that are states, and the inputs of `next` that they become.
    links: [Vec<(usize, usize)>; 2],
    next_program: Arc<StepProgram>,
    inputs: Vec<(String, Shape)>,
    is_new: bool,
    last_was_first: bool,
}

impl Model {
    /// The model made ready for steps of these shapes, in the order of its inputs: a step has no time axis,
    /// `[batch, features]`.
    ///
    /// ```
    /// use gatewise::layers::{Dense, Input, Lstm};
    /// use gatewise::{Sequential, StreamState};
    /// use ndarray::ArrayD;
    ///
    /// let mut model = Sequential::new();
    /// model.add(Input::new([None, Some(2)]))?.add(Lstm::new(8))?.add(Dense::new(1))?;
    ///
    /// let mut stepper = model.stepper([[1, 2]])?;
    /// let mut state = StreamState::new();
    /// for t in 0..3 {
    ///     let x = [t as f32, 1.0];
    ///     let (expected, next) = model.step(&ArrayD::from_shape_vec(vec![1, 2], x.to_vec()).unwrap(), state)?;
    ///     assert_eq!(stepper.step(&[&x])?, expected.as_slice().unwrap());
    ///     state = next;
    /// }
    /// assert_eq!(stepper.state(), state);
    /// # Ok::<(), gatewise::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Model::step`].
    pub fn stepper(&self, shapes: impl IntoIterator<Item = impl AsRef<[usize]>>) -> Result<Stepper> {
        self.stepper_with(shapes, RunnerOptions::default())
    }

    /// [`stepper`](Self::stepper) with options.
    ///
    /// ```
    /// use gatewise::layers::{Input, Lstm};
    /// use gatewise::{RunnerOptions, Sequential, WeightsDtype};
    ///
    /// let mut model = Sequential::new();
    /// model.add(Input::new([None, Some(2)]))?.add(Lstm::new(8))?;
    ///
    /// let options = RunnerOptions { weights_dtype: WeightsDtype::Bfloat16, in_calling_thread: true };
    /// let mut stepper = model.stepper_with([[1, 2]], options)?;
    /// assert_eq!(stepper.step(&[&[0.5, 1.0]])?.len(), 8);
    /// # Ok::<(), gatewise::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`stepper`](Self::stepper); and if an option changes nothing, as `bfloat16` does where there is no LSTM layer.
    pub fn stepper_with(
        &self,
        shapes: impl IntoIterator<Item = impl AsRef<[usize]>>,
        options: RunnerOptions,
    ) -> Result<Stepper> {
        let zeros: Vec<ArrayD<f32>> =
            shapes.into_iter().map(|shape| ArrayD::zeros(IxDyn(shape.as_ref()))).collect();
        let arrays: Vec<&ArrayD<f32>> = zeros.iter().collect();
        self.network()?;
        let names = self.input_names();
        if arrays.len() != names.len() {
            let text = format!("expected a shape for each of {}, got {}", names.join(", "), arrays.len());
            return Err(Error::argument("stepper", text));
        }
        let [first, next] =
            [Purpose::FirstStep, Purpose::NextStep].map(|purpose| self.step_program(purpose, &arrays));
        let (first, next) = (first?, next?);
        let outputs = self.network()?.outputs.len();
        let links = [&first, &next].map(|program| program.links(&next, outputs, arrays.len()));
        let key = RunKey { seed: self.seed(), step: 0 };
        Ok(Stepper {
            first: Frozen::new(Arc::clone(&first.compiled), key, options)?,
            next: Frozen::new(Arc::clone(&next.compiled), key, options)?,
            links,
            next_program: next,
            inputs: names.into_iter().zip(zeros.iter().map(|array| Shape::known(array.shape()))).collect(),
            is_new: true,
            last_was_first: true,
        })
    }
}

impl StepProgram {
    /// The outputs that are states, and the inputs of `next` that take them, after so many outputs and inputs.
    fn links(&self, next: &Self, outputs: usize, inputs: usize) -> Vec<(usize, usize)> {
        let find = |path: &String| next.read.iter().position(|(read, _)| read == path);
        let pairs = self.next.iter().enumerate().filter_map(|(kept, path)| Some((kept, find(path)?)));
        pairs.map(|(kept, read)| (outputs + kept, inputs + read)).collect()
    }
}

impl Stepper {
    /// The model's first output for the next step, row-major; see [`Model::step`] for what it is.
    ///
    /// # Errors
    /// If the number of inputs or of their elements differs, or a token is outside of its vocabulary. The state is then
    /// what it was.
    pub fn step(&mut self, inputs: &[&[f32]]) -> Result<&[f32]> {
        let Self { first, next, links: [after_first, after_next], .. } = self;
        if self.is_new {
            fill(first, &self.inputs, inputs)?;
            first.run()?;
            for (output, input) in after_first {
                next.input_mut(*input).copy_from_slice(first.output(*output));
            }
        } else {
            fill(next, &self.inputs, inputs)?;
            next.run()?;
            after_next.iter().for_each(|(output, input)| next.feed_back(*output, *input));
        }
        (self.last_was_first, self.is_new) = (self.is_new, false);
        Ok(self.output(0))
    }

    /// Output `index` of the last step, row-major.
    ///
    /// # Panics
    /// If there is no such output.
    pub fn output(&self, index: usize) -> &[f32] {
        if self.last_was_first { self.first.output(index) } else { self.next.output(index) }
    }

    /// The next step is the first of a sequence.
    pub fn reset(&mut self) {
        self.is_new = true;
    }

    /// The state as a value, as [`Model::step`] returns it.
    pub fn state(&self) -> StreamState {
        if self.is_new {
            return StreamState::new();
        }
        let part = |path: &String| {
            let read = self.next_program.read.iter().position(|(read, _)| read == path)?;
            let dims = self.next_program.read[read].1.to_known()?;
            let data = self.next.input(self.inputs.len() + read).to_vec();
            Some((
                path.clone(),
                ArrayD::from_shape_vec(dims, data).expect("a state has the size of its shape"),
            ))
        };
        StreamState::of(self.next_program.next.iter().filter_map(part).collect())
    }

    /// Goes on from a state that a [`Stepper`] or [`Model::step`] returned.
    ///
    /// # Errors
    /// If it is the state of another model or of another batch size; the state is then what it was.
    pub fn set_state(&mut self, state: &StreamState) -> Result<()> {
        let arrays = check_state(&self.next_program, state.clone())?;
        for (index, array) in arrays.iter().enumerate() {
            let to = self.next.input_mut(self.inputs.len() + index);
            to.iter_mut().zip(array).for_each(|(to, from)| *to = *from);
        }
        self.is_new = state.is_new();
        Ok(())
    }
}
