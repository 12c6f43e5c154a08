//! Loops over arrays of equal length, vector by vector, each a function of its own: among other code the compiler keeps
//! neither its constants nor its pointers in registers.

use std::array::from_fn;
use std::mem::take;

use crate::simd::{BitOps, Isa, Kernel, load, load_first, store, store_first};

/// Applies `function` to the vectors of `from` and `same` at each place; the first ones that it returns replace those of
/// `same`, the others go to `to`. It must be `#[inline(always)]`.
#[inline(always)]
pub(crate) fn pass<I: Isa, const FROM: usize, const SAME: usize, const TO: usize>(
    isa: I,
    from: [&[f32]; FROM],
    same: [&mut [f32]; SAME],
    to: [&mut [f32]; TO],
    function: impl Fn([I::F32; FROM], [I::F32; SAME]) -> ([I::F32; SAME], [I::F32; TO]),
) {
    isa.call(Pass { from, same, to, function });
}

struct Pass<'a, F, const FROM: usize, const SAME: usize, const TO: usize> {
    from: [&'a [f32]; FROM],
    same: [&'a mut [f32]; SAME],
    to: [&'a mut [f32]; TO],
    function: F,
}

impl<I: Isa, F, const FROM: usize, const SAME: usize, const TO: usize> Kernel<I>
    for Pass<'_, F, FROM, SAME, TO>
where
    F: Fn([I::F32; FROM], [I::F32; SAME]) -> ([I::F32; SAME], [I::F32; TO]),
{
    #[inline(always)]
    fn eval(mut self, isa: I) {
        let lanes = isa.f32().len();
        let len = if FROM > 0 { self.from[0].len() } else { self.same[0].len() };
        let (count, rest) = (len / lanes, len % lanes);
        if rest > 0 {
            self.vector(isa, len - rest, rest);
        }
        match lanes {
            16 => self.vectors::<I, 16>(isa, count),
            8 => self.vectors::<I, 8>(isa, count),
            _ => self.vectors::<I, 4>(isa, count),
        }
    }
}

impl<F, const FROM: usize, const SAME: usize, const TO: usize> Pass<'_, F, FROM, SAME, TO> {
    /// The first `count` whole vectors, of `LANES` numbers. All arrays are cut to one length, so that there is nothing to be
    /// checked for each vector.
    #[inline(always)]
    fn vectors<I: Isa, const LANES: usize>(mut self, isa: I, count: usize)
    where
        F: Fn([I::F32; FROM], [I::F32; SAME]) -> ([I::F32; SAME], [I::F32; TO]),
    {
        let ops = isa.f32();
        let mut from = [&[][..]; FROM];
        for (cut, array) in from.iter_mut().zip(self.from) {
            *cut = &array.as_chunks::<LANES>().0[..count];
        }
        let mut same: [&mut [[f32; LANES]]; SAME] = from_fn(|_| Default::default());
        for (cut, array) in same.iter_mut().zip(&mut self.same) {
            *cut = &mut take(array).as_chunks_mut().0[..count];
        }
        let mut to: [&mut [[f32; LANES]]; TO] = from_fn(|_| Default::default());
        for (cut, array) in to.iter_mut().zip(&mut self.to) {
            *cut = &mut take(array).as_chunks_mut().0[..count];
        }
        for at in 0..count {
            let (mut from_vectors, mut same_vectors) = ([ops.zero(); FROM], [ops.zero(); SAME]);
            for (vector, array) in from_vectors.iter_mut().zip(&from) {
                *vector = load(ops, &array[at]);
            }
            for (vector, array) in same_vectors.iter_mut().zip(&same) {
                *vector = load(ops, &array[at]);
            }
            let (same_vectors, to_vectors) = (self.function)(from_vectors, same_vectors);
            for (vector, array) in same_vectors.into_iter().zip(&mut same) {
                store(ops, vector, &mut array[at]);
            }
            for (vector, array) in to_vectors.into_iter().zip(&mut to) {
                store(ops, vector, &mut array[at]);
            }
        }
    }

    /// The `len` numbers from `at` on, fewer than a vector.
    #[inline(always)]
    fn vector<I: Isa>(&mut self, isa: I, at: usize, len: usize)
    where
        F: Fn([I::F32; FROM], [I::F32; SAME]) -> ([I::F32; SAME], [I::F32; TO]),
    {
        let ops = isa.f32();
        let mut from = [ops.zero(); FROM];
        for (vector, array) in from.iter_mut().zip(&self.from) {
            *vector = load_first(ops, &array[at..][..len]);
        }
        let mut same = [ops.zero(); SAME];
        for (vector, array) in same.iter_mut().zip(&self.same) {
            *vector = load_first(ops, &array[at..][..len]);
        }
        let (same, to) = (self.function)(from, same);
        for (vector, array) in same.into_iter().zip(&mut self.same) {
            store_first(ops, vector, &mut array[at..][..len]);
        }
        for (vector, array) in to.into_iter().zip(&mut self.to) {
            store_first(ops, vector, &mut array[at..][..len]);
        }
    }
}

#[cfg(test)]
mod tests;
