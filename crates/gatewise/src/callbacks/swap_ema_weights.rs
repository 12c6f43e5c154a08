//! Evaluating with the average of the weights.

use ndarray::ArrayD;

use super::{Callback, Logs, TrainingControl, TrainingPlan};
use crate::error::{Error, Result};
use crate::optimizers::OptimizerValue;

/// Keras's `SwapEMAWeights`: the model has the moving averages of its weights while it is evaluated, and its own weights
/// again afterwards. The optimizer must have `use_ema`.
///
/// ```
/// use gatewise::callbacks::SwapEmaWeights;
/// use gatewise::optimizers::{OptimizerOptions, Sgd};
///
/// let options = OptimizerOptions { use_ema: true, ema_momentum: 0.9, ..OptimizerOptions::default() };
/// let optimizer = Sgd { options, ..Sgd::default() };
/// // A checkpoint that follows it in the list saves the averages.
/// let mut swap = SwapEmaWeights { swap_on_epoch: true, ..SwapEmaWeights::default() };
/// # let _ = (optimizer, &mut swap);
/// ```
#[derive(Debug, Clone, Default)]
pub struct SwapEmaWeights {
    /// Whether the model has the averages also from the end of an epoch to the begin of the next, for callbacks that come
    /// later in the list (default false). A training that is stopped early ends with the averages too; Keras gives the
    /// last weights then.
    pub swap_on_epoch: bool,
    /// The weights that are out of the model; starts empty.
    pub progress: SwapEmaProgress,
}

/// The weights that a [`SwapEmaWeights`] has taken out of the model.
#[derive(Debug, Clone, Default)]
pub struct SwapEmaProgress(Option<Vec<ArrayD<f32>>>);

impl SwapEmaWeights {
    /// Puts the averages into the model.
    fn swap_in(&mut self, control: &mut dyn TrainingControl) -> Result<()> {
        if self.progress.0.is_some() {
            return Ok(());
        }
        let averages = averages(control)?;
        let own = control.weights();
        let variables = control.model().variables();
        let mut averages = averages.into_iter();
        let mut weights = own.clone();
        for (weight, variable) in weights.iter_mut().zip(&variables) {
            if variable.is_trainable()
                && let Some(average) = averages.next()
            {
                *weight = average;
            }
        }
        self.progress.0 = Some(own);
        control.set_weights(&weights)
    }

    /// Puts the model's own weights back.
    fn swap_out(&mut self, control: &mut dyn TrainingControl) -> Result<()> {
        self.progress.0.take().map_or(Ok(()), |weights| control.set_weights(&weights))
    }
}

/// The averages of the trainable weights, in their order.
fn averages(control: &mut dyn TrainingControl) -> Result<Vec<ArrayD<f32>>> {
    let optimizer = control.model().optimizer();
    let uses = optimizer.is_some_and(|optimizer| optimizer.config()["use_ema"] == true);
    if !uses {
        let text = "the optimizer has no averages; give it `use_ema`";
        return Err(Error::state("SwapEMAWeights", text));
    }
    let count = control.model().variables().iter().filter(|variable| variable.is_trainable()).count();
    // The averages are the first arrays of the state beside the learning rate.
    let arrays = control.optimizer_state()?.into_iter().filter(|variable| variable.name != "learning_rate");
    let arrays = arrays.filter_map(|variable| match variable.value {
        OptimizerValue::Array(array) => Some(array),
        OptimizerValue::Integer(_) => None,
    });
    Ok(arrays.take(count).collect())
}

impl Callback for SwapEmaWeights {
    fn on_train_begin(&mut self, _plan: &TrainingPlan, control: &mut dyn TrainingControl) -> Result<()> {
        self.progress = SwapEmaProgress::default();
        averages(control).map(|_| ())
    }

    fn on_epoch_begin(&mut self, _epoch: usize, control: &mut dyn TrainingControl) -> Result<()> {
        self.swap_out(control)
    }

    fn on_epoch_end(
        &mut self,
        _epoch: usize,
        _logs: &mut Logs,
        control: &mut dyn TrainingControl,
    ) -> Result<()> {
        if self.swap_on_epoch { self.swap_in(control) } else { Ok(()) }
    }

    fn on_train_end(&mut self, _control: &mut dyn TrainingControl) -> Result<()> {
        self.progress = SwapEmaProgress::default();
        Ok(())
    }

    fn on_test_begin(&mut self, _plan: &TrainingPlan, control: &mut dyn TrainingControl) -> Result<()> {
        self.swap_in(control)
    }

    fn on_test_end(&mut self, _logs: &mut Logs, control: &mut dyn TrainingControl) -> Result<()> {
        self.swap_out(control)
    }
}
