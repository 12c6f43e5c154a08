//! A model made ready for many calls of one shape: no allocation, no lock, no look-up.

use super::Model;
use super::architecture::check_inputs;
use super::programs::Purpose;
use crate::compiled::Frozen;
use crate::error::{Error, Result};
use crate::executor::RunKey;
use crate::shape::Shape;

mod options;
mod stepper;

pub use options::RunnerOptions;
pub use stepper::Stepper;

/// A model's inference on inputs of one shape, from [`Model::runner`].
///
/// It has a copy of the weights, in the order in which the kernels read them, and memory of its own: training the model
/// further does not change it. A call allocates nothing and takes no lock, and the first takes as long as the
/// others.
///
/// Work that several threads do quicker is shared by those of a `rayon` pool, which wait for each other. They allocate
/// nothing either if the call comes from a thread of the pool, as in `ThreadPool::install`. A call from outside is handed
/// over to the pool: that takes a lock of `rayon`'s, and in one of some sixty such calls a block of memory for its queue. With
/// [`RunnerOptions::in_calling_thread`] nothing is handed to anybody.
#[derive(Debug)]
pub struct Runner {
    frozen: Frozen,
    inputs: Vec<(String, Shape)>,
    outputs: usize,
}

impl Model {
    /// The model made ready for inputs of these shapes, batch first, in the order of its inputs.
    ///
    /// ```
    /// use gatewise::layers::{Dense, Input, Lstm};
    /// use gatewise::Sequential;
    /// use ndarray::ArrayD;
    ///
    /// let mut model = Sequential::new();
    /// model.add(Input::new([None, Some(8)]))?.add(Lstm::new(32))?.add(Dense::new(1))?;
    ///
    /// let mut runner = model.runner([[1, 100, 8]])?;
    /// let x = ArrayD::from_shape_fn(vec![1, 100, 8], |index| index[1] as f32 / 100.0);
    /// let y = runner.run(&[x.as_slice().unwrap()])?;
    /// assert_eq!(y, model.predict(&x)?.as_slice().unwrap());
    /// # Ok::<(), gatewise::Error>(())
    /// ```
    ///
    /// # Errors
    /// If the model is not built or a shape does not fit.
    pub fn runner(&self, shapes: impl IntoIterator<Item = impl AsRef<[usize]>>) -> Result<Runner> {
        self.runner_with(shapes, RunnerOptions::default())
    }

    /// [`runner`](Self::runner) with options.
    ///
    /// ```
    /// use gatewise::layers::{Dense, Input, Lstm};
    /// use gatewise::{RunnerOptions, Sequential, WeightsDtype};
    ///
    /// let mut model = Sequential::new();
    /// model.add(Input::new([None, Some(8)]))?.add(Lstm::new(32))?.add(Dense::new(1))?;
    ///
    /// let options = RunnerOptions { weights_dtype: WeightsDtype::Bfloat16, ..RunnerOptions::default() };
    /// let mut runner = model.runner_with([[1, 100, 8]], options)?;
    /// let x = [0.5; 800];
    /// let exact = model.runner([[1, 100, 8]])?.run(&[&x])?[0];
    /// assert!((runner.run(&[&x])?[0] - exact).abs() < 0.02);
    /// # Ok::<(), gatewise::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`runner`](Self::runner); and if an option changes nothing, as `bfloat16` does where there is no LSTM layer.
    pub fn runner_with(
        &self,
        shapes: impl IntoIterator<Item = impl AsRef<[usize]>>,
        options: RunnerOptions,
    ) -> Result<Runner> {
        let shapes: Vec<Vec<usize>> = shapes.into_iter().map(|shape| shape.as_ref().to_vec()).collect();
        let known: Vec<Shape> = shapes.iter().map(|shape| Shape::known(shape)).collect();
        check_inputs(self.name(), self.network()?, &known)?;
        let compiled = self.inference_program_for(Purpose::Run, shapes)?;
        let frozen = Frozen::new(compiled, RunKey { seed: self.seed(), step: 0 }, options)?;
        Ok(Runner {
            frozen,
            inputs: self.input_names().into_iter().zip(known).collect(),
            outputs: self.network()?.outputs.len(),
        })
    }
}

impl Runner {
    /// The model's first output for these inputs, row-major, in the order of the model's inputs.
    ///
    /// What `stateful` layers keep is kept here, not in the model.
    ///
    /// # Errors
    /// If the number of inputs or of their elements differs, or a token is outside of its vocabulary.
    pub fn run(&mut self, inputs: &[&[f32]]) -> Result<&[f32]> {
        fill(&mut self.frozen, &self.inputs, inputs)?;
        self.frozen.run()?;
        Ok(self.frozen.output(0))
    }

    /// The number of outputs.
    pub fn num_outputs(&self) -> usize {
        self.outputs
    }

    /// Output `index` of the last call, row-major.
    ///
    /// # Panics
    /// If there is no such output.
    pub fn output(&self, index: usize) -> &[f32] {
        assert!(index < self.outputs, "there are {} outputs, got index {index}", self.outputs);
        self.frozen.output(index)
    }

    /// The sizes of output `index`.
    ///
    /// # Panics
    /// If there is no such output.
    pub fn output_shape(&self, index: usize) -> &[usize] {
        assert!(index < self.outputs, "there are {} outputs, got index {index}", self.outputs);
        self.frozen.output_dims(index)
    }

    /// Stateful layers begin again with zeros.
    pub fn reset_states(&mut self) {
        self.frozen.forget_states();
    }
}

/// Copies the inputs of a call, which are the first data inputs of the program.
fn fill(frozen: &mut Frozen, expected: &[(String, Shape)], inputs: &[&[f32]]) -> Result<()> {
    if inputs.len() != expected.len() {
        let text = format!("expected {} inputs, got {}", expected.len(), inputs.len());
        return Err(Error::argument("runner", text));
    }
    for (index, ((name, shape), input)) in expected.iter().zip(inputs).enumerate() {
        let to = frozen.input_mut(index);
        if to.len() != input.len() {
            let text = format!("expected {} numbers of {shape}, got {}", to.len(), input.len());
            return Err(Error::shape(name, text));
        }
        to.copy_from_slice(input);
    }
    Ok(())
}

#[cfg(test)]
mod tests;
