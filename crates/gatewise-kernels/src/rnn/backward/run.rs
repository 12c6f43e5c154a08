//! One chunk of samples from the last step to the first.

use super::BackwardSamples;
use super::products::{Chain, Side, StepOfChunk};
use crate::matmul::Panels;
use crate::recurrent::GateGradients;
use crate::recurrent::chunks::{own_lines, take};
use crate::rnn::record::History;
use crate::rnn::{Inputs, Kind, Layer, OutputGradients, Sizes};
use crate::simd::{Isa, SimdOp};

/// What all chunks share.
#[derive(Clone, Copy)]
pub(super) struct Call<'a> {
    pub layer: &'a Layer<'a, f32>,
    pub inputs: &'a Inputs<'a, f32>,
    pub history: History<'a, f32>,
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
    /// By the sums, added up over samples and steps so far, `[sums, H]`.
    pub all_d_sums: &'a mut [f32],
    /// By the sums of the step, `[count, sums, H]`.
    pub d_sums: &'a mut [f32],
    /// By the state after the step, then by that before it, `[count, H]`.
    pub d_h: &'a mut [f32],
    /// By the output of the step, as far as later steps emitted it again, `[count, H]`.
    pub d_emitted: &'a mut [f32],
    /// `[count, H or F]`
    pub product: &'a mut [f32],
    /// By the sums of all steps, as [`GateGradients`].
    pub kept_d_sums: &'a mut [f32],
    pub kept: GateGradients,
}

impl SimdOp for ChunkRun<'_> {
    type Output = ();

    #[inline(always)]
    fn eval<I: Isa>(self, isa: I) {
        let Self { call, mut samples } = self;
        if samples.count == 0 {
            return;
        }
        let mut d_x = samples.d_x.take();
        let mut carried = Carried::new(call, &mut samples);
        for number in (0..call.layer.sizes.steps).rev() {
            let time = call.layer.time(number);
            for row in 0..carried.count {
                carried.step_row(isa, row, number, time);
            }
            if call.layer.kind == Kind::ResetBefore {
                carried.step_through_reset(isa, time);
            }
            for row in 0..carried.count {
                carried.keep(isa, row, time);
            }
            carried.multiply(time, d_x.as_deref_mut());
        }
        if let Some(d_h0) = samples.d_h0 {
            d_h0.copy_from_slice(carried.d_h);
        }
    }
}

impl<'a> Carried<'a> {
    /// The gradients by the final state, which is where the way back starts.
    fn new(call: Call<'a>, samples: &mut BackwardSamples<'a>) -> Self {
        let BackwardSamples { first, count, kind, .. } = *samples;
        let units = call.layer.sizes.units;
        let mut scratch = own_lines(std::mem::take(&mut samples.scratch));
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
            all_d_sums: start_from(None, kind.sums() * units),
            d_h: start_from(call.d_outputs.d_h, count * units),
            d_emitted: start_from(None, count * units),
            product: start_from(None, count * units.max(call.layer.sizes.features)),
            d_sums: start_from(None, count * kind.sums() * units),
            kept_d_sums: std::mem::take(&mut samples.d_sums),
            kept: samples.kept,
        }
    }

    /// From the gradients by the sums to those by the state before the step and, if they are wanted, by x.
    fn multiply(&mut self, time: usize, d_x: Option<&mut [f32]>) {
        let Sizes { steps, features, units, .. } = self.call.layer.sizes;
        let (kind, call) = (self.call.layer.kind, self.call);
        let step = StepOfChunk { first: self.first, count: self.count, time };
        let recurrent = Side {
            weights: call.recurrent_kernel,
            columns: Panels { n: units, ..self.kept.columns() },
            masks: call.inputs.recurrent_dropout,
            data: &mut *self.d_h,
            first: 0,
            stride: units,
            adds: true,
        };
        recurrent.run(&call, step, Chain::of_state(kind), self.d_sums, self.product);
        if let Some(d_x) = d_x {
            let input = Side {
                weights: call.kernel,
                columns: Panels { n: features, ..self.kept.columns() },
                masks: call.inputs.dropout,
                data: d_x,
                first: time * features,
                stride: steps * features,
                adds: false,
            };
            input.run(&call, step, Chain::of_input(kind), self.d_sums, self.product);
        }
    }
}
