use super::*;
use crate::optimizers::schedules::{ExponentialDecay, FunctionSchedule};
use crate::optimizers::{Adam, OptimizerOptions, RmsProp, Sgd};

const VARIABLES: [(&str, &[usize]); 2] = [("dense/kernel", &[2, 2]), ("dense/bias", &[2])];

fn optimizer(rule: impl UpdateRule + 'static) -> RuleOptimizer {
    let mut optimizer = RuleOptimizer::new(Box::new(rule)).unwrap();
    optimizer.build(&VARIABLES).unwrap();
    optimizer
}

/// Every option that keeps state at once.
fn with_all_state() -> Adam {
    let options = OptimizerOptions {
        use_ema: true,
        ema_momentum: 0.5,
        gradient_accumulation_steps: Some(2),
        ..OptimizerOptions::default()
    };
    Adam { amsgrad: true, options, ..Adam::default() }
}

fn fresh() -> [Vec<f32>; 2] {
    [vec![1.0, -1.0, 0.5, 0.25], vec![0.0, 2.0]]
}

/// Some steps whose gradients depend on the weights and on the number of the step.
fn train(optimizer: &mut RuleOptimizer, weights: &mut [Vec<f32>; 2], steps: std::ops::Range<usize>) {
    for step in steps {
        let gradients = weights.clone().map(|weights| {
            weights.into_iter().map(|weight| weight + (step as f32).sin()).collect::<Vec<f32>>()
        });
        let [kernel, bias] = weights;
        optimizer.apply(&[&gradients[0], &gradients[1]], &mut [kernel, bias]).unwrap();
    }
}

fn names(optimizer: &RuleOptimizer) -> Vec<String> {
    optimizer.state().into_iter().map(|variable| variable.name).collect()
}

fn values(optimizer: &RuleOptimizer) -> Vec<OptimizerValue> {
    optimizer.state().into_iter().map(|variable| variable.value).collect()
}

#[test]
fn the_state_is_in_the_order_in_which_keras_saves_it() {
    let expected = [
        "iteration",
        "learning_rate",
        "dense_kernel_average",
        "dense_bias_average",
        "dense_kernel_gradient_accumulator",
        "dense_bias_gradient_accumulator",
        "dense_kernel_momentum",
        "dense_kernel_velocity",
        "dense_bias_momentum",
        "dense_bias_velocity",
        "dense_kernel_velocity_hat",
        "dense_bias_velocity_hat",
    ];
    assert_eq!(names(&optimizer(with_all_state())), expected);
    let expected = [
        "iteration",
        "learning_rate",
        "dense_kernel_velocity",
        "dense_bias_velocity",
        "dense_kernel_momentum",
        "dense_bias_momentum",
        "dense_kernel_average_gradient",
        "dense_bias_average_gradient",
    ];
    assert_eq!(names(&optimizer(RmsProp { momentum: 0.9, centered: true, ..RmsProp::default() })), expected);
    assert_eq!(names(&optimizer(Sgd::default())), ["iteration", "learning_rate"]);
}

#[test]
fn a_schedule_takes_the_learning_rate_out_of_the_state() {
    let schedule = ExponentialDecay::new(0.1, 10, 0.5);
    assert_eq!(names(&optimizer(Sgd { learning_rate: schedule.into(), ..Sgd::default() })), ["iteration"]);
}

#[test]
fn a_restored_state_goes_on_with_the_same_bits() {
    let mut whole = fresh();
    let mut first = optimizer(with_all_state());
    first.set_learning_rate(0.1).unwrap();
    train(&mut first, &mut whole, 0..5);
    let (mut resumed, state) = (whole.clone(), values(&first));
    train(&mut first, &mut whole, 5..12);

    let mut second = optimizer(with_all_state());
    second.set_state(&state).unwrap();
    train(&mut second, &mut resumed, 5..12);
    assert_eq!(resumed, whole);
    assert_eq!(values(&second), values(&first));
}

