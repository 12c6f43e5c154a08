//! rust-lstm, which computes in double precision on one thread.

use std::collections::HashMap;
use std::path::Path;

use anyhow::{Context, Result, bail};
use ndarray::{Array2, s};
use peer_common::{Array, EPSILON, Form, Job, LEARNING_RATE, Problem, Workload};
use rust_lstm::layers::bilstm_network::BiLSTMNetwork;
use rust_lstm::layers::linear::LinearLayer;
use rust_lstm::layers::lstm_cell::LSTMCell;
use rust_lstm::loss::{LossFunction, MSELoss};
use rust_lstm::models::lstm_network::{LSTMNetwork, LSTMState};
use rust_lstm::optimizers::{Adam, Optimizer};

struct RustLstm {
    network: Network,
    dense: LinearLayer,
    /// A matrix for each step, samples along the columns.
    x: Vec<Array2<f64>>,
    y: Array2<f64>,
    /// Of a stream.
    state: Option<LSTMState>,
    optimizer: OneBias,
}

enum Network {
    Forward(LSTMNetwork),
    Both(BiLSTMNetwork),
}

/// Adam that leaves the second bias as it is, or the sum of both would learn twice as fast.
struct OneBias {
    adam: Adam,
    /// Keras's epsilon for the next step of an answer; none while time is taken.
    epsilon: Option<f64>,
    /// The gradients of the answer's steps so far.
    gradients: HashMap<String, Vec<Array2<f64>>>,
}

fn adam(epsilon: f64) -> Adam {
    Adam::with_params(LEARNING_RATE, 0.9, 0.999, epsilon)
}

impl OneBias {
    fn new() -> Self {
        Self { adam: adam(EPSILON), epsilon: None, gradients: HashMap::new() }
    }

    /// The step that an Adam with another epsilon would take after the same gradients: theirs cannot change it.
    fn update_with(&mut self, epsilon: f64, param_id: &str, param: &mut Array2<f64>, gradient: &Array2<f64>) {
        let mut adam = adam(epsilon);
        let before = self.gradients.entry(param_id.to_owned()).or_default();
        for gradient in &*before {
            adam.update(param_id, &mut param.clone(), gradient);
        }
        adam.update(param_id, param, gradient);
        before.push(gradient.clone());
    }
}

fn main() -> Result<()> {
    peer_common::run("rust-lstm 0.10.0 float64", 1, make)
}

fn make(workload: &Workload, problem: &Problem, _: &Path) -> Result<RustLstm> {
    let (features, units) = (workload.features[0], workload.units[0]);
    let network = match workload.form {
        Form::Translation => bail!("rust-lstm has no gradient of an initial state"),
        Form::Bidirectional => {
            let mut both = BiLSTMNetwork::new_concat(features, units, 1);
            load(&mut both.get_forward_cells_mut()[0], problem, 0)?;
            load(&mut both.get_backward_cells_mut()[0], problem, 1)?;
            Network::Both(both)
        }
        Form::Stacked | Form::Stream => {
            let mut forward = LSTMNetwork::new(features, units, workload.units.len());
            if workload.draws() {
                forward = forward.with_input_dropout(workload.dropout, true);
                forward = forward.with_recurrent_dropout(workload.recurrent_dropout, true);
            }
            for (index, cell) in forward.get_cells_mut().iter_mut().enumerate() {
                load(cell, problem, index)?;
            }
            Network::Forward(forward)
        }
    };
    let x = problem.get("x")?;
    let row = |step: usize, sample: usize| (sample * workload.steps[0] + step) * features;
    let at = |step: usize| {
        Array2::from_shape_fn((features, workload.batch), |(feature, sample)| {
            f64::from(x.values[row(step, sample) + feature])
        })
    };
    let dense = problem.get("dense/kernel")?.transposed();
    Ok(RustLstm {
        network,
        dense: LinearLayer::from_weights(matrix(&dense), column(&problem.get("dense/bias")?)),
        x: (0..workload.steps[0]).map(at).collect(),
        y: matrix(&problem.get("y")?.transposed()),
        state: None,
        optimizer: OneBias::new(),
    })
}

/// Copies Keras's weights, whose gates come in the same order.
fn load(cell: &mut LSTMCell, problem: &Problem, index: usize) -> Result<()> {
    let [kernel, recurrent, bias] = problem.lstm(index)?;
    cell.w_ih = matrix(&kernel.transposed());
    cell.w_hh = matrix(&recurrent.transposed());
    cell.b_ih = column(&bias);
    cell.b_hh.fill(0.0);
    Ok(())
}

