//! The gradients by the sums of a step, once they are complete, copied to where the products by the weights read them.

use super::carried::Carried;
use crate::recurrent::backward::kept::Slots;
use crate::recurrent::rows::UsedRows;
use crate::rnn::{Kind, RESET};
use crate::simd::{BitOps, Isa, Kernel, NumOps, load, load_at_least, store};

/// Keeps the gradients of the rows that use a step, with the states before it, and adds them to those by the bias.
pub(super) struct Keep<'a, 'b> {
    pub carried: &'b mut Carried<'a>,
    pub rows: UsedRows<'b>,
    pub slots: Slots,
}

impl<I: Isa> Kernel<I> for Keep<'_, '_> {
    #[inline(always)]
    fn eval(mut self, isa: I) {
        let rows = self.rows;
        for (rank, row) in rows.iter().enumerate() {
            self.keep_states((rank, row));
            self.keep_sums(isa, rank);
        }
    }
}

impl Keep<'_, '_> {
    #[inline(always)]
    fn keep_states(&mut self, (rank, row): (usize, usize)) {
        let Carried { call, first, count, .. } = *self.carried;
        let units = call.layer.sizes.units;
        let slot = self.slots.at(rank) * units;
        let h = call.history.before((first, count), row, self.rows.time);
        self.carried.previous_h[slot..][..units].copy_from_slice(h);
        if call.layer.kind == Kind::ResetBefore {
            let values = call.history.at((first, count), row, self.rows.time).values;
            let to = &mut self.carried.reset_h[slot..][..units];
            to.iter_mut().zip(h).zip(&values[RESET * units..]).for_each(|((to, h), r)| *to = r * h);
        }
    }

    /// Vector by vector: those of a sum lie in a slot of each block of units, or side by side in a slot of several.
    #[inline(always)]
    fn keep_sums<I: Isa>(&mut self, isa: I, rank: usize) {
        let (ops, kept) = (isa.f32(), self.carried.kept);
        let (units, sums) = (kept.sizes.units, self.carried.call.layer.kind.sums());
        let of_row = &self.carried.d_rows[rank * sums * units..][..sums * units];
        for sum in 0..sums {
            for vector in 0..units.div_ceil(ops.len()) {
                let block = vector / kept.layout.vectors_of_units;
                let within = (sum + vector % kept.layout.vectors_of_units) * ops.len();
                let len = ops.len().min(units - vector * ops.len());
                let d_sum = load_at_least(ops, &of_row[sum * units + vector * ops.len()..], len);
                let slot =
                    block * kept.block_stride(self.carried.count) + self.slots.at(rank) * kept.slot_len();
                store(ops, d_sum, &mut self.carried.d_z[slot + within..]);
                let total = &mut self.carried.d_bias[block * kept.slot_len() + within..];
                store(ops, ops.add(load(ops, total), d_sum), total);
            }
        }
    }
}