#[test]
fn a_state_that_does_not_fit_is_an_error_and_changes_nothing() {
    let mut optimizer = optimizer(with_all_state());
    train(&mut optimizer, &mut fresh(), 0..3);
    let state = values(&optimizer);
    let number = |value: f32| OptimizerValue::Array(arr0(value).into_dyn());
    let mut mistakes = vec![state[..5].to_vec()];
    for (index, wrong) in [(0, number(1.0)), (1, state[2].clone()), (1, number(f32::NAN)), (11, number(1.0))]
    {
        let mut mistake: Vec<OptimizerValue> = state.clone();
        mistake[2] = mistake[4].clone();
        mistake[index] = wrong;
        mistakes.push(mistake);
    }
    for mistake in mistakes {
        assert!(optimizer.set_state(&mistake).is_err());
        assert_eq!(values(&optimizer), state);
    }
}

#[test]
fn gradient_accumulation_updates_only_every_so_many_calls() {
    let options = OptimizerOptions { gradient_accumulation_steps: Some(3), ..OptimizerOptions::default() };
    let mut optimizer = optimizer(Sgd { options, ..Sgd::default() });
    let mut weights = fresh();
    train(&mut optimizer, &mut weights, 0..2);
    assert_eq!((weights.clone(), optimizer.iterations()), (fresh(), 0));
    train(&mut optimizer, &mut weights, 2..3);
    assert_ne!(weights, fresh());
    assert_eq!(optimizer.iterations(), 1);
}

#[test]
fn schedules_are_read_before_a_step_is_counted_and_count_every_call() {
    let options = OptimizerOptions { gradient_accumulation_steps: Some(2), ..OptimizerOptions::default() };
    let schedule = ExponentialDecay::new(1.0, 1, 0.5);
    let mut optimizer = optimizer(Sgd { learning_rate: schedule.into(), options, ..Sgd::default() });
    let rates: Vec<f32> = (0..4)
        .map(|step| {
            let rate = optimizer.learning_rate();
            train(&mut optimizer, &mut fresh(), step..step + 1);
            rate
        })
        .collect();
    assert_eq!(rates, [1.0, 0.5, 0.25, 0.125]);
}

#[test]
fn weight_decay_leaves_excluded_weights_alone() {
    let options = OptimizerOptions {
        weight_decay: Some(0.5),
        exclude_from_weight_decay: vec!["bias".to_owned()],
        ..OptimizerOptions::default()
    };
    let mut optimizer = optimizer(Sgd { learning_rate: 1.0.into(), options, ..Sgd::default() });
    let [mut kernel, mut bias] = fresh();
    optimizer.apply(&[&[0.0; 4], &[0.0; 2]], &mut [&mut kernel, &mut bias]).unwrap();
    assert_eq!(kernel, [0.5, -0.5, 0.25, 0.125]);
    assert_eq!(bias, fresh()[1]);
}

#[test]
fn finalizing_puts_the_averages_in_place_of_the_weights() {
    let options = OptimizerOptions { use_ema: true, ema_momentum: 0.5, ..OptimizerOptions::default() };
    let mut optimizer = optimizer(Sgd { learning_rate: 1.0.into(), options, ..Sgd::default() });
    let [mut kernel, mut bias] = [vec![4.0; 4], vec![4.0; 2]];
    for _ in 0..2 {
        optimizer.apply(&[&[1.0; 4], &[2.0; 2]], &mut [&mut kernel, &mut bias]).unwrap();
    }
    assert_eq!((kernel[0], bias[0]), (2.0, 0.0));
    optimizer.finalize(&mut [&mut kernel, &mut bias]).unwrap();
    // The average starts with the weights after the first update: ½ · 3 + ½ · 2 and ½ · 2 + ½ · 0.
    assert_eq!((kernel, bias), (vec![2.5; 4], vec![1.0; 2]));
}

#[test]
fn finalizing_without_averages_changes_nothing() {
    let mut optimizer = optimizer(Sgd::default());
    let [mut kernel, mut bias] = fresh();
    optimizer.finalize(&mut [&mut kernel, &mut bias]).unwrap();
    assert_eq!([kernel, bias], fresh());
}

