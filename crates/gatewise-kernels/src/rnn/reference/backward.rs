//! Equations (5) to (1) differentiated, sample by sample from the step taken last to the first.

use crate::Real;
use crate::rnn::record::RecordRow;
use crate::rnn::{
    CANDIDATE, Gradients, INNER, Inputs, Kind, Layer, OutputGradient, OutputGradients, RESET, Sizes, UPDATE,
    check,
};

/// Writes the gradients of a loss by inputs and weights; the meaning of [`rnn::backward`](crate::rnn::backward()).
pub fn backward<F: Real>(
    layer: &Layer<F>,
    inputs: &Inputs<F>,
    record: &[F],
    d_outputs: &OutputGradients<F>,
    mut gradients: Gradients<F>,
) {
    check::call(layer, inputs);
    check::record(layer, record);
    check::gradients(layer, d_outputs, &gradients);
    clear(&mut gradients);
    for sample in 0..layer.sizes.batch {
        backward_sample(layer, inputs, sample, record, d_outputs, &mut gradients);
    }
}

fn clear<F: Real>(gradients: &mut Gradients<F>) {
    let Gradients { d_x, d_kernel, d_recurrent_kernel, d_bias, d_h0 } = gradients;
    for gradient in [d_x, d_kernel, d_recurrent_kernel, d_bias, d_h0].into_iter().flatten() {
        gradient.fill(F::zero());
    }
}

fn backward_sample<F: Real>(
    layer: &Layer<F>,
    inputs: &Inputs<F>,
    sample: usize,
    record: &[F],
    d_outputs: &OutputGradients<F>,
    gradients: &mut Gradients<F>,
) {
    let (steps, units) = (layer.sizes.steps, layer.sizes.units);
    let layout = layer.record_layout();
    let state = sample * units..(sample + 1) * units;
    let mut d_h = d_outputs.d_h.map_or(vec![F::zero(); units], |d| d[state.clone()].to_vec());
    let mut d_emitted = vec![F::zero(); units];
    for step in (0..steps).rev() {
        let time = layer.time(step);
        add_output_gradient(&mut d_emitted, layer, &d_outputs.d_y, sample, step);
        let used = inputs.is_used(sample, time, steps);
        if used {
            d_h = d_h.iter().zip(&d_emitted).map(|(&d_h, &d)| d_h + d).collect();
            let h = match step {
                0 => &inputs.h0[state.clone()],
                _ => layout.view(record, layout.row(sample, layer.time(step - 1))).h,
            };
            let row = layout.view(record, layout.row(sample, time));
            d_h = StepBack { layer, inputs, sample, time, row, h }.run(&d_h, gradients);
        }
        if used || layer.zero_output_for_mask {
            d_emitted.fill(F::zero());
        }
    }
    if let Some(d_h0) = &mut gradients.d_h0 {
        d_h0[state].copy_from_slice(&d_h);
    }
}

fn add_output_gradient<F: Real>(
    d_emitted: &mut [F],
    layer: &Layer<F>,
    d_y: &OutputGradient<F>,
    sample: usize,
    step: usize,
) {
    let (steps, units) = (layer.sizes.steps, layer.sizes.units);
    let row = match *d_y {
        OutputGradient::Sequence(d_y) => &d_y[(sample * steps + step) * units..][..units],
        OutputGradient::Last(d_y) if step + 1 == steps => &d_y[sample * units..][..units],
        OutputGradient::Last(_) | OutputGradient::None => return,
    };
    for (d_emitted, &d_y) in d_emitted.iter_mut().zip(row) {
        *d_emitted = *d_emitted + d_y;
    }
}

/// A used step of one sample on the way back.
struct StepBack<'a, F> {
    layer: &'a Layer<'a, F>,
    inputs: &'a Inputs<'a, F>,
    sample: usize,
    time: usize,
    row: RecordRow<'a, F>,
    /// The state before the step.
    h: &'a [F],
}

