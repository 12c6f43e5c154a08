//! A call of a recurrence with all its arrays, drawn from one seed: each weight, gate and column differs.

use crate::Real;
use crate::activation::{Activation, RowActivation};
use crate::rnn::{
    DropoutMasks, Gradients, Inputs, Kind, Layer, Output, OutputGradient, OutputGradients, Outputs,
    PackedWeights, Sizes, X, backward, backward_workspace_len, forward, forward_packed,
    forward_workspace_len, record_len, reference,
};
use crate::testing::numbers;

/// Which activations a case has.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Activations {
    /// tanh and sigmoid, the default.
    Default,
    /// linear and hard_sigmoid.
    Hard,
    /// relu and tanh.
    Relu,
    /// A caller's function of each element for φ, sigmoid for σ.
    CustomCandidate,
    /// tanh for φ, a caller's function of the whole row (softmax) for σ.
    CustomGates,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Dropout {
    None,
    Shared,
    PerGate,
}

/// All kinds of recurrences.
pub const KINDS: [Kind; 3] = [Kind::Simple, Kind::ResetAfter, Kind::ResetBefore];

/// The options and sizes of a call.
#[derive(Clone, Copy, Debug)]
pub struct Case {
    pub kind: Kind,
    pub sizes: Sizes,
    pub activations: Activations,
    pub bias: bool,
    pub go_backwards: bool,
    pub zero_output_for_mask: bool,
    pub mask: bool,
    pub dropout: Dropout,
    pub recurrent_dropout: Dropout,
    pub sequence: bool,
    /// Whether x is [ids](X::Ids).
    pub ids: bool,
    pub seed: u64,
}

impl Case {
    pub fn new(kind: Kind, [batch, steps, features, units]: [usize; 4]) -> Self {
        Self {
            kind,
            sizes: Sizes { batch, steps, features, units },
            activations: Activations::Default,
            bias: true,
            go_backwards: false,
            zero_output_for_mask: false,
            mask: false,
            dropout: Dropout::None,
            recurrent_dropout: Dropout::None,
            sequence: true,
            ids: false,
            seed: 1,
        }
    }

    /// Cases with these sizes in which each option occurs with and without others.
    pub fn with_options(kind: Kind, sizes: [usize; 4]) -> Vec<Self> {
        let plain = Self::new(kind, sizes);
        let mut cases = vec![plain, Self { sequence: false, ..plain }, Self { bias: false, ..plain }];
        for activations in
            [Activations::Hard, Activations::Relu, Activations::CustomCandidate, Activations::CustomGates]
        {
            cases.push(Self { activations, ..plain });
            cases.push(Self { activations, mask: true, recurrent_dropout: Dropout::PerGate, ..plain });
        }
        for zero_output_for_mask in [false, true] {
            for go_backwards in [false, true] {
                for sequence in [false, true] {
                    cases.push(Self { mask: true, zero_output_for_mask, go_backwards, sequence, ..plain });
                }
            }
        }
        for dropout in [Dropout::Shared, Dropout::PerGate] {
            cases.push(Self { dropout, ..plain });
            cases.push(Self { recurrent_dropout: dropout, ..plain });
            cases.push(Self {
                dropout,
                recurrent_dropout: dropout,
                mask: true,
                go_backwards: true,
                bias: false,
                ..plain
            });
        }
        cases
    }
}

/// A caller's activation of each element, x / (1 + |x|).
pub struct Softsign;

impl<F: Real> RowActivation<F> for Softsign {
    fn forward(&self, x: &[F], y: &mut [F]) {
        y.iter_mut().zip(x).for_each(|(y, &x)| *y = x / (F::one() + x.abs()));
    }

    fn backward(&self, x: &[F], _y: &[F], d: &mut [F]) {
        d.iter_mut().zip(x).for_each(|(d, &x)| *d = *d / (F::one() + x.abs()).powi(2));
    }
}

/// A caller's activation across the row.
pub struct Softmax;

impl<F: Real> RowActivation<F> for Softmax {
    fn forward(&self, x: &[F], y: &mut [F]) {
        let total: F = x.iter().map(|x| x.exp()).sum();
        y.iter_mut().zip(x).for_each(|(y, x)| *y = x.exp() / total);
    }

    fn backward(&self, _x: &[F], y: &[F], d: &mut [F]) {
        let mean: F = d.iter().zip(y).map(|(&d, &y)| d * y).sum();
        d.iter_mut().zip(y).for_each(|(d, &y)| *d = (*d - mean) * y);
    }
}

