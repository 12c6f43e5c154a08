//! Arguments of `fit`, `evaluate` and `predict` that cannot be used.

use std::collections::BTreeMap;

use gatewise::optimizers::{Adam, LossScaleOptimizer, Muon, OptimizerArgument, OptimizerOptions};
use gatewise::{Error, Evaluate, Fit, OnBatch, Predict};

use super::{compiled, error, zeros};

/// What training with these arguments reports.
fn fitting(fit: Fit<'_>) -> Error {
    let (x, y) = (zeros(&[4, 5, 4]), zeros(&[4, 1]));
    // The arguments are named one by one because they may not outlive the arrays.
    let fit = Fit {
        steps_per_epoch: fit.steps_per_epoch,
        validation_steps: fit.validation_steps,
        validation_batch_size: fit.validation_batch_size,
        validation_freq: fit.validation_freq,
        class_weight: fit.class_weight,
        ..Fit::default()
    };
    error(compiled().fit(&x, &y, fit))
}

#[test]
fn counts_of_nothing() {
    let messages = [
        (fitting(Fit { steps_per_epoch: Some(0), ..Fit::default() }), "steps_per_epoch"),
        (fitting(Fit { validation_steps: Some(0), ..Fit::default() }), "validation_steps"),
        (fitting(Fit { validation_batch_size: Some(0), ..Fit::default() }), "validation_batch_size"),
        (fitting(Fit { validation_freq: 0.into(), ..Fit::default() }), "validation_freq"),
        (fitting(Fit { validation_freq: [2, 0].into(), ..Fit::default() }), "validation_freq"),
    ];
    for (error, name) in messages {
        assert_eq!(error.to_string(), format!("fit: `{name}` must be at least 1, got 0"));
        assert!(error.is_argument());
    }
    let (x, y) = (zeros(&[4, 5, 4]), zeros(&[4, 1]));
    let evaluated = error(compiled().evaluate(&x, &y, Evaluate { steps: Some(0), ..Evaluate::default() }));
    assert_eq!(evaluated.to_string(), "evaluate: `steps` must be at least 1, got 0");
    let predicted = error(compiled().predict_all(&x, Predict { steps: Some(0), ..Predict::default() }));
    assert_eq!(predicted.to_string(), "predict: `steps` must be at least 1, got 0");
}

#[test]
fn weights_of_classes_that_cannot_be_used() {
    let negative = fitting(Fit { class_weight: [(1, -0.5)].into(), ..Fit::default() });
    let text = "fit: `class_weight` must hold finite numbers from 0 on, got -0.5 for class 1";
    assert_eq!(negative.to_string(), text);
    let (x, y, weights) = (zeros(&[4, 5, 4]), zeros(&[4, 1]), zeros(&[4]));
    let class_weight = BTreeMap::from([(0, 2.0)]);
    let fit = Fit { class_weight: class_weight.clone(), sample_weight: (&weights).into(), ..Fit::default() };
    let both = error(compiled().fit(&x, &y, fit));
    let text = "fit: `class_weight` and `sample_weight` cannot be given together";
    assert_eq!(both.to_string(), text);
    let options = OnBatch { class_weight, sample_weight: (&weights).into() };
    assert_eq!(error(compiled().train_on_batch_with(&x, &y, options)).to_string(), text);
}

#[test]
fn validation_data_of_other_counts() {
    let (x, y, fewer) = (zeros(&[4, 5, 4]), zeros(&[4, 1]), zeros(&[3, 1]));
    let fit = Fit { validation_data: Some((&x, &fewer).into()), ..Fit::default() };
    let counts = error(compiled().fit(&x, &y, fit));
    assert_eq!(counts.to_string(), "y: expected 4 samples, as x has, got 3");
    let weights = zeros(&[2]);
    let fit = Fit { validation_data: Some((&x, &y, &weights).into()), ..Fit::default() };
    let counts = error(compiled().fit(&x, &y, fit));
    assert_eq!(counts.to_string(), "sample_weight: expected 4 samples, as x has, got 2");
    assert!(counts.is_shape());
}

#[test]
fn arguments_of_optimizers_out_of_range() {
    let scaled_twice = Adam {
        options: OptimizerOptions { loss_scale_factor: Some(4.0), ..OptimizerOptions::default() },
        ..Adam::default()
    };
    let messages: [(OptimizerArgument, &str); 6] = [
        (
            LossScaleOptimizer::new(scaled_twice).into(),
            "LossScaleOptimizer: the inner optimizer must have no `loss_scale_factor`, the loss would be scaled twice",
        ),
        (
            LossScaleOptimizer::new("adam").initial_scale(0.0).into(),
            "LossScaleOptimizer: `initial_scale` must be above 0 and finite, got 0",
        ),
        (
            LossScaleOptimizer::new("adam").dynamic_growth_steps(0).into(),
            "LossScaleOptimizer: `dynamic_growth_steps` must be above 0, got 0",
        ),
        (Muon { momentum: 1.5, ..Muon::default() }.into(), "Muon: `momentum` must be from 0 to 1, got 1.5"),
        (
            Muon { adam_beta_2: 1.0, ..Muon::default() }.into(),
            "Muon: `adam_beta_2` must be at least 0 and below 1, got 1",
        ),
        (
            Muon { exclude_layers: vec!["out.*".into()], ..Muon::default() }.into(),
            "Muon: `exclude_layers`: expected parts of names, got the pattern \"out.*\"",
        ),
    ];
    for (optimizer, text) in messages {
        assert_eq!(error(optimizer.resolve()).to_string(), text);
    }
}
