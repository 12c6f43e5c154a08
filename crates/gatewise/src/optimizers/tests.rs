use serde_json::json;

use super::*;

mod rows;

/// Moves one weight from 1 by the gradients 0.3 and −0.7; returns it after each step.
pub(super) fn two_steps(argument: impl Into<OptimizerArgument>) -> [f32; 2] {
    let mut optimizer = argument.into().resolve().unwrap();
    optimizer.build(&[("weight", &[])]).unwrap();
    let mut weight = [1.0];
    [0.3, -0.7].map(|gradient| {
        optimizer.apply(&[&[gradient]], &mut [&mut weight]).unwrap();
        weight[0]
    })
}

/// Values that Keras prints with seven digits agree to one unit of the last.
pub(super) fn assert_near(got: [f32; 2], expected: [f32; 2]) {
    for (got, expected) in got.iter().zip(expected) {
        assert!((got - expected).abs() < 1.5e-7, "got {got}, expected {expected}");
    }
}

#[test]
fn names_are_found_in_capitals_or_not() {
    for (name, class_name) in [
        ("adam", "Adam"),
        ("Adam", "Adam"),
        ("SGD", "SGD"),
        ("sgd", "SGD"),
        ("RMSprop", "RMSprop"),
        ("rmsprop", "RMSprop"),
    ] {
        assert_eq!(get(name).unwrap().class_name(), class_name);
        assert_eq!(OptimizerArgument::from(name).resolve().unwrap().class_name(), class_name);
    }
}

