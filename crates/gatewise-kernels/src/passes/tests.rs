use super::pass;
use crate::simd::{Isa, NumOps, SimdOp, run};
use crate::testing::numbers;

/// `same` becomes a · b + same, and `to` becomes a − b.
struct Example<'a> {
    a: &'a [f32],
    b: &'a [f32],
    same: &'a mut [f32],
    to: &'a mut [f32],
}

impl SimdOp for Example<'_> {
    type Output = ();

    #[inline(always)]
    fn eval<I: Isa>(self, isa: I) {
        let ops = isa.f32();
        pass(
            isa,
            [self.a, self.b],
            [self.same],
            [self.to],
            #[inline(always)]
            |[a, b], [same]| ([ops.add(ops.mul(a, b), same)], [ops.sub(a, b)]),
        );
    }
}

#[test]
fn every_number_of_all_arrays_is_passed_at_awkward_lengths() {
    for len in [0, 1, 3, 4, 5, 7, 8, 9, 15, 16, 17, 35] {
        let [a, b, before] = [1, 2, 3].map(|seed| numbers::<f32>(seed, len));
        let (mut same, mut to) = (before.clone(), vec![9.0; len + 1]);
        run(Example { a: &a, b: &b, same: &mut same, to: &mut to });
        for at in 0..len {
            assert_eq!(same[at], a[at] * b[at] + before[at], "{at} of {len}");
            assert_eq!(to[at], a[at] - b[at], "{at} of {len}");
        }
        assert_eq!(to[len], 9.0, "what is behind the end stays");
    }
}
