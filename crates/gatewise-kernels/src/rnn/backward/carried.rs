//! What is carried from step to step on the way back, for all units of a chunk or for the share of one of two threads.

use std::ops::Range;

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
use crate::rnn::record::History;
use crate::rnn::{Kind, Layer, OutputGradients};
use crate::simd::Isa;

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
    pub history: History<'a, f32>,
    /// By the bias, summed over samples and steps so far, `[blocks][4][lanes]`.
    pub d_bias: &'a mut [f32],
    /// By the state after the step, then by that before it, `[count, share]`.
    pub d_h: &'a mut [f32],
    /// By the output of the step, as far as later steps emitted it again, `[count, share]`.
    pub d_emitted: &'a mut [f32],
    /// By r ⊙ h, `[count, H]`; of all units alone.
    pub d_reset: &'a mut [f32],
    /// By the sums of the step, `[used rows, sums, H]` in the order of `layout.rs`.
    pub d_rows: &'a mut [f32],
    /// By the sums of the block of steps, from the first block of the units on.
    pub d_z: &'a mut [f32],
    /// The states before the steps of the block, and r ⊙ h where there are such, `[slots, H]`; empty where two parts are
    /// [joined](Parts::join).
    pub previous_h: &'a mut [f32],
    pub reset_h: &'a mut [f32],
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
        let (units, sums) = (call.layer.sizes.units, call.layer.kind.sums());
        let mut scratch = own_lines(scratch);
        let mut near = Carried {
            call,
            first,
            count,
            share: 0..units,
            history: call.history,
            d_bias: take(&mut scratch, kept.slots_len()),
            d_h: take(&mut scratch, count * units),
            d_emitted: take(&mut scratch, count * units),
            d_reset: take(&mut scratch, count * units),
            d_rows: take(&mut scratch, count * sums * units),
            d_z: waiting.d_z,
            previous_h: waiting.previous_h,
            reset_h: waiting.reset_h,
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
        let (units, sums) = (call.layer.sizes.units, call.layer.kind.sums());
        let [history, far_history] = call.history.split([near, far]);
        (self.share, self.history) = (near.clone(), history);
        let num_blocks = near.len() / kept.block_units();
        let d_rows = take(scratch, count * sums * units);
        let d_x = self.d_x.as_mut().map(|d_x| d_x.split_off(steps, scratch));
        Self {
            call,
            first,
            count,
            share: far.clone(),
            history: far_history,
            d_bias: split_off(&mut self.d_bias, num_blocks * kept.slot_len()),
            d_h: split_off(&mut self.d_h, count * near.len()),
            d_emitted: split_off(&mut self.d_emitted, count * near.len()),
            d_reset: &mut [],
            d_rows,
            d_z: split_off(&mut self.d_z, num_blocks * kept.block_stride(count)),
            previous_h: &mut [],
            reset_h: &mut [],
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
        let units = self.call.layer.sizes.units;
        read_share(self.d_h, self.call.d_outputs.d_h, self.first, &self.share, units);
        self.d_emitted.fill(0.0);
        self.d_bias.fill(0.0);
    }

    #[inline(always)]
    fn d_sums(&mut self) -> &mut [f32] {
        self.d_rows
    }

    #[inline(always)]
    fn step<I: Isa>(&mut self, isa: I, number: usize, rows: UsedRows, slots: Slots) {
        self.differentiate_step(isa, number, rows, slots);
    }

    #[inline(always)]
    fn multiply(&mut self, number: usize, rows: UsedRows) {
        let call = self.call;
        let back = StepBack { sequences: call.sequences, kept: self.kept, rows, d_sums: self.d_rows };
        if number > 0 || call.has_d_h0 {
            // In a GRU something has come to the state before the step already.
            let adds = call.layer.kind != Kind::Simple;
            back.to_h(Operand::H, call.recurrent_kernel, self.share.clone(), self.d_h, adds);
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

    fn finish(&self, d_h0: Wanted, _d_c0: Wanted) {
        write_share(d_h0, self.d_h, &self.share, self.call.layer.sizes.units);
    }

    fn write_previous_h(&self, number: usize, row: usize, to: &mut [f32]) {
        let time = self.call.layer.time(number);
        let h = self.history.before((self.first, self.count), row, time);
        to[self.share.clone()].copy_from_slice(h);
    }
}
