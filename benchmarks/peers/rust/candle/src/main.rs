//! candle: `candle_nn::LSTM`, trained through candle's automatic gradients.

use std::collections::HashMap;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use candle_core::{DType, Device, IndexOp, Tensor, Var};
use candle_nn::rnn::{LSTM, LSTMConfig, LSTMState};
use candle_nn::{AdamW, Linear, Module, Optimizer, ParamsAdamW, RNN, VarBuilder, VarMap};
use peer_common::{Array, Form, Job, LEARNING_RATE, Problem, Workload};

struct Candle {
    form: Form,
    layers: Vec<LSTM>,
    dense: Linear,
    x: Tensor,
    /// What the decoder of a translation is given.
    given: Option<Tensor>,
    /// Numbers, or the classes of a translation, one after the other.
    y: Tensor,
    /// Of a stream.
    state: Option<LSTMState>,
    optimizer: Option<AdamW>,
}

fn main() -> Result<()> {
    peer_common::run("candle-nn 0.11.1", candle_core::utils::get_num_threads(), make)
}

fn make(workload: &Workload, problem: &Problem, _: &Path) -> Result<Candle> {
    ensure!(!workload.draws(), "candle has no recurrent dropout");
    let weights = weights(workload, problem)?;
    let variables = VarMap::new();
    let builder = if workload.trains {
        let mut known = variables.data().lock().expect("nobody else has it");
        for (name, tensor) in weights {
            known.insert(name, Var::from_tensor(&tensor)?);
        }
        drop(known);
        VarBuilder::from_varmap(&variables, DType::F32, &Device::Cpu)
    } else {
        VarBuilder::from_tensors(weights, DType::F32, &Device::Cpu)
    };
    let mut layers = Vec::new();
    for index in 0..workload.layers() {
        let [kernel, recurrent, _] = problem.lstm(index)?;
        // A second bias would be another variable, and the sum learn twice as fast.
        let config = LSTMConfig { b_hh_init: None, ..LSTMConfig::default() };
        let name = format!("lstm_{index}");
        layers.push(candle_nn::lstm(kernel.shape[0], recurrent.shape[0], config, builder.pp(name))?);
    }
    let shape = problem.get("dense/kernel")?.shape;
    let dense = candle_nn::linear(shape[0], shape[1], builder.pp("dense"))?;
    let optimizer = workload.trains.then(|| AdamW::new(variables.all_vars(), parameters(1e-8)));
    let translates = workload.form == Form::Translation;
    let mut y = tensor(&problem.get("y")?)?;
    if translates {
        y = y.flatten(0, 1)?.argmax(1)?;
    }
    Ok(Candle {
        form: workload.form,
        layers,
        dense,
        x: tensor(&problem.get("x")?)?,
        given: translates.then(|| tensor(&problem.get("given")?)).transpose()?,
        y,
        state: None,
        optimizer: optimizer.transpose()?,
    })
}

fn parameters(eps: f64) -> ParamsAdamW {
    ParamsAdamW { lr: LEARNING_RATE, beta1: 0.9, beta2: 0.999, eps, weight_decay: 0.0 }
}

/// The weights by candle's names.
fn weights(workload: &Workload, problem: &Problem) -> Result<HashMap<String, Tensor>> {
    let mut weights = HashMap::new();
    for index in 0..workload.layers() {
        let [kernel, recurrent, bias] = problem.lstm(index)?;
        let mut insert = |name: &str, array: &Array| -> Result<()> {
            weights.insert(format!("lstm_{index}.{name}"), tensor(array)?);
            Ok(())
        };
        insert("weight_ih_l0", &kernel.transposed())?;
        insert("weight_hh_l0", &recurrent.transposed())?;
        insert("bias_ih_l0", &bias)?;
    }
    weights.insert("dense.weight".to_owned(), tensor(&problem.get("dense/kernel")?.transposed())?);
    weights.insert("dense.bias".to_owned(), tensor(&problem.get("dense/bias")?)?);
    Ok(weights)
}

fn tensor(array: &Array) -> Result<Tensor> {
    Ok(Tensor::from_slice(&array.values, array.shape.as_slice(), &Device::Cpu)?)
}

/// The state after the last step.
fn last(states: Vec<LSTMState>) -> Result<LSTMState> {
    states.into_iter().next_back().context("there is a step")
}

impl Candle {
    /// The outputs; of a translation the logarithms of the probabilities before the softmax, a row a character.
    fn forward(&mut self) -> Result<Tensor> {
        let features = match self.form {
            Form::Stacked => self.stacked()?,
            Form::Stream => self.step()?,
            Form::Bidirectional => {
                let forward = last(self.layers[0].seq(&self.x)?)?;
                let backward = last(self.layers[1].seq(&self.x.flip(&[1])?)?)?;
                Tensor::cat(&[forward.h(), backward.h()], 1)?
            }
            Form::Translation => {
                let state = last(self.layers[0].seq(&self.x)?)?;
                let given = self.given.as_ref().context("a translation has it")?;
                let states = self.layers[1].seq_init(given, &state)?;
                self.layers[1].states_to_tensor(&states)?.flatten(0, 1)?
            }
        };
        Ok(self.dense.forward(&features)?)
    }

    fn stacked(&self) -> Result<Tensor> {
        let mut value = self.x.clone();
        for (index, layer) in self.layers.iter().enumerate() {
            let states = layer.seq(&value)?;
            if index + 1 == self.layers.len() {
                return Ok(last(states)?.h().clone());
            }
            value = layer.states_to_tensor(&states)?;
        }
        Ok(value)
    }

    fn step(&mut self) -> Result<Tensor> {
        let layer = &self.layers[0];
        let state = match self.state.take() {
            Some(state) => state,
            None => layer.zero_state(self.x.dim(0)?)?,
        };
        let state = layer.step(&self.x.i((.., 0))?.contiguous()?, &state)?;
        let h = state.h().clone();
        self.state = Some(state);
        Ok(h)
    }
}

impl Job for Candle {
    fn predict(&mut self) -> Result<Vec<f32>> {
        let mut output = self.forward()?;
        if self.form == Form::Translation {
            output = candle_nn::ops::softmax_last_dim(&output)?;
        }
        Ok(output.flatten_all()?.to_vec1()?)
    }

    fn train(&mut self) -> Result<f64> {
        let output = self.forward()?;
        let loss = match self.form {
            Form::Translation => candle_nn::loss::cross_entropy(&output, &self.y)?,
            _ => candle_nn::loss::mse(&output, &self.y)?,
        };
        self.optimizer.as_mut().context("it trains")?.backward_step(&loss)?;
        Ok(f64::from(loss.to_scalar::<f32>()?))
    }

    fn set_epsilon(&mut self, epsilon: f64) -> Result<()> {
        self.optimizer.as_mut().context("it trains")?.set_params(parameters(epsilon));
        Ok(())
    }
}
