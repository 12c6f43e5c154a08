//! One chunk of samples from the last step to the first.

use super::products::{Side, StepOfChunk};
use super::{BackwardSamples, GateGradients};
use crate::lstm::chunks::take;
use crate::lstm::{Inputs, Layer, OutputGradients, Sizes};
use crate::matmul::Panels;
use crate::simd::{Isa, SimdOp};

/// What all chunks share.
#[derive(Clone, Copy)]
pub(super) struct Call<'a> {
    pub layer: &'a Layer<'a, f32>,
    pub inputs: &'a Inputs<'a, f32>,
    pub record: &'a [f32],
    pub d_outputs: &'a OutputGradients<'a, f32>,
    /// Wᵀ in panels.
    pub kernel: &'a [f32],
    /// Uᵀ in panels.
    pub recurrent_kernel: &'a [f32],
}

/// The work on a chunk.
pub(super) struct ChunkRun<'a> {
    pub call: Call<'a>,
    pub samples: BackwardSamples<'a>,
}

/// The gradients of a chunk at a step.
pub(super) struct Carried<'a> {
    pub call: Call<'a>,
    /// The number of the first sample in the batch.
    pub first: usize,
    pub count: usize,
    /// By the bias, summed over samples and steps so far, `[4H]`.
    pub d_bias: &'a mut [f32],
    /// By z of the step, `[count, 4H]`.
    pub d_z: &'a mut [f32],
    /// By the hidden state after the step, then by that before it, `[count, H]`.
    pub d_h: &'a mut [f32],
    /// By the cell state after the step, then by that before it, `[count, H]`.
    pub d_c: &'a mut [f32],
    /// By the output of the step, as far as later steps emitted it again, `[count, H]`.
    pub d_emitted: &'a mut [f32],
    /// `[H]`
    pub row: &'a mut [f32],
    /// `[count, H or F]`
    pub product: &'a mut [f32],
    /// By z of all steps, as [`GateGradients`].
    pub kept_d_z: &'a mut [f32],
    pub kept: GateGradients,
}

impl SimdOp for ChunkRun<'_> {
    type Output = ();

    #[inline(always)]
    fn eval<I: Isa>(self, isa: I) {
        let Self { call, mut samples } = self;
        let Sizes { steps, features, units, .. } = call.layer.sizes;
        if samples.count == 0 {
            return;
        }
        let mut d_x = samples.d_x.take();
        let mut carried = Carried::new(call, &mut samples);
        for number in (0..steps).rev() {
            let time = call.layer.time(number);
            for row in 0..carried.count {
                carried.step_row(isa, row, number, time);
            }
            let step = StepOfChunk { first: carried.first, count: carried.count, time };
            let recurrent = Side {
                weights: call.recurrent_kernel,
                columns: Panels { n: units, ..carried.kept.columns() },
                masks: call.inputs.recurrent_dropout,
                data: &mut *carried.d_h,
                first: 0,
                stride: units,
                keeps_unused: true,
            };
            let input = d_x.as_deref_mut().map(|d_x| Side {
                weights: call.kernel,
                columns: Panels { n: features, ..carried.kept.columns() },
                masks: call.inputs.dropout,
                data: d_x,
                first: time * features,
                stride: steps * features,
                keeps_unused: false,
            });
            for side in [Some(recurrent), input].into_iter().flatten() {
                side.run(&call, step, carried.d_z, carried.product);
            }
        }
        carried.finish(samples.d_h0, samples.d_c0);
    }
}

impl<'a> Carried<'a> {
    /// The gradients by the final states, which is where the way back starts.
    fn new(call: Call<'a>, samples: &mut BackwardSamples<'a>) -> Self {
        let BackwardSamples { first, count, .. } = *samples;
        let units = call.layer.sizes.units;
        let mut scratch = std::mem::take(&mut samples.scratch);
        let mut start_from = |gradient: Option<&[f32]>, len: usize| {
            let to = take(&mut scratch, len);
            match gradient {
                Some(gradient) => to.copy_from_slice(&gradient[first * units..][..len]),
                None => to.fill(0.0),
            }
            to
        };
        Self {
            call,
            first,
            count,
            d_bias: start_from(None, 4 * units),
            d_h: start_from(call.d_outputs.d_h, count * units),
            d_c: start_from(call.d_outputs.d_c, count * units),
            d_emitted: start_from(None, count * units),
            row: start_from(None, units),
            product: start_from(None, count * units.max(call.layer.sizes.features)),
            d_z: start_from(None, count * 4 * units),
            kept_d_z: std::mem::take(&mut samples.d_z),
            kept: samples.kept,
        }
    }

    /// Writes the gradients by the first states, which is where the way back ends.
    fn finish(self, d_h0: Option<&mut [f32]>, d_c0: Option<&mut [f32]>) {
        if let Some(d_h0) = d_h0 {
            d_h0.copy_from_slice(self.d_h);
        }
        if let Some(d_c0) = d_c0 {
            d_c0.copy_from_slice(self.d_c);
        }
    }
}
