//! (5) to (2), or (1), differentiated with built-in activations, a block of units at a time in registers.

use super::layout::places;
use std::ops::Range;

use super::carried::Carried;
use crate::activation::Activation;
use crate::activation::apply::slope;
use crate::recurrent::backward::kept::Slots;
use crate::recurrent::rows::UsedRows;
use crate::rnn::{CANDIDATE, INNER, Kind, RESET, UPDATE};
use crate::simd::{BitOps, Isa, Kernel, NumOps, load, load_at_least, store, store_first};

/// A step back for the rows that use it, see [`Carried::differentiate_step`].
///
/// Where the reset gate comes before the product of g, the gradient by r waits for that product, and then all of them are
/// [kept](super::keep).
pub(super) struct ByBlocks<'a, 'b> {
    pub carried: &'b mut Carried<'a>,
    pub rows: UsedRows<'b>,
    pub slots: Slots,
}

impl<I: Isa> Kernel<I> for ByBlocks<'_, '_> {
    #[inline(always)]
    fn eval(mut self, isa: I) {
        let layer = self.carried.call.layer;
        match (layer.kind, &layer.activation, &layer.recurrent_activation) {
            (Kind::Simple, Activation::Tanh, _) => self.simple(isa, &Activation::Tanh),
            (Kind::Simple, activation, _) => self.simple(isa, activation),
            // Known when the code is compiled, the usual activations cost no search for them.
            (_, Activation::Tanh, Activation::Sigmoid) => {
                self.gru(isa, &Activation::Tanh, &Activation::Sigmoid);
            }
            (_, activation, recurrent_activation) => self.gru(isa, activation, recurrent_activation),
        }
    }
}

/// A block of at most a vector of units.
#[derive(Clone, Copy)]
struct Block {
    unit: usize,
    /// Its first unit among those that are carried.
    in_share: usize,
    len: usize,
    /// Where its vectors start in slot 0.
    slot: usize,
}

impl ByBlocks<'_, '_> {
    /// (1); nothing of the gradient by h goes past the product.
    #[inline(always)]
    fn simple<I: Isa>(&mut self, isa: I, activation: &Activation<f32>) {
        let (ops, kept) = (isa.f32(), self.carried.kept);
        let Range { start, end } = self.carried.share;
        for unit in (start..end).step_by(ops.len()) {
            let in_share = unit - start;
            let (block_number, within) = (in_share / kept.block_units(), in_share % kept.block_units());
            let len = ops.len().min(end - unit);
            let slot = block_number * kept.block_stride(self.carried.count) + within;
            let block = Block { unit, in_share, len, slot };
            let bias = block_number * kept.slot_len() + within;
            let mut d_bias = load(ops, &self.carried.d_bias[bias..]);
            let rows = self.rows;
            for (rank, row) in rows.iter().enumerate() {
                let d_sum = self.simple_row(isa, activation, block, (rank, row));
                d_bias = ops.add(d_bias, d_sum);
            }
            store(ops, d_bias, &mut self.carried.d_bias[bias..]);
        }
    }

    #[inline(always)]
    fn simple_row<I: Isa>(
        &mut self,
        isa: I,
        activation: &Activation<f32>,
        block: Block,
        (rank, row): (usize, usize),
    ) -> I::F32 {
        let (ops, Block { unit, in_share, len, slot }) = (isa.f32(), block);
        self.keep_previous_h(isa, block, (rank, row));
        let carried = &mut *self.carried;
        let units = carried.kept.sizes.units;
        let h = carried.history.at((carried.first, carried.count), row, self.rows.time).h;
        let d_h = load_at_least(ops, &carried.d_h[row * carried.share.len() + in_share..], len);
        let d_sum = ops.mul(d_h, slope(isa, activation, load_at_least(ops, &h[in_share..], len))); // (1)
        store(ops, d_sum, &mut carried.d_z[slot + self.slots.at(rank) * carried.kept.slot_len()..]);
        store_first(ops, d_sum, &mut carried.d_rows[rank * units + unit..][..len]);
        d_sum
    }

    /// (5) to (2).
    #[inline(always)]
    fn gru<I: Isa>(&mut self, isa: I, activation: &Activation<f32>, recurrent_activation: &Activation<f32>) {
        let (lanes, kept) = (isa.f32().len(), self.carried.kept);
        let Range { start, end } = self.carried.share;
        for unit in (start..end).step_by(lanes) {
            let in_share = unit - start;
            let slot = in_share / lanes * kept.block_stride(self.carried.count);
            let block = Block { unit, in_share, len: lanes.min(end - unit), slot };
            match self.carried.call.layer.kind {
                Kind::ResetAfter => self.after(isa, activation, recurrent_activation, block),
                _ => self.before(isa, activation, recurrent_activation, block),
            }
        }
    }

