//! (4) to (2) differentiated over whole rows: what a step does with other activations than the default ones.

use std::array::from_fn;
use std::ops::Range;

use super::carried::Carried;
use crate::activation::Activation;
use crate::lstm::GATES;
use crate::lstm::gates::{Recorded, activate_rows, differentiate_rows};
use crate::lstm::record::{C, O, PHI_C, place_of_z};
use crate::passes::pass;
use crate::recurrent::backward::kept::Slots;
use crate::simd::{BitOps, Isa, Kernel, NumOps, load_first, store, store_first, without_tiny};

/// How many numbers of scratch a unit needs: the gradients by φ(c) and by the gates, and values and slopes of gates.
pub(super) const SCRATCH: usize = 1 + 3 * GATES;

impl Carried<'_> {
    /// See [`Self::differentiate_step`]: for `rows` that use step `number`, of which the first has this rank among all used rows.
    #[inline(always)]
    pub(super) fn by_rows<I: Isa>(
        &mut self,
        isa: I,
        number: usize,
        rows: Range<usize>,
        (rank, slots): (usize, Slots),
    ) {
        self.keep_previous_h(isa, number, &rows, (rank, slots));
        self.compute_gates_again(isa, number, &rows);
        self.differentiate(isa, number, &rows);
        isa.call(KeepDZ { count: rows.len(), carried: self, rank, slots });
    }

    /// Part `which` of rows as it was recorded at step `number`, `[rows, H]`.
    #[inline(always)]
    fn recorded(&self, number: usize, which: usize, rows: &Range<usize>) -> &[f32] {
        let time = self.call.layer.time(number);
        &self.record[self.layout.rows(time, which, rows.clone())]
    }

    /// Where rows lie in a state of the batch.
    fn of_batch(&self, rows: &Range<usize>) -> Range<usize> {
        let units = self.call.layer.sizes.units;
        (self.first + rows.start) * units..(self.first + rows.end) * units
    }

    /// Writes the hidden states before step `number` to their slots.
    #[inline(always)]
    fn keep_previous_h<I: Isa>(
        &mut self,
        isa: I,
        number: usize,
        rows: &Range<usize>,
        (rank, slots): (usize, Slots),
    ) {
        let ops = isa.f32();
        let units = self.call.layer.sizes.units;
        let previous_h = std::mem::take(&mut self.previous_h);
        let to = |row: usize| slots.at(rank + row) * units..(slots.at(rank + row) + 1) * units;
        match number {
            0 => {
                let h0 = &self.call.inputs.h0[self.of_batch(rows)];
                for (row, h0) in h0.chunks_exact(units).enumerate() {
                    previous_h[to(row)].copy_from_slice(h0);
                }
            }
            _ => {
                let [o, phi_c] = [O, PHI_C].map(|which| self.recorded(number - 1, which, rows));
                for (row, (o, phi_c)) in o.chunks_exact(units).zip(phi_c.chunks_exact(units)).enumerate() {
                    pass(
                        isa,
                        [o, phi_c],
                        [],
                        [&mut previous_h[to(row)]],
                        #[inline(always)]
                        |[o, phi_c], []| ([], [ops.mul(o, phi_c)]),
                    );
                }
            }
        }
        self.previous_h = previous_h;
    }

    /// The values of gates of which only z was recorded, and slopes where z gives both at once.
    #[inline(always)]
    fn compute_gates_again<I: Isa>(&mut self, isa: I, number: usize, rows: &Range<usize>) {
        let (layer, units) = (self.call.layer, self.call.layer.sizes.units);
        let len = rows.len() * units;
        let gates = std::mem::take(&mut self.gates);
        let (values, slopes) = gates.split_at_mut(GATES * len);
        for (gate, (value, slope)) in
            values.chunks_exact_mut(len).zip(slopes.chunks_exact_mut(len)).enumerate()
        {
            let Some(part) = place_of_z(layer, gate) else { continue };
            let z = self.recorded(number, part, rows);
            match layer.gate_activation(gate) {
                Activation::Custom(function) if function.is_elementwise() => {
                    function.value_and_slope(z, value, slope);
                }
                activation => activate_rows(isa, activation, units, z, value),
            }
        }
        self.gates = gates;
    }

    /// The value of a gate, and its z if it was recorded.
    #[inline(always)]
    fn gate(&self, number: usize, gate: usize, rows: &Range<usize>) -> (&[f32], &[f32]) {
        let (layer, len) = (self.call.layer, rows.len() * self.call.layer.sizes.units);
        match place_of_z(layer, gate) {
            None => (self.recorded(number, gate, rows), &[]),
            Some(part) => (&self.gates[gate * len..][..len], self.recorded(number, part, rows)),
        }
    }

    /// From the gradients by h and c after the step to those by its z, `[4, rows, H]` in `d_parts`, and by c before it.
    #[inline(always)]
    fn differentiate<I: Isa>(&mut self, isa: I, number: usize, rows: &Range<usize>) {
        let (ops, layer) = (isa.f32(), self.call.layer);
        let units = layer.sizes.units;
        let (states, len) = (rows.start * units..rows.end * units, rows.len() * units);
        let d_parts = std::mem::take(&mut self.d_parts);
        let d_c = std::mem::take(&mut self.d_c);
        let (d_z, rest) = d_parts.split_at_mut(GATES * len);
        let d_cell = &mut rest[..len];
        let gates: [_; GATES] = from_fn(|gate| self.gate(number, gate, rows));
        let [i, f, g, o] = gates.map(|gate| gate.0);
        let [c, phi_c] = [C, PHI_C].map(|which| self.recorded(number, which, rows));
        let previous_c = match number {
            0 => &self.call.inputs.c0[self.of_batch(rows)],
            _ => self.recorded(number - 1, C, rows),
        };
        let d_h = &self.d_h[states.clone()];
        pass(
            isa,
            [d_h, o],
            [],
            [&mut *d_cell],
            #[inline(always)]
            |[d_h, o], []| ([], [ops.mul(d_h, o)]), // (4)
        );
        differentiate_rows(isa, &layer.activation, units, (c, phi_c), d_cell);
        let [d_i, d_f, d_g, d_o] = d_z
            .get_disjoint_mut(from_fn(|gate| gate * len..(gate + 1) * len))
            .expect("the gates lie side by side");
        pass(
            isa,
            [previous_c, d_h, i, f, g, phi_c, d_cell],
            [&mut d_c[states]],
            [d_i, d_f, d_g, d_o],
            #[inline(always)]
            |[previous_c, d_h, i, f, g, phi_c, d_cell], [d_c]| {
                let block = Recorded { gates: [i, f, g, d_cell], phi_c, previous_c };
                let (d_gates, d_previous_c) = block.backward(isa, d_h, ops.add(d_c, d_cell));
                ([without_tiny(ops, d_previous_c)], d_gates)
            },
        );
        for (gate, (d_z, (y, z))) in d_z.chunks_exact_mut(len).zip(gates).enumerate() {
            match layer.gate_activation(gate) {
                Activation::Custom(function) if function.is_elementwise() && function.reads_x() => pass(
                    isa,
                    [&self.gates[(GATES + gate) * len..][..len]],
                    [d_z],
                    [],
                    #[inline(always)]
                    |[slope], [d]| ([ops.mul(d, slope)], []), // (2)
                ),
                activation => differentiate_rows(isa, activation, units, (z, y), d_z), // (2)
            }
        }
        self.d_c = d_c;
        self.d_parts = d_parts;
    }
}

