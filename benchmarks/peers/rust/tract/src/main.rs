//! tract: predictions from `model.onnx`, optimized.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result};
use peer_common::{Form, Job, Problem, Workload};
use tract_onnx::prelude::*;

struct Tract {
    model: Arc<TypedRunnableModel>,
    /// The sequence, and the states of a stream.
    inputs: TVec<TValue>,
}

fn main() -> Result<()> {
    // It runs on the thread that calls it unless it is given others.
    peer_common::run("tract-onnx 0.23.9", 1, make)
}

fn make(workload: &Workload, problem: &Problem, folder: &Path) -> Result<Tract> {
    let model = onnx().model_for_path(folder.join("model.onnx"))?;
    let model = model.into_optimized()?.into_runnable()?;
    let x = problem.get("x")?;
    let mut inputs = tvec![Tensor::from_shape(&x.shape, &x.values)?.into_tvalue()];
    if workload.form == Form::Stream {
        let zeros = Tensor::zero::<f32>(&[1, workload.batch, workload.units[0]])?.into_tvalue();
        inputs.extend([zeros.clone(), zeros]);
    }
    Ok(Tract { model, inputs })
}

impl Job for Tract {
    fn predict(&mut self) -> Result<Vec<f32>> {
        let mut outputs = self.model.run(self.inputs.clone())?;
        let states: TVec<TValue> = outputs.drain(1..).collect();
        self.inputs.truncate(1);
        self.inputs.extend(states);
        let y = outputs.first().context("there is one output")?;
        Ok(y.try_as_plain_ram()?.as_slice::<f32>()?.to_vec())
    }
}
