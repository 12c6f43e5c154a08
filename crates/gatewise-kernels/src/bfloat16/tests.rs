use super::{Pair, load_pairs, pair, round};
use crate::simd::{Isa, Simd, SimdOp, lanes, run};
use crate::testing::{assert_same_bits, numbers};

#[test]
fn a_number_goes_to_the_nearest_of_its_two_neighbours() {
    for x in numbers::<f32>(1, 10_000).into_iter().chain([1e-38, 3e-41, 1e38]) {
        let rounded = round(x);
        assert_eq!(rounded.to_bits() & 0xffff, 0, "{x}");
        let below = f32::from_bits(x.to_bits() & 0xffff_0000);
        let above = f32::from_bits((x.to_bits() & 0xffff_0000) + 0x1_0000);
        let [to_below, to_above] = [below, above].map(|y| (f64::from(x) - f64::from(y)).abs());
        if to_below == to_above {
            continue;
        }
        let expected = if to_below < to_above { below } else { above };
        assert_eq!(rounded.to_bits(), expected.to_bits(), "{x}");
    }
}

#[test]
fn a_tie_goes_to_the_even_number() {
    let step = 2.0f32.powi(-7);
    assert_eq!(round(1.0 + 0.5 * step), 1.0);
    assert_eq!(round(1.0 + 1.5 * step), 1.0 + 2.0 * step);
    assert_eq!(round(-1.0 - 0.5 * step), -1.0);
    assert_eq!(round((1.0 + 0.5 * step).next_up()), 1.0 + step);
    assert_eq!(round((1.0 + 1.5 * step).next_down()), 1.0 + step);
}

#[test]
fn what_bfloat16_has_stays_as_it_is() {
    let smallest = f32::from_bits(0x1_0000);
    assert_same_bits(
        "exact",
        &[0.0, -0.0, 1.0, -2.5, smallest, f32::INFINITY, f32::NEG_INFINITY].map(round),
        &[0.0, -0.0, 1.0, -2.5, smallest, f32::INFINITY, f32::NEG_INFINITY],
    );
}

#[test]
fn beyond_the_largest_number_lies_infinity() {
    let largest = f32::from_bits(0x7f7f_0000);
    assert_eq!(round(largest), largest);
    assert_eq!(round(f32::from_bits(0x7f7f_7fff)), largest);
    assert_eq!(round(f32::from_bits(0x7f7f_8000)), f32::INFINITY);
    assert_eq!(round(-f32::MAX), f32::NEG_INFINITY);
}

#[test]
fn nan_remains_nan_whichever_bits_make_it_one() {
    for bits in [0x7fc0_0000, 0x7f80_0001, 0x7fff_ffff, 0xff80_0001, 0xffff_ffff] {
        assert!(round(f32::from_bits(bits)).is_nan(), "{bits:x}");
    }
}

struct LoadPairs<'a> {
    from: &'a [Pair],
}

impl SimdOp for LoadPairs<'_> {
    type Output = [Vec<f32>; 2];

    fn eval<I: Isa>(self, isa: I) -> [Vec<f32>; 2] {
        load_pairs(isa, self.from).map(|vector| vector.to_array().as_ref().to_vec())
    }
}

#[test]
fn pairs_come_back_rounded() {
    let (lower, upper) = (numbers::<f32>(2, lanes()), numbers::<f32>(3, lanes()));
    let pairs: Vec<Pair> = lower.iter().zip(&upper).map(|(&lower, &upper)| pair(lower, upper)).collect();
    let [got_lower, got_upper] = run(LoadPairs { from: &pairs });
    let rounded = |numbers: Vec<f32>| numbers.into_iter().map(round).collect::<Vec<_>>();
    assert_same_bits("lower", &got_lower, &rounded(lower));
    assert_same_bits("upper", &got_upper, &rounded(upper));
}
