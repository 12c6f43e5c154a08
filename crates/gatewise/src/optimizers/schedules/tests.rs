use serde_json::json;

use super::*;

fn assert_near(got: f32, expected: f64) {
    assert!((f64::from(got) - expected).abs() < 1e-7, "got {got}, expected {expected}");
}

#[test]
fn the_exponential_decay_is_smooth_or_a_staircase() {
    let smooth = ExponentialDecay::new(0.1, 10, 0.5);
    let stairs = ExponentialDecay { staircase: true, ..smooth.clone() };
    assert_near(smooth.at(5), 0.1 * 0.5_f64.sqrt());
    assert_near(smooth.at(30), 0.0125);
    assert_eq!([stairs.at(9), stairs.at(10), stairs.at(19)], [0.1, 0.05, 0.05]);
}

#[test]
fn the_cosine_decay_ends_at_its_share() {
    let schedule = CosineDecay { alpha: 0.1, ..CosineDecay::new(0.2, 30) };
    assert_near(schedule.at(0), 0.2);
    assert_near(schedule.at(10), 0.2 * (0.9 * 0.75 + 0.1));
    assert_near(schedule.at(15), 0.2 * (0.9 * 0.5 + 0.1));
    assert_near(schedule.at(30), 0.02);
    assert_eq!(schedule.at(1000), schedule.at(30));
}

#[test]
fn the_cosine_decay_warms_up_in_a_straight_line() {
    let schedule = CosineDecay { warmup_target: Some(0.2), warmup_steps: 10, ..CosineDecay::new(0.0, 30) };
    assert_eq!(schedule.at(0), 0.0);
    assert_near(schedule.at(5), 0.1);
    assert_near(schedule.at(10), 0.2);
    assert_near(schedule.at(25), 0.1);
    assert_near(schedule.at(40), 0.0);
    assert_eq!(schedule.at(1000), schedule.at(40));
}

#[test]
fn warm_up_steps_without_a_target_are_no_warm_up() {
    let plain = CosineDecay::new(0.2, 30);
    let schedule = CosineDecay { warmup_steps: 10, ..plain.clone() };
    assert_eq!(schedule.at(5), plain.at(5));
}

#[test]
fn what_keras_serializes_can_be_read_and_is_written_again() {
    let configs = [
        json!({"initial_learning_rate": 0.1, "decay_steps": 10, "decay_rate": 0.5, "staircase": true,
               "name": "ExponentialDecay"}),
        json!({"initial_learning_rate": 0.1, "decay_steps": 10, "alpha": 0.25, "name": "CosineDecay",
               "warmup_target": 0.5, "warmup_steps": 5}),
    ];
    for (class_name, config) in ["ExponentialDecay", "CosineDecay"].iter().zip(configs) {
        let keras = json!({
            "module": "keras.optimizers.schedules", "class_name": class_name, "config": config,
            "registered_name": null
        });
        assert_eq!(serialize(&*deserialize(&keras).unwrap()), keras);
    }
}

#[test]
fn mistakes_are_errors() {
    let message = |config: Value| {
        deserialize(&json!({"class_name": "CosineDecay", "config": config})).unwrap_err().to_string()
    };
    assert_eq!(message(json!({"decay_steps": 10})), "CosineDecay: missing field `initial_learning_rate`");
    assert_eq!(
        message(json!({"initial_learning_rate": 0.1, "decay_steps": 0})),
        "CosineDecay: `decay_steps` must be above 0, got 0"
    );
    assert_eq!(
        message(json!({"initial_learning_rate": 0.1, "decay_steps": 10, "alpha": -1.0})),
        "CosineDecay: `alpha` must be at least 0 and finite, got -1"
    );
    assert!(ExponentialDecay::new(f64::NAN, 10, 0.5).check().unwrap_err().is_argument());
    assert!(ExponentialDecay::new(0.1, 10, -0.5).check().unwrap_err().is_argument());
    assert!(ExponentialDecay::new(0.1, 0, 0.5).check().unwrap_err().is_argument());
}

#[test]
fn a_mistake_in_any_schedule_is_an_error_that_names_the_argument() {
    let piecewise =
        |boundaries: &[u64], values: &[f64]| PiecewiseConstantDecay::new(boundaries, values).check();
    let message = |result: Result<()>| result.unwrap_err().to_string();
    assert_eq!(message(piecewise(&[], &[0.1])), "PiecewiseConstantDecay: `boundaries` must not be empty");
    assert_eq!(
        message(piecewise(&[5], &[0.1])),
        "PiecewiseConstantDecay: expected one of `values` more than 1 `boundaries`, got 1"
    );
    assert_eq!(
        message(piecewise(&[5, 5], &[0.1, 0.2, 0.3])),
        "PiecewiseConstantDecay: `boundaries` must rise, got [5, 5]"
    );
    assert_eq!(
        message(piecewise(&[5], &[0.1, -0.2])),
        "PiecewiseConstantDecay: `values` must be at least 0 and finite, got -0.2"
    );
    assert_eq!(
        message(PolynomialDecay { power: -1.0, ..PolynomialDecay::new(0.1, 10) }.check()),
        "PolynomialDecay: `power` must be at least 0 and finite, got -1"
    );
    assert_eq!(
        message(InverseTimeDecay::new(0.1, 0, 0.5).check()),
        "InverseTimeDecay: `decay_steps` must be above 0, got 0"
    );
    assert_eq!(
        message(CosineDecayRestarts { t_mul: 0.5, ..CosineDecayRestarts::new(0.1, 10) }.check()),
        "CosineDecayRestarts: `t_mul` must be at least 1 and finite, got 0.5"
    );
    assert_eq!(
        message(CosineDecayRestarts::new(0.1, 0).check()),
        "CosineDecayRestarts: `first_decay_steps` must be above 0, got 0"
    );
    assert_eq!(
        message(FunctionSchedule::new("", |_| 0.1).check()),
        "FunctionSchedule: `name` must not be empty"
    );
}

#[test]
fn an_unknown_schedule_is_an_error_that_lists_the_known_ones() {
    let error = deserialize(&json!({"class_name": "LinearDecay", "config": {}})).unwrap_err();
    insta::assert_snapshot!(error, @r#"learning_rate: expected one of ExponentialDecay, PiecewiseConstantDecay, PolynomialDecay, InverseTimeDecay, CosineDecay, CosineDecayRestarts, got "LinearDecay""#);
}

#[test]
fn a_function_of_the_users_own_is_a_schedule() {
    let schedule = FunctionSchedule::new("halving", |step| 0.5_f32.powi(step as i32));
    assert_eq!([schedule.at(0), schedule.at(3)], [1.0, 0.125]);
    assert_eq!(serialize(&schedule)["config"], json!({"name": "halving"}));
}
