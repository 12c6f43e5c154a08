//! (5) to (2), or (1), differentiated for one sample at one step.

use super::run::Carried;
use crate::activation::apply::{differentiate, slope};
use crate::rnn::record::RecordRow;
use crate::rnn::{CANDIDATE, INNER, Kind, Layer, OutputGradient, RESET, Sizes, UPDATE};
use crate::simd::{BitOps, Isa, NumOps, load_first, store, store_first};

impl Carried<'_> {
    /// From the gradient by the state after the step to those by its sums, and to what of that by the state before it goes
    /// through no product.
    ///
    /// Where the reset gate comes before the product of g, the gradient by r waits for that product.
    #[inline(always)]
    pub fn step_row<I: Isa>(&mut self, isa: I, row: usize, number: usize, time: usize) {
        let layer = self.call.layer;
        let Sizes { steps, units, .. } = layer.sizes;
        let width = layer.kind.sums() * units;
        let used = self.call.inputs.is_used(self.first + row, time, steps);
        self.receive_output_gradient(row, number, used);
        if !used {
            self.d_sums[row * width..][..width].fill(0.0);
            return;
        }
        let chunk = (self.first, self.count);
        let recorded = self.call.history.at(chunk, row, time);
        let previous_h = self.call.history.before(chunk, row, time);
        match (layer.kind, layer.has_custom_activation()) {
            (Kind::Simple, _) => self.simple(isa, recorded, row),
            (_, false) => self.gru::<I, false>(isa, recorded, previous_h, row),
            (_, true) => {
                self.gru::<I, true>(isa, recorded, previous_h, row);
                self.differentiate_rows(isa, recorded, row);
            }
        }
    }

    /// Adds the gradient by the output of the step to that by h if the step is used, and otherwise hands it on to the step
    /// whose output was emitted again.
    #[inline(always)]
    fn receive_output_gradient(&mut self, row: usize, number: usize, used: bool) {
        let Sizes { steps, units, .. } = self.call.layer.sizes;
        let sample = self.first + row;
        let d_y = match self.call.d_outputs.d_y {
            OutputGradient::Sequence(d_y) => Some(&d_y[(sample * steps + number) * units..][..units]),
            OutputGradient::Last(d_y) if number + 1 == steps => Some(&d_y[sample * units..][..units]),
            OutputGradient::Last(_) | OutputGradient::None => None,
        };
        let repeats_output = self.call.inputs.mask.is_some() && !self.call.layer.zero_output_for_mask;
        let d_emitted = &mut self.d_emitted[row * units..][..units];
        let d_h = &mut self.d_h[row * units..][..units];
        if used && repeats_output {
            add(d_h, d_emitted);
            d_emitted.fill(0.0);
        }
        match d_y {
            Some(d_y) if used => add(d_h, d_y),
            Some(d_y) if repeats_output => add(d_emitted, d_y),
            _ => {}
        }
    }

    /// (1); nothing of the gradient by h goes past the product.
    #[inline(always)]
    fn simple<I: Isa>(&mut self, isa: I, recorded: RecordRow<f32>, row: usize) {
        let units = self.call.layer.sizes.units;
        let d_sums = &mut self.d_sums[row * units..][..units];
        let d_h = &mut self.d_h[row * units..][..units];
        d_sums.copy_from_slice(d_h);
        d_h.fill(0.0);
        differentiate(isa, &self.call.layer.activation, recorded.sums, recorded.h, d_sums);
    }

    /// (5) to (2), a block of units at a time in registers. With activations that need whole rows what becomes of the
    /// gradients by z, r and g waits for [`Self::differentiate_rows`].
    #[inline(always)]
    fn gru<I: Isa, const BY_ROWS: bool>(
        &mut self,
        isa: I,
        recorded: RecordRow<f32>,
        previous_h: &[f32],
        row: usize,
    ) {
        let (ops, layer) = (isa.f32(), self.call.layer);
        let (units, width) = (layer.sizes.units, layer.kind.sums() * layer.sizes.units);
        let d_h = &mut self.d_h[row * units..][..units];
        let d_sums = &mut self.d_sums[row * width..][..width];
        for unit in (0..units).step_by(ops.len()) {
            let [z, r, g] =
                [UPDATE, RESET, CANDIDATE].map(|gate| &recorded.values[gate * units..][unit..units]);
            let (z, r, g) = (load_first(ops, z), load_first(ops, r), load_first(ops, g));
            let (h, d) = (load_first(ops, &previous_h[unit..]), load_first(ops, &d_h[unit..]));
            let mut to = Sums { d_sums, units, unit };
            let d_z = ops.mul(d, ops.sub(h, g)); // (5)
            let d_g = ops.mul(d, ops.sub(ops.one(), z)); // (5)
            store_first(ops, ops.mul(d, z), &mut d_h[unit..]); // (5)
            if BY_ROWS {
                to.put(isa, UPDATE, d_z);
                to.put(isa, CANDIDATE, d_g);
                continue;
            }
            let d_p = ops.mul(d_g, slope(isa, &layer.activation, g)); // (4)
            to.put(isa, UPDATE, ops.mul(d_z, slope(isa, &layer.recurrent_activation, z))); // (2)
            to.put(isa, CANDIDATE, d_p);
            if layer.kind == Kind::ResetAfter {
                let n = load_first(ops, &recorded.values[INNER * units..][unit..units]);
                let d_r = ops.mul(d_p, n); // (3)
                to.put(isa, RESET, ops.mul(d_r, slope(isa, &layer.recurrent_activation, r))); // (2)
                to.put(isa, INNER, ops.mul(d_p, r)); // (3)
            }
        }
    }

    /// (4) to (2) with activations that need whole rows.
    #[inline(always)]
    fn differentiate_rows<I: Isa>(&mut self, isa: I, recorded: RecordRow<f32>, row: usize) {
        let layer = self.call.layer;
        let (units, width) = (layer.sizes.units, layer.kind.sums() * layer.sizes.units);
        let d_sums = &mut self.d_sums[row * width..][..width];
        let block = |gate: usize| gate * units..(gate + 1) * units;
        back(isa, layer, recorded, CANDIDATE, &mut d_sums[block(CANDIDATE)]); // (4)
        back(isa, layer, recorded, UPDATE, &mut d_sums[block(UPDATE)]); // (2)
        if layer.kind == Kind::ResetAfter {
            let (d_gates, d_n) = d_sums.split_at_mut(INNER * units);
            let (d_gates, d_p) = d_gates.split_at_mut(CANDIDATE * units);
            let (r, n) = (&recorded.values[block(RESET)], &recorded.values[block(INNER)]);
            let d_r = &mut d_gates[block(RESET)];
            for ((((d_r, d_n), d_p), r), n) in d_r.iter_mut().zip(d_n).zip(d_p).zip(r).zip(n) {
                *d_r = *d_p * n; // (3)
                *d_n = *d_p * r; // (3)
            }
            back(isa, layer, recorded, RESET, d_r); // (2)
        }
    }

    /// Adds the gradients by the sums of a row to those so far, and puts them where the products by the weights read them.
    #[inline(always)]
    pub fn keep<I: Isa>(&mut self, isa: I, row: usize, time: usize) {
        let ops = isa.f32();
        let (Sizes { steps, units, .. }, sums) = (self.call.layer.sizes, self.call.layer.kind.sums());
        let d_sums = self.d_sums[row * sums * units..][..sums * units].chunks_exact(units);
        let panels = self.kept_d_sums.chunks_exact_mut(self.kept.gate_len(self.count));
        for ((d_sum, all), panels) in d_sums.zip(self.all_d_sums.chunks_exact_mut(units)).zip(panels) {
            for (column, vectors) in self.kept.columns().iter() {
                let width = vectors * ops.len();
                let first = column * self.count * steps + (time * self.count + row) * width;
                let to = panels[first..][..width].chunks_exact_mut(ops.len());
                let from = d_sum[column..].chunks(ops.len()).zip(all[column..].chunks_mut(ops.len()));
                for (to, (d_sum, all)) in to.zip(from) {
                    let d_sum = load_first(ops, d_sum);
                    store_first(ops, ops.add(load_first(ops, all), d_sum), all);
                    store(ops, d_sum, to);
                }
            }
        }
    }
}

/// Where the gradients by the sums of a row go, for a block of units.
struct Sums<'a> {
    d_sums: &'a mut [f32],
    units: usize,
    unit: usize,
}

impl Sums<'_> {
    /// Writes that by sum number `sum`.
    #[inline(always)]
    fn put<I: Isa>(&mut self, isa: I, sum: usize, d: I::F32) {
        store_first(isa.f32(), d, &mut self.d_sums[sum * self.units..][self.unit..self.units]);
    }
}

/// Turns `d` `[H]` from the gradient by a gate into that by what it is the activation of.
#[inline(always)]
fn back<I: Isa>(isa: I, layer: &Layer<f32>, recorded: RecordRow<f32>, gate: usize, d: &mut [f32]) {
    let activation = if gate == CANDIDATE { &layer.activation } else { &layer.recurrent_activation };
    let block = gate * layer.sizes.units..(gate + 1) * layer.sizes.units;
    differentiate(isa, activation, &recorded.sums[block.clone()], &recorded.values[block], d);
}

/// Adds `from` to `to`.
#[inline(always)]
fn add(to: &mut [f32], from: &[f32]) {
    to.iter_mut().zip(from).for_each(|(to, from)| *to += from);
}
