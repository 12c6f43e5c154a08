//! The way back through a block of steps with all units of a chunk as one part, or with two that two threads may share.

use std::ops::Range;

use super::Sequences;
use super::kept::{GateGradients, Slots};
use super::products::XRows;
use super::samples::BackwardSamples;
use crate::parallel::{join, num_threads};
use crate::recurrent::Sizes;
use crate::recurrent::chunks::{Wanted, own_lines, take};
use crate::recurrent::pair::{Exchange, Meeting, Pair, Work};
use crate::recurrent::rows::UsedRows;
use crate::simd::{Isa, SimdOp, lanes, run};
use crate::tile::MAX_VECTORS;

/// What a layer carries from step to step for some units of a chunk.
pub(crate) trait Part: Send {
    /// The units.
    fn share(&self) -> Range<usize>;

    /// Starts from the gradients by the final states.
    fn start(&mut self);

    /// The gradients by the sums of a step, `[used rows, sums, H]`.
    fn d_sums(&mut self) -> &mut [f32];

    /// From the gradients after step `number` to those by its sums, which are also written to `slots`.
    fn step<I: Isa>(&mut self, isa: I, number: usize, rows: UsedRows, slots: Slots);

    /// From the gradients by the sums of a step, those of other parts among them, to those by the state before it and by x.
    fn multiply(&mut self, number: usize, rows: UsedRows);

    /// Takes over what the second part has of the gradients by x, if they are wanted.
    fn join_d_x(&mut self, far: &Self, steps: &BlockOfSteps);

    /// Writes the gradients by the first states, which is where the way back ends.
    fn finish(&self, d_h0: Wanted, d_c0: Wanted);

    /// Writes the units of the hidden state of a row before step `number` to `to` `[H]`.
    fn write_previous_h(&self, number: usize, row: usize, to: &mut [f32]);
}

/// What all chunks of a layer share on their way back.
pub(crate) trait WayBack: Copy {
    type Part<'a>: Part
    where
        Self: 'a;

    /// The parts of a chunk, as the block of steps before left them: two where two threads may share the units.
    fn parts<'a>(
        self,
        shares: Option<&[Range<usize>; 2]>,
        samples: BackwardSamples<'a>,
        steps: &BlockOfSteps,
    ) -> Parts<'a, Self::Part<'a>>
    where
        Self: 'a;
}

/// The parts of a chunk, and scratch that is left.
pub(crate) struct Parts<'a, P> {
    /// All units, or those of the first of two threads.
    pub near: P,
    /// Those of the second one, if there may be two.
    pub far: Option<P>,
    /// The hidden states before the steps of the block, `[slots, H]`, if there are two parts: each alone does not write them.
    pub previous_h: &'a mut [f32],
    pub scratch: &'a mut [f32],
}

impl<P: Part> Parts<'_, P> {
    /// Joins what two parts have left of a block of steps where it can only be written in whole: the gradients by x and the hidden
    /// states before the steps.
    pub fn join(&mut self, steps: &BlockOfSteps) {
        let Self { near, far: Some(far), previous_h, .. } = self else { return };
        near.join_d_x(far, steps);
        let units = steps.kept.sizes.units;
        for (number, rows, slots) in steps.back() {
            for (rank, row) in rows.iter().enumerate() {
                let to = &mut previous_h[slots.at(rank) * units..][..units];
                near.write_previous_h(number, row, to);
                far.write_previous_h(number, row, to);
            }
        }
    }
}

/// A block of steps of a chunk.
#[derive(Clone)]
pub(crate) struct BlockOfSteps<'a> {
    pub sequences: Sequences<'a>,
    pub kept: GateGradients,
    /// The number of the first sample, and how many there are.
    pub samples: (usize, usize),
    /// The numbers of the steps, in the order of processing forward.
    pub numbers: Range<usize>,
}

