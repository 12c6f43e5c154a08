//! Equations (2) to (4) and their derivatives on whole vectors.

use crate::activation::apply::{activate, differentiate};
use crate::activation::{Activation, sigmoid, tanh};
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

/// Writes the activation of each row of `x` `[rows, H]` to `y`.
#[inline(always)]
pub(super) fn activate_rows<I: Isa>(
    isa: I,
    activation: &Activation<f32>,
    units: usize,
    x: &[f32],
    y: &mut [f32],
) {
    match activation {
        Activation::Custom(function) if !function.is_elementwise() => function.forward_rows(units, x, y),
        _ => activate(isa, activation, x, y),
    }
}

/// Turns `d` `[rows, H]` from the gradient by `y`, the activation of each row of `x`, into that by `x`, which may be empty
/// where the slope does not need it.
#[inline(always)]
pub(super) fn differentiate_rows<I: Isa>(
    isa: I,
    activation: &Activation<f32>,
    units: usize,
    (x, y): (&[f32], &[f32]),
    d: &mut [f32],
) {
    match activation {
        Activation::Custom(function) if !function.is_elementwise() => function.backward_rows(units, x, y, d),
        _ => differentiate(isa, activation, x, y, d),
    }
}
