//! One chunk of samples through a block of steps, from the last to the first.

use std::ops::Range;

use crate::lstm::record::ChunkRecord;
use crate::lstm::{Inputs, Layer, OutputGradients, Sizes};
use crate::recurrent::backward::emitted::Emitted;
use crate::recurrent::backward::kept::GateGradients;
use crate::recurrent::backward::products::StepBack;
use crate::recurrent::backward::samples::BackwardSamples;
use crate::recurrent::backward::{Operand, Sequences};
use crate::recurrent::chunks::{own_lines, take};
use crate::simd::{Isa, SimdOp};

/// What all chunks share.
#[derive(Clone, Copy)]
pub(super) struct Call<'a> {
    pub layer: &'a Layer<'a, f32>,
    pub inputs: &'a Inputs<'a, f32>,
    pub sequences: Sequences<'a>,
    pub record: &'a [f32],
    pub emitted: Emitted<'a>,
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
    /// The numbers of the steps, in the order of processing forward.
    pub steps: Range<usize>,
}

/// The gradients of a chunk at a step.
pub(super) struct Carried<'a> {
    pub call: Call<'a>,
    /// The number of the first sample in the batch.
    pub first: usize,
    pub count: usize,
    /// What was recorded of the chunk.
    pub record: &'a [f32],
    pub layout: ChunkRecord,
    /// By the bias, summed over samples and steps so far, `[blocks][4][lanes]`.
    pub d_bias: &'a mut [f32],
    /// By the hidden state after the step, then by that before it, `[count, H]`.
    pub d_h: &'a mut [f32],
    /// By the cell state after the step, then by that before it, `[count, H]`.
    pub d_c: &'a mut [f32],
    /// By the output of the step, as far as later steps emitted it again, `[count, H]`.
    pub d_emitted: &'a mut [f32],
    /// By φ(c) and by the gates of a step that goes over whole rows, `[5, count, H]`.
    pub d_parts: &'a mut [f32],
    /// The values of the gates of such a step and their slopes, where z was recorded, `[8, count, H]`.
    pub gates: &'a mut [f32],
    /// By z of the step, `[used rows, 4H]`.
    pub d_z_rows: &'a mut [f32],
    /// By z of the block of steps.
    pub d_z: &'a mut [f32],
    /// The hidden states before the steps of the block, `[slots, H]`.
    pub previous_h: &'a mut [f32],
    pub kept: GateGradients,
}

impl SimdOp for ChunkRun<'_> {
    type Output = ();

    #[inline(always)]
    fn eval<I: Isa>(self, isa: I) {
        let Self { call, mut samples, steps } = self;
        if samples.count == 0 {
            return;
        }
        let mut d_x = samples.d_x.take();
        let is_last_block = steps.end == call.layer.sizes.steps;
        let mut carried = Carried::new(call, &mut samples);
        if is_last_block {
            carried.start();
        }
        let mut used = 0;
        for (num_done, number) in steps.clone().rev().enumerate() {
            let rows = call.sequences.used_rows((carried.first, carried.count), number);
            carried.step(isa, number, rows, carried.kept.slots(steps.len(), num_done, used));
            let Carried { kept, ref d_z_rows, ref mut d_h, .. } = carried;
            let back = StepBack { sequences: call.sequences, kept, rows, d_sums: d_z_rows };
            if number > 0 || samples.d_h0.is_some() {
                back.to_h(Operand::H, call.recurrent_kernel, d_h, false);
            }
            if let Some(d_x) = d_x.as_deref_mut() {
                back.to_x(call.kernel, d_x);
            }
            used += rows.len();
        }
        if steps.start == 0 {
            carried.finish(samples.d_h0, samples.d_c0);
        }
    }
}

impl<'a> Carried<'a> {
    /// The scratch, as the block of steps before left it.
    fn new(call: Call<'a>, samples: &mut BackwardSamples<'a>) -> Self {
        let BackwardSamples { first, count, kept, .. } = *samples;
        let Sizes { steps, units, .. } = call.layer.sizes;
        let mut scratch = own_lines(std::mem::take(&mut samples.scratch));
        let row_len = crate::lstm::record::row_len(&call.layer.sizes, &call.layer.recurrent_activation);
        Self {
            call,
            first,
            count,
            record: &call.record[first * steps * row_len..][..count * steps * row_len],
            layout: ChunkRecord::new(call.layer, count),
            d_bias: take(&mut scratch, kept.slots_len()),
            d_h: take(&mut scratch, count * units),
            d_c: take(&mut scratch, count * units),
            d_emitted: take(&mut scratch, count * units),
            d_parts: take(&mut scratch, count * 5 * units),
            gates: take(&mut scratch, count * 8 * units),
            d_z_rows: take(&mut scratch, count * 4 * units),
            d_z: std::mem::take(&mut samples.waiting.d_z),
            previous_h: std::mem::take(&mut samples.waiting.previous_h),
            kept,
        }
    }

    /// The gradients by the final states, which is where the way back starts.
    fn start(&mut self) {
        let units = self.call.layer.sizes.units;
        let states = self.first * units..(self.first + self.count) * units;
        let start_from = |to: &mut [f32], gradient: Option<&[f32]>| match gradient {
            Some(gradient) => to.copy_from_slice(&gradient[states.clone()]),
            None => to.fill(0.0),
        };
        start_from(self.d_h, self.call.d_outputs.d_h);
        start_from(self.d_c, self.call.d_outputs.d_c);
        self.d_emitted.fill(0.0);
        self.d_bias.fill(0.0);
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
