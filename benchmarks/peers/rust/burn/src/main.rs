//! burn: `burn::nn::Lstm` on the backend Flex, trained through `Autodiff`.

use std::path::Path;

use anyhow::{Result, ensure};
use burn::backend::{Autodiff, Flex};
use peer_common::Workload;

mod net;
mod prediction;
mod training;

use prediction::Prediction;
use training::Training;

/// Of predictions.
type Plain = Flex;

/// Of trainings.
type Graded = Autodiff<Flex>;

/// One of both jobs.
enum Either {
    Prediction(Box<Prediction>),
    Training(Box<Training>),
}

fn main() -> Result<()> {
    peer_common::run("burn 0.21.0 flex", peer_common::cores(), make)
}

fn make(workload: &Workload, problem: &peer_common::Problem, _: &Path) -> Result<Either> {
    ensure!(!workload.draws(), "burn has no recurrent dropout");
    Ok(if workload.trains {
        Either::Training(Box::new(Training::new(workload, problem)?))
    } else {
        Either::Prediction(Box::new(Prediction::new(workload, problem)?))
    })
}

impl peer_common::Job for Either {
    fn predict(&mut self) -> Result<Vec<f32>> {
        match self {
            Self::Prediction(job) => job.predict(),
            Self::Training(job) => job.predict(),
        }
    }

    fn train(&mut self) -> Result<f64> {
        match self {
            Self::Prediction(job) => job.train(),
            Self::Training(job) => job.train(),
        }
    }

    fn set_epsilon(&mut self, epsilon: f64) -> Result<()> {
        match self {
            Self::Prediction(job) => job.set_epsilon(epsilon),
            Self::Training(job) => job.set_epsilon(epsilon),
        }
    }
}
