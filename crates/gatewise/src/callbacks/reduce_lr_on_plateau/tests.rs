use super::super::testing::{Scripted, logs};
use super::*;

fn train(reduce: ReduceLrOnPlateau, values: &[f64]) -> Result<Scripted> {
    let mut training = Scripted::default();
    let mut reduce = reduce;
    let logs = logs(&reduce.monitor, values);
    training.train(&mut reduce, &TrainingPlan::default(), logs)?;
    Ok(training)
}

#[test]
fn the_rate_falls_where_nothing_gets_better_and_rests_in_between() {
    let reduce = ReduceLrOnPlateau {
        patience: 2,
        factor: 0.5,
        cooldown: 1,
        verbose: 1,
        ..ReduceLrOnPlateau::default()
    };
    // Two epochs without an improvement, one of rest whose place does not count, two more.
    let said = train(reduce, &[1.0, 1.0, 1.0, 1.0, 1.0]).unwrap().said;
    assert_eq!(
        said,
        [
            "\nEpoch 3: ReduceLROnPlateau reducing learning rate to 0.05000000074505806.\n",
            "\nEpoch 5: ReduceLROnPlateau reducing learning rate to 0.02500000037252903.\n",
        ]
    );
}

#[test]
fn the_rate_never_falls_below_the_least() {
    let reduce = ReduceLrOnPlateau { patience: 1, min_lr: 0.02, ..ReduceLrOnPlateau::default() };
    assert_eq!(train(reduce, &[1.0; 6]).unwrap().learning_rate, 0.02);
}

#[test]
fn arguments_out_of_range_are_errors() {
    let message = |reduce| train(reduce, &[]).err().map(|error| error.to_string()).unwrap();
    let factor = |factor| message(ReduceLrOnPlateau { factor, ..ReduceLrOnPlateau::default() });
    assert_eq!(factor(1.0), "ReduceLROnPlateau: `factor` must be at least 0 and below 1, got 1");
    assert_eq!(factor(f64::NAN), "ReduceLROnPlateau: `factor` must be at least 0 and below 1, got NaN");
    assert_eq!(
        message(ReduceLrOnPlateau { min_lr: -1.0, ..ReduceLrOnPlateau::default() }),
        "ReduceLROnPlateau: `min_lr` must be a finite number of at least 0, got -1"
    );
}