/// Puts the gradients by z of `count` rows where the products by the weights read them, and adds them to that by the bias.
struct KeepDZ<'a, 'b> {
    carried: &'b mut Carried<'a>,
    count: usize,
    rank: usize,
    slots: Slots,
}

impl<I: Isa> Kernel<I> for KeepDZ<'_, '_> {
    #[inline(always)]
    fn eval(mut self, isa: I) {
        let (lanes, units) = (isa.f32().len(), self.carried.call.layer.sizes.units);
        for unit in (0..units).step_by(lanes) {
            // The length of all blocks but the last is known when the code is compiled.
            match units - unit < lanes {
                false => self.block(isa, unit, lanes),
                true => self.block(isa, unit, units - unit),
            }
        }
    }
}

impl KeepDZ<'_, '_> {
    /// The block of `len` units from `unit`.
    #[inline(always)]
    fn block<I: Isa>(&mut self, isa: I, unit: usize, len: usize) {
        let Self { count, rank, slots, .. } = *self;
        let (ops, carried) = (isa.f32(), &mut *self.carried);
        let (units, lanes) = (carried.call.layer.sizes.units, ops.len());
        let mut d_bias = carried.d_bias(isa, unit);
        let block = &mut carried.d_z[carried.kept.block_stride(carried.count) * (unit / lanes)..];
        let from = &carried.d_parts[..GATES * count * units];
        let rows = &mut carried.d_z_rows[GATES * rank * units..][..GATES * count * units];
        for (row, of_row) in rows.chunks_exact_mut(GATES * units).enumerate() {
            let slot = &mut block[slots.at(rank + row) * GATES * lanes..][..GATES * lanes];
            let parts = from.chunks_exact(count * units).zip(of_row.chunks_exact_mut(units));
            for ((from, of_row), (to, sum)) in parts.zip(slot.chunks_exact_mut(lanes).zip(&mut d_bias)) {
                let d_z = load_first(ops, &from[row * units + unit..][..len]);
                *sum = ops.add(*sum, d_z);
                store(ops, d_z, to);
                store_first(ops, d_z, &mut of_row[unit..][..len]);
            }
        }
        carried.set_d_bias(isa, unit, d_bias);
    }
}
