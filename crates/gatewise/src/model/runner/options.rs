//! How a runner or a stepper is made ready.

use crate::cpu::WeightsDtype;

/// How [`Model::runner_with`](crate::Model::runner_with) and [`Model::stepper_with`](crate::Model::stepper_with) make a model
/// ready.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RunnerOptions {
    /// What the weights of LSTM layers are stored as (default `float32`). All other weights remain in `float32`: biases, and
    /// those of GRU, SimpleRNN, dense and other layers.
    pub weights_dtype: WeightsDtype,
    /// Whether all work is done in the calling thread (default `false`: where it is quicker, others of a `rayon` pool share it).
    ///
    /// A call then never waits for another thread and takes no lock, however large it is and wherever it comes from: for a
    /// thread with deadlines, or where each request of a service has a core. The numbers have the same bits.
    pub in_calling_thread: bool,
}

#[cfg(test)]
mod tests;
