//! What is carried from step to step on the way back, for all units of a chunk or for the share of one of two threads.

use std::ops::Range;

use crate::lstm::record::{ChunkRecord, O, PHI_C, row_len};
use crate::lstm::{GATES, Inputs, Layer, OutputGradients, Sizes};
use crate::recurrent::backward::emitted::Emitted;
use crate::recurrent::backward::kept::{GateGradients, Slots};
use crate::recurrent::backward::parts::{
    BlockOfSteps, Part, Parts, ToX, WayBack, read_share, split_off, write_share,
};
use crate::recurrent::backward::products::StepBack;
use crate::recurrent::backward::samples::BackwardSamples;
use crate::recurrent::backward::{Operand, Sequences};
use crate::recurrent::chunks::{Wanted, own_lines, take};
use crate::recurrent::rows::UsedRows;
use crate::simd::Isa;

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
    /// Whether the gradient by the state before the first step is wanted.
    pub has_d_h0: bool,
}

/// The gradients of some units of a chunk at a step. H is the number of all units.
pub(super) struct Carried<'a> {
    pub call: Call<'a>,
    /// The number of the first sample in the batch.
    pub first: usize,
    pub count: usize,
    /// The units.
    pub share: Range<usize>,
    /// What was recorded of them.
    pub record: &'a [f32],
    pub layout: ChunkRecord,
    /// By the bias, summed over samples and steps so far, `[blocks][4][lanes]`.
    pub d_bias: &'a mut [f32],
    /// By the hidden state after the step, then by that before it, `[count, share]`.
    pub d_h: &'a mut [f32],
    /// By the cell state after the step, then by that before it, `[count, share]`.
    pub d_c: &'a mut [f32],
    /// By the output of the step, as far as later steps emitted it again, `[count, share]`.
    pub d_emitted: &'a mut [f32],
    /// By φ(c) and by the gates of a step that goes over whole rows, `[5, count, H]`.
    pub d_parts: &'a mut [f32],
    /// The values of the gates of such a step and their slopes, where z was recorded, `[8, count, H]`.
    pub gates: &'a mut [f32],
    /// By z of the step, `[used rows, 4H]`.
    pub d_z_rows: &'a mut [f32],
    /// By z of the block of steps, from the first block of the units on.
    pub d_z: &'a mut [f32],
    /// The hidden states before the steps of the block, `[slots, H]`; empty where two parts are [joined](Parts::join).
    pub previous_h: &'a mut [f32],
    /// Where the gradients by x go, if they are wanted.
    d_x: Option<ToX<'a>>,
    pub kept: GateGradients,
}

impl<'c> WayBack for Call<'c> {
    type Part<'a>
        = Carried<'a>
    where
        Self: 'a;

    fn parts<'a>(
        self,
        shares: Option<&[Range<usize>; 2]>,
        samples: BackwardSamples<'a>,
        steps: &BlockOfSteps,
    ) -> Parts<'a, Carried<'a>>
    where
        Self: 'a,
    {
        let call = self;
        let BackwardSamples { first, count, d_x, waiting, scratch, kept, .. } = samples;
        let Sizes { steps: num_steps, units, .. } = call.layer.sizes;
        let mut scratch = own_lines(scratch);
        let row_len = row_len(&call.layer.sizes, &call.layer.recurrent_activation);
        let share = 0..units;
        let mut near = Carried {
            call,
            first,
            count,
            record: &call.record[first * num_steps * row_len..][..count * num_steps * row_len],
            layout: ChunkRecord::new(call.layer, count, &share),
            share,
            d_bias: take(&mut scratch, kept.slots_len()),
            d_h: take(&mut scratch, count * units),
            d_c: take(&mut scratch, count * units),
            d_emitted: take(&mut scratch, count * units),
            d_parts: take(&mut scratch, count * 5 * units),
            gates: take(&mut scratch, count * 8 * units),
            d_z_rows: take(&mut scratch, count * GATES * units),
            d_z: waiting.d_z,
            previous_h: waiting.previous_h,
            d_x: d_x.map(|to| ToX::whole(to, &kept.sizes)),
            kept,
        };
        let mut previous_h: &mut [f32] = &mut [];
        let far = shares.map(|shares| {
            previous_h = std::mem::take(&mut near.previous_h);
            near.split_off(shares, steps, &mut scratch)
        });
        Parts { near, far, previous_h, scratch }
    }
}

