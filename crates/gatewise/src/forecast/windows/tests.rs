//! What the network sees, and the way back.

use super::{MOST_WINDOWS, Scaler};

fn wave(rows: usize) -> Vec<f64> {
    (0..rows).map(|row| row as f64 * 0.1 + (row as f64).sin()).collect()
}

#[test]
fn windows_are_all_that_fit() {
    let (_, windows) = Scaler::fit(&wave(40), 12, 5);
    assert_eq!(windows.inputs.shape(), [40 - 12 - 5 + 1, 12, 1]);
    assert_eq!(windows.targets.shape(), [24, 5]);
}

#[test]
fn long_series_give_only_the_latest_windows() {
    let values = wave(MOST_WINDOWS + 500);
    let (scaler, windows) = Scaler::fit(&values, 12, 5);
    assert_eq!(windows.inputs.shape()[0], MOST_WINDOWS);
    let last_target = windows.targets.rows().into_iter().last().unwrap().to_vec();
    let restored = scaler.continuation(&values[..values.len() - 5], last_target.into_iter());
    assert!((restored[4] - values[values.len() - 1]).abs() < 1e-5);
}

#[test]
fn scaled_targets_have_mean_zero_and_deviation_one_at_each_step() {
    let (_, windows) = Scaler::fit(&wave(200), 12, 5);
    for step in windows.targets.columns() {
        let mean = step.mean().unwrap();
        let deviation = step.std(0.0);
        assert!(mean.abs() < 1e-5 && (deviation - 1.0).abs() < 1e-5, "{mean} {deviation}");
    }
}

#[test]
fn continuation_undoes_the_scaling_of_targets() {
    let values = wave(60);
    let (scaler, windows) = Scaler::fit(&values, 12, 5);
    for (row, target) in windows.targets.rows().into_iter().enumerate() {
        let origin = row + 12;
        let restored = scaler.continuation(&values[..origin], target.to_vec().into_iter());
        for (restored, value) in restored.iter().zip(&values[origin..]) {
            assert!((restored - value).abs() < 1e-5);
        }
    }
}

#[test]
fn last_window_is_scaled_as_in_training() {
    let values = wave(60);
    let (scaler, windows) = Scaler::fit(&values, 12, 5);
    let origin = values.len() - 5;
    let last = windows.inputs.outer_iter().last().unwrap().to_owned();
    assert_eq!(scaler.last_window(&values[..origin]).index_axis(ndarray::Axis(0), 0), last);
}

#[test]
fn level_of_the_series_does_not_matter() {
    let values = wave(60);
    let shifted: Vec<f64> = values.iter().map(|value| value + 1024.0).collect();
    let (scaler, _) = Scaler::fit(&values, 12, 5);
    let [here, there] = [&values, &shifted].map(|values| scaler.last_window(values));
    assert!(here.iter().zip(&there).all(|(a, b)| (a - b).abs() < 1e-5));
}

#[test]
fn constant_values_are_only_centred() {
    let (scaler, windows) = Scaler::fit(&[3.0; 30], 4, 2);
    assert!(windows.inputs.iter().chain(&windows.targets).all(|value| *value == 0.0));
    assert_eq!(scaler.continuation(&[3.0; 4], [0.0, 0.0].into_iter()), [3.0, 3.0]);
}
