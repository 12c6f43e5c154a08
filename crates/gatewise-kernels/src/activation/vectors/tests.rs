//! Against double precision, on every instruction set of this CPU.

use super::{sigmoid, tanh};
use crate::simd::{BitOps, Isa, SimdOp, run};

/// The functions of the numbers of a slice, in place.
struct Both<'a> {
    sigmoid: &'a mut [f32],
    tanh: &'a mut [f32],
}

impl SimdOp for Both<'_> {
    type Output = ();

    #[inline(always)]
    fn eval<I: Isa>(self, isa: I) {
        let ops = isa.f32();
        for x in self.sigmoid.chunks_exact_mut(ops.len()) {
            ops.store(sigmoid(isa, ops.load(x)), x);
        }
        for x in self.tanh.chunks_exact_mut(ops.len()) {
            ops.store(tanh(isa, ops.load(x)), x);
        }
    }
}

/// Sigmoid and tanh of each number; their count is a multiple of 16.
fn values(x: &[f32]) -> [Vec<f32>; 2] {
    let (mut sigmoid, mut tanh) = (x.to_vec(), x.to_vec());
    run(Both { sigmoid: &mut sigmoid, tanh: &mut tanh });
    [sigmoid, tanh]
}

/// Numbers of all magnitudes and signs, and a fine grid where the functions bend.
fn sweep() -> Vec<f32> {
    let grid = (-160_000..160_000).map(|n| n as f32 / 8192.0);
    let magnitudes = (-1200..1200).map(|n| (n as f32 / 40.0).exp2());
    grid.chain(magnitudes.clone()).chain(magnitudes.map(|x| -x)).collect()
}

#[test]
fn they_are_off_by_a_few_units_in_the_last_place() {
    let x = sweep();
    assert_eq!(x.len() % 16, 0);
    let [sigmoid, tanh] = values(&x);
    for ((&x, sigmoid), tanh) in x.iter().zip(sigmoid).zip(tanh) {
        let x = f64::from(x);
        let expected = 1.0 / (1.0 + (-x).exp());
        let error = (f64::from(sigmoid) - expected).abs();
        assert!(error <= 4.8e-7 * expected + 2e-38, "sigmoid of {x}: {sigmoid}, expected {expected}");
        let expected = x.tanh();
        let error = (f64::from(tanh) - expected).abs();
        assert!(error <= 4.8e-7 * expected.abs(), "tanh of {x}: {tanh}, expected {expected}");
        assert!(tanh.abs() <= 1.0 && sigmoid <= 1.0);
    }
}

#[test]
fn the_ends_and_nan_are_what_they_should_be() {
    let mut x = vec![0.0; 16];
    let negative_nan = f32::from_bits(0xffc0_0001);
    x[..6].copy_from_slice(&[f32::INFINITY, f32::NEG_INFINITY, f32::NAN, negative_nan, -0.0, f32::MAX]);
    let [sigmoid, tanh] = values(&x);
    assert_eq!((sigmoid[0], tanh[0]), (1.0, 1.0));
    assert!(sigmoid[1] < 1e-37);
    assert_eq!(tanh[1], -1.0);
    assert!([sigmoid[2], tanh[2], sigmoid[3], tanh[3]].iter().all(|value| value.is_nan()));
    assert_eq!((sigmoid[4], tanh[4].to_bits()), (0.5, (-0.0_f32).to_bits()));
    assert_eq!((sigmoid[5], tanh[5]), (1.0, 1.0));
}