impl<'a> BlockOfSteps<'a> {
    /// From the last step to the first, each with its number, the rows that use it, and their slots.
    #[inline(always)]
    pub fn back(&self) -> impl Iterator<Item = (usize, UsedRows<'a>, Slots)> + use<'a> {
        let Self { sequences, kept, samples, numbers } = self.clone();
        let (len, mut used) = (numbers.len(), 0);
        numbers.rev().enumerate().map(
            #[inline(always)]
            move |(num_done, number)| {
                let rows = sequences.used_rows(samples, number);
                let slots = kept.slots(len, num_done, used);
                used += rows.len();
                (number, rows, slots)
            },
        )
    }
}

/// Takes a chunk through the steps with these numbers, in the order of processing forward. `work` is what two threads may share of
/// it.
pub(crate) fn run_steps(
    layer: impl WayBack,
    sequences: Sequences,
    work: Option<&Work>,
    mut samples: BackwardSamples,
    numbers: Range<usize>,
) {
    let BackwardSamples { first, count, kept, .. } = samples;
    if count == 0 {
        return;
    }
    let steps = BlockOfSteps { sequences, kept, samples: (first, count), numbers };
    let shares = work.map(Work::shares);
    let (mut d_h0, mut d_c0) = (samples.d_h0.take(), samples.d_c0.take());
    run_parts(layer.parts(shares.as_ref(), samples.reborrow(), &steps), &steps, work);
    let mut parts = layer.parts(shares.as_ref(), samples, &steps);
    parts.join(&steps);
    if steps.numbers.start == 0 {
        for part in std::iter::once(parts.near).chain(parts.far) {
            part.finish(d_h0.as_deref_mut(), d_c0.as_deref_mut());
        }
    }
}

/// Takes the parts of a chunk through a block of steps: two of them, which `work` is about, with a second thread if one comes in time. It
/// has ended when this returns.
fn run_parts<P: Part>(parts: Parts<P>, steps: &BlockOfSteps, work: Option<&Work>) {
    let Parts { mut near, mut far, scratch, .. } = parts;
    if steps.numbers.end == steps.kept.sizes.steps {
        near.start();
        far.iter_mut().for_each(P::start);
    }
    let Some(work) = work.filter(|_| num_threads() > 1) else {
        return run(PartsBack { near, far, pair: None, steps });
    };
    let (Sizes { batch, units, .. }, rows) = (work.sizes, steps.kept.layout.sums());
    let mut scratch = own_lines(scratch);
    let scratch = take(&mut scratch, Meeting::max_len(rows * batch * units));
    let pair = Pair::new(work, Exchange { rows, may_dismiss: false, has_cells: false }, scratch);
    let follower = FollowerRun { pair: &pair, steps };
    let leader = PartsBack { near, far, pair: Some(&pair), steps };
    join(|| run(leader), || run(follower));
}

/// How many numbers of scratch a sample takes for the second part and [`run_parts`], if there may be two.
pub(crate) fn scratch_len(kept: GateGradients, has_d_x: bool) -> usize {
    let (Sizes { batch, features, units, .. }, rows) = (kept.sizes, kept.layout.sums());
    let work = Work { sizes: kept.sizes, gates: kept.layout.gates, block: MAX_VECTORS * lanes() };
    match work.scratch_len(rows, 0) {
        0 => 0,
        len => len.div_ceil(batch) + rows * units + if has_d_x { kept.steps * features } else { 0 },
    }
}

/// The work of the called thread, the leader.
struct PartsBack<'a, 'b, P> {
    near: P,
    /// What is handed to the second thread when it comes.
    far: Option<P>,
    pair: Option<&'b Pair<'a, P>>,
    steps: &'b BlockOfSteps<'b>,
}

impl<P: Part> SimdOp for PartsBack<'_, '_, P> {
    type Output = ();

    #[inline(always)]
    fn eval<I: Isa>(self, isa: I) {
        let Self { mut near, mut far, pair, steps } = self;
        let _presence = pair.map(|pair| pair.meeting.leader_is_there());
        let units = steps.kept.sizes.units;
        for (num_done, (number, rows, slots)) in steps.back().enumerate() {
            let shared =
                pair.filter(|pair| pair.meeting.is_shared(num_done, &[], &[], || pair.hand_over(&mut far)));
            near.step(isa, number, rows, slots);
            if let Some(pair) = shared {
                pair.meeting.leader_exchange(num_done, near.d_sums(), &mut []);
            }
            if let Some(far) = &mut far {
                far.step(isa, number, rows, slots);
                exchange(&mut near, far, units);
                far.multiply(number, rows);
            }
            near.multiply(number, rows);
        }
        if let Some(pair) = pair {
            pair.meeting.end(steps.numbers.len(), &mut []);
        }
    }
}

/// The work of the second thread, the follower.
struct FollowerRun<'a, 'b, P> {
    pair: &'b Pair<'a, P>,
    steps: &'b BlockOfSteps<'b>,
}

impl<P: Part> SimdOp for FollowerRun<'_, '_, P> {
    type Output = ();

