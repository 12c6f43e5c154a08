//! The derivatives of equations (2) to (4) on whole vectors, and activations of whole rows.

use std::ops::Range;

use crate::activation::Activation;
use crate::activation::apply::{activate, differentiate};
use crate::lstm::Layer;
use crate::simd::{Isa, NumOps};
use crate::vector::ROWS_TOGETHER;

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

/// The rows of a piece at least: shorter loops would mostly begin and end.
const LEAST_ROWS: usize = 4;

/// Cuts rows of H numbers into pieces whose numbers stay in the first cache while the functions of a step go over them, one
/// after the other.
#[inline(always)]
pub(super) fn pieces(rows: Range<usize>, units: usize) -> impl Iterator<Item = Range<usize>> {
    pieces_of(LEAST_ROWS, rows, units)
}

/// [`pieces`] of at least so many rows.
#[inline(always)]
fn pieces_of(least: usize, rows: Range<usize>, units: usize) -> impl Iterator<Item = Range<usize>> {
    /// Numbers of a piece for each array.
    const LEN: usize = 512;
    let count = (LEN / units).max(least);
    let end = rows.end;
    rows.step_by(count).map(
        #[inline(always)]
        move |start| start..end.min(start + count),
    )
}

/// [`pieces`] for the forward pass of a layer: functions of whole rows take some of them at a time.
#[inline(always)]
pub(super) fn pieces_forward(layer: &Layer<f32>, rows: Range<usize>) -> impl Iterator<Item = Range<usize>> {
    let is_of_rows = |activation: &Activation<f32>| match activation {
        Activation::Custom(function) => !function.is_elementwise(),
        _ => false,
    };
    let has_rows = is_of_rows(&layer.activation) || is_of_rows(&layer.recurrent_activation);
    pieces_of(if has_rows { ROWS_TOGETHER } else { LEAST_ROWS }, rows, layer.sizes.units)
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
