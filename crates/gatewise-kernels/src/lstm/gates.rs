//! Equations (2) to (4) and their derivatives on whole vectors.

use crate::activation::apply::activate;
use crate::activation::{sigmoid, tanh};
use crate::lstm::Layer;
use crate::simd::{Isa, NumOps};

/// What a step makes of a block of units.
pub(super) struct Cell<V> {
    /// i, f, g, o
    pub gates: [V; 4],
    pub c: V,
    pub phi_c: V,
    pub h: V,
}

impl<V: Copy> Cell<V> {
    /// The step with tanh and sigmoid, from z and the cell state before it.
    #[inline(always)]
    pub fn new<I: Isa<F32 = V>>(isa: I, z: [V; 4], previous_c: V) -> Self {
        let ops = isa.f32();
        let i = sigmoid(isa, z[0]); // (2)
        let f = sigmoid(isa, z[1]); // (2)
        let g = tanh(isa, z[2]); // (2)
        let o = sigmoid(isa, z[3]); // (2)
        let c = ops.mul_add(i, g, ops.mul(f, previous_c)); // (3)
        let phi_c = tanh(isa, c);
        Self { gates: [i, f, g, o], c, phi_c, h: ops.mul(o, phi_c) } // (4)
    }
}

/// What the backward step of a block of units starts from.
pub(super) struct Recorded<V> {
    /// i, f, g, o
    pub gates: [V; 4],
    pub phi_c: V,
    pub previous_c: V,
}

impl<V: Copy> Recorded<V> {
    /// From the gradients by h and by c after the step, that through φ(c) included, to those by the gates and by c
    /// before it.
    #[inline(always)]
    pub fn backward<I: Isa<F32 = V>>(&self, isa: I, d_h: V, d_c: V) -> ([V; 4], V) {
        let ops = isa.f32();
        let [i, f, g, _] = self.gates;
        let d_i = ops.mul(d_c, g); // (3)
        let d_f = ops.mul(d_c, self.previous_c); // (3)
        let d_g = ops.mul(d_c, i); // (3)
        let d_o = ops.mul(d_h, self.phi_c); // (4)
        ([d_i, d_f, d_g, d_o], ops.mul(d_c, f)) // (3)
    }
}

/// (2) for a row: from `z` `[4H]` to i, f, g, o `[4H]`.
#[inline(always)]
pub(super) fn activate_gates<I: Isa>(isa: I, layer: &Layer<f32>, z: &[f32], gates: &mut [f32]) {
    let units = layer.sizes.units;
    // One call for i and f, whose rows lie side by side.
    let joined = if layer.recurrent_activation.is_elementwise() { 2 } else { 1 };
    let mut gate = 0;
    while gate < 4 {
        let count = if gate == 0 { joined } else { 1 };
        let block = gate * units..(gate + count) * units;
        activate(isa, layer.gate_activation(gate), &z[block.clone()], &mut gates[block]);
        gate += count;
    }
}
