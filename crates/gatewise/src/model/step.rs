//! One step: a batch through the loss program and, in training, the update of the weights.

use ndarray::{ArrayView, ArrayViewMut, IxDyn};

use super::Model;
use super::compile::Training;
use super::programs::{LossOutputs, Purpose};
use crate::callbacks::Logs;
use crate::compiled::Outputs;
use crate::error::Result;
use crate::executor::RunKey;
use crate::metrics::{Metric, MetricBatch};
use crate::variable::Variable;

/// Running means over the batches of an epoch.
#[derive(Debug, Default)]
pub(super) struct Running {
    loss: f64,
    samples: f64,
}

impl Running {
    /// Adds the loss of a batch, weighted by the number of its samples, as Keras does.
    fn add(&mut self, loss: f64, samples: usize) {
        self.loss += loss * samples as f64;
        self.samples += samples as f64;
    }

    /// The loss and the metrics so far.
    pub fn logs(&self, metrics: &[Box<dyn Metric>]) -> Logs {
        let mut logs: Logs =
            metrics.iter().map(|metric| (metric.name().to_owned(), metric.result())).collect();
        logs.insert("loss".into(), self.loss / self.samples.max(1.0));
        logs
    }
}

impl Model {
    /// Runs a batch: `data` are x, y and perhaps weights of samples, of these shapes.
    ///
    /// # Errors
    /// If the shapes do not fit, or the data cannot be used.
    pub(super) fn step(
        &mut self,
        purpose: Purpose,
        data: &[&[f32]],
        shapes: Vec<Vec<usize>>,
        running: &mut Running,
    ) -> Result<()> {
        let program = self.loss_program_for(purpose, shapes.clone())?;
        let variables = if purpose == Purpose::Train { self.trainable_variables() } else { Vec::new() };
        let seed = self.seed();
        let training = self.training_mut()?;
        let key = RunKey { seed, step: training.steps };
        program.run(data, key, |outputs| {
            running.add(f64::from(outputs.get(LossOutputs::LOSS)[0]), shapes[0][0]);
            training.update_metrics(outputs, data[1], &shapes[1])?;
            if purpose == Purpose::Train {
                training.update_weights(outputs, &variables)?;
            }
            Ok(())
        })
    }
}

impl Training {
    fn update_metrics(&mut self, outputs: &Outputs<'_>, y: &[f32], y_shape: &[usize]) -> Result<()> {
        if self.metrics.is_empty() {
            return Ok(());
        }
        let view = |shape: &[usize], data| {
            ArrayView::from_shape(IxDyn(shape), data).expect("data was checked against its shape")
        };
        let y_true = view(y_shape, y);
        let y_pred = view(outputs.dims(LossOutputs::PREDICTION), outputs.get(LossOutputs::PREDICTION));
        let has_mask = !outputs.dims(LossOutputs::MASK).is_empty();
        let mask = has_mask.then(|| outputs.get(LossOutputs::MASK));
        let batch = MetricBatch { y_true: &y_true, y_pred: &y_pred, mask };
        self.metrics.iter_mut().try_for_each(|metric| metric.update(&batch))
    }

    /// Moves the weights against their gradients, then holds them to their constraints.
    fn update_weights(&mut self, outputs: &Outputs<'_>, variables: &[Variable]) -> Result<()> {
        let gradients: Vec<&[f32]> =
            (0..variables.len()).map(|index| outputs.get(LossOutputs::FIRST_GRADIENT + index)).collect();
        let shapes: Vec<(&str, &[usize])> =
            variables.iter().map(|variable| (variable.path(), variable.shape())).collect();
        self.optimizer.build(&shapes)?;
        let mut guards: Vec<_> = variables.iter().map(Variable::write).collect();
        let mut weights: Vec<&mut [f32]> = guards.iter_mut().map(|guard| guard.as_mut_slice()).collect();
        self.optimizer.apply(&gradients, &mut weights)?;
        self.steps += 1;
        constrain(variables, &mut weights)
    }

    /// Ends a training: with an average of the weights they become it.
    pub fn finalize(&mut self, variables: &[Variable]) -> Result<()> {
        if self.steps == 0 {
            return Ok(());
        }
        let mut guards: Vec<_> = variables.iter().map(Variable::write).collect();
        let mut weights: Vec<&mut [f32]> = guards.iter_mut().map(|guard| guard.as_mut_slice()).collect();
        self.optimizer.finalize(&mut weights)
    }
}

/// Applies the constraints of weights.
fn constrain(variables: &[Variable], weights: &mut [&mut [f32]]) -> Result<()> {
    for (variable, weights) in variables.iter().zip(weights) {
        if let Some(constraint) = variable.constraint() {
            let view = ArrayViewMut::from_shape(IxDyn(variable.shape()), weights);
            constraint.apply(&mut view.expect("a weight has as many numbers as its shape"))?;
        }
    }
    Ok(())
}
