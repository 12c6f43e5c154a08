//! What the backward pass of a layer has for each sample, and how it goes through chunks of them.

use std::ops::Range;

use super::kept::GateGradients;
use super::waiting::Waiting;
use super::weights::WeightProducts;
use super::{Layout, Sequences, sums, time_blocks};
use crate::parallel::num_threads;
use crate::recurrent::Sizes;
use crate::recurrent::chunks::{Chunks, Samples, Wanted, for_all_chunks, own_lines, split_wanted, take};

/// Results and scratch of consecutive samples.
pub(crate) struct BackwardSamples<'a> {
    /// The number of the first sample in the batch.
    pub first: usize,
    pub count: usize,
    /// `[count, T, F]`
    pub d_x: Wanted<'a>,
    /// `[count, H]`
    pub d_h0: Wanted<'a>,
    /// `[count, H]`, in layers with a cell state.
    pub d_c0: Wanted<'a>,
    /// What waits for the products by the weights.
    pub waiting: Waiting<'a>,
    /// The gradients by the weights, as `sums.rs` describes: for each chunk, where [chunks have their
    /// own](GateGradients::has_own_sums).
    sums: &'a mut [f32],
    /// `[count, scratch_len]`, with the gradient by the bias `[blocks][4][lanes]` at the start of the [own
    /// lines](own_lines) of each chunk.
    pub scratch: &'a mut [f32],
    scratch_len: usize,
    /// How many chunks take one room in `waiting` after the other.
    chunks_per_room: usize,
    pub kept: GateGradients,
}

/// The gradients of a sample that goes back, as far as they are wanted.
pub(crate) struct OfSamples<'a> {
    pub d_x: Wanted<'a>,
    pub d_h0: Wanted<'a>,
    pub d_c0: Wanted<'a>,
}

/// The gradients of the weights, as far as they are wanted.
pub(crate) struct OfWeights<'a> {
    /// `[F, GH]`
    pub d_kernel: Wanted<'a>,
    /// `[H, GH]`
    pub d_recurrent_kernel: Wanted<'a>,
    /// By the bias of what x goes into and of what h goes into, `[GH]` each.
    pub d_bias: [Wanted<'a>; 2],
}

/// How many numbers of scratch the samples of a call take at most, whether a mask [balances](Chunks::balance) its chunks or
/// not, with dropout or without; each sample has `scratch_len` numbers for itself.
pub(crate) fn roomy_workspace_len(
    sizes: &Sizes,
    layout: Layout,
    chunks: Chunks,
    has_dropout: bool,
    scratch_len: impl Fn(GateGradients) -> usize,
) -> usize {
    let len = |chunks: Chunks| {
        let kept = GateGradients::roomy(sizes, layout, chunks, has_dropout);
        let waiting = Waiting::len(kept, kept.max_rooms());
        waiting + kept.sums_len(chunks.count()) + sizes.batch * scratch_len(kept)
    };
    len(chunks).max(len(chunks.with_room()))
}

impl<'a> BackwardSamples<'a> {
    /// All samples of a call.
    pub fn new(
        kept: GateGradients,
        scratch_len: usize,
        OfSamples { d_x, d_h0, d_c0 }: OfSamples<'a>,
        mut workspace: &'a mut [f32],
    ) -> Self {
        let count = kept.sizes.batch;
        let num_chunks = kept.chunks.count();
        let num_rooms = match kept.has_own_sums() {
            true => kept.max_rooms().min(num_threads()),
            false => num_chunks,
        };
        Self {
            first: 0,
            count,
            d_x,
            d_h0,
            d_c0,
            waiting: Waiting::new(kept, num_rooms, &mut workspace),
            sums: take(&mut workspace, kept.sums_len(num_chunks)),
            scratch: take(&mut workspace, count * scratch_len),
            scratch_len,
            chunks_per_room: num_chunks.div_ceil(num_rooms.max(1)).max(1),
            kept,
        }
    }

    /// Takes all samples back through all steps and writes the gradients by the weights. `run_steps` takes a chunk through
    /// the steps with these numbers, from the last to the first.
    pub fn run(
        mut self,
        sequences: Sequences,
        gradients: OfWeights,
        run_steps: &(impl Fn(BackwardSamples, Range<usize>) + Sync),
    ) {
        let OfWeights { d_kernel, d_recurrent_kernel, d_bias } = gradients;
        let wanted = [d_kernel.is_some(), d_recurrent_kernel.is_some()];
        match self.kept.has_own_sums() {
            true => self.reborrow().run_by_chunks(sequences, wanted, run_steps),
            false => self.reborrow().run_by_steps(sequences, wanted, run_steps),
        }
        sums::add_up(self.kept, self.sums, [d_kernel, d_recurrent_kernel]);
        for (d_bias, of_x) in d_bias.into_iter().zip([true, false]) {
            if let Some(d_bias) = d_bias {
                self.add_bias(of_x, d_bias);
            }
        }
    }

    /// All steps and products of each chunk; chunks that share a room go one after the other.
    fn run_by_chunks(
        self,
        sequences: Sequences,
        wanted: [bool; 2],
        run_steps: &(impl Fn(BackwardSamples, Range<usize>) + Sync),
    ) {
        let rooms = self.kept.chunks.joined(self.chunks_per_room);
        for_all_chunks(self, rooms, &|samples: BackwardSamples| {
            let (chunks, mut rest) = (samples.kept.chunks, samples);
            for (_, count) in chunks.within(rest.first..rest.first + rest.count) {
                let (chunk, mut others) = rest.split(count, 0);
                let chunk = BackwardSamples { waiting: others.waiting.reborrow(), ..chunk };
                chunk.run_chunk(sequences, wanted, run_steps);
                rest = others;
            }
        });
    }

