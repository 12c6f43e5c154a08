//! One chunk of samples through a block of steps, from the last to the first.

use std::ops::Range;

use crate::recurrent::backward::emitted::Emitted;
use crate::recurrent::backward::kept::GateGradients;
use crate::recurrent::backward::products::StepBack;
use crate::recurrent::backward::samples::BackwardSamples;
use crate::recurrent::backward::{Operand, Sequences};
use crate::recurrent::chunks::{own_lines, take};
use crate::rnn::record::History;
use crate::rnn::{Kind, Layer, OutputGradients};
use crate::simd::{Isa, SimdOp};

/// What all chunks share.
#[derive(Clone, Copy)]
pub(super) struct Call<'a> {
    pub layer: &'a Layer<'a, f32>,
    pub sequences: Sequences<'a>,
    pub history: History<'a, f32>,
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
    /// By the bias, summed over samples and steps so far, `[blocks][4][lanes]`.
    pub d_bias: &'a mut [f32],
    /// By the state after the step, then by that before it, `[count, H]`.
    pub d_h: &'a mut [f32],
    /// By the output of the step, as far as later steps emitted it again, `[count, H]`.
    pub d_emitted: &'a mut [f32],
    /// By r ⊙ h, `[count, H]`.
    pub d_reset: &'a mut [f32],
    /// By the sums of the step, `[used rows, sums, H]` in the order of `layout.rs`.
    pub d_rows: &'a mut [f32],
    /// By the sums of the block of steps.
    pub d_z: &'a mut [f32],
    /// The states before the steps of the block, and r ⊙ h where there are such, `[slots, H]`.
    pub previous_h: &'a mut [f32],
    pub reset_h: &'a mut [f32],
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
            let Carried { kept, ref d_rows, ref mut d_h, .. } = carried;
            let back = StepBack { sequences: call.sequences, kept, rows, d_sums: d_rows };
            if number > 0 || samples.d_h0.is_some() {
                // In a GRU something has come to the state before the step already.
                let (all, adds) = (0..call.layer.sizes.units, call.layer.kind != Kind::Simple);
                back.to_h(Operand::H, call.recurrent_kernel, all, d_h, adds);
            }
            if let Some(d_x) = d_x.as_deref_mut() {
                back.to_x(call.kernel, back.x_rows(d_x));
            }
            used += rows.len();
        }
        if let (0, Some(d_h0)) = (steps.start, samples.d_h0) {
            d_h0.copy_from_slice(carried.d_h);
        }
    }
}

impl<'a> Carried<'a> {
    /// The scratch, as the block of steps before left it.
    fn new(call: Call<'a>, samples: &mut BackwardSamples<'a>) -> Self {
        let BackwardSamples { first, count, kept, .. } = *samples;
        let (units, sums) = (call.layer.sizes.units, call.layer.kind.sums());
        let mut scratch = own_lines(std::mem::take(&mut samples.scratch));
        Self {
            call,
            first,
            count,
            d_bias: take(&mut scratch, kept.slots_len()),
            d_h: take(&mut scratch, count * units),
            d_emitted: take(&mut scratch, count * units),
            d_reset: take(&mut scratch, count * units),
            d_rows: take(&mut scratch, count * sums * units),
            d_z: std::mem::take(&mut samples.waiting.d_z),
            previous_h: std::mem::take(&mut samples.waiting.previous_h),
            reset_h: std::mem::take(&mut samples.waiting.reset_h),
            kept,
        }
    }

    /// The gradients by the final state, which is where the way back starts.
    fn start(&mut self) {
        let units = self.call.layer.sizes.units;
        match self.call.d_outputs.d_h {
            Some(d_h) => self.d_h.copy_from_slice(&d_h[self.first * units..][..self.count * units]),
            None => self.d_h.fill(0.0),
        }
        self.d_emitted.fill(0.0);
        self.d_bias.fill(0.0);
    }
}
