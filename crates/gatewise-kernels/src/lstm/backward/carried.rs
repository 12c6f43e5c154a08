//! What is carried from step to step on the way back, for all units of a chunk or for the share of one of two threads.

use std::ops::Range;

use super::run::Call;
use crate::lstm::record::{ChunkRecord, KEPT, O, PHI_C, row_len};
use crate::lstm::{GATES, Sizes};
use crate::recurrent::backward::Operand;
use crate::recurrent::backward::kept::GateGradients;
use crate::recurrent::backward::products::{StepBack, XRows};
use crate::recurrent::backward::samples::BackwardSamples;
use crate::recurrent::chunks::{Wanted, own_lines, take};
use crate::recurrent::rows::UsedRows;
use crate::simd::lanes;
use crate::tile::MAX_VECTORS;

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
    /// The hidden states before the steps of the block, `[slots, H]`; empty where they are [joined](Parts::join) later.
    pub previous_h: &'a mut [f32],
    /// Where the gradients by x go, if they are wanted.
    d_x: Option<ToX<'a>>,
    pub kept: GateGradients,
}

/// Where the gradients by some features go: to the times of the input, or to the steps of a block.
struct ToX<'a> {
    /// `[count, T or block, features]`
    to: &'a mut [f32],
    features: Range<usize>,
    /// The steps, where those of a block have places.
    block: Option<Range<usize>>,
}

/// The parts of a chunk, and scratch that is left.
pub(super) struct Parts<'a> {
    /// All units, or those of the first of two threads.
    pub near: Carried<'a>,
    /// Those of the second one, if there may be two.
    pub far: Option<Carried<'a>>,
    /// The hidden states before the steps of the block, `[slots, H]`, if there are two parts.
    previous_h: &'a mut [f32],
    pub scratch: &'a mut [f32],
}

/// How many numbers of scratch a sample takes for [`Parts`] if they are two.
pub(super) fn far_len(kept: GateGradients, has_d_x: bool) -> usize {
    let Sizes { features, units, .. } = kept.sizes;
    GATES * units + if has_d_x { kept.steps * features } else { 0 }
}

impl<'a> Parts<'a> {
    /// The scratch, as the block of steps before left it.
    pub fn new(
        call: Call<'a>,
        shares: Option<&[Range<usize>; 2]>,
        samples: BackwardSamples<'a>,
        steps: &Range<usize>,
    ) -> Self {
        let BackwardSamples { first, count, d_x, waiting, scratch, kept, .. } = samples;
        let Sizes { steps: num_steps, features, units, .. } = call.layer.sizes;
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
            d_x: d_x.map(|to| ToX { to, features: 0..features, block: None }),
            kept,
        };
        let mut previous_h: &mut [f32] = &mut [];
        let far = shares.map(|[of_near, of_far]| {
            previous_h = std::mem::take(&mut near.previous_h);
            let d_z_rows = take(&mut scratch, count * GATES * units);
            let middle = middle_feature(features);
            let len = if near.d_x.is_some() { count * steps.len() * (features - middle) } else { 0 };
            let d_x = take(&mut scratch, len);
            near.split_off(
                of_near,
                of_far,
                d_z_rows,
                ToX { to: d_x, features: middle..features, block: Some(steps.clone()) },
            )
        });
        Self { near, far, previous_h, scratch }
    }

    /// Joins what two parts have left of a block of steps where it can only be written in whole: the gradients by x and the hidden
    /// states before the steps.
    pub fn join(&mut self, steps: &Range<usize>) {
        let Self { near, far: Some(far), previous_h, .. } = self else { return };
        near.join_d_x(far, steps);
        let units = near.call.layer.sizes.units;
        let mut used = 0;
        for (num_done, number) in steps.clone().rev().enumerate() {
            let rows = near.used_rows(number);
            let slots = near.kept.slots(steps.len(), num_done, used);
            for (rank, row) in rows.iter().enumerate() {
                let to = &mut previous_h[slots.at(rank) * units..][..units];
                near.write_previous_h(number, row, to);
                far.write_previous_h(number, row, to);
            }
            used += rows.len();
        }
    }

    /// Writes the gradients by the first states, which is where the way back ends.
    pub fn finish(self, mut d_h0: Wanted, mut d_c0: Wanted) {
        for part in std::iter::once(self.near).chain(self.far) {
            let (share, units) = (part.share, part.call.layer.sizes.units);
            for (to, from) in [(d_h0.as_deref_mut(), part.d_h), (d_c0.as_deref_mut(), part.d_c)] {
                let Some(to) = to else { continue };
                let rows = to.chunks_exact_mut(units).zip(from.chunks_exact(share.len()));
                rows.for_each(|(to, from)| to[share.clone()].copy_from_slice(from));
            }
        }
    }
}