#[test]
fn the_learning_rate_can_be_set_unless_it_follows_a_schedule() {
    let mut constant = optimizer(Sgd::default());
    constant.set_learning_rate(0.0).unwrap();
    assert_eq!((constant.learning_rate(), &constant.config()["learning_rate"]), (0.0, &0.0.into()));
    for bad in [-0.1, f32::NAN, f32::INFINITY] {
        assert!(constant.set_learning_rate(bad).unwrap_err().is_argument());
    }
    let schedule = ExponentialDecay::new(0.1, 10, 0.5);
    let mut scheduled = optimizer(Sgd { learning_rate: schedule.into(), ..Sgd::default() });
    assert!(scheduled.set_learning_rate(0.1).unwrap_err().is_state());
}

#[test]
fn slices_that_are_not_those_of_the_weights_are_errors() {
    let mut optimizer = optimizer(Sgd::default());
    let [mut kernel, mut bias] = fresh();
    let error = optimizer.apply(&[&[0.0; 4]], &mut [&mut kernel, &mut bias]).unwrap_err();
    assert_eq!(error.to_string(), "SGD: expected 2 gradients, got 1");
    let error = optimizer.apply(&[&[0.0; 4], &[0.0; 3]], &mut [&mut kernel, &mut bias]).unwrap_err();
    assert_eq!(error.to_string(), "SGD: expected gradients of `dense/bias` [2], got 3 elements");
    let error = optimizer.apply(&[&[0.0; 4], &[0.0; 2]], &mut [&mut kernel]).unwrap_err();
    assert_eq!(error.to_string(), "SGD: expected 2 weights, got 1");
    assert!(optimizer.finalize(&mut [&mut kernel]).unwrap_err().is_shape());
    assert_eq!(optimizer.iterations(), 0);
}

#[test]
fn using_an_optimizer_before_it_is_built_is_an_error() {
    let mut optimizer = RuleOptimizer::new(Box::new(Sgd::default())).unwrap();
    assert!(optimizer.apply(&[], &mut []).unwrap_err().is_state());
    assert!(optimizer.finalize(&mut []).unwrap_err().is_state());
    assert_eq!(names(&optimizer), ["iteration", "learning_rate"]);
}

#[test]
fn building_again_keeps_the_state_and_refuses_other_weights() {
    let mut optimizer = optimizer(Adam::default());
    train(&mut optimizer, &mut fresh(), 0..2);
    let state = values(&optimizer);
    optimizer.build(&VARIABLES).unwrap();
    assert_eq!(values(&optimizer), state);
    assert!(optimizer.build(&VARIABLES[..1]).unwrap_err().is_state());
}

#[test]
fn arguments_outside_their_range_are_errors_when_the_optimizer_is_made() {
    for rule in [
        Adam { learning_rate: 0.0.into(), ..Adam::default() },
        Adam { beta_1: 1.0, ..Adam::default() },
        Adam {
            options: OptimizerOptions { clipnorm: Some(0.0), ..OptimizerOptions::default() },
            ..Adam::default()
        },
    ] {
        assert!(RuleOptimizer::new(Box::new(rule)).unwrap_err().is_argument());
    }
}

#[test]
fn a_schedule_that_gives_no_learning_rate_is_an_error_and_nothing_moves() {
    let schedule = FunctionSchedule::new("broken", |step| if step < 2 { 0.1 } else { f32::NAN });
    let mut optimizer = optimizer(Sgd { learning_rate: schedule.into(), ..Sgd::default() });
    let mut weights = fresh();
    train(&mut optimizer, &mut weights, 0..2);
    let before = weights.clone();
    let [kernel, bias] = &mut weights;
    let error = optimizer.apply(&[&[1.0; 4], &[1.0; 2]], &mut [kernel, bias]).unwrap_err();
    assert_eq!(error.to_string(), "FunctionSchedule: `learning_rate` must be at least 0 and finite, got NaN");
    assert_eq!((weights, optimizer.iterations()), (before, 2));
}