/// The arrays of a case.
#[derive(Clone, Debug)]
pub struct Arrays<F> {
    pub kernel: Vec<F>,
    pub recurrent_kernel: Vec<F>,
    pub bias: Vec<F>,
    pub x: Vec<F>,
    /// Numbers below F, `[B, T]`.
    pub ids: Vec<F>,
    pub h0: Vec<F>,
    pub mask: Vec<F>,
    pub dropout: Vec<F>,
    pub recurrent_dropout: Vec<F>,
    /// The loss is the sum of the products of `y` and `h` with these.
    pub d_y: Vec<F>,
    pub d_h: Vec<F>,
}

/// What a call returns.
#[derive(Clone, Debug, Default)]
pub struct Results<F> {
    pub y: Vec<F>,
    pub h: Vec<F>,
    pub d_x: Vec<F>,
    pub d_kernel: Vec<F>,
    pub d_recurrent_kernel: Vec<F>,
    pub d_bias: Vec<F>,
    pub d_h0: Vec<F>,
}

impl<F> Results<F> {
    pub fn named(&self) -> [(&'static str, &[F]); 7] {
        [
            ("y", &self.y),
            ("h", &self.h),
            ("d_x", &self.d_x),
            ("d_kernel", &self.d_kernel),
            ("d_recurrent_kernel", &self.d_recurrent_kernel),
            ("d_bias", &self.d_bias),
            ("d_h0", &self.d_h0),
        ]
    }
}

impl Case {
    pub fn y_len(&self) -> usize {
        let Sizes { batch, steps, units, .. } = self.sizes;
        batch * units * if self.sequence { steps } else { 1 }
    }

    pub fn arrays<F: Real>(&self) -> Arrays<F> {
        let (Sizes { batch, steps, features, units }, gates) = (self.sizes, self.kind.gates());
        let draw = |part: u64, n: usize| numbers::<F>(self.seed * 100 + part, n);
        // A factor of 0 or 1 / (1 − rate), and a mask that skips some steps at both ends and inside.
        let factors = |part, n| {
            draw(part, n).iter().map(|&x| F::from_f64(if x > F::zero() { 1.6 } else { 0.0 })).collect()
        };
        let skip = |x: &F| {
            if *x > F::from_f64(-0.2) { F::one() } else { F::zero() }
        };
        // No larger than what keeps sums over many units around one, as nothing else holds a simple recurrence back.
        let scale = F::from_f64((2.0 / (units as f64).sqrt()).min(1.0));
        let weights = |part, n| draw(part, n).into_iter().map(|x| x * scale).collect();
        let id = |x: &F| ((*x + F::one()) * F::from_f64(0.499 * features as f64)).floor();
        Arrays {
            kernel: weights(1, features * gates * units),
            recurrent_kernel: weights(2, units * gates * units),
            bias: draw(3, self.kind.bias_rows() * gates * units),
            x: draw(4, batch * steps * features),
            ids: draw(13, batch * steps).iter().map(id).collect(),
            h0: draw(5, batch * units),
            mask: draw(7, batch * steps).iter().map(skip).collect(),
            dropout: factors(8, gates * batch * features),
            recurrent_dropout: factors(9, gates * batch * units),
            d_y: draw(10, self.y_len()),
            d_h: draw(11, batch * units),
        }
    }

