//! How many floating-point operations a job needs at least.

use super::{Form, Job, Workload};

impl Workload {
    /// The operations of the products of one repeat, a multiply-add counted as two.
    ///
    /// An LSTM layer with batch B, steps T, features F and units H needs `8·B·T·H·(F + H)` forward. A training adds
    /// `16·B·T·H²` for the gradients by the states and the recurrent kernel, `8·B·T·F·H` for that by the kernel, and
    /// as many again for that by the input where another layer lies below. A dense layer from H to O needs
    /// `2·B·T·H·O`, three times in a training. Activations, biases, the loss and the optimizer are not counted, nor
    /// is it considered that products with one-hot vectors could be left out.
    pub fn flops(&self) -> f64 {
        let layers = self.layers();
        let recurrent: f64 = layers.iter().map(|layer| layer.flops(self.job)).sum();
        let passes = if self.job == Job::Train { 3.0 } else { 1.0 };
        let last = layers.last().expect("a workload has a layer");
        let dense = match self.form {
            Form::Translation => 2.0 * last.steps * last.units * self.features[1] as f64,
            Form::Bidirectional => 2.0 * 2.0 * last.units,
            Form::Stacked | Form::Stream => 2.0 * last.units,
        };
        recurrent + passes * self.batch as f64 * dense
    }

    /// The multiply-adds of [`flops`](Self::flops) with those whose place the activations take, as no vector unit does both at
    /// once.
    ///
    /// The units that add and multiply spend 36 to 41 cycles on the three sigmoids, two tanh and (3) and (4) of eight units
    /// and 8 cycles on their gradients, instructions counted on Zen 3; in that time they do 160 and 32 operations a unit.
    pub fn floor(&self) -> f64 {
        let steps: f64 = self.layers().iter().map(|layer| layer.batch * layer.steps * layer.units).sum();
        self.flops() + steps * if self.job == Job::Train { 160.0 + 32.0 } else { 160.0 }
    }

    fn layers(&self) -> Vec<Layer> {
        let layer = |part: usize, features: usize, units: usize, above: bool| Layer {
            batch: self.batch as f64,
            steps: self.steps[part] as f64,
            features: features as f64,
            units: units as f64,
            above,
        };
        match self.form {
            Form::Translation => {
                (0..2).map(|part| layer(part, self.features[part], self.units[0], false)).collect()
            }
            Form::Bidirectional => (0..2).map(|_| layer(0, self.features[0], self.units[0], false)).collect(),
            Form::Stacked | Form::Stream => {
                let features = self.features.iter().chain(&self.units);
                let sizes = features.zip(&self.units).enumerate();
                sizes.map(|(index, (features, units))| layer(0, *features, *units, index > 0)).collect()
            }
        }
    }
}

/// The sizes of one LSTM layer.
struct Layer {
    batch: f64,
    steps: f64,
    features: f64,
    units: f64,
    /// Whether it lies above another layer, which needs the gradient by its input.
    above: bool,
}

impl Layer {
    fn flops(&self, job: Job) -> f64 {
        let Self { batch, steps, features, units, above } = self;
        let input = 8.0 * batch * steps * features * units;
        let state = 8.0 * batch * steps * units * units;
        match job {
            Job::Predict => input + state,
            Job::Train => input * if *above { 3.0 } else { 2.0 } + state * 3.0,
        }
    }
}
