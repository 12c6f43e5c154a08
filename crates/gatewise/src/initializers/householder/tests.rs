use super::*;

/// Numbers without structure, in [−1, 1).
fn matrix(rows: usize, columns: usize) -> Columns {
    let mut state = 1_u64;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as f64 / (1_u64 << 30) as f64 - 1.0
    };
    (0..columns).map(|_| (0..rows).map(|_| next()).collect()).collect()
}

fn assert_orthonormal(columns: &Columns) {
    for (i, left) in columns.iter().enumerate() {
        for (j, right) in columns.iter().enumerate() {
            let expected = f64::from(u8::from(i == j));
            assert!((dot(left, right) - expected).abs() < 1e-13, "columns {i} and {j}");
        }
    }
}

#[test]
fn a_dot_product_counts_every_element() {
    for len in [0, 1, LANES - 1, LANES, LANES + 1, 3 * LANES + 2] {
        let ones = vec![1.0; len];
        let numbers: Vec<f64> = (0..len).map(|index| index as f64).collect();
        assert_eq!(dot(&ones, &numbers), numbers.iter().sum::<f64>());
    }
}

#[test]
fn the_columns_of_the_factor_are_orthonormal() {
    for (rows, columns) in [(1, 1), (2, 1), (5, 5), (40, 10), (33, 32)] {
        assert_orthonormal(&orthogonal_factor(matrix(rows, columns)));
    }
}

#[test]
fn factor_and_matrix_differ_by_an_upper_triangle_with_a_positive_diagonal() {
    let columns = matrix(12, 7);
    let factor = orthogonal_factor(columns.clone());
    for (j, column) in columns.iter().enumerate() {
        let products: Vec<f64> = factor.iter().map(|q| dot(q, column)).collect();
        assert!(products[j] > 0.0);
        assert!(products[j + 1..].iter().all(|product| product.abs() < 1e-13));
        for row in 0..12 {
            let restored: f64 = factor.iter().zip(&products).map(|(q, product)| q[row] * product).sum();
            assert!((restored - column[row]).abs() < 1e-13);
        }
    }
}

#[test]
fn a_factor_by_hand_is_met() {
    let factor = orthogonal_factor(vec![vec![3.0, 4.0], vec![1.0, 0.0]]);
    let expected = [[0.6, 0.8], [0.8, -0.6]];
    for (column, expected) in factor.iter().zip(expected) {
        assert!(column.iter().zip(expected).all(|(got, expected)| (got - expected).abs() < 1e-15));
    }
}

#[test]
fn a_column_of_zeros_comes_out_as_zeros() {
    let factor = orthogonal_factor(vec![vec![0.0, 0.0], vec![0.0, 2.0]]);
    assert_eq!(factor[0], [0.0, 0.0]);
    assert!(factor[1][0].abs() < 1e-15 && (factor[1][1] - 1.0).abs() < 1e-15);
}

#[test]
fn the_number_of_threads_does_not_change_a_bit() {
    let columns = matrix(600, 300);
    const { assert!(600 * 299 > PARALLEL_FROM) };
    let with = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| orthogonal_factor(columns.clone()))
    };
    assert_eq!(with(1), with(3));
}
