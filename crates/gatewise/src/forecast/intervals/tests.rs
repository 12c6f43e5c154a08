//! Conformal quantiles, widths that grow, and coverage without peeking.

use super::{Intervals, conformal_quantile, coverage, non_decreasing};

#[test]
fn quantile_is_the_rank_of_split_conformal_prediction() {
    let sorted: Vec<f64> = (1..=19).map(f64::from).collect();
    assert_eq!(conformal_quantile(&sorted, 80), Some(16.0));
    assert_eq!(conformal_quantile(&sorted, 95), Some(19.0));
    assert_eq!(conformal_quantile(&sorted[..18], 95), None);
    assert_eq!(conformal_quantile(&[], 80), None);
}

#[test]
fn pooling_gives_the_closest_rising_sequence() {
    let pooled = non_decreasing([1.0, 3.0, 2.0, 2.0, 5.0].into_iter());
    let middle = 7.0 / 3.0;
    assert_eq!(pooled, [1.0, middle, middle, middle, 5.0]);
    assert_eq!(non_decreasing([3.0, 2.0, 1.0].into_iter()), [2.0, 2.0, 2.0]);
}

#[test]
fn far_steps_with_larger_errors_get_wider_intervals() {
    let residuals: Vec<Vec<f64>> =
        (0..20).map(|origin| vec![f64::from(origin % 5), f64::from(3 * (origin % 5))]).collect();
    let rows: Vec<&[f64]> = residuals.iter().map(Vec::as_slice).collect();
    let widths = Intervals::calibrate(&rows).unwrap().half_widths;
    for level in &widths {
        assert!((level[1] / level[0] - 3.0).abs() < 1e-12);
    }
    assert!(widths[1][0] >= widths[0][0]);
}

#[test]
fn perfect_forecasts_have_intervals_of_no_width() {
    let residuals = vec![vec![0.0; 4]; 10];
    let rows: Vec<&[f64]> = residuals.iter().map(Vec::as_slice).collect();
    assert_eq!(Intervals::calibrate(&rows).unwrap().half_widths, vec![vec![0.0; 4]; 2]);
}

#[test]
fn too_few_residuals_give_no_intervals() {
    assert_eq!(Intervals::calibrate(&[&[1.0; 9], &[2.0; 9]]), None);
}

#[test]
fn coverage_of_even_residuals_is_close_to_its_level() {
    // A sequence that fills 0..1 evenly, so that the promise of conformal prediction holds without chance.
    let residuals: Vec<Vec<f64>> =
        (0..500).map(|origin| vec![(f64::from(origin) * 0.618_033_988_75).fract()]).collect();
    let origins: Vec<usize> = (0..500).collect();
    for found in coverage(&origins, &residuals) {
        assert_eq!(found.checked, 500);
        let share = found.inside as f64 / 500.0;
        assert!((share - f64::from(found.level) / 100.0).abs() < 0.01, "{found:?}");
    }
}

#[test]
fn origin_is_checked_without_itself_and_its_neighbours() {
    // The two last forecasts are far off and overlap; calibrated with each other they would look covered.
    let mut residuals = vec![vec![1.0; 10]; 6];
    residuals[4] = vec![100.0; 10];
    residuals[5] = vec![100.0; 10];
    let origins = [100, 110, 120, 130, 140, 145];
    for found in coverage(&origins, &residuals) {
        assert_eq!((found.inside, found.checked), (40, 60), "{found:?}");
    }
}

#[test]
fn backtest_without_separate_origins_is_not_checked() {
    let counts = coverage(&[100, 101, 102], &vec![vec![1.0; 20]; 3]);
    assert!(counts.iter().all(|found| found.checked == 0));
}