/// Where the features of the second thread begin: those of whole panels of the weights.
fn middle_feature(features: usize) -> usize {
    let panel = MAX_VECTORS * lanes();
    features.min(features.div_ceil(panel).div_ceil(2) * panel)
}

impl<'a> Carried<'a> {
    /// Cuts off what belongs to the units `far`.
    fn split_off(
        &mut self,
        near: &Range<usize>,
        far: &Range<usize>,
        d_z_rows: &'a mut [f32],
        to_x: ToX<'a>,
    ) -> Self {
        let Self { call, first, count, kept, .. } = *self;
        let steps = call.layer.sizes.steps;
        let (record, far_record) = self.record.split_at(KEPT * count * steps * near.len());
        (self.record, self.layout) = (record, ChunkRecord::new(call.layer, count, near));
        self.share = near.clone();
        self.previous_h = &mut [];
        let d_x = self.d_x.as_mut().map(|d_x| {
            d_x.features.end = to_x.features.start;
            to_x
        });
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

    /// The rows that use step `number`.
    #[inline(always)]
    pub fn used_rows(&self, number: usize) -> UsedRows<'a> {
        self.call.sequences.used_rows((self.first, self.count), number)
    }

    /// The gradients by the final states, which is where the way back starts.
    pub fn start(&mut self) {
        let (share, first) = (self.share.clone(), self.first);
        let units = self.call.layer.sizes.units;
        let start_from = |to: &mut [f32], gradient: Option<&[f32]>| match gradient {
            Some(gradient) => {
                let rows = gradient[first * units..].chunks_exact(units);
                to.chunks_exact_mut(share.len())
                    .zip(rows)
                    .for_each(|(to, row)| to.copy_from_slice(&row[share.clone()]));
            }
            None => to.fill(0.0),
        };
        start_from(self.d_h, self.call.d_outputs.d_h);
        start_from(self.d_c, self.call.d_outputs.d_c);
        self.d_emitted.fill(0.0);
        self.d_bias.fill(0.0);
    }

    /// Gives each of two parts the gradients by z of the other.
    pub fn exchange(&mut self, far: &mut Self) {
        let units = self.call.layer.sizes.units;
        let rows = self.d_z_rows.chunks_exact_mut(units).zip(far.d_z_rows.chunks_exact_mut(units));
        for (of_near, of_far) in rows {
            of_far[self.share.clone()].copy_from_slice(&of_near[self.share.clone()]);
            of_near[far.share.clone()].copy_from_slice(&of_far[far.share.clone()]);
        }
    }

    /// From the gradients by z of step `number`, which are complete, to those by the state before it and by x.
    #[inline(always)]
    pub fn multiply(&mut self, number: usize, rows: UsedRows<'a>) {
        let call = self.call;
        let back = StepBack { sequences: call.sequences, kept: self.kept, rows, d_sums: self.d_z_rows };
        if number > 0 || call.has_d_h0 {
            back.to_h(Operand::H, call.recurrent_kernel, self.share.clone(), self.d_h, false);
        }
        if let Some(d_x) = &mut self.d_x {
            back.to_x(call.kernel, d_x.rows(call, number));
        }
    }

    /// Copies the gradients by the features of the other part, which has them for the steps of a block.
    fn join_d_x(&mut self, far: &Self, steps: &Range<usize>) {
        let (Some(near), Some(far)) = (&mut self.d_x, &far.d_x) else { return };
        let Sizes { steps: num_steps, features, .. } = self.call.layer.sizes;
        let columns = far.features.clone();
        for (row, from) in far.to.chunks_exact((steps.len() * columns.len()).max(1)).enumerate() {
            for (number, from) in steps.clone().zip(from.chunks_exact(columns.len())) {
                let to = (row * num_steps + self.call.layer.time(number)) * features;
                near.to[to..][..features][columns.clone()].copy_from_slice(from);
            }
        }
    }

    /// Writes the units of the hidden state of a row before step `number` to `to` `[H]`.
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

impl ToX<'_> {
    /// The rows of step `number`.
    #[inline(always)]
    fn rows(&mut self, call: Call, number: usize) -> XRows<'_> {
        let Sizes { steps, features, .. } = call.layer.sizes;
        let columns = self.features.clone();
        let (width, (num_places, place)) = match &self.block {
            None => (features, (steps, call.layer.time(number))),
            Some(block) => (columns.len(), (block.len(), number - block.start)),
        };
        XRows { to: self.to, columns, first: place * width, stride: num_places * width }
    }
}

/// Keeps the first `len` numbers of a slice and returns the others.
fn split_off<'a>(slice: &mut &'a mut [f32], len: usize) -> &'a mut [f32] {
    let (first, rest) = std::mem::take(slice).split_at_mut(len);
    *slice = first;
    rest
}
