use super::super::EarlyStopping;
use super::super::testing::{Scripted, logs};
use super::*;

fn monitor<'a>(key: &'a str, mode: Option<Improvement>) -> Monitor<'a> {
    Monitor { class_name: "EarlyStopping", key, mode, min_delta: 0.0 }
}

#[test]
fn the_way_that_is_better_must_be_known() {
    let training = Scripted::default();
    let improvement = |key, mode| monitor(key, mode).improvement(&training);
    assert_eq!(improvement("val_loss", None).unwrap(), Improvement::Min);
    assert_eq!(improvement("mae", None).unwrap(), Improvement::Min);
    assert_eq!(improvement("val_auc", None).unwrap(), Improvement::Max);
    assert_eq!(improvement("learning_rate", Some(Improvement::Max)).unwrap(), Improvement::Max);
    assert_eq!(
        improvement("learning_rate", None).unwrap_err().to_string(),
        "EarlyStopping: `mode` must be given for `monitor` \"learning_rate\": it is not known which values are better"
    );
}

#[test]
fn a_number_that_is_not_there_is_an_error_unless_a_validation_will_bring_it() {
    let logs = Logs::from([("loss".to_owned(), 1.0), ("mae".to_owned(), 2.0)]);
    let every_other = TrainingPlan { validation_freq: Some(2.into()), ..TrainingPlan::default() };
    assert_eq!(monitor("mae", None).value(0, &logs, &every_other).unwrap(), Some(2.0));
    assert_eq!(monitor("val_loss", None).value(0, &logs, &every_other).unwrap(), None);
    let message = "EarlyStopping: `monitor` must be one of loss, mae, got \"val_loss\"";
    let never = TrainingPlan::default();
    let missing = |epoch, plan| monitor("val_loss", None).value(epoch, &logs, plan).unwrap_err().to_string();
    assert_eq!(missing(0, &never), message);
    assert_eq!(missing(1, &every_other), message);
}

#[test]
fn arguments_out_of_range_are_errors() {
    let begin = |stop: EarlyStopping| {
        let mut training = Scripted::default();
        training
            .train(&mut stop.clone(), &TrainingPlan::default(), logs("val_loss", &[]))
            .unwrap_err()
            .to_string()
    };
    assert_eq!(
        begin(EarlyStopping { min_delta: -0.5, ..EarlyStopping::default() }),
        "EarlyStopping: `min_delta` must be a finite number of at least 0, got -0.5"
    );
    assert_eq!(
        begin(EarlyStopping { monitor: String::new(), ..EarlyStopping::default() }),
        "EarlyStopping: `monitor` must name a number of the logs, got \"\""
    );
}

#[test]
fn nan_is_better_than_nothing() {
    let is_better = |value, reference| monitor("loss", None).is_better(Improvement::Min, value, reference);
    assert!(is_better(1.0, None) && is_better(1.0, Some(2.0)));
    assert!(!is_better(f64::NAN, None) && !is_better(f64::NAN, Some(1.0)) && !is_better(1.0, Some(1.0)));
}