impl<F: Real> StepBack<'_, F> {
    /// Adds what the step gives to the gradients by weights and `x`, and turns `d_h` `[H]` after the step into that before.
    fn run(&self, d_h: &[F], gradients: &mut Gradients<F>) -> Vec<F> {
        match self.layer.kind {
            Kind::Simple => self.simple(d_h, gradients),
            Kind::ResetAfter | Kind::ResetBefore => self.gru(d_h, gradients),
        }
    }

    fn simple(&self, d_h: &[F], gradients: &mut Gradients<F>) -> Vec<F> {
        let mut d_sums = d_h.to_vec();
        self.layer.activation.backward(self.row.sums, self.row.h, &mut d_sums); // (1)
        let mut d_previous = vec![F::zero(); d_h.len()];
        self.input_side(0, &d_sums, gradients);
        self.recurrent_side(0, &d_sums, self.h, &mut d_previous, gradients);
        d_previous
    }

    fn gru(&self, d_h: &[F], gradients: &mut Gradients<F>) -> Vec<F> {
        let units = d_h.len();
        let value = |gate: usize| &self.row.values[gate * units..][..units];
        let (z, r, g) = (value(UPDATE), value(RESET), value(CANDIDATE));
        let all = |of: &dyn Fn(usize) -> F| (0..units).map(of).collect::<Vec<F>>();

        let mut d_z = all(&|j| d_h[j] * (self.h[j] - g[j])); // (5)
        let mut d_g = all(&|j| d_h[j] * (F::one() - z[j])); // (5)
        let mut d_previous = all(&|j| d_h[j] * z[j]); // (5)
        self.differentiate(CANDIDATE, &mut d_g); // (4)
        let mut d_r = if self.layer.kind == Kind::ResetAfter {
            let n = value(INNER);
            let d_n = all(&|j| d_g[j] * r[j]); // (3)
            self.recurrent_side(CANDIDATE, &d_n, self.h, &mut d_previous, gradients);
            all(&|j| d_g[j] * n[j]) // (3)
        } else {
            let reset = all(&|j| r[j] * self.h[j]);
            let mut d_reset = vec![F::zero(); units];
            self.recurrent_side(CANDIDATE, &d_g, &reset, &mut d_reset, gradients); // (3)
            for j in 0..units {
                d_previous[j] = d_reset[j].mul_add(r[j], d_previous[j]);
            }
            all(&|j| d_reset[j] * self.h[j])
        };
        self.differentiate(UPDATE, &mut d_z); // (2)
        self.differentiate(RESET, &mut d_r); // (2)
        for (gate, d_sums) in [(UPDATE, &d_z), (RESET, &d_r), (CANDIDATE, &d_g)] {
            self.input_side(gate, d_sums, gradients);
        }
        for (gate, d_sums) in [(UPDATE, &d_z), (RESET, &d_r)] {
            self.recurrent_side(gate, d_sums, self.h, &mut d_previous, gradients);
        }
        d_previous
    }

    /// From the gradient by a gate to that by its sums, in place.
    fn differentiate(&self, gate: usize, d: &mut [F]) {
        let units = d.len();
        let block = gate * units..(gate + 1) * units;
        let sums = if self.row.sums.is_empty() { &[] } else { &self.row.sums[block.clone()] };
        let Layer { activation, recurrent_activation, .. } = self.layer;
        let activation = if gate == CANDIDATE { activation } else { recurrent_activation };
        activation.backward(sums, &self.row.values[block], d);
    }

    /// The product with x: adds to the gradients by b, W and `x`.
    fn input_side(&self, gate: usize, d_sums: &[F], gradients: &mut Gradients<F>) {
        let Sizes { batch, steps, features, units } = self.layer.sizes;
        let row = self.sample * steps + self.time;
        let m_x = self.inputs.dropout.row(gate, self.sample, batch, features);
        let width = self.layer.kind.gates() * units;
        for (column, &d) in (gate * units..).zip(d_sums) {
            if let Some(d_bias) = &mut gradients.d_bias {
                d_bias[column] = d_bias[column] + d;
            }
            for k in 0..features {
                let m = m_x.map_or(F::one(), |m| m[k]);
                let (x, weight) = (self.inputs.x.element(row, k, features), k * width + column);
                if let Some(d_kernel) = &mut gradients.d_kernel {
                    d_kernel[weight] = (x * m).mul_add(d, d_kernel[weight]);
                }
                if let Some(d_x) = &mut gradients.d_x {
                    let d_x = &mut d_x[row * features + k];
                    *d_x = (d * self.layer.kernel[weight]).mul_add(m, *d_x);
                }
            }
        }
    }

    /// The product of `operand` `[H]` with a block of U: adds to the gradients by a, U and `operand`.
    fn recurrent_side(
        &self,
        gate: usize,
        d_sums: &[F],
        operand: &[F],
        d_operand: &mut [F],
        gradients: &mut Gradients<F>,
    ) {
        let Sizes { batch, units, .. } = self.layer.sizes;
        let m_h = self.inputs.recurrent_dropout.row(gate, self.sample, batch, units);
        let width = self.layer.kind.gates() * units;
        for (column, &d) in (gate * units..).zip(d_sums) {
            if let Some(d_bias) = gradients.d_bias.as_mut().filter(|_| self.layer.kind == Kind::ResetAfter) {
                d_bias[width + column] = d_bias[width + column] + d;
            }
            for k in 0..units {
                let m = m_h.map_or(F::one(), |m| m[k]);
                let weight = k * width + column;
                if let Some(d_recurrent_kernel) = &mut gradients.d_recurrent_kernel {
                    d_recurrent_kernel[weight] = (operand[k] * m).mul_add(d, d_recurrent_kernel[weight]);
                }
                d_operand[k] = (d * self.layer.recurrent_kernel[weight]).mul_add(m, d_operand[k]);
            }
        }
    }
}
