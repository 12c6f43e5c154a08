//! Equations (1) to (4), sample by sample and step by step.

use super::record::{RowMut, view_mut};
use crate::Real;
use crate::lstm::{Inputs, Layer, Output, Outputs, check};

/// Runs the layer over its input; the meaning of [`lstm::forward`](crate::lstm::forward()).
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
    let mut c = inputs.c0[state.clone()].to_vec();
    let mut emitted = vec![F::zero(); units];
    for step in 0..steps {
        let time = layer.time(step);
        let next = Step::new(layer, inputs, sample, time, &h, &c);
        let used = inputs.is_used(sample, time, steps);
        if let Some(record) = &mut outputs.record {
            next.write(view_mut(layer, record, sample, time), &h, if used { &next.c } else { &c });
        }
        if used {
            emitted.clone_from(&next.h);
            (h, c) = (next.h, next.c);
        } else if layer.zero_output_for_mask {
            emitted.fill(F::zero());
        }
        if let Output::Sequence(y) = &mut outputs.y {
            y[(sample * steps + step) * units..][..units].copy_from_slice(&emitted);
        }
    }
    if let Output::Last(y) = &mut outputs.y {
        y[state.clone()].copy_from_slice(&emitted);
    }
    outputs.h[state.clone()].copy_from_slice(&h);
    outputs.c[state].copy_from_slice(&c);
}

/// The values of one step of one sample.
struct Step<F> {
    /// `[4H]`
    z: Vec<F>,
    /// c' `[H]`
    c: Vec<F>,
    /// h' `[H]`
    h: Vec<F>,
}

impl<F: Real> Step<F> {
    fn new(layer: &Layer<F>, inputs: &Inputs<F>, sample: usize, time: usize, h: &[F], c: &[F]) -> Self {
        let units = layer.sizes.units;
        let z: Vec<F> = (0..4 * units).map(|column| sum(layer, inputs, sample, time, h, column)).collect(); // (1)

        let gates = gates(layer, &z);
        let (i, rest) = gates.split_at(units);
        let (f, rest) = rest.split_at(units);
        let (g, o) = rest.split_at(units);

        let c: Vec<F> = (0..units).map(|j| i[j].mul_add(g[j], f[j] * c[j])).collect(); // (3)
        let mut phi_c = vec![F::zero(); units];
        layer.activation.forward(&c, &mut phi_c);
        let h = (0..units).map(|j| o[j] * phi_c[j]).collect(); // (4)
        Self { z, c, h }
    }

    /// Keeps the step in a row of the record, with the state `h` before it and the cell state `c` after it.
    fn write(&self, row: RowMut<F>, h: &[F], c: &[F]) {
        row.z.copy_from_slice(&self.z);
        row.c.copy_from_slice(c);
        row.previous_h.copy_from_slice(h);
    }
}

/// i, f, g and o `[4H]` of `z` `[4H]`.
pub(super) fn gates<F: Real>(layer: &Layer<F>, z: &[F]) -> Vec<F> {
    let units = layer.sizes.units;
    let mut gates = vec![F::zero(); 4 * units];
    for (gate, (z, to)) in z.chunks(units).zip(gates.chunks_mut(units)).enumerate() {
        layer.gate_activation(gate).forward(z, to); // (2)
    }
    gates
}

/// One element of (1): a chain of fused multiply-adds from the bias over the features and then the units.
fn sum<F: Real>(
    layer: &Layer<F>,
    inputs: &Inputs<F>,
    sample: usize,
    time: usize,
    h: &[F],
    column: usize,
) -> F {
    let crate::lstm::Sizes { batch, steps, features, units } = layer.sizes;
    let gate = column / units;
    let x = |k| inputs.x.element(sample * steps + time, k, features);
    let m_x = inputs.dropout.row(gate, sample, batch, features);
    let m_h = inputs.recurrent_dropout.row(gate, sample, batch, units);

    let mut z = layer.bias.map_or(F::zero(), |bias| bias[column]);
    for k in 0..features {
        z = m_x.map_or(x(k), |m| x(k) * m[k]).mul_add(layer.kernel[k * 4 * units + column], z);
    }
    for k in 0..units {
        z = m_h.map_or(h[k], |m| h[k] * m[k]).mul_add(layer.recurrent_kernel[k * 4 * units + column], z);
    }
    z
}
