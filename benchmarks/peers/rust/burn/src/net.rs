//! The model of a workload, on any backend.

use anyhow::Result;
use burn::module::{Module, Param};
use burn::nn::{Linear, LinearConfig, Lstm, LstmConfig, LstmState};
use burn::tensor::backend::Backend;
use burn::tensor::{Tensor, TensorData};
use peer_common::{Array, Form, Problem, Workload};

/// The layers, of which a direction is one.
#[derive(Module, Debug)]
pub struct Net<B: Backend> {
    lstms: Vec<Lstm<B>>,
    dense: Linear<B>,
}

/// What enters.
pub struct Inputs<B: Backend> {
    form: Form,
    x: Tensor<B, 3>,
    /// What the decoder of a translation is given.
    given: Option<Tensor<B, 3>>,
}

impl<B: Backend> Inputs<B> {
    pub fn new(workload: &Workload, problem: &Problem) -> Result<Self> {
        let given = (workload.form == Form::Translation).then(|| problem.get("given")).transpose()?;
        let given = given.map(|array| tensor(&array));
        Ok(Self { form: workload.form, x: tensor(&problem.get("x")?), given })
    }
}

/// An array of the problem on the backend's device.
pub fn tensor<B: Backend, const D: usize>(array: &Array) -> Tensor<B, D> {
    Tensor::from_data(TensorData::new(array.values.clone(), array.shape.clone()), &B::Device::default())
}

impl<B: Backend> Net<B> {
    /// The model with the weights of the problem.
    pub fn new(workload: &Workload, problem: &Problem) -> Result<Self> {
        let mut lstms = Vec::new();
        for index in 0..workload.layers() {
            let reverse = workload.form == Form::Bidirectional && index == 1;
            lstms.push(lstm(problem.lstm(index)?, reverse));
        }
        let kernel = problem.get("dense/kernel")?;
        let mut dense = LinearConfig::new(kernel.shape[0], kernel.shape[1]).init(&B::Device::default());
        dense.weight = Param::from_tensor(tensor(&kernel));
        dense.bias = Some(Param::from_tensor(tensor(&problem.get("dense/bias")?)));
        Ok(Self { lstms, dense })
    }

    /// The outputs, a row a sample; of a translation the logarithms of the probabilities before the softmax, a row a
    /// character. A stream goes on from the state that is given, and leaves the next one there.
    pub fn forward(&self, inputs: &Inputs<B>, stream: &mut Option<LstmState<B, 2>>) -> Tensor<B, 2> {
        let x = inputs.x.clone();
        let features = match inputs.form {
            Form::Stacked => {
                let mut value = x;
                let mut last = None;
                for lstm in &self.lstms {
                    let (output, state) = lstm.forward(value, None);
                    (value, last) = (output, Some(state.hidden));
                }
                last.expect("there is a layer")
            }
            Form::Stream => {
                let (_, state) = self.lstms[0].forward(x, stream.take());
                let hidden = state.hidden.clone();
                *stream = Some(state);
                hidden
            }
            Form::Bidirectional => {
                let states = self.lstms.iter().map(|lstm| lstm.forward(x.clone(), None).1.hidden);
                Tensor::cat(states.collect(), 1)
            }
            Form::Translation => {
                let (_, state) = self.lstms[0].forward(x, None);
                let given = inputs.given.clone().expect("a translation has it");
                self.lstms[1].forward(given, Some(state)).0.flatten(0, 1)
            }
        };
        self.dense.forward(features)
    }
}

/// A layer with Keras's weights; burn has a pair of matrices for each gate, and adds a second bias, which is left out.
fn lstm<B: Backend>([kernel, recurrent, bias]: [Array; 3], reverse: bool) -> Lstm<B> {
    let config = LstmConfig::new(kernel.shape[0], recurrent.shape[0], true).with_reverse(reverse);
    let mut lstm: Lstm<B> = config.init(&B::Device::default());
    let gates = [&mut lstm.input_gate, &mut lstm.forget_gate, &mut lstm.cell_gate, &mut lstm.output_gate];
    for (index, gate) in gates.into_iter().enumerate() {
        gate.input_transform.weight = Param::from_tensor(tensor(&kernel.gate(index)));
        gate.input_transform.bias = Some(Param::from_tensor(tensor(&bias.gate(index))));
        gate.hidden_transform.weight = Param::from_tensor(tensor(&recurrent.gate(index)));
        gate.hidden_transform.bias = None;
    }
    lstm
}