    pub fn layer<'a, F: Real>(&self, arrays: &'a Arrays<F>) -> Layer<'a, F> {
        let (activation, recurrent_activation) = match self.activations {
            Activations::Default => (Activation::Tanh, Activation::Sigmoid),
            Activations::Hard => (Activation::Linear, Activation::HardSigmoid),
            Activations::Relu => (Activation::Relu, Activation::Tanh),
            Activations::CustomCandidate => (Activation::Custom(&Softsign), Activation::Sigmoid),
            Activations::CustomGates => (Activation::Tanh, Activation::Custom(&Softmax)),
        };
        Layer {
            kind: self.kind,
            sizes: self.sizes,
            activation,
            recurrent_activation,
            kernel: &arrays.kernel,
            recurrent_kernel: &arrays.recurrent_kernel,
            bias: self.bias.then_some(&arrays.bias),
            go_backwards: self.go_backwards,
            zero_output_for_mask: self.zero_output_for_mask,
        }
    }

    pub fn inputs<'a, F: Real>(&self, arrays: &'a Arrays<F>) -> Inputs<'a, F> {
        let masks = |dropout, factors: &'a [F]| match dropout {
            Dropout::None => DropoutMasks::None,
            Dropout::Shared => DropoutMasks::Shared(&factors[..factors.len() / self.kind.gates()]),
            Dropout::PerGate => DropoutMasks::PerGate(factors),
        };
        Inputs {
            x: if self.ids { X::Ids(&arrays.ids) } else { X::Rows(&arrays.x) },
            h0: &arrays.h0,
            mask: self.mask.then_some(&arrays.mask),
            dropout: masks(self.dropout, &arrays.dropout),
            recurrent_dropout: masks(self.recurrent_dropout, &arrays.recurrent_dropout),
        }
    }

    pub fn d_outputs<'a, F: Real>(&self, arrays: &'a Arrays<F>) -> OutputGradients<'a, F> {
        let d_y = match self.sequence {
            true => OutputGradient::Sequence(&arrays.d_y),
            false => OutputGradient::Last(&arrays.d_y),
        };
        OutputGradients { d_y, d_h: Some(&arrays.d_h) }
    }

    /// Runs forward and backward of the reference.
    pub fn reference<F: Real>(&self, arrays: &Arrays<F>) -> Results<F> {
        let (layer, inputs, d_outputs) = (self.layer(arrays), self.inputs(arrays), self.d_outputs(arrays));
        let (mut results, mut record) = self.empty(&layer);
        reference::forward(&layer, &inputs, self.outputs(&mut results, Some(&mut record)));
        reference::backward(&layer, &inputs, &record, &d_outputs, gradients(&mut results));
        results
    }

    /// Runs forward and backward of the fast functions, with scratch that holds rubbish.
    pub fn fast(&self, arrays: &Arrays<f32>) -> Results<f32> {
        let (layer, inputs, d_outputs) = (self.layer(arrays), self.inputs(arrays), self.d_outputs(arrays));
        let (mut results, mut record) = self.empty(&layer);
        let mut workspace = vec![f32::NAN; forward_workspace_len(&layer, inputs.has_dropout())];
        forward(&layer, &inputs, self.outputs(&mut results, Some(&mut record)), &mut workspace);
        let mut workspace =
            vec![f32::NAN; backward_workspace_len(self.kind, &self.sizes, inputs.has_dropout(), !self.ids)];
        backward(&layer, &inputs, &record, &d_outputs, gradients(&mut results), &mut workspace);
        results
    }

    /// Runs the fast forward pass on weights that were packed before.
    pub fn packed(&self, arrays: &Arrays<f32>) -> Results<f32> {
        let (layer, inputs) = (self.layer(arrays), self.inputs(arrays));
        let (mut results, _) = self.empty(&layer);
        let packed = if self.ids { PackedWeights::of_ids(&layer) } else { PackedWeights::new(&layer) };
        let mut workspace = vec![f32::NAN; forward_workspace_len(&layer, inputs.has_dropout())];
        forward_packed(&layer, &packed, &inputs, self.outputs(&mut results, None), &mut workspace);
        results
    }

    fn empty<F: Real>(&self, layer: &Layer<F>) -> (Results<F>, Vec<F>) {
        let (Sizes { batch, steps, features, units }, gates) = (self.sizes, self.kind.gates());
        let nan = |n| vec![F::nan(); n];
        let results = Results {
            y: nan(self.y_len()),
            h: nan(batch * units),
            d_x: nan(if self.ids { 0 } else { batch * steps * features }),
            d_kernel: nan(features * gates * units),
            d_recurrent_kernel: nan(units * gates * units),
            d_bias: nan(self.kind.bias_rows() * gates * units),
            d_h0: nan(batch * units),
        };
        (results, nan(record_len(self.kind, &self.sizes, &layer.activation, &layer.recurrent_activation)))
    }

    fn outputs<'a, F: Real>(
        &self,
        results: &'a mut Results<F>,
        record: Option<&'a mut [F]>,
    ) -> Outputs<'a, F> {
        let y = match self.sequence {
            true => Output::Sequence(&mut results.y),
            false => Output::Last(&mut results.y),
        };
        Outputs { y, h: &mut results.h, record }
    }
}

fn gradients<F>(results: &mut Results<F>) -> Gradients<'_, F> {
    Gradients {
        d_x: (!results.d_x.is_empty()).then_some(&mut *results.d_x),
        d_kernel: Some(&mut results.d_kernel),
        d_recurrent_kernel: Some(&mut results.d_recurrent_kernel),
        d_bias: Some(&mut results.d_bias),
        d_h0: Some(&mut results.d_h0),
    }
}
