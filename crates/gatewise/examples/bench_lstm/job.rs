//! A model with its data, and the ways in which the job can be asked for.

use std::time::Instant;

use gatewise::ndarray::ArrayD;
use gatewise::{Model, Predict, Runner, RunnerOptions, Stepper, WeightsDtype};

use super::Result;
use super::workload::{Form, Workload};

/// Training steps whose losses belong to the answer.
const TRAINING_STEPS: usize = 3;

/// Steps of a stream whose outputs belong to the answer.
const STREAM_STEPS: usize = 3;

/// Steps of a stream that are timed together: one alone is hardly longer than a look at the clock.
const STREAM_BLOCK: usize = 32;

/// What predicts instead of the model.
enum Ready {
    Runner(Box<Runner>),
    Stepper(Box<Stepper>),
}

impl Ready {
    fn output(&mut self, input: &ArrayD<f32>) -> Result<&[f32]> {
        let input = input.as_slice().ok_or("the data lies in order")?;
        Ok(match self {
            Self::Runner(runner) => runner.run(&[input])?,
            Self::Stepper(stepper) => stepper.step(&[input])?,
        })
    }
}

/// A model with its data.
pub struct Job {
    model: Model,
    inputs: Vec<ArrayD<f32>>,
    target: ArrayD<f32>,
    trains: bool,
    draws: bool,
    form: Form,
    ready: Option<Ready>,
}

impl Job {
    /// `data` as [`Workload::data`] orders it; without `weights` the model keeps its fresh ones.
    pub fn new(
        workload: &Workload,
        way: &str,
        weights: Option<&[ArrayD<f32>]>,
        data: Vec<ArrayD<f32>>,
    ) -> Result<Self> {
        let model = workload.model(workload.form == Form::Stream)?;
        if let Some(weights) = weights {
            model.set_weights(weights)?;
        }
        let mut inputs = data;
        let target = inputs.pop().ok_or("the target is the last")?;
        let shapes = inputs.iter().map(|input| input.shape().to_vec());
        let ready = match way {
            "runner" => Some(Ready::Runner(Box::new(model.runner(shapes)?))),
            "runner-bfloat16" => {
                let options =
                    RunnerOptions { weights_dtype: WeightsDtype::Bfloat16, ..RunnerOptions::default() };
                Some(Ready::Runner(Box::new(model.runner_with(shapes, options)?)))
            }
            "stepper" => {
                let without_time = |shape: Vec<usize>| vec![shape[0], shape[2]];
                Some(Ready::Stepper(Box::new(model.stepper(shapes.map(without_time))?)))
            }
            "train_on_batch" | "predict" => None,
            other => return Err(format!("no way `{other}`").into()),
        };
        let (trains, draws, form) = (workload.trains, workload.draws(), workload.form);
        Ok(Self { model, inputs, target, trains, draws, form, ready })
    }

    /// The prediction, the losses of the first training steps, and the prediction after them; of a stream the
    /// outputs of its first steps.
    pub fn answer(&mut self) -> Result<Vec<f32>> {
        let mut numbers = self.predict()?;
        if self.form == Form::Stream {
            for _ in 1..STREAM_STEPS {
                numbers.extend(self.predict()?);
            }
        }
        if self.trains && !self.draws {
            for _ in 0..TRAINING_STEPS {
                numbers.push(self.train()?);
            }
            numbers.extend(self.predict()?);
        }
        Ok(numbers)
    }

    fn train(&mut self) -> Result<f32> {
        let logs = self.model.train_on_batch(&self.inputs, &self.target)?;
        Ok(*logs.get("loss").ok_or("`train_on_batch` gives the loss")? as f32)
    }

    /// All samples in one batch.
    fn predict(&mut self) -> Result<Vec<f32>> {
        if let Some(ready) = &mut self.ready {
            return Ok(ready.output(&self.inputs[0])?.to_vec());
        }
        let predict = Predict { batch_size: Some(self.inputs[0].shape()[0]), ..Predict::default() };
        Ok(self.model.predict_all(&self.inputs, predict)?.iter().flatten().copied().collect())
    }

    /// Does the job so often, or a few times more, and returns the seconds of each repeat or block of repeats.
    pub fn seconds(&mut self, count: usize) -> Result<Vec<f64>> {
        let block = if self.form == Form::Stream { STREAM_BLOCK } else { 1 };
        let mut seconds = Vec::with_capacity(count.div_ceil(block));
        for _ in 0..count.div_ceil(block) {
            let start = Instant::now();
            for _ in 0..block {
                self.once()?;
            }
            seconds.push(start.elapsed().as_secs_f64() / block as f64);
        }
        Ok(seconds)
    }

    fn once(&mut self) -> Result<()> {
        if self.trains {
            self.train()?;
        } else if let Some(ready) = &mut self.ready {
            ready.output(&self.inputs[0])?;
        } else {
            self.predict()?;
        }
        Ok(())
    }
}