    /// All steps and products of the only chunk.
    fn run_chunk(
        mut self,
        sequences: Sequences,
        wanted: [bool; 2],
        run_steps: &(impl Fn(BackwardSamples, Range<usize>) + Sync),
    ) {
        self.sums.fill(0.0);
        for steps in time_blocks::blocks(self.kept.sizes.steps, self.kept.steps) {
            run_steps(self.reborrow(), steps.clone());
            let (products, operands, sums) = self.products(sequences);
            products.run_chunk(&steps, operands, sums, wanted);
        }
    }

    /// A block of steps of all chunks, and then its products, which are shared by rows of the weights.
    fn run_by_steps(
        mut self,
        sequences: Sequences,
        wanted: [bool; 2],
        run_steps: &(impl Fn(BackwardSamples, Range<usize>) + Sync),
    ) {
        let kept = self.kept;
        self.sums.fill(0.0);
        for steps in time_blocks::blocks(kept.sizes.steps, kept.steps) {
            for_all_chunks(self.reborrow(), kept.chunks, &|samples| run_steps(samples, steps.clone()));
            let (products, operands, sums) = self.products(sequences);
            products.run(&steps, operands, sums, wanted);
        }
    }

    /// The products of what the samples have left, with scratch and the sums that they add to.
    fn products<'b>(
        &'b mut self,
        sequences: Sequences<'b>,
    ) -> (WeightProducts<'b>, &'b mut [f32], &'b mut [f32]) {
        let products = WeightProducts {
            sequences,
            kept: self.kept,
            samples: (self.first, self.count),
            d_z: self.waiting.d_z,
            previous_h: self.waiting.previous_h,
            reset_h: self.waiting.reset_h,
        };
        (products, self.waiting.operands, self.sums)
    }

    /// Writes the sum of what the chunks left for the bias to `d_bias` `[GH]`: of what x goes into, or else of what h goes
    /// into.
    fn add_bias(&mut self, of_x: bool, d_bias: &mut [f32]) {
        let (kept, len) = (self.kept, self.scratch_len);
        let gates = kept.layout.gates_of_vectors(of_x);
        d_bias.fill(0.0);
        let mut scratch = &mut *self.scratch;
        for (_, count) in kept.chunks.within(0..self.count) {
            let slots =
                own_lines(take(&mut scratch, count * len))[..kept.slots_len()].chunks_exact(kept.slot_len());
            for (block, slot) in slots.enumerate() {
                sums::add_slot(kept, &gates, block, slot, d_bias);
            }
        }
    }

    /// The same for a while.
    pub fn reborrow(&mut self) -> BackwardSamples<'_> {
        BackwardSamples {
            d_x: self.d_x.as_deref_mut(),
            d_h0: self.d_h0.as_deref_mut(),
            d_c0: self.d_c0.as_deref_mut(),
            waiting: self.waiting.reborrow(),
            sums: self.sums,
            scratch: self.scratch,
            ..*self
        }
    }
}

impl Samples for BackwardSamples<'_> {
    fn count(&self) -> usize {
        self.count
    }

    fn split_at(self, count: usize) -> (Self, Self) {
        let chunks = self.kept.chunks;
        let num_chunks = chunks.starting_at(self.first + count) - chunks.starting_at(self.first);
        let num_rooms = num_chunks.div_ceil(self.chunks_per_room);
        self.split(count, num_rooms)
    }
}

impl<'a> BackwardSamples<'a> {
    /// The first `count` samples with so many rooms, and the others with the rest.
    fn split(self, count: usize, num_rooms: usize) -> (Self, Self) {
        let Self { first, kept, scratch_len, chunks_per_room, .. } = self;
        let Sizes { steps, features, units, .. } = kept.sizes;
        let (upper_d_x, d_x) = split_wanted(self.d_x, count * steps * features);
        let (upper_d_h0, d_h0) = split_wanted(self.d_h0, count * units);
        let (upper_d_c0, d_c0) = split_wanted(self.d_c0, count * units);
        let (upper_waiting, waiting) = self.waiting.split_at(kept, num_rooms);
        let num_chunks = kept.chunks.starting_at(first + count) - kept.chunks.starting_at(first);
        let own_sums = if kept.has_own_sums() { kept.sums_len(num_chunks) } else { 0 };
        let (upper_sums, sums) = self.sums.split_at_mut(own_sums);
        let (upper_scratch, scratch) = self.scratch.split_at_mut(count * scratch_len);
        let lower = Self {
            first: first + count,
            count: self.count - count,
            d_x,
            d_h0,
            d_c0,
            waiting,
            sums,
            scratch,
            scratch_len,
            chunks_per_room,
            kept,
        };
        let upper = Self {
            first,
            count,
            d_x: upper_d_x,
            d_h0: upper_d_h0,
            d_c0: upper_d_c0,
            waiting: upper_waiting,
            sums: upper_sums,
            scratch: upper_scratch,
            scratch_len,
            chunks_per_room,
            kept,
        };
        (upper, lower)
    }
}
