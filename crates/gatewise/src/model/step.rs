//! One step: a batch through the loss program and, in training, the update of the weights.

use ndarray::{ArrayView, ArrayViewD, ArrayViewMut, IxDyn};
use smallvec::SmallVec;

use super::Model;
use super::compile::{Training, Watch};
use super::feed::{BatchView, View};
use super::heads::{Head, Heads};
use super::programs::{LossLayout, Purpose};
use crate::compiled::{Compiled, Outputs};
use crate::error::Result;
use crate::executor::RunKey;
use crate::metrics::MetricBatch;
use crate::optimizers::Gradient;
use crate::threads;
use crate::variable::Variable;

/// A list with an entry a weight, which takes memory of its own only in models that have more.
type Several<T> = SmallVec<[T; 32]>;

impl Model {
    /// Runs a batch through the loss program, watches losses and metrics and, in training, moves the weights.
    ///
    /// # Errors
    /// If the shapes do not fit, or the data cannot be used.
    pub(super) fn run_batch(&mut self, purpose: Purpose, batch: &BatchView<'_>) -> Result<()> {
        self.run_batch_beside(purpose, batch, || ())
    }

    /// The same, with something small that is done at the same time.
    ///
    /// # Errors
    /// As for [`run_batch`](Self::run_batch).
    pub(super) fn run_batch_beside(
        &mut self,
        purpose: Purpose,
        batch: &BatchView<'_>,
        beside: impl FnOnce() + Send,
    ) -> Result<()> {
        let program = self.loss_program_for(purpose, batch)?;
        let flops = program.program().flops();
        threads::install_beside(flops, || self.run_program(&program, purpose, batch), beside)
    }

    fn run_program(&mut self, program: &Compiled, purpose: Purpose, batch: &BatchView<'_>) -> Result<()> {
        let ready = self.training()?.ready.clone().expect("a step follows `prepare_training`");
        let seed = self.seed();
        let training = self.training_mut()?;
        let key = RunKey { seed, step: training.steps };
        let scale = training.optimizer.loss_scale_factor().filter(|_| purpose == Purpose::Train);
        program.run(&batch.data(scale.as_ref()), key, |outputs| {
            training.batch_loss = f64::from(outputs.get(LossLayout::LOSS)[0]);
            training.heads.update(outputs, batch)?;
            if purpose == Purpose::Train {
                training.update_weights(outputs, &ready.trainable().collect::<Several<_>>())?;
            }
            Ok(())
        })
    }
}

impl Heads {
    /// Takes in what a batch has given.
    fn update(&mut self, outputs: &Outputs<'_>, batch: &BatchView<'_>) -> Result<()> {
        let layout = LossLayout { outputs: self.list.len() };
        self.add_loss(f64::from(outputs.get(LossLayout::LOSS)[0]), batch.x[0].shape[0]);
        let with_target = self.list.iter_mut().enumerate().filter(|(_, head)| head.loss.is_some());
        for (target, (output, head)) in with_target.enumerate() {
            head.add_loss(f64::from(outputs.get(layout.own_loss(output))[0]));
            let sample_weight = batch.sample_weight.get(target);
            head.update_metrics(outputs, layout, output, &batch.y[target], sample_weight)?;
        }
        Ok(())
    }
}

impl Head {
    fn update_metrics(
        &mut self,
        outputs: &Outputs<'_>,
        layout: LossLayout,
        output: usize,
        y: &View<'_>,
        sample_weight: Option<&View<'_>>,
    ) -> Result<()> {
        if self.metrics.is_empty() {
            return Ok(());
        }
        let given = |output| {
            (!outputs.dims(output).is_empty()).then(|| array(outputs.dims(output), outputs.get(output)))
        };
        let prediction = layout.prediction(output);
        let plain = MetricBatch {
            mask: given(layout.mask(output)),
            ..MetricBatch::new(
                array(&y.shape, y.data),
                array(outputs.dims(prediction), outputs.get(prediction)),
            )
        };
        let weights = sample_weight.map(|weights| array(&weights.shape, weights.data));
        let weighted = MetricBatch { sample_weight: weights, ..plain.clone() };
        for (watch, metric) in &mut self.metrics {
            metric.update_state(match watch {
                Watch::Plain => &plain,
                Watch::Weighted => &weighted,
            })?;
        }
        Ok(())
    }
}

fn array<'a>(shape: &[usize], data: &'a [f32]) -> ArrayViewD<'a, f32> {
    ArrayView::from_shape(IxDyn(shape), data).expect("data was checked against its shape")
}

impl Training {
    /// Moves the weights against their gradients, then holds them to their constraints.
    fn update_weights(&mut self, outputs: &Outputs<'_>, variables: &[&Variable]) -> Result<()> {
        let layout = LossLayout { outputs: self.heads.list.len() };
        let gradients: Several<Gradient<'_>> = (0..variables.len())
            .map(|index| {
                let (values, rows) = (outputs.get(layout.gradient(index)), layout.gradient_rows(index));
                match outputs.dims(rows) {
                    [] => Gradient::Dense(values),
                    _ => Gradient::Rows { ids: outputs.get(rows), values },
                }
            })
            .collect();
        let shapes: Several<(&str, &[usize])> =
            variables.iter().map(|variable| (variable.path(), variable.shape())).collect();
        self.optimizer.build(&shapes)?;
        self.keep_gradients(&gradients, variables)?;
        let mut guards: Several<_> = variables.iter().map(|variable| variable.write()).collect();
        let mut weights: Several<&mut [f32]> = guards.iter_mut().map(|guard| guard.as_mut_slice()).collect();
        self.optimizer.apply_gradients(&gradients, &mut weights)?;
        self.steps += 1;
        constrain(variables, &mut weights)
    }

    /// Copies the gradients if they are wanted, without the factor that the loss was scaled by.
    fn keep_gradients(&mut self, gradients: &[Gradient<'_>], variables: &[&Variable]) -> Result<()> {
        self.gradients.arrays.clear();
        if !std::mem::take(&mut self.gradients.is_wanted) {
            return Ok(());
        }
        let scale = self.optimizer.loss_scale_factor().unwrap_or(1.0);
        for (gradient, variable) in gradients.iter().zip(variables) {
            let whole = gradient.to_dense(variable.len())?;
            self.gradients.arrays.push(array(variable.shape(), &whole).mapv(|x| x / scale));
        }
        Ok(())
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
fn constrain(variables: &[&Variable], weights: &mut [&mut [f32]]) -> Result<()> {
    for (variable, weights) in variables.iter().zip(weights) {
        if let Some(constraint) = variable.constraint() {
            let view = ArrayViewMut::from_shape(IxDyn(variable.shape()), weights);
            constraint.apply(&mut view.expect("a weight has as many numbers as its shape"))?;
        }
    }
    Ok(())
}
