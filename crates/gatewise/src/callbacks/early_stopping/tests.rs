use super::super::testing::{Scripted, logs};
use super::*;

/// Trains with one value an epoch. Returns the epochs that were run and the weight at the end.
fn train(stop: &mut EarlyStopping, values: &[f64]) -> (usize, f32) {
    let mut training = Scripted::default();
    let logs = logs(&stop.monitor, values);
    let epochs = training.train(stop, &TrainingPlan::default(), logs).unwrap();
    (epochs, training.weight())
}

#[test]
fn training_ends_after_as_many_epochs_without_improvement_as_there_is_patience() {
    let mut stop = EarlyStopping { patience: 2, ..EarlyStopping::default() };
    let (epochs, weight) = train(&mut stop, &[3.0, 2.0, 2.5, 2.1, 1.0]);
    assert_eq!((epochs, weight), (4, 3.0));
    assert_eq!((stop.stopped_epoch(), stop.best_epoch()), (Some(3), 1));
}

#[test]
fn an_improvement_starts_the_patience_anew() {
    let mut stop = EarlyStopping { patience: 2, ..EarlyStopping::default() };
    let (epochs, _) = train(&mut stop, &[3.0, 3.0, 2.0, 2.0, 1.0, 1.0]);
    assert_eq!((epochs, stop.stopped_epoch()), (6, None));
}

#[test]
fn without_patience_the_first_epoch_that_is_not_better_is_the_last() {
    let mut stop = EarlyStopping::default();
    assert_eq!(train(&mut stop, &[3.0, 3.0, 1.0]).0, 2);
}

#[test]
fn an_improvement_must_exceed_the_least_one() {
    let mut stop = EarlyStopping { min_delta: 0.5, ..EarlyStopping::default() };
    assert_eq!(train(&mut stop, &[3.0, 2.6, 0.0]).0, 2);
    assert_eq!(train(&mut stop, &[3.0, 2.4, 1.8]).0, 3);
}

#[test]
fn a_metric_says_itself_which_values_are_better() {
    let watch =
        |monitor: &str, mode| EarlyStopping { monitor: monitor.into(), mode, ..EarlyStopping::default() };
    let rising = [0.1, 0.2, 0.3];
    for metric in ["val_accuracy", "accuracy", "auc", "val_r2_score"] {
        assert_eq!(train(&mut watch(metric, None), &rising).0, 3, "{metric}");
    }
    assert_eq!(train(&mut watch("val_accuracy", Some(Improvement::Min)), &rising).0, 2);
    assert_eq!(train(&mut watch("val_mae", None), &rising).0, 2);
    assert_eq!(train(&mut watch("reward", Some(Improvement::Max)), &rising).0, 3);
}

#[test]
fn messages_are_kerass() {
    let verbose = EarlyStopping { verbose: 1, restore_best_weights: true, ..EarlyStopping::default() };
    let mut training = Scripted::default();
    let values = logs("val_loss", &[1.0, 2.0]);
    training.train(&mut verbose.clone(), &TrainingPlan::default(), values).unwrap();
    let best = "Restoring model weights from the end of the best epoch: 1.\n";
    assert_eq!(training.said, ["Epoch 2: early stopping\n", best]);
    let mut training = Scripted::default();
    training.train(&mut verbose.clone(), &TrainingPlan::default(), logs("val_loss", &[2.0, 1.0])).unwrap();
    assert_eq!(training.said, ["Restoring model weights from the end of the best epoch: 2.\n"]);
}

#[test]
fn the_best_weights_come_back_also_if_nothing_was_stopped() {
    let mut stop = EarlyStopping { patience: 5, restore_best_weights: true, ..EarlyStopping::default() };
    assert_eq!(train(&mut stop, &[3.0, 1.0, 2.0]), (3, 1.0));
    let mut stop = EarlyStopping { patience: 5, ..EarlyStopping::default() };
    assert_eq!(train(&mut stop, &[3.0, 1.0, 2.0]), (3, 2.0));
}

#[test]
fn a_baseline_must_be_beaten_for_the_patience_to_start_anew() {
    let mut stop = EarlyStopping { patience: 3, baseline: Some(1.0), ..EarlyStopping::default() };
    // Each epoch is better than the one before, which never stops a training, but the first that is not does.
    assert_eq!(train(&mut stop, &[5.0, 4.0, 3.0, 2.0, 2.0, 2.0, 2.0]).0, 5);
    assert_eq!(stop.stopped_epoch(), Some(4));
    assert_eq!(train(&mut stop, &[5.0, 4.0, 0.5, 2.0, 2.0]).0, 5);
    assert_eq!(stop.stopped_epoch(), None);
}

#[test]
fn epochs_at_the_start_can_be_left_out() {
    let mut stop =
        EarlyStopping { start_from_epoch: 3, restore_best_weights: true, ..EarlyStopping::default() };
    assert_eq!(train(&mut stop, &[0.1, 0.2, 0.3, 0.9, 0.8, 0.9]), (6, 4.0));
}

#[test]
fn nan_is_never_an_improvement() {
    let nan = f64::NAN;
    let mut stop = EarlyStopping { patience: 2, restore_best_weights: true, ..EarlyStopping::default() };
    assert_eq!(train(&mut stop, &[nan, 2.0, 1.0]), (3, 2.0));
    assert_eq!(train(&mut stop, &[2.0, nan, nan, 1.0]), (3, 0.0));
    assert_eq!(train(&mut stop, &[nan, nan, nan]), (2, 0.0));
}

#[test]
fn every_training_is_watched_from_the_start() {
    let mut stop = EarlyStopping { restore_best_weights: true, ..EarlyStopping::default() };
    train(&mut stop, &[0.1, 0.2]);
    assert_eq!(train(&mut stop, &[0.9, 0.8, 0.7]), (3, 2.0));
}
