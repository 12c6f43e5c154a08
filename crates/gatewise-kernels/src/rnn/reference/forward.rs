//! Equations (1) to (5), sample by sample and step by step.

use crate::Real;
use crate::rnn::{
    CANDIDATE, Inputs, Kind, Layer, Output, Outputs, RESET, Sizes, UPDATE, check, record::RecordRowMut,
};

/// Runs the layer over its input; the meaning of [`rnn::forward`](crate::rnn::forward()).
pub fn forward<F: Real>(layer: &Layer<F>, inputs: &Inputs<F>, mut outputs: Outputs<F>) {
    check::call(layer, inputs);
    check::outputs(layer, &outputs);
    for sample in 0..layer.sizes.batch {
        forward_sample(layer, inputs, sample, &mut outputs);
    }
}

fn forward_sample<F: Real>(layer: &Layer<F>, inputs: &Inputs<F>, sample: usize, outputs: &mut Outputs<F>) {
    let (steps, units) = (layer.sizes.steps, layer.sizes.units);
    let state = sample * units..(sample + 1) * units;
    let mut h = inputs.h0[state.clone()].to_vec();
    let mut emitted = vec![F::zero(); units];
    for step in 0..steps {
        let time = layer.time(step);
        let next = Operands { layer, inputs, sample, time, h: &h }.step();
        let used = inputs.is_used(sample, time, steps);
        if used {
            h.clone_from(&next.h);
            emitted.clone_from(&next.h);
        } else if layer.zero_output_for_mask {
            emitted.fill(F::zero());
        }
        if let Some(record) = &mut outputs.record {
            let layout = layer.record_layout();
            next.write(layout.view_mut(record, layout.row(sample, time)), &h);
        }
        if let Output::Sequence(y) = &mut outputs.y {
            y[(sample * steps + step) * units..][..units].copy_from_slice(&emitted);
        }
    }
    if let Output::Last(y) = &mut outputs.y {
        y[state.clone()].copy_from_slice(&emitted);
    }
    outputs.h[state].copy_from_slice(&h);
}

/// The values of one step of one sample.
struct Step<F> {
    /// What the activations are applied to, `[GH]`.
    sums: Vec<F>,
    /// z, r, g and n, as far as there are such.
    values: Vec<F>,
    /// h' `[H]`
    h: Vec<F>,
}

impl<F: Real> Step<F> {
    /// Keeps the step in a row of the record, with the state `h` after it.
    fn write(&self, row: RecordRowMut<F>, h: &[F]) {
        row.values.copy_from_slice(&self.values);
        row.h.copy_from_slice(h);
        if !row.sums.is_empty() {
            row.sums.copy_from_slice(&self.sums);
        }
    }
}

/// What a step of one sample starts from.
struct Operands<'a, F> {
    layer: &'a Layer<'a, F>,
    inputs: &'a Inputs<'a, F>,
    sample: usize,
    time: usize,
    h: &'a [F],
}

impl<F: Real> Operands<'_, F> {
    fn step(&self) -> Step<F> {
        match self.layer.kind {
            Kind::Simple => self.simple(),
            Kind::ResetAfter | Kind::ResetBefore => self.gru(),
        }
    }

    fn simple(&self) -> Step<F> {
        let [b, _] = self.layer.biases();
        let sums = self.sums(0, b, |start, column| self.recurrent(start, column, self.h));
        let h = activate(&self.layer.activation, &sums); // (1)
        Step { sums, values: Vec::new(), h }
    }

    fn gru(&self) -> Step<F> {
        let (layer, units) = (self.layer, self.layer.sizes.units);
        let [b, a] = layer.biases();
        let bias_of = |bias: Option<&[F]>, column: usize| bias.map_or(F::zero(), |bias| bias[column]);
        let gate = |gate: usize| {
            let sums = self
                .sums(gate, b, |start, column| self.recurrent(start + bias_of(a, column), column, self.h));
            (activate(&layer.recurrent_activation, &sums), sums)
        };
        let ((z, z_sums), (r, r_sums)) = (gate(UPDATE), gate(RESET)); // (2)
        let mut n = Vec::new();
        let p = match layer.kind {
            Kind::ResetAfter => {
                let columns = CANDIDATE * units..(CANDIDATE + 1) * units;
                n = columns.map(|column| self.recurrent(bias_of(a, column), column, self.h)).collect();
                self.sums(CANDIDATE, b, |start, column| {
                    let j = column - CANDIDATE * units;
                    r[j].mul_add(n[j], start) // (3)
                })
            }
            _ => {
                let reset: Vec<F> = r.iter().zip(self.h).map(|(&r, &h)| r * h).collect();
                self.sums(CANDIDATE, b, |start, column| self.recurrent(start, column, &reset)) // (3)
            }
        };
        let g = activate(&layer.activation, &p); // (4)
        let h = (0..units).map(|j| z[j].mul_add(self.h[j], (F::one() - z[j]) * g[j])).collect(); // (5)
        Step { sums: [z_sums, r_sums, p].concat(), values: [z, r, g, n].concat(), h }
    }

    /// The sums of a gate `[H]`: the bias and the product with x, continued by `rest` for each column.
    fn sums(&self, gate: usize, bias: Option<&[F]>, rest: impl Fn(F, usize) -> F) -> Vec<F> {
        let Sizes { batch, steps, features, units } = self.layer.sizes;
        let row = self.sample * steps + self.time;
        let m_x = self.inputs.dropout.row(gate, self.sample, batch, features);
        let width = self.layer.kind.gates() * units;
        let sum = |column: usize| {
            let mut sum = bias.map_or(F::zero(), |bias| bias[column]);
            for k in 0..features {
                let x = self.inputs.x.element(row, k, features);
                let x = m_x.map_or(x, |m| x * m[k]);
                sum = x.mul_add(self.layer.kernel[k * width + column], sum);
            }
            rest(sum, column)
        };
        (gate * units..(gate + 1) * units).map(sum).collect()
    }

    /// The chain from `start` over the product of `h` `[H]` with a column of U.
    fn recurrent(&self, start: F, column: usize, h: &[F]) -> F {
        let Sizes { batch, units, .. } = self.layer.sizes;
        let m_h = self.inputs.recurrent_dropout.row(column / units, self.sample, batch, units);
        let width = self.layer.kind.gates() * units;
        (0..units).fold(start, |sum, k| {
            let h = m_h.map_or(h[k], |m| h[k] * m[k]);
            h.mul_add(self.layer.recurrent_kernel[k * width + column], sum)
        })
    }
}

fn activate<F: Real>(activation: &crate::activation::Activation<F>, sums: &[F]) -> Vec<F> {
    let mut values = vec![F::zero(); sums.len()];
    activation.forward(sums, &mut values);
    values
}
