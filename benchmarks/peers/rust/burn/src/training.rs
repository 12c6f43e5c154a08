//! Training steps.

use anyhow::{Context, Result, anyhow};
use burn::module::AutodiffModule;
use burn::nn::loss::{CrossEntropyLossConfig, MseLoss, Reduction};
use burn::optim::adaptor::OptimizerAdaptor;
use burn::optim::{Adam, AdamConfig, GradientsParams, Optimizer};
use burn::tensor::activation::softmax;
use burn::tensor::{ElementConversion, Int, Tensor};
use peer_common::{Form, Job, LEARNING_RATE, Problem, Workload};

use crate::net::{Inputs, Net, tensor};
use crate::{Graded, Plain};

pub struct Training {
    form: Form,
    /// Absent while a step replaces it.
    net: Option<Net<Graded>>,
    inputs: Inputs<Graded>,
    /// The same without gradients.
    plain_inputs: Inputs<Plain>,
    target: Target,
    optimizer: OptimizerAdaptor<Adam, Net<Graded>, Graded>,
}

enum Target {
    Numbers(Tensor<Graded, 2>),
    Classes(Tensor<Graded, 1, Int>),
}

impl Training {
    pub fn new(workload: &Workload, problem: &Problem) -> Result<Self> {
        let y = problem.get("y")?;
        let target = if workload.form == Form::Translation {
            Target::Classes(tensor::<Graded, 3>(&y).argmax(2).flatten(0, 2))
        } else {
            Target::Numbers(tensor(&y))
        };
        Ok(Self {
            form: workload.form,
            net: Some(Net::new(workload, problem)?),
            inputs: Inputs::new(workload, problem)?,
            plain_inputs: Inputs::new(workload, problem)?,
            target,
            optimizer: AdamConfig::new().with_epsilon(1e-8).init(),
        })
    }
}

impl Job for Training {
    fn predict(&mut self) -> Result<Vec<f32>> {
        let net = self.net.as_ref().context("it is there between steps")?.valid();
        let mut output = net.forward(&self.plain_inputs, &mut None);
        if self.form == Form::Translation {
            output = softmax(output, 1);
        }
        output.into_data().into_vec().map_err(|error| anyhow!("{error:?}"))
    }

    fn train(&mut self) -> Result<f64> {
        let net = self.net.take().context("it is there between steps")?;
        let output = net.forward(&self.inputs, &mut None);
        let loss = match &self.target {
            Target::Numbers(y) => MseLoss::new().forward(output, y.clone(), Reduction::Mean),
            Target::Classes(classes) => {
                let loss = CrossEntropyLossConfig::new().init(&output.device());
                loss.forward(output, classes.clone())
            }
        };
        let gradients = GradientsParams::from_grads(loss.backward(), &net);
        self.net = Some(self.optimizer.step(LEARNING_RATE, net, gradients));
        Ok(loss.into_scalar().elem())
    }

    fn set_epsilon(&mut self, epsilon: f64) -> Result<()> {
        let record = self.optimizer.to_record();
        let fresh = AdamConfig::new().with_epsilon(epsilon as f32).init::<Graded, Net<Graded>>();
        self.optimizer = fresh.load_record(record);
        Ok(())
    }
}