fn matrix(array: &Array) -> Array2<f64> {
    let columns = array.shape[1];
    Array2::from_shape_fn((array.shape[0], columns), |(row, column)| {
        f64::from(array.values[row * columns + column])
    })
}

fn column(array: &Array) -> Array2<f64> {
    Array2::from_shape_fn((array.values.len(), 1), |(row, _)| f64::from(array.values[row]))
}

impl RustLstm {
    fn last(&mut self) -> Result<Array2<f64>> {
        match &mut self.network {
            Network::Forward(forward) => {
                forward.eval();
                forward.forward_sequence(&self.x).pop().context("there is a step")
            }
            Network::Both(both) => {
                both.eval();
                let units = both.hidden_size;
                ends(&both.forward_sequence(&self.x), units)
            }
        }
    }

    fn step(&mut self) -> Result<Array2<f64>> {
        let Network::Forward(forward) = &mut self.network else { bail!("a stream goes forward") };
        forward.eval();
        let state = self.state.take().unwrap_or_else(|| forward.zero_state(self.x[0].ncols()));
        let (output, next) = forward.forward(&self.x[0], &state);
        self.state = Some(next);
        Ok(output)
    }
}

/// The state after the last step of the forward direction above that after the first step of the other one.
fn ends(outputs: &[Array2<f64>], units: usize) -> Result<Array2<f64>> {
    let (first, last) =
        (outputs.first().context("there is a step")?, outputs.last().context("there is one")?);
    let mut ends = last.clone();
    ends.slice_mut(s![units.., ..]).assign(&first.slice(s![units.., ..]));
    Ok(ends)
}

impl Job for RustLstm {
    fn predict(&mut self) -> Result<Vec<f32>> {
        // A sequence begins with zeros, a stream goes on.
        let features = if self.x.len() == 1 { self.step()? } else { self.last()? };
        Ok(self.dense.forward(&features).iter().map(|number| *number as f32).collect())
    }

    fn train(&mut self) -> Result<f64> {
        let Self { network, dense, x, y, optimizer, .. } = self;
        let zeros = |rows: usize| vec![Array2::zeros((rows, y.ncols())); x.len()];
        let end = x.len() - 1;
        let loss = match network {
            Network::Forward(forward) => {
                forward.train();
                let (states, caches) = forward.forward_sequence_with_cache(x);
                let (loss, d_last) = finish(dense, optimizer, &states[end].0, y);
                let mut d_outputs = zeros(forward.hidden_size);
                d_outputs[end] = d_last;
                let (gradients, _) = forward.backward_sequence(&d_outputs, &caches);
                forward.update_parameters(&gradients, optimizer);
                loss
            }
            Network::Both(both) => {
                both.train();
                let units = both.hidden_size;
                let (outputs, cache) = both.forward_sequence_with_cache(x);
                let (loss, d_ends) = finish(dense, optimizer, &ends(&outputs, units)?, y);
                let mut d_outputs = zeros(2 * units);
                d_outputs[end].slice_mut(s![..units, ..]).assign(&d_ends.slice(s![..units, ..]));
                d_outputs[0].slice_mut(s![units.., ..]).assign(&d_ends.slice(s![units.., ..]));
                let (forward, backward, _) = both.backward_sequence(&d_outputs, &cache);
                both.update_parameters(&forward, &backward, optimizer);
                loss
            }
        };
        optimizer.epsilon = None;
        Ok(loss)
    }

    fn set_epsilon(&mut self, epsilon: f64) -> Result<()> {
        self.optimizer.epsilon = Some(epsilon);
        Ok(())
    }
}

/// The loss, and its gradient by what enters the dense layer, which learns.
fn finish(
    dense: &mut LinearLayer,
    optimizer: &mut OneBias,
    features: &Array2<f64>,
    y: &Array2<f64>,
) -> (f64, Array2<f64>) {
    let output = dense.forward(features);
    let d_output = MSELoss.compute_gradient(&output, y);
    let (gradients, d_features) = dense.backward(&d_output);
    dense.update_parameters(&gradients, optimizer, "dense");
    (MSELoss.compute_loss(&output, y), d_features)
}

impl Optimizer for OneBias {
    fn update(&mut self, param_id: &str, param: &mut Array2<f64>, gradient: &Array2<f64>) {
        if param_id.ends_with("_b_hh") {
            return;
        }
        match self.epsilon {
            Some(epsilon) => self.update_with(epsilon, param_id, param, gradient),
            None => self.adam.update(param_id, param, gradient),
        }
    }

    fn reset(&mut self) {
        self.adam.reset();
    }

    fn set_learning_rate(&mut self, rate: f64) {
        self.adam.set_learning_rate(rate);
    }

    fn get_learning_rate(&self) -> f64 {
        self.adam.get_learning_rate()
    }
}
