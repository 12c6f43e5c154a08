//! A small dense least-squares problem.

/// The factors that bring the sums of `rows` `[rows][factors]` closest to `targets` `[rows]`.
///
/// Solves the normal equations, which is sound for the nearly orthogonal columns that harmonics are.
pub(super) fn solve_normal_equations(rows: impl Iterator<Item = Vec<f64>>, targets: &[f64]) -> Vec<f64> {
    let mut system: Vec<Vec<f64>> = Vec::new();
    for (row, target) in rows.zip(targets) {
        if system.is_empty() {
            system = vec![vec![0.0; row.len() + 1]; row.len()];
        }
        for (equation, factor) in system.iter_mut().zip(&row) {
            for (sum, value) in equation.iter_mut().zip(row.iter().chain([target])) {
                *sum += factor * value;
            }
        }
    }
    eliminate(&mut system);
    system.iter().map(|equation| equation[equation.len() - 1]).collect()
}

/// Gauss–Jordan elimination with the largest pivot; an unknown that nothing determines becomes 0.
fn eliminate(system: &mut [Vec<f64>]) {
    let size = system.len();
    for column in 0..size {
        let pivot_row = (column..size)
            .max_by(|&a, &b| system[a][column].abs().total_cmp(&system[b][column].abs()))
            .unwrap_or(column);
        system.swap(column, pivot_row);
        let pivot = system[column][column];
        let inverse = if pivot.abs() > f64::EPSILON { 1.0 / pivot } else { 0.0 };
        system[column].iter_mut().for_each(|value| *value *= inverse);
        let pivot_equation = system[column].clone();
        for (_, equation) in system.iter_mut().enumerate().filter(|(row, _)| *row != column) {
            let factor = equation[column];
            equation.iter_mut().zip(&pivot_equation).for_each(|(value, pivot)| *value -= factor * pivot);
        }
    }
}
