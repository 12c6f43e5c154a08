//! What a callback may look at and change.

use ndarray::ArrayD;

use crate::error::Result;
use crate::model::Model;
use crate::optimizers::{Optimizer, OptimizerValue, OptimizerVariable};

/// What a callback may look at and change while a training, an evaluation or a prediction runs.
pub trait TrainingControl {
    /// The model, to look at, to save or to predict with.
    fn model(&self) -> &Model;

    /// Ends the training after the current batch or epoch.
    fn stop_training(&mut self);

    /// Ends the running evaluation after the current batch.
    fn stop_evaluating(&mut self);

    /// Ends the running prediction after the current batch.
    fn stop_predicting(&mut self);

    /// Makes the training begin with this epoch, as `initial_epoch` of `fit` does; heeded in
    /// [`on_train_begin`](super::Callback::on_train_begin) only.
    fn set_initial_epoch(&mut self, epoch: usize);

    /// Says something to people: every callback gets it in [`on_message`](super::Callback::on_message). The library
    /// itself never prints; [`ProgbarLogger`](super::ProgbarLogger) writes it.
    fn say(&mut self, text: String);

    /// Replaces the learning rate.
    ///
    /// # Errors
    /// If it is negative or not finite, if the optimizer follows a schedule, or in a prediction.
    fn set_learning_rate(&mut self, learning_rate: f32) -> Result<()>;

    /// All that the optimizer changes from step to step, in Keras's order.
    ///
    /// # Errors
    /// If the model is not compiled, or in a prediction.
    fn optimizer_state(&mut self) -> Result<Vec<OptimizerVariable>>;

    /// Puts back the values of [`optimizer_state`](Self::optimizer_state). Dropout goes on as after the step whose state
    /// it is.
    ///
    /// # Errors
    /// If their number, kinds or shapes differ, or in a prediction; nothing has changed then.
    fn set_optimizer_state(&mut self, values: &[OptimizerValue]) -> Result<()>;

    /// Asks that the gradients of the next step of training be kept, which costs a copy of them.
    ///
    /// # Errors
    /// If the model is not compiled, or in a prediction.
    fn keep_gradients(&mut self) -> Result<()>;

    /// The gradients of the last step by the trainable weights, in their order among [`Model::variables`], before they
    /// are clipped; empty unless they were [asked for](Self::keep_gradients).
    fn gradients(&self) -> &[ArrayD<f32>];

    /// The loss of the last batch alone, with regularization; NaN before the first. (The `loss` in the logs is the mean
    /// over the epoch so far.)
    fn batch_loss(&self) -> f64;

    /// The weights of the model, in the order of `get_weights`.
    fn weights(&self) -> Vec<ArrayD<f32>> {
        self.model().get_weights()
    }

    /// Replaces the weights.
    ///
    /// # Errors
    /// If their number or shapes differ.
    fn set_weights(&mut self, weights: &[ArrayD<f32>]) -> Result<()> {
        self.model().set_weights(weights)
    }

    /// The learning rate of the next step; 0 if the model is not compiled.
    fn learning_rate(&self) -> f32 {
        self.model().optimizer().map_or(0.0, Optimizer::learning_rate)
    }
}