    /// (5) to (2) of a block where the reset gate comes after the product, in the order g, z, r, n.
    #[inline(always)]
    fn after<I: Isa>(
        &mut self,
        isa: I,
        activation: &Activation<f32>,
        recurrent_activation: &Activation<f32>,
        block: Block,
    ) {
        let (ops, kept) = (isa.f32(), self.carried.kept);
        let bias = 4 * block.in_share;
        let mut d_bias = [ops.zero(); 4];
        for (sum, from) in d_bias.iter_mut().zip(self.carried.d_bias[bias..].chunks_exact(ops.len())) {
            *sum = load(ops, from);
        }
        let rows = self.rows;
        for (rank, row) in rows.iter().enumerate() {
            let [z, r, g, n] = self.recorded(isa, block, row);
            let (d_z, d_g) = self.through_state(isa, block, (rank, row), [z, g], true);
            let d_p = ops.mul(d_g, slope(isa, activation, g)); // (4)
            let d_z = ops.mul(d_z, slope(isa, recurrent_activation, z)); // (2)
            let d_r = ops.mul(ops.mul(d_p, n), slope(isa, recurrent_activation, r)); // (3), (2)
            let d_n = ops.mul(d_p, r); // (3)
            let slot = block.slot + self.slots.at(rank) * kept.slot_len();
            let mut to = &mut self.carried.d_z[slot..][..kept.slot_len()];
            for (d_sum, sum) in [d_p, d_z, d_r, d_n].into_iter().zip(&mut d_bias) {
                store(ops, d_sum, to);
                to = &mut to[ops.len()..];
                *sum = ops.add(*sum, d_sum);
            }
            self.put(isa, block, rank, [d_p, d_z, d_r, d_n]);
        }
        for (sum, to) in d_bias.into_iter().zip(self.carried.d_bias[bias..].chunks_exact_mut(ops.len())) {
            store(ops, sum, to);
        }
    }

    /// (5), (4) and (2) of z for a block where the reset gate comes before the product.
    #[inline(always)]
    fn before<I: Isa>(
        &mut self,
        isa: I,
        activation: &Activation<f32>,
        recurrent_activation: &Activation<f32>,
        block: Block,
    ) {
        let ops = isa.f32();
        let rows = self.rows;
        for (rank, row) in rows.iter().enumerate() {
            let [z, _, g, _] = self.recorded(isa, block, row);
            let (d_z, d_g) = self.through_state(isa, block, (rank, row), [z, g], false);
            let d_p = ops.mul(d_g, slope(isa, activation, g)); // (4)
            let d_z = ops.mul(d_z, slope(isa, recurrent_activation, z)); // (2)
            self.put(isa, block, rank, [d_z, ops.zero(), d_p, ops.zero()]);
        }
    }

    /// z, r, g and n of a row; zeros for n where there is none.
    #[inline(always)]
    fn recorded<I: Isa>(&self, isa: I, Block { in_share, len, .. }: Block, row: usize) -> [I::F32; 4] {
        let carried = &*self.carried;
        let units = carried.share.len();
        let values = carried.history.at((carried.first, carried.count), row, self.rows.time).values;
        let mut vectors = [isa.f32().zero(); 4];
        for (n, vector) in vectors.iter_mut().take(values.len() / units).enumerate() {
            *vector = load_at_least(isa.f32(), &values[n * units + in_share..], len);
        }
        vectors
    }

    /// (5): from the gradient by the state after the step to those by z and g, and to what goes to the state before it
    /// directly; keeps that state, if it `keeps`.
    #[inline(always)]
    fn through_state<I: Isa>(
        &mut self,
        isa: I,
        block: Block,
        (rank, row): (usize, usize),
        [z, g]: [I::F32; 2],
        keeps: bool,
    ) -> (I::F32, I::F32) {
        let ops = isa.f32();
        let h = match keeps {
            true => self.keep_previous_h(isa, block, (rank, row)),
            false => self.before_step(isa, block, row),
        };
        let Block { in_share, len, .. } = block;
        let d_h = &mut self.carried.d_h[row * self.carried.share.len() + in_share..];
        let d = load_at_least(ops, d_h, len);
        store_first(ops, ops.mul(d, z), &mut d_h[..len]);
        (ops.mul(d, ops.sub(h, g)), ops.mul(d, ops.sub(ops.one(), z)))
    }

    /// The state of a row before the step.
    #[inline(always)]
    fn before_step<I: Isa>(&self, isa: I, Block { in_share, len, .. }: Block, row: usize) -> I::F32 {
        let carried = &*self.carried;
        let h = carried.history.before((carried.first, carried.count), row, self.rows.time);
        load_at_least(isa.f32(), &h[in_share..], len)
    }

    /// Keeps it for the products by the weights, too.
    #[inline(always)]
    fn keep_previous_h<I: Isa>(&mut self, isa: I, block: Block, (rank, row): (usize, usize)) -> I::F32 {
        let h = self.before_step(isa, block, row);
        if !self.carried.previous_h.is_empty() {
            let to = self.slots.at(rank) * self.carried.kept.sizes.units + block.unit;
            store_first(isa.f32(), h, &mut self.carried.previous_h[to..][..block.len]);
        }
        h
    }

    /// Writes the gradients by the sums of a row of a block, as many as there are.
    #[inline(always)]
    fn put<I: Isa>(&mut self, isa: I, Block { unit, len, .. }: Block, rank: usize, d_sums: [I::F32; 4]) {
        let (units, sums) = (self.carried.kept.sizes.units, self.carried.call.layer.kind.sums());
        let of_row = &mut self.carried.d_rows[rank * sums * units..][..sums * units];
        for (d_sum, to) in d_sums.into_iter().zip(of_row.chunks_exact_mut(units)) {
            store_first(isa.f32(), d_sum, &mut to[unit..][..len]);
        }
    }
}

// `after` writes in this order.
const _: () = {
    let places = places(Kind::ResetAfter);
    assert!(places[CANDIDATE] == 0 && places[UPDATE] == 1 && places[RESET] == 2 && places[INNER] == 3);
};
