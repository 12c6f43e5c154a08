use ndarray::{Array, arr1};

use super::*;
use crate::layers::{Dense, Input};
use crate::model::{Compile, Fit};
use crate::optimizers::Sgd;
use crate::sequential::Sequential;

fn train(statistics: &mut WeightStatistics) -> Result<Sequential> {
    let mut model = Sequential::new().with_seed(3);
    model.add(Input::new([Some(2)])).unwrap().add(Dense::new(1)).unwrap();
    model.compile(Compile::new(Sgd { learning_rate: 0.5.into(), ..Sgd::default() }, "mse")).unwrap();
    let x = Array::from_shape_fn((6, 2), |(i, j)| (i + j) as f32 / 6.0).into_dyn();
    let y = Array::from_shape_fn((6, 1), |(i, _)| i as f32).into_dyn();
    model.fit(
        &x,
        &y,
        Fit { batch_size: Some(2), epochs: 3, callbacks: vec![statistics], ..Fit::default() },
    )?;
    Ok(model)
}

#[test]
fn numbers_are_summed_up() {
    let summary = NumberSummary::new(&arr1(&[3.0, 0.0, -4.0, f32::NAN, 0.0]).into_dyn());
    let expected = NumberSummary {
        norm: 5.0,
        mean: -0.25,
        std: (25.0_f64 / 4.0 - 0.0625).sqrt(),
        min: -4.0,
        max: 3.0,
        zeros: 0.5,
        not_finite: 0.2,
    };
    assert_eq!(summary, expected);
    let none = NumberSummary::new(&arr1(&[f32::INFINITY]).into_dyn());
    assert_eq!(none, NumberSummary { not_finite: 1.0, ..NumberSummary::default() });
}

#[test]
fn every_look_has_a_row_for_each_weight() {
    let mut every_epoch = WeightStatistics::default();
    let model = train(&mut every_epoch).unwrap();
    let seen: Vec<_> =
        every_epoch.rows().iter().map(|row| (row.epoch, row.step, row.variable.as_str())).collect();
    let (kernel, bias) = ("dense/kernel", "dense/bias");
    let expected = [(0, 3, kernel), (0, 3, bias), (1, 6, kernel), (1, 6, bias), (2, 9, kernel), (2, 9, bias)];
    assert_eq!(seen, expected);
    let last = &every_epoch.rows()[4];
    assert_eq!(last.weight, NumberSummary::new(&model.get_weights()[0]));

    let mut every_other = WeightStatistics { every: 2.into(), ..WeightStatistics::default() };
    train(&mut every_other).unwrap();
    let steps: Vec<usize> = every_other.rows().iter().step_by(2).map(|row| row.step).collect();
    assert_eq!(steps, [2, 4, 6, 8]);
}

#[test]
fn the_change_of_a_step_of_sgd_is_the_rate_times_the_gradient() {
    let mut statistics = WeightStatistics { every: 1.into(), ..WeightStatistics::default() };
    train(&mut statistics).unwrap();
    let kernels: Vec<&WeightRow> = statistics.rows().iter().step_by(2).collect();
    for two in kernels.windows(2) {
        let change = two[1].update_ratio * two[0].weight.norm;
        let expected = 0.5 * two[1].gradient.norm;
        assert!((change - expected).abs() < 1e-5 * expected, "{change} is not {expected}");
    }
}

#[test]
fn tables_and_histograms_are_written() {
    let folder = tempfile::tempdir().unwrap();
    let csv = folder.path().join("weights.csv");
    let log_dir = folder.path().join("board");
    let mut statistics = WeightStatistics {
        csv: Some(csv.clone()),
        log_dir: Some(log_dir.clone()),
        ..WeightStatistics::default()
    };
    train(&mut statistics).unwrap();
    let text = std::fs::read_to_string(&csv).unwrap();
    assert_eq!(text, statistics.to_csv());
    let columns: Vec<usize> = text.lines().map(|line| line.split(',').count()).collect();
    assert_eq!(columns, [18; 7]);
    let events = std::fs::read_dir(&log_dir).unwrap().next().unwrap().unwrap().path();
    let bytes = std::fs::read(events).unwrap();
    let tags = bytes.windows(21).filter(|part| part == b"dense/kernel/gradient").count();
    assert_eq!(tags, 3);
}

#[test]
fn bad_arguments_and_places_are_errors_before_the_training() {
    let mut never = WeightStatistics { every: 0.into(), ..WeightStatistics::default() };
    let error = train(&mut never).unwrap_err().to_string();
    assert_eq!(error, "WeightStatistics: `every` must be at least 1 batch, got 0");
    let mut nowhere =
        WeightStatistics { csv: Some("/nowhere/weights.csv".into()), ..WeightStatistics::default() };
    let error = train(&mut nowhere).unwrap_err();
    assert!(error.is_io() && error.to_string().starts_with("/nowhere/weights.csv"), "{error}");
}