#[test]
fn an_unknown_name_is_an_error_that_lists_the_known_ones() {
    let error = OptimizerArgument::from("adamant").resolve().unwrap_err();
    assert!(error.is_argument());
    insta::assert_snapshot!(error, @r#"optimizer: expected one of adam, sgd, rmsprop, adagrad, adadelta, adamax, adamw, nadam, adafactor, ftrl, lamb, schedulefreeadamw, muon, lossscaleoptimizer, lion, got "adamant""#);
}

#[test]
fn configurations_have_the_keys_of_keras() {
    let shared = [
        "name",
        "learning_rate",
        "weight_decay",
        "clipnorm",
        "global_clipnorm",
        "clipvalue",
        "use_ema",
        "ema_momentum",
        "ema_overwrite_frequency",
        "loss_scale_factor",
        "gradient_accumulation_steps",
    ];
    let own: [(&str, &str, &[&str]); 3] = [
        ("adam", "adam", &["beta_1", "beta_2", "epsilon", "amsgrad"]),
        ("sgd", "sgd", &["momentum", "nesterov"]),
        ("rmsprop", "rm_sprop", &["rho", "momentum", "epsilon", "centered"]),
    ];
    for (class, name, own) in own {
        let config = get(class).unwrap().config();
        let keys: Vec<&str> = config.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(keys, [&shared, own].concat());
        assert_eq!(config["name"], name);
    }
}

#[test]
fn what_keras_serializes_can_be_read_and_is_written_again() {
    let keras = json!({
        "module": "keras.optimizers", "class_name": "Adam", "registered_name": null,
        "config": {
            "learning_rate": 0.0010000000474974513, "name": "adam_1", "weight_decay": 0.01, "clipnorm": null,
            "global_clipnorm": 2.0, "clipvalue": null, "use_ema": true, "ema_momentum": 0.9,
            "ema_overwrite_frequency": 10, "loss_scale_factor": 4.0, "gradient_accumulation_steps": 3,
            "beta_1": 0.8, "beta_2": 0.99, "epsilon": 1e-6, "amsgrad": true
        }
    });
    assert_eq!(serialize(&*deserialize(&keras).unwrap()), keras);
    for name in ["adam", "sgd", "rmsprop"] {
        let written = serialize(&*get(name).unwrap());
        assert_eq!(serialize(&*deserialize(&written).unwrap()), written);
    }
}

#[test]
fn a_schedule_survives_the_configuration() {
    let optimizer = OptimizerArgument::from(Sgd {
        learning_rate: schedules::ExponentialDecay::new(0.1, 10, 0.5).into(),
        ..Sgd::default()
    });
    let written = serialize(&*optimizer.resolve().unwrap());
    assert_eq!(written["config"]["learning_rate"]["class_name"], "ExponentialDecay");
    let read = deserialize(&written).unwrap();
    assert_eq!(read.learning_rate(), 0.1);
    assert_eq!(serialize(&*read), written);
}

#[test]
fn an_argument_that_does_not_exist_or_fit_is_an_error() {
    let message =
        |config: Value| deserialize(&json!({"class_name": "SGD", "config": config})).unwrap_err().to_string();
    assert_eq!(message(json!({"lr": 0.1})), "SGD: there is no argument `lr`");
    assert_eq!(message(json!({"momentum": 1.5})), "SGD: `momentum` must be from 0 to 1, got 1.5");
    assert_eq!(message(json!({"momentum": "x"})), "SGD: invalid type: string \"x\", expected f64");
    assert_eq!(
        message(json!({"learning_rate": "fast"})),
        "SGD: learning_rate: expected a number or a schedule, got \"fast\""
    );
}

#[test]
fn a_rule_of_the_users_own_is_an_optimizer() {
    /// Steps of fixed length against the sign of the summed gradients.
    #[derive(Debug)]
    struct SignOfSum {
        learning_rate: LearningRate,
        options: OptimizerOptions,
    }

    impl UpdateRule for SignOfSum {
        fn class_name(&self) -> &str {
            "SignOfSum"
        }

        fn config(&self) -> Value {
            json!({})
        }

        fn learning_rate(&self) -> &LearningRate {
            &self.learning_rate
        }

        fn options(&self) -> &OptimizerOptions {
            &self.options
        }

        fn check(&self) -> Result<()> {
            Ok(())
        }

        fn slots(&self) -> Vec<SlotBlock> {
            vec![SlotBlock::new([("sum", 0.5)])]
        }

        fn update(&self, update: Update, mut slots: Slots<'_>, gradient: &[f32], weights: &mut [f32]) {
            for ((weight, gradient), sum) in weights.iter_mut().zip(gradient).zip(slots.take()) {
                *sum += gradient;
                *weight -= update.learning_rate * sum.signum();
            }
        }
    }

    let rule = SignOfSum { learning_rate: 0.25.into(), options: OptimizerOptions::default() };
    assert_eq!(two_steps(rule), [0.75, 0.5]);
}

#[test]
fn an_argument_of_a_rarer_optimizer_outside_its_range_is_an_error() {
    let message = |class_name: &str, config: Value| {
        deserialize(&json!({"class_name": class_name, "config": config})).unwrap_err().to_string()
    };
    assert_eq!(
        message("AdamW", json!({"weight_decay": null})),
        "AdamW: `weight_decay` must be a number, got none; use `Adam` without it"
    );
    assert_eq!(
        message("Nadam", json!({"beta_1": 1.0})),
        "Nadam: `beta_1` must be at least 0 and below 1, got 1"
    );
    assert_eq!(
        message("Lamb", json!({"epsilon": -1.0})),
        "Lamb: `epsilon` must be at least 0 and finite, got -1"
    );
    assert_eq!(
        message("Ftrl", json!({"learning_rate_power": 0.5})),
        "Ftrl: `learning_rate_power` must be at most 0 and finite, got 0.5"
    );
    assert_eq!(
        message("Ftrl", json!({"beta": -0.5})),
        "Ftrl: `beta` must be at least 0 and finite, got -0.5"
    );
    assert_eq!(
        message("Adafactor", json!({"clip_threshold": 0.0})),
        "Adafactor: `clip_threshold` must be above 0 and finite, got 0"
    );
    assert_eq!(
        message("Adafactor", json!({"beta_2_decay": 0.8})),
        "Adafactor: `beta_2_decay` must be at most 0 and finite, got 0.8"
    );
    assert_eq!(
        message("ScheduleFreeAdamW", json!({"beta_1": 0.0})),
        "ScheduleFreeAdamW: `beta_1` must be above 0 and finite, got 0"
    );
    assert_eq!(message("Ftrl", json!({"l1": 0.1})), "Ftrl: there is no argument `l1`");
}

#[test]
fn an_absent_argument_has_the_default_of_its_class() {
    for name in ["adamw", "AdamW"] {
        assert_eq!(get(name).unwrap().config()["weight_decay"], 0.004);
    }
    assert_eq!(get("adam").unwrap().config()["weight_decay"], Value::Null);
}

#[test]
fn a_weight_of_several_blocks_moves_as_small_ones_do() {
    let len = 2 * 4096 + 5;
    let numbers =
        |start: usize| -> Vec<f32> { (0..len).map(|i| ((i * 7 + start) % 23) as f32 / 11.0 - 1.0).collect() };
    for name in ["adam", "sgd", "rmsprop", "adagrad", "adadelta", "adamax", "adamw", "nadam", "ftrl", "lion"]
    {
        let optimizer = || {
            let mut value = serialize(&*get(name).unwrap());
            value["config"]["weight_decay"] = 0.1.into();
            deserialize(&value).unwrap()
        };
        let (mut whole, mut parts) = (numbers(1), numbers(1));
        let mut one = optimizer();
        one.build(&[("w", &[len])]).unwrap();
        let mut several = optimizer();
        several.build(&[("a", &[100]), ("b", &[len - 100])]).unwrap();
        for step in 0..3 {
            let gradient = numbers(step + 2);
            one.apply(&[&gradient], &mut [&mut whole]).unwrap();
            let (head, tail) = parts.split_at_mut(100);
            several.apply(&[&gradient[..100], &gradient[100..]], &mut [head, tail]).unwrap();
        }
        assert_eq!(whole, parts, "{name}");
        assert_ne!(whole, numbers(1), "{name}");
    }
}
