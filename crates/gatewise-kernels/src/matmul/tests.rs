//! The fast product against the reference, bit by bit.

use super::{PackedRight, Product, matmul, matmul_packed, reference, workspace_len};
use crate::testing::{assert_close, assert_same_bits, numbers, on_threads};
use crate::{InstructionSet, Real};
use proptest::prelude::*;

/// The products of one shape in all eight layouts.
fn layouts(m: usize, k: usize, n: usize) -> impl Iterator<Item = Product> {
    (0..8).map(move |bits| Product {
        m,
        k,
        n,
        a_transposed: bits & 1 != 0,
        b_transposed: bits & 2 != 0,
        accumulate: bits & 4 != 0,
    })
}

fn operands<F: Real>(product: &Product) -> [Vec<F>; 4] {
    let Product { m, k, n, .. } = *product;
    [numbers(1, m * k), numbers(2, k * n), numbers(3, n), numbers(4, m * n)]
}

fn fast(product: &Product, with_bias: bool) -> Vec<f32> {
    let [a, b, bias, mut c] = operands(product);
    let mut workspace = vec![f32::NAN; workspace_len(product)];
    matmul(product, &a, &b, with_bias.then_some(&bias), &mut c, &mut workspace);
    c
}

fn expected<F: Real>(product: &Product, with_bias: bool) -> Vec<F> {
    let [a, b, bias, mut c] = operands(product);
    reference::matmul(product, &a, &b, with_bias.then_some(&bias), &mut c);
    c
}

fn assert_reference(product: &Product, with_bias: bool) {
    let (got, expected) = (fast(product, with_bias), expected(product, with_bias));
    let what = format!("{product:?}, bias {with_bias}");
    if InstructionSet::current() == InstructionSet::Generic {
        assert_close(&what, &got, &expected, 1e-5);
    } else {
        assert_same_bits(&what, &got, &expected);
    }
}

#[test]
fn an_operand_that_was_packed_before_gives_the_same_bits() {
    for (m, k, n) in [(0, 3, 4), (1, 0, 5), (1, 32, 1), (7, 19, 33), (64, 70, 65)] {
        for product in layouts(m, k, n).filter(|product| !product.a_transposed && !product.accumulate) {
            for with_bias in [false, true] {
                let [a, b, bias, mut c] = operands(&product);
                let packed = PackedRight::new(&product, &b);
                matmul_packed(&product, &a, &packed, with_bias.then_some(&bias), &mut c);
                assert_same_bits(&format!("{product:?}"), &c, &fast(&product, with_bias));
            }
        }
    }
}

#[test]
fn the_reference_multiplies_rows_by_columns() {
    let product = Product::new(2, 3, 2);
    let mut c = [0.0; 4];
    reference::matmul(
        &product,
        &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0],
        &[1.0, 0.5, 2.0, 0.0, 3.0, -1.0],
        None,
        &mut c,
    );
    assert_eq!(c, [14.0, -2.5, 32.0, -4.0]);
    reference::matmul(&product, &[0.0; 6], &[0.0; 6], Some(&[7.0, 8.0]), &mut c);
    assert_eq!(c, [7.0, 8.0, 7.0, 8.0]);
    let sums = Product { accumulate: true, ..product };
    reference::matmul(&sums, &[1.0; 6], &[1.0; 6], None, &mut c);
    assert_eq!(c, [10.0, 11.0, 10.0, 11.0]);
}

#[test]
fn transposed_operands_of_the_reference_are_the_same_product() {
    let plain = Product::new(2, 3, 4);
    let (a, b) = (numbers::<f64>(1, 6), numbers::<f64>(2, 12));
    let turned = |x: &[f64], rows: usize, columns: usize| -> Vec<f64> {
        (0..rows * columns).map(|n| x[n % rows * columns + n / rows]).collect()
    };
    let mut c = [0.0; 8];
    reference::matmul(&plain, &a, &b, None, &mut c);
    let mut from_turned = [0.0; 8];
    let product = Product { a_transposed: true, b_transposed: true, ..plain };
    reference::matmul(&product, &turned(&a, 2, 3), &turned(&b, 3, 4), None, &mut from_turned);
    assert_eq!(c, from_turned);
}

#[test]
fn fast_has_the_bits_of_the_reference_at_awkward_sizes() {
    for m in [0, 1, 2, 5, 6, 7, 13] {
        for k in [0, 1, 2, 33] {
            for n in [0, 1, 3, 4, 7, 8, 9, 15, 16, 17, 35, 63, 64, 65, 130] {
                for product in layouts(m, k, n) {
                    assert_reference(&product, false);
                }
                assert_reference(&Product::new(m, k, n), true);
            }
        }
    }
}

#[test]
fn fast_has_the_bits_of_the_reference_when_cut_into_blocks_and_tasks() {
    for (m, k, n) in [(50, 600, 70), (301, 257, 9), (100, 256, 129), (97, 513, 64)] {
        for product in layouts(m, k, n) {
            assert_reference(&product, false);
        }
        assert_reference(&Product { a_transposed: true, ..Product::new(m, k, n) }, true);
    }
}

#[test]
fn any_number_of_threads_gives_the_same_bits() {
    for product in layouts(150, 300, 90) {
        let alone = on_threads(1, || fast(&product, false));
        for num_threads in [2, 5] {
            assert_same_bits("c", &on_threads(num_threads, || fast(&product, false)), &alone);
        }
    }
}

#[test]
fn columns_of_nan_stay_in_their_columns() {
    let product = Product::new(9, 5, 40);
    let (a, mut b) = (vec![1.0; 45], vec![1.0; 200]);
    b[17] = f32::NAN;
    let mut c = vec![0.0; 360];
    matmul(&product, &a, &b, None, &mut c, &mut vec![0.0; workspace_len(&product)]);
    for (n, value) in c.iter().enumerate() {
        assert_eq!(value.is_nan(), n % 40 == 17);
    }
}

proptest! {
    #[test]
    fn fast_agrees_with_double_precision(m in 0usize..40, k in 0usize..40, n in 0usize..80, layout in 0usize..8) {
        let product = layouts(m, k, n).nth(layout).expect("there are eight layouts");
        let got: Vec<f64> = fast(&product, false).into_iter().map(f64::from).collect();
        assert_close("c", &got, &expected(&product, false), 1e-5);
    }
}

#[test]
#[should_panic(expected = "`b` must hold k × n = 3 × 4 numbers")]
fn operands_of_the_wrong_size_panic() {
    matmul(&Product::new(2, 3, 4), &[0.0; 6], &[0.0; 11], None, &mut [0.0; 8], &mut [0.0; 300]);
}
