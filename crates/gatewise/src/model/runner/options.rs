//! How a runner or a stepper is made ready.

use crate::cpu::WeightsDtype;

/// How [`Model::runner_with`](crate::Model::runner_with) and [`Model::stepper_with`](crate::Model::stepper_with) make a model
/// ready.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RunnerOptions {
    /// What the weights of LSTM layers are stored as (default `float32`). All other weights remain in `float32`: biases, and
    /// those of GRU, SimpleRNN, dense and other layers.
    pub weights_dtype: WeightsDtype,
}

#[cfg(test)]
mod tests;
