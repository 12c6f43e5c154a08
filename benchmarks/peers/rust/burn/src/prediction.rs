//! Predictions, without a record for gradients.

use anyhow::{Result, anyhow};
use burn::nn::LstmState;
use peer_common::{Job, Problem, Workload};

use crate::Plain;
use crate::net::{Inputs, Net};

pub struct Prediction {
    net: Net<Plain>,
    inputs: Inputs<Plain>,
    state: Option<LstmState<Plain, 2>>,
}

impl Prediction {
    pub fn new(workload: &Workload, problem: &Problem) -> Result<Self> {
        Ok(Self { net: Net::new(workload, problem)?, inputs: Inputs::new(workload, problem)?, state: None })
    }
}

impl Job for Prediction {
    fn predict(&mut self) -> Result<Vec<f32>> {
        let output = self.net.forward(&self.inputs, &mut self.state);
        output.into_data().into_vec().map_err(|error| anyhow!("{error:?}"))
    }
}
