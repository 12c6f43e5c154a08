//! What the optimizer of a model keeps from step to step, to be saved and put back.

use super::Model;
use crate::error::Result;
use crate::optimizers::{OptimizerValue, OptimizerVariable};

impl Model {
    /// The state of the optimizer in the order in which Keras saves it: the iteration, the learning rate unless it follows
    /// a schedule, then averages, accumulated gradients and the optimizer's own arrays in the shapes of the trainable
    /// weights. Before the first training step, or [`build_optimizer`](Self::build_optimizer), only what needs no weights.
    ///
    /// With the weights it is all that a training needs to go on as if it had not been interrupted:
    ///
    /// ```
    /// use gatewise::layers::{Dense, Input, Lstm};
    /// use gatewise::optimizers::OptimizerValue;
    /// use gatewise::{Compile, Fit, Result, Sequential};
    /// use ndarray::Array;
    ///
    /// fn model() -> Result<Sequential> {
    ///     let mut model = Sequential::new().with_seed(7);
    ///     model.add(Input::new([Some(4), Some(2)]))?.add(Lstm::new(3))?.add(Dense::new(1))?;
    ///     model.compile(Compile::new("adam", "mse"))?;
    ///     Ok(model)
    /// }
    ///
    /// let x = Array::from_shape_fn((8, 4, 2), |(i, t, f)| (i + 2 * t + f) as f32 / 16.0).into_dyn();
    /// let y = Array::from_shape_fn((8, 1), |(i, _)| i as f32 / 8.0).into_dyn();
    /// let mut first = model()?;
    /// first.fit(&x, &y, Fit { epochs: 2, ..Fit::default() })?;
    ///
    /// let mut second = model()?;
    /// second.set_weights(&first.get_weights())?;
    /// let state: Vec<OptimizerValue> = first.optimizer_variables()?.into_iter().map(|kept| kept.value).collect();
    /// second.set_optimizer_variables(&state)?;
    /// let go_on = || Fit { epochs: 4, initial_epoch: 2, ..Fit::default() };
    /// assert_eq!(first.fit(&x, &y, go_on())?.get("loss"), second.fit(&x, &y, go_on())?.get("loss"));
    /// # Ok::<(), gatewise::Error>(())
    /// ```
    ///
    /// # Errors
    /// If the model is not compiled.
    pub fn optimizer_variables(&self) -> Result<Vec<OptimizerVariable>> {
        Ok(self.training()?.optimizer.state())
    }

    /// Puts back the values of [`optimizer_variables`](Self::optimizer_variables), in the same order. The optimizer is
    /// built for the trainable weights first where the values need it. Random numbers of training, such as those of
    /// dropout, go on after as many steps as the optimizer has taken; see
    /// [`set_training_steps`](Self::set_training_steps).
    ///
    /// # Errors
    /// If the model is not compiled, or if the number, kinds or shapes of the values are not those of the optimizer's
    /// state; the state has not changed then.
    pub fn set_optimizer_variables(&mut self, values: &[OptimizerValue]) -> Result<()> {
        if self.training()?.optimizer.state().len() != values.len() {
            self.build_optimizer()?;
        }
        let training = self.training_mut()?;
        training.optimizer.set_state(values)?;
        let counts = values.iter().filter_map(|value| match value {
            OptimizerValue::Integer(count) => Some(*count),
            OptimizerValue::Array(_) => None,
        });
        training.steps = counts.max().unwrap_or(0);
        Ok(())
    }

    /// Makes the arrays of the optimizer for the trainable weights, which the first step of a training would do.
    ///
    /// # Errors
    /// If the model is not compiled or has no weights yet, or if the optimizer was built for other weights.
    pub fn build_optimizer(&mut self) -> Result<()> {
        self.network()?;
        self.training()?;
        self.prepare_training()?;
        let variables = self.trainable_variables();
        let forms: Vec<_> = variables.iter().map(|variable| (variable.path(), variable.shape())).collect();
        self.training_mut()?.optimizer.build(&forms)
    }

    /// The number of training steps since `compile`, on which the random numbers of the next one depend.
    ///
    /// # Errors
    /// If the model is not compiled.
    pub fn training_steps(&self) -> Result<u64> {
        Ok(self.training()?.steps)
    }

    /// Lets random numbers of training go on after this many steps.
    ///
    /// # Errors
    /// If the model is not compiled.
    pub fn set_training_steps(&mut self, steps: u64) -> Result<()> {
        self.training_mut()?.steps = steps;
        Ok(())
    }
}