impl<'a> Carried<'a> {
    /// Keeps what belongs to the first share and returns the rest.
    fn split_off(
        &mut self,
        [near, far]: &[Range<usize>; 2],
        steps: &BlockOfSteps,
        scratch: &mut &'a mut [f32],
    ) -> Self {
        let Self { call, first, count, kept, .. } = *self;
        let Sizes { steps: num_steps, units, .. } = call.layer.sizes;
        self.layout = ChunkRecord::new(call.layer, count, near);
        let (record, far_record) = self.record.split_at(self.layout.len(num_steps));
        (self.share, self.record) = (near.clone(), record);
        let d_z_rows = take(scratch, count * GATES * units);
        let d_x = self.d_x.as_mut().map(|d_x| d_x.split_off(steps, scratch));
        let blocks_len = kept.block_stride(count) * (near.len() / kept.lanes);
        Self {
            call,
            first,
            count,
            record: far_record,
            layout: ChunkRecord::new(call.layer, count, far),
            share: far.clone(),
            d_bias: split_off(&mut self.d_bias, GATES * near.len()),
            d_h: split_off(&mut self.d_h, count * near.len()),
            d_c: split_off(&mut self.d_c, count * near.len()),
            d_emitted: split_off(&mut self.d_emitted, count * near.len()),
            d_parts: &mut [],
            gates: &mut [],
            d_z_rows,
            d_z: split_off(&mut self.d_z, blocks_len),
            previous_h: &mut [],
            d_x,
            kept,
        }
    }
}

impl Part for Carried<'_> {
    #[inline(always)]
    fn share(&self) -> Range<usize> {
        self.share.clone()
    }

    fn start(&mut self) {
        let (units, d_outputs) = (self.call.layer.sizes.units, self.call.d_outputs);
        read_share(self.d_h, d_outputs.d_h, self.first, &self.share, units);
        read_share(self.d_c, d_outputs.d_c, self.first, &self.share, units);
        self.d_emitted.fill(0.0);
        self.d_bias.fill(0.0);
    }

    #[inline(always)]
    fn d_sums(&mut self) -> &mut [f32] {
        self.d_z_rows
    }

    #[inline(always)]
    fn step<I: Isa>(&mut self, isa: I, number: usize, rows: UsedRows, slots: Slots) {
        self.differentiate_step(isa, number, rows, slots);
    }

    #[inline(always)]
    fn multiply(&mut self, number: usize, rows: UsedRows) {
        let call = self.call;
        let back = StepBack { sequences: call.sequences, kept: self.kept, rows, d_sums: self.d_z_rows };
        if number > 0 || call.has_d_h0 {
            back.to_h(Operand::H, call.recurrent_kernel, self.share.clone(), self.d_h, false);
        }
        if let Some(d_x) = &mut self.d_x {
            back.to_x(call.kernel, d_x.rows(&call.sequences, number));
        }
    }

    fn join_d_x(&mut self, far: &Self, steps: &BlockOfSteps) {
        if let (Some(near), Some(far)) = (&mut self.d_x, &far.d_x) {
            near.join(far, steps);
        }
    }

    fn finish(&self, d_h0: Wanted, d_c0: Wanted) {
        let units = self.call.layer.sizes.units;
        write_share(d_h0, self.d_h, &self.share, units);
        write_share(d_c0, self.d_c, &self.share, units);
    }

    fn write_previous_h(&self, number: usize, row: usize, to: &mut [f32]) {
        let (layer, share) = (self.call.layer, self.share.clone());
        let Some(before) = number.checked_sub(1) else {
            let h0 = &self.call.inputs.h0[(self.first + row) * to.len()..];
            return to[share.clone()].copy_from_slice(&h0[share]);
        };
        for unit in share.step_by(self.layout.lanes) {
            let (first, width) = self.layout.block(layer.time(before), row, unit);
            let [o, phi_c] = [O, PHI_C].map(|part| &self.record[first + part * width..][..width]);
            let pairs = o.iter().zip(phi_c);
            to[unit..][..width].iter_mut().zip(pairs).for_each(|(to, (o, phi_c))| *to = o * phi_c);
        }
    }
}
