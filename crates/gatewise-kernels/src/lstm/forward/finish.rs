//! (2) to (4) for a block of units with the default activations.

use crate::activation::{sigmoid, tanh};
use crate::lstm::record::KEPT;
use crate::simd::{Isa, Kernel, NumOps, load_at_least, store_first};

/// Where a row lies.
#[derive(Clone, Copy, Default)]
pub(super) struct Place {
    /// The number of its block among those that follow each other in the record.
    pub row: usize,
    /// Its first number in the states, `[count, H]`.
    pub state: usize,
    /// Its first number in the output.
    pub output: usize,
}

impl Place {
    /// Where the block that follows the first one of the row lies in a chunk of `count` rows, as if it were a row by itself.
    #[inline(always)]
    pub fn of_next_block(self, count: usize, lanes: usize) -> Self {
        Self { row: self.row + count, state: self.state + lanes, output: self.output + lanes }
    }
}

/// Turns z of a block of units of some rows into their states.
///
/// Every function is applied to all rows before the next one is: the chain from z to h is long, and the processor looks ahead
/// as far as two rows at most.
pub(super) struct Finish<'a, V> {
    /// For each row the four gates.
    pub z: &'a mut [[V; 4]],
    pub places: &'a [Place],
    /// The first unit of the block, and how many there are, at most a vector.
    pub unit: usize,
    pub len: usize,
    pub c: &'a mut [f32],
    pub next_h: &'a mut [f32],
    /// If the output is wanted.
    pub y: Option<&'a mut [f32]>,
    /// From the block on.
    pub record: Option<&'a mut [f32]>,
}

impl<I: Isa> Kernel<I> for Finish<'_, I::F32> {
    #[inline(always)]
    fn eval(mut self, isa: I) {
        self.gates(isa);
        self.cells(isa);
    }
}

impl<V: Copy> Finish<'_, V> {
    /// (2), in the place of z.
    #[inline(always)]
    fn gates<I: Isa<F32 = V>>(&mut self, isa: I) {
        for z in &mut *self.z {
            *z = [sigmoid(isa, z[0]), sigmoid(isa, z[1]), tanh(isa, z[2]), sigmoid(isa, z[3])];
        }
    }

    /// (3) and (4).
    #[inline(always)]
    fn cells<I: Isa<F32 = V>>(&mut self, isa: I) {
        let (ops, unit, len) = (isa.f32(), self.unit, self.len);
        for (&[i, f, g, o], place) in self.z.iter().zip(self.places) {
            let state = place.state + unit;
            let c = &mut self.c[state..];
            let next_c = ops.mul_add(i, g, ops.mul(f, load_at_least(ops, c, len))); // (3)
            store_first(ops, next_c, &mut c[..len]);
            let phi_c = tanh(isa, next_c);
            let h = ops.mul(o, phi_c); // (4)
            store_first(ops, h, &mut self.next_h[state..][..len]);
            if let Some(y) = &mut self.y {
                store_first(ops, h, &mut y[place.output + unit..][..len]);
            }
            if let Some(record) = &mut self.record {
                let mut to = &mut record[place.row * KEPT * len..][..KEPT * len];
                for value in [i, f, g, o, next_c, phi_c] {
                    store_first(ops, value, &mut to[..len]);
                    to = &mut to[len..];
                }
            }
        }
    }
}
