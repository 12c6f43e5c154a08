//! Equations (4) to (1) differentiated, sample by sample from the step taken last to the first.

use super::forward::gates;
use super::record::{Row, view};
use crate::Real;
use crate::lstm::{CANDIDATE, Gradients, Inputs, Layer, OutputGradient, OutputGradients, check};

/// Writes the gradients of a loss by inputs and weights; the meaning of
/// [`lstm::backward`](crate::lstm::backward()).
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
    let Gradients { d_x, d_kernel, d_recurrent_kernel, d_bias, d_h0, d_c0 } = gradients;
    for gradient in [d_x, d_kernel, d_recurrent_kernel, d_bias, d_h0, d_c0].into_iter().flatten() {
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
    let recorded = |step| view(layer, record, sample, layer.time(step));
    let state = sample * units..(sample + 1) * units;
    let final_gradient = |d: Option<&[F]>| d.map_or(vec![F::zero(); units], |d| d[state.clone()].to_vec());
    let mut d_h = final_gradient(d_outputs.d_h);
    let mut d_c = final_gradient(d_outputs.d_c);
    let mut d_emitted = vec![F::zero(); units];
    for step in (0..steps).rev() {
        let time = layer.time(step);
        add_output_gradient(&mut d_emitted, layer, &d_outputs.d_y, sample, step);
        let used = inputs.is_used(sample, time, steps);
        if used {
            d_h = d_h.iter().zip(&d_emitted).map(|(&d_h, &d)| d_h + d).collect();
            let c = match step {
                0 => &inputs.c0[state.clone()],
                _ => recorded(step - 1).c,
            };
            let d_z = backward_gates(layer, recorded(step), c, &d_h, &mut d_c);
            d_h = backward_products(layer, inputs, recorded(step).previous_h, sample, time, &d_z, gradients);
        }
        if used || layer.zero_output_for_mask {
            d_emitted.fill(F::zero());
        }
    }
    if let Some(d_h0) = &mut gradients.d_h0 {
        d_h0[state.clone()].copy_from_slice(&d_h);
    }
    if let Some(d_c0) = &mut gradients.d_c0 {
        d_c0[state].copy_from_slice(&d_c);
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

/// (4), (3) and (2): from `d_h` `[H]` and `d_c` `[H]` after the step to `d_z` `[4H]`, and to `d_c` before the step.
fn backward_gates<F: Real>(
    layer: &Layer<F>,
    row: Row<F>,
    previous_c: &[F],
    d_h: &[F],
    d_c: &mut [F],
) -> Vec<F> {
    let units = d_h.len();
    let Row { z, c, .. } = row;
    let gates = gates(layer, z);
    let mut phi_c = vec![F::zero(); units];
    layer.activation.forward(c, &mut phi_c);
    let (i, rest) = gates.split_at(units);
    let (f, rest) = rest.split_at(units);
    let (g, o) = rest.split_at(units);

    let mut d_cell: Vec<F> = (0..units).map(|j| d_h[j] * o[j]).collect(); // (4)
    layer.activation.backward(c, &phi_c, &mut d_cell);
    let mut d_z = vec![F::zero(); 4 * units];
    for j in 0..units {
        d_c[j] = d_c[j] + d_cell[j];
        d_z[j] = d_c[j] * g[j]; // (3)
        d_z[units + j] = d_c[j] * previous_c[j]; // (3)
        d_z[CANDIDATE * units + j] = d_c[j] * i[j]; // (3)
        d_z[3 * units + j] = d_h[j] * phi_c[j]; // (4)
        d_c[j] = d_c[j] * f[j]; // (3)
    }
    for gate in 0..4 {
        let block = gate * units..(gate + 1) * units;
        layer.gate_activation(gate).backward(&z[block.clone()], &gates[block.clone()], &mut d_z[block]); // (2)
    }
    d_z
}

/// (1): adds to the gradients by weights and `x` what `d_z` `[4H]` gives, and returns `d_h` `[H]` before the step.
fn backward_products<F: Real>(
    layer: &Layer<F>,
    inputs: &Inputs<F>,
    h: &[F],
    sample: usize,
    time: usize,
    d_z: &[F],
    gradients: &mut Gradients<F>,
) -> Vec<F> {
    let crate::lstm::Sizes { batch, steps, features, units } = layer.sizes;
    let row = sample * steps + time;
    let mut d_h = vec![F::zero(); units];
    for (column, &d) in d_z.iter().enumerate() {
        let gate = column / units;
        let m_x = inputs.dropout.row(gate, sample, batch, features);
        let m_h = inputs.recurrent_dropout.row(gate, sample, batch, units);
        if let Some(d_bias) = &mut gradients.d_bias {
            d_bias[column] = d_bias[column] + d;
        }
        for k in 0..features {
            let m = m_x.map_or(F::one(), |m| m[k]);
            let weight = k * 4 * units + column;
            if let Some(d_kernel) = &mut gradients.d_kernel {
                d_kernel[weight] = (inputs.x.element(row, k, features) * m).mul_add(d, d_kernel[weight]);
            }
            if let Some(d_x) = &mut gradients.d_x {
                let d_x = &mut d_x[row * features + k];
                *d_x = (d * layer.kernel[weight]).mul_add(m, *d_x);
            }
        }
        for k in 0..units {
            let m = m_h.map_or(F::one(), |m| m[k]);
            let weight = k * 4 * units + column;
            if let Some(d_recurrent_kernel) = &mut gradients.d_recurrent_kernel {
                d_recurrent_kernel[weight] = (h[k] * m).mul_add(d, d_recurrent_kernel[weight]);
            }
            d_h[k] = (d * layer.recurrent_kernel[weight]).mul_add(m, d_h[k]);
        }
    }
    d_h
}
