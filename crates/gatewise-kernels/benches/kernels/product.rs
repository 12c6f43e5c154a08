//! Products of matrices.

use criterion::{BenchmarkId, Criterion, Throughput};
use gatewise_kernels::matmul::{Product, matmul, reference, workspace_len};

use crate::{assert_close, numbers};

/// m, k and n: one row by a recurrent kernel, a batch by one, and the gradient of one.
const SHAPES: [[usize; 3]; 3] = [[1, 64, 256], [64, 128, 512], [128, 3200, 512]];

pub fn check() {
    for [m, k, n] in [[1, 20, 36], [13, 40, 67]] {
        let product = Product::new(m, k, n);
        let (a, b) = (numbers(m * k, 1.0), numbers(k * n, 1.0));
        let (mut got, mut expected) = (vec![f32::NAN; m * n], vec![f32::NAN; m * n]);
        matmul(&product, &a, &b, None, &mut got, &mut vec![f32::NAN; workspace_len(&product)]);
        reference::matmul(&product, &a, &b, None, &mut expected);
        assert_close("product", &got, &expected);
    }
}

/// Throughput is in multiply-adds.
pub fn time(criterion: &mut Criterion, set: &str) {
    let mut group = criterion.benchmark_group(format!("{set}/matmul"));
    for [m, k, n] in SHAPES {
        let product = Product::new(m, k, n);
        let (a, b, mut c) = (numbers(m * k, 1.0), numbers(k * n, 1.0), vec![0.0; m * n]);
        let mut workspace = vec![0.0; workspace_len(&product)];
        group.throughput(Throughput::Elements((m * k * n) as u64));
        group.bench_function(BenchmarkId::from_parameter(format!("{m}x{k}x{n}")), |bencher| {
            bencher.iter(|| matmul(&product, &a, &b, None, &mut c, &mut workspace));
        });
    }
    group.finish();
}
