//! rten: predictions from `model.onnx`.

use std::path::Path;

use anyhow::{Context, Result};
use peer_common::{Form, Job, Problem, Workload};
use rten::{Model, NodeId, ValueOrView};
use rten_tensor::NdTensor;
use rten_tensor::prelude::*;

struct Rten {
    model: Model,
    inputs: Vec<NodeId>,
    outputs: Vec<NodeId>,
    x: NdTensor<f32, 3>,
    /// Of a stream.
    state: Vec<NdTensor<f32, 3>>,
}

fn main() -> Result<()> {
    peer_common::run("rten 0.27.0", peer_common::cores(), make)
}

fn make(workload: &Workload, problem: &Problem, folder: &Path) -> Result<Rten> {
    let model = Model::load_file(folder.join("model.onnx"))?;
    let streams = workload.form == Form::Stream;
    let names: (&[&str], &[&str]) =
        if streams { (&["x", "h", "c"], &["y", "next_h", "next_c"]) } else { (&["x"], &["y"]) };
    let find = |names: &[&str]| names.iter().map(|name| Ok(model.node_id(name)?)).collect::<Result<Vec<_>>>();
    let (inputs, outputs) = (find(names.0)?, find(names.1)?);
    let x = problem.get("x")?;
    let shape: [usize; 3] = x.shape[..].try_into().context("x has three axes")?;
    let zeros = || NdTensor::zeros([1, workload.batch, workload.units[0]]);
    let state = if streams { vec![zeros(), zeros()] } else { Vec::new() };
    Ok(Rten { model, inputs, outputs, x: NdTensor::from_data(shape, x.values), state })
}

impl Job for Rten {
    fn predict(&mut self) -> Result<Vec<f32>> {
        let arrays = std::iter::once(&self.x).chain(&self.state);
        let inputs: Vec<(NodeId, ValueOrView)> =
            self.inputs.iter().copied().zip(arrays.map(|array| array.view().into())).collect();
        let mut outputs = self.model.run(inputs, &self.outputs, None)?.into_iter();
        let y: NdTensor<f32, 2> = outputs.next().context("there is one output")?.try_into()?;
        self.state = outputs.map(|state| Ok(state.try_into()?)).collect::<Result<_>>()?;
        Ok(y.to_vec())
    }
}
