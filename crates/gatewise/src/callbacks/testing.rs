//! A training that follows a script, for the tests of callbacks.

use ndarray::ArrayD;

use super::{Callback, Logs, TrainingControl, TrainingPlan};
use crate::error::Result;
use crate::layers::{Dense, Input};
use crate::model::{Compile, Model};
use crate::optimizers::{OptimizerValue, OptimizerVariable, Sgd};
use crate::sequential::Sequential;

/// A compiled model of one weight, and what was asked for.
pub struct Scripted {
    pub model: Sequential,
    pub is_stopped: bool,
    pub said: Vec<String>,
    pub learning_rate: f32,
}

impl Default for Scripted {
    fn default() -> Self {
        let mut model = Sequential::new().with_seed(1);
        model.add(Input::new([Some(1)])).unwrap().add(Dense::new(1).use_bias(false)).unwrap();
        let metrics = ["mae", "accuracy", "auc", "r2_score"];
        model.compile(Compile::new(Sgd::default(), "mse").metrics(metrics)).unwrap();
        Self { model, is_stopped: false, said: Vec::new(), learning_rate: 0.1 }
    }
}

impl Scripted {
    pub fn set_weight(&mut self, weight: f32) {
        self.model.set_weights(&[ArrayD::from_elem(vec![1, 1], weight)]).unwrap();
    }

    pub fn weight(&self) -> f32 {
        self.model.get_weights()[0].sum()
    }

    /// Tells a callback of epochs with these logs, in each of which the weight becomes the number of the epoch.
    /// Returns the number of epochs that were run.
    pub fn train(
        &mut self,
        callback: &mut dyn Callback,
        plan: &TrainingPlan,
        logs: impl IntoIterator<Item = Logs>,
    ) -> Result<usize> {
        let mut epochs = 0;
        callback.on_train_begin(plan, self)?;
        for (epoch, mut logs) in logs.into_iter().enumerate() {
            callback.on_epoch_begin(epoch, self)?;
            self.set_weight(epoch as f32);
            callback.on_epoch_end(epoch, &mut logs, self)?;
            epochs += 1;
            if self.is_stopped {
                break;
            }
        }
        callback.on_train_end(self)?;
        Ok(epochs)
    }
}

/// Logs of as many epochs as there are values of `key`.
pub fn logs(key: &str, values: &[f64]) -> Vec<Logs> {
    values.iter().map(|value| Logs::from([(key.to_owned(), *value)])).collect()
}

impl TrainingControl for Scripted {
    fn model(&self) -> &Model {
        &self.model
    }

    fn stop_training(&mut self) {
        self.is_stopped = true;
    }

    fn stop_evaluating(&mut self) {}

    fn stop_predicting(&mut self) {}

    fn set_initial_epoch(&mut self, _epoch: usize) {}

    fn say(&mut self, text: String) {
        self.said.push(text);
    }

    fn learning_rate(&self) -> f32 {
        self.learning_rate
    }

    fn set_learning_rate(&mut self, learning_rate: f32) -> Result<()> {
        self.learning_rate = learning_rate;
        Ok(())
    }

    fn optimizer_state(&mut self) -> Result<Vec<OptimizerVariable>> {
        Ok(Vec::new())
    }

    fn set_optimizer_state(&mut self, _values: &[OptimizerValue]) -> Result<()> {
        Ok(())
    }

    fn keep_gradients(&mut self) -> Result<()> {
        Ok(())
    }

    fn gradients(&self) -> &[ArrayD<f32>] {
        &[]
    }

    fn batch_loss(&self) -> f64 {
        f64::NAN
    }
}