    #[inline(always)]
    fn eval<I: Isa>(self, isa: I) {
        let Self { pair, steps } = self;
        let _presence = pair.meeting.follower_is_there();
        let Some(num_before) = pair.meeting.come() else { return };
        let mut part = pair.take_over().expect("there are parts on the way back");
        for (num_done, (number, rows, slots)) in steps.back().enumerate().skip(num_before) {
            part.step(isa, number, rows, slots);
            pair.meeting.follower_exchange(num_done, part.d_sums(), &[]);
            part.multiply(number, rows);
        }
    }
}

/// Gives each of two parts the gradients by the sums of the other.
fn exchange<P: Part>(near: &mut P, far: &mut P, units: usize) {
    let (of_near, of_far) = (near.share(), far.share());
    let rows = near.d_sums().chunks_exact_mut(units).zip(far.d_sums().chunks_exact_mut(units));
    for (near, far) in rows {
        far[of_near.clone()].copy_from_slice(&near[of_near.clone()]);
        near[of_far.clone()].copy_from_slice(&far[of_far.clone()]);
    }
}

/// Where the gradients by the features of a part go: those of the first one to the gradient itself, at the times of the input,
/// those of the second one to scratch that has places for a block of steps.
pub(crate) struct ToX<'a> {
    /// `[count, T, F]`, or `[count, block, features]`.
    to: &'a mut [f32],
    features: Range<usize>,
    /// The steps that have places, if not all times have.
    block: Option<Range<usize>>,
}

impl<'a> ToX<'a> {
    /// All features.
    pub fn whole(to: &'a mut [f32], sizes: &Sizes) -> Self {
        Self { to, features: 0..sizes.features, block: None }
    }

    /// Leaves the features of the second part to that, which has them in `scratch`; whole panels remain together.
    pub fn split_off(&mut self, steps: &BlockOfSteps, scratch: &mut &'a mut [f32]) -> Self {
        let (features, panel) = (steps.kept.sizes.features, MAX_VECTORS * lanes());
        let middle = features.min(features.div_ceil(panel).div_ceil(2) * panel);
        self.features.end = middle;
        let to = take(scratch, steps.samples.1 * steps.numbers.len() * (features - middle));
        Self { to, features: middle..features, block: Some(steps.numbers.clone()) }
    }

    /// The rows of step `number`.
    #[inline(always)]
    pub fn rows(&mut self, sequences: &Sequences, number: usize) -> XRows<'_> {
        let Sizes { steps, features, .. } = sequences.sizes;
        let columns = self.features.clone();
        let (width, (num_places, place)) = match &self.block {
            None => (features, (steps, sequences.time(number))),
            Some(block) => (columns.len(), (block.len(), number - block.start)),
        };
        XRows { to: self.to, columns, first: place * width, stride: num_places * width }
    }

    /// Takes over what the second part has of a block of steps.
    pub fn join(&mut self, far: &Self, steps: &BlockOfSteps) {
        let (Sizes { steps: num_steps, features, .. }, columns) = (steps.kept.sizes, far.features.clone());
        if columns.is_empty() {
            return;
        }
        for (row, from) in far.to.chunks_exact(steps.numbers.len() * columns.len()).enumerate() {
            for (number, from) in steps.numbers.clone().zip(from.chunks_exact(columns.len())) {
                let first = (row * num_steps + steps.sequences.time(number)) * features;
                self.to[first..][..features][columns.clone()].copy_from_slice(from);
            }
        }
    }
}

/// Keeps the first `len` numbers of a slice and returns the others.
pub(crate) fn split_off<'a>(slice: &mut &'a mut [f32], len: usize) -> &'a mut [f32] {
    let (first, rest) = std::mem::take(slice).split_at_mut(len);
    *slice = first;
    rest
}

/// Writes what a part has of some rows `[count, share]` to `to` `[count, H]`, if that is wanted.
pub(crate) fn write_share(to: Wanted, from: &[f32], share: &Range<usize>, units: usize) {
    let rows = to.into_iter().flat_map(|to| to.chunks_exact_mut(units)).zip(from.chunks_exact(share.len()));
    rows.for_each(|(to, from)| to[share.clone()].copy_from_slice(from));
}

/// Fills `to` `[count, share]` with what a part has of the rows of a gradient `[B, H]` from sample `first`, with zeros if there is
/// none.
pub(crate) fn read_share(
    to: &mut [f32],
    from: Option<&[f32]>,
    first: usize,
    share: &Range<usize>,
    units: usize,
) {
    let Some(from) = from else { return to.fill(0.0) };
    let rows = to.chunks_exact_mut(share.len()).zip(from[first * units..].chunks_exact(units));
    rows.for_each(|(to, from)| to.copy_from_slice(&from[share.clone()]));
}
