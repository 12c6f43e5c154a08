//! A compiled model of one layer, with data for it.

use gatewise::functional::{Apply, CallOptions, KerasTensor};
use gatewise::initializers::RandomNormal;
use gatewise::layers::{Input, Lstm, Masking};
use gatewise::ndarray::ArrayD;
use gatewise::optimizers::{Adam, LearningRate};
use gatewise::random::{RandomKey, normal_into};
use gatewise::{Compile, Model};

use crate::Result;
use crate::options::{Case, Extra, Mask};

/// The sizes of a layer and its data.
#[derive(Clone, Copy)]
pub struct Sizes {
    pub batch: usize,
    pub steps: usize,
    pub features: usize,
    pub units: usize,
}

/// A model with inputs and targets.
pub struct Subject {
    model: Model,
    x: Vec<ArrayD<f32>>,
    y: Vec<ArrayD<f32>>,
}

impl Subject {
    /// The layer of a case in a model that is trained by Adam on mean squared errors.
    pub fn new(case: &Case, sizes: Sizes) -> Result<Self> {
        let mut model = model(case, sizes)?;
        // Weights that hardly move: functions that grow without bound would otherwise leave the numbers there are.
        let learning_rate = LearningRate::Constant(1e-12);
        model.compile(Compile::new(Adam { learning_rate, ..Adam::default() }, "mse"))?;
        let x = data(case, sizes);
        let predicted = model.predict_on_batch(&x)?;
        let y = predicted.iter().map(|y| ArrayD::zeros(y.shape())).collect();
        Ok(Self { model, x, y })
    }

    /// One prediction of the whole batch. Whether its numbers are finite makes no difference here: a few functions, such as
    /// `log_softmax` for the gates, grow without bound in a hundred steps, whatever the weights.
    pub fn predict(&mut self) -> Result<()> {
        let y = self.model.predict_on_batch(&self.x)?;
        if y.iter().all(|y| y.is_empty()) { Err("nothing was predicted".into()) } else { Ok(()) }
    }

    /// One step of training.
    pub fn train(&mut self) -> Result<()> {
        self.model.train_on_batch(&self.x, &self.y)?;
        Ok(())
    }
}

fn model(case: &Case, sizes: Sizes) -> Result<Model> {
    let Sizes { steps, features, units, .. } = sizes;
    let sequence = Input::new([Some(steps), Some(features)]).tensor()?;
    // Small recurrent weights and no bias of one keep even the exponential from growing from step to step.
    let small = RandomNormal { stddev: 0.01, ..RandomNormal::default() };
    let lstm = Lstm::new(units).return_sequences(case.of_sequences);
    let lstm = (case.set)(lstm.recurrent_initializer(small).unit_forget_bias(false));
    let more =
        |shape: &[usize]| Input::new(shape.iter().map(|size| Some(*size)).collect::<Vec<_>>()).tensor();
    let mut inputs = vec![sequence.clone()];
    let outputs: Vec<KerasTensor> = match case.extra {
        Extra::Nothing => lstm.apply_all(&sequence)?,
        Extra::MaskingLayer => lstm.apply_all(&Masking::new(0.0).apply(&sequence)?)?,
        Extra::Mask(_) => {
            inputs.push(more(&[steps])?);
            let options = CallOptions { mask: Some(inputs[1].clone()), ..CallOptions::default() };
            lstm.apply_with(&sequence, options)?
        }
        Extra::States => {
            inputs.extend([more(&[units])?, more(&[units])?]);
            lstm.apply_all([&inputs[0], &inputs[1], &inputs[2]])?
        }
    };
    Ok(Model::new(inputs, outputs)?)
}

/// Sequences of normal numbers, and what else the layer is given.
fn data(case: &Case, sizes: Sizes) -> Vec<ArrayD<f32>> {
    let Sizes { batch, steps, features, units } = sizes;
    let mut x = normal(1, &[batch, steps, features]);
    match case.extra {
        Extra::Nothing => vec![x],
        Extra::Mask(mask) => vec![x, used(mask, batch, steps)],
        Extra::States => vec![x, normal(2, &[batch, units]), normal(3, &[batch, units])],
        Extra::MaskingLayer => {
            let padded = x.indexed_iter_mut().filter(|(index, _)| index[1] >= steps / 2);
            padded.for_each(|(_, x)| *x = 0.0);
            vec![x]
        }
    }
}

/// 1 where a step is used.
fn used(mask: Mask, batch: usize, steps: usize) -> ArrayD<f32> {
    // Lengths in an order of their own: 37 has no divisor in common with a batch that is a power of two.
    let few = |sample: usize| 1 + (37 * sample % batch) * (steps - 1) / (batch - 1);
    let random = normal(4, &[batch, steps]);
    ArrayD::from_shape_fn(vec![batch, steps], |index| {
        let is_used = match mask {
            Mask::FirstHalf => index[1] < steps / 2,
            Mask::FirstFew => index[1] < few(index[0]),
            // A normal number is above −0.674 three times of four.
            Mask::Anywhere => random[&index] > -0.674,
        };
        f32::from(u8::from(is_used))
    })
}

fn normal(stream: u64, dims: &[usize]) -> ArrayD<f32> {
    let mut values = vec![0.0; dims.iter().product()];
    normal_into(RandomKey { seed: 20_260_101, stream, step: 0 }, 0, &mut values);
    ArrayD::from_shape_vec(dims, values).expect("there is a number for each element")
}
