//! Two steps of each rule on one weight, w = 1 with the gradients 0.3 and −0.7, against Keras 3.15.1.

use super::*;

const GRADIENTS: [f32; 2] = [0.3, -0.7];

/// Keras rounds in float32 at every operation, and so do these functions: what remains is the last bit or two.
const TOLERANCE: f32 = 2.5e-7;

/// The weight after each of two steps of `update`, which gets the number of the step, gradient and weight.
fn two_steps_of(gradients: [f32; 2], mut update: impl FnMut(i32, &[f32], &mut [f32])) -> [f32; 2] {
    let mut weight = [1.0];
    [0, 1].map(|step| {
        update(step as i32 + 1, &[gradients[step]], &mut weight);
        weight[0]
    })
}

/// [`two_steps_of`] the common gradients.
fn two_steps(update: impl FnMut(i32, &[f32], &mut [f32])) -> [f32; 2] {
    two_steps_of(GRADIENTS, update)
}

fn assert_steps(got: [f32; 2], expected: [f32; 2]) {
    for (got, expected) in got.into_iter().zip(expected) {
        assert!((got - expected).abs() <= TOLERANCE, "got {got:?}, expected {expected:?}");
    }
}

fn sgd_steps(momentum: Option<f32>, nesterov: bool) -> [f32; 2] {
    let rule = Sgd { learning_rate: 0.1, momentum: momentum.unwrap_or(0.0), nesterov };
    let mut velocity = [0.0];
    two_steps(|_, gradient, weight| sgd(&rule, gradient, weight, momentum.map(|_| &mut velocity[..])))
}

fn adam_steps(amsgrad: bool, gradients: [f32; 2]) -> [f32; 2] {
    let (mut momentum, mut velocity, mut velocity_hat) = ([0.0], [0.0], [0.0]);
    two_steps_of(gradients, |t, gradient, weight| {
        let rule = Adam {
            corrected_learning_rate: 0.1 * (1.0 - 0.999f32.powi(t)).sqrt() / (1.0 - 0.9f32.powi(t)),
            one_minus_beta_1: (1.0 - 0.9f64) as f32,
            one_minus_beta_2: (1.0 - 0.999f64) as f32,
            epsilon: 1e-7,
        };
        let slots = AdamSlots {
            momentum: &mut momentum,
            velocity: &mut velocity,
            velocity_hat: amsgrad.then_some(&mut velocity_hat[..]),
        };
        adam(&rule, gradient, weight, slots);
    })
}

fn rmsprop_steps(momentum: f32, centered: bool) -> [f32; 2] {
    let rule = RmsProp {
        learning_rate: 0.1,
        rho: 0.9,
        one_minus_rho: (1.0 - 0.9f64) as f32,
        momentum,
        epsilon: 1e-7,
    };
    let (mut velocity, mut rolling, mut average) = ([0.0], [0.0], [0.0]);
    two_steps(|_, gradient, weight| {
        let slots = RmsPropSlots {
            velocity: &mut velocity,
            momentum: (momentum > 0.0).then_some(&mut rolling[..]),
            average_gradient: centered.then_some(&mut average[..]),
        };
        rmsprop(&rule, gradient, weight, slots);
    })
}

#[test]
fn sgd_steps_as_keras_does() {
    assert_steps(sgd_steps(None, false), [0.97, 1.04]);
    assert_steps(sgd_steps(Some(0.9), false), [0.97, 1.013]);
    assert_steps(sgd_steps(Some(0.9), true), [0.943, 1.0517]);
}

#[test]
fn adam_steps_as_keras_does() {
    assert_steps(adam_steps(false, GRADIENTS), [0.900_001_7, 0.942_019_6]);
    assert_steps(adam_steps(true, GRADIENTS), [0.900_001_7, 0.942_019_6]);
}

#[test]
fn amsgrad_remembers_the_largest_velocity() {
    // A gradient of zero lets the velocity shrink, which plain Adam follows and AMSGrad does not.
    assert_steps(adam_steps(false, [1.0, 0.0]), [0.900_001, 0.832_996_1]);
    assert_steps(adam_steps(true, [1.0, 0.0]), [0.900_001, 0.833_029_57]);
}

#[test]
fn rmsprop_steps_as_keras_does() {
    assert_steps(rmsprop_steps(0.0, false), [0.683_774, 0.976_714_6]);
    assert_steps(rmsprop_steps(0.9, false), [0.683_774, 0.692_111_25]);
    assert_steps(rmsprop_steps(0.0, true), [0.666_668_7, 0.964_470_7]);
    assert_steps(rmsprop_steps(0.9, true), [0.666_668_7, 0.664_472_5]);
}

#[test]
fn every_element_is_updated_on_its_own() {
    let gradient: Vec<f32> = (0..37).map(|n| (n as f32 - 18.0) / 10.0).collect();
    let mut together = vec![1.0; 37];
    let mut velocity = vec![0.5; 37];
    let rule = Sgd { learning_rate: 0.1, momentum: 0.9, nesterov: true };
    sgd(&rule, &gradient, &mut together, Some(&mut velocity));
    for n in 0..37 {
        let mut alone = [1.0];
        sgd(&rule, &gradient[n..=n], &mut alone, Some(&mut [0.5]));
        assert_eq!(alone[0].to_bits(), together[n].to_bits());
    }
}

#[test]
#[should_panic(expected = "`velocity` must hold a number per weight")]
fn a_slot_of_another_length_panics() {
    let rule = Sgd { learning_rate: 0.1, momentum: 0.9, nesterov: false };
    sgd(&rule, &[0.0; 2], &mut [0.0; 2], Some(&mut [0.0; 3]));
}

#[test]
fn nadam_steps_as_keras_does() {
    let (mut momentum, mut velocity) = ([0.0], [0.0]);
    let share = |t: i32| 0.9 * (1.0 - 0.5 * 0.96f32.powi(t));
    let mut product = 1.0;
    let steps = two_steps(|t, gradient, weight| {
        product *= share(t);
        let rule = Nadam {
            learning_rate: 0.1,
            one_minus_beta_1: 1.0 - 0.9,
            one_minus_beta_2: 1.0 - 0.999,
            momentum_share: (share(t + 1), 1.0 - product * share(t + 1)),
            gradient_share: (1.0 - share(t), 1.0 - product),
            velocity_correction: 1.0 - 0.999f32.powi(t),
            epsilon: 1e-7,
        };
        let slots = NadamSlots { momentum: &mut momentum, velocity: &mut velocity };
        nadam(&rule, gradient, weight, slots);
    });
    assert_steps(steps, [0.893_721_2, 0.984_795_2]);
}

#[test]
fn ftrl_steps_as_keras_does_with_the_root_and_with_any_power() {
    for power in [0.5, 0.500_000_06] {
        let rule = Ftrl { learning_rate: 0.1, power, l1: 0.0, twice_l2: 0.0, twice_shrinkage: 0.0 };
        let (mut accumulator, mut linear) = ([0.1], [0.0]);
        let steps = two_steps(|_, gradient, weight| {
            let slots = FtrlSlots { accumulator: &mut accumulator, linear: &mut linear };
            ftrl(&rule, gradient, weight, slots);
        });
        assert!((steps[0] - 0.205_699).abs() < 1e-6 && (steps[1] - 0.290_586_5).abs() < 1e-6, "{steps:?}");
    }
}

#[test]
fn ftrl_sets_weights_to_zero_that_the_l1_penalty_outweighs() {
    let rule = Ftrl { learning_rate: 0.1, power: 0.5, l1: 10.0, twice_l2: 0.0, twice_shrinkage: 0.0 };
    let mut weights = [1.0];
    ftrl(&rule, &[0.3], &mut weights, FtrlSlots { accumulator: &mut [0.1], linear: &mut [0.0] });
    assert_eq!(weights, [0.0]);
}

/// The weights after a first step of Lamb, where the moments are those of one gradient.
fn lamb_step(gradient: &[f32], mut weights: Vec<f32>) -> Vec<f32> {
    let rule = Lamb {
        learning_rate: 0.1,
        one_minus_beta_1: 0.1,
        one_minus_beta_2: 0.001,
        momentum_correction: 0.1,
        velocity_correction: 0.001,
        epsilon: 0.0,
    };
    let (mut momentum, mut velocity) = (vec![0.0; weights.len()], vec![0.0; weights.len()]);
    lamb(&rule, gradient, &mut weights, LambSlots { momentum: &mut momentum, velocity: &mut velocity });
    weights
}

#[test]
fn lamb_steps_by_a_share_of_the_norm_of_the_weights() {
    // The step before the ratio is the sign of the gradient, of norm 2, and the norm of the weights is 10.
    let weights = lamb_step(&[0.3, -0.7, 0.1, 0.2], vec![5.0; 4]);
    for (got, expected) in weights.into_iter().zip([4.5, 5.5, 4.5, 4.5]) {
        assert!((got - expected).abs() < 1e-6, "{got} is not {expected}");
    }
    // Weights of norm 0 move without the ratio.
    assert!((lamb_step(&[0.3], vec![0.0])[0] + 0.1).abs() < 1e-7);
}

fn adafactor_step(gradient: &[f32], sizes: Option<(usize, usize)>) -> (Vec<f32>, Vec<f32>) {
    let (mut weights, mut velocity) = (vec![1.0; gradient.len()], vec![0.0; gradient.len()]);
    let rule =
        Adafactor { relative_step: 0.1, beta_2: 0.0, epsilon_1: 1e-30, epsilon_2: 1e-3, clip_threshold: 1.0 };
    let count = |of: usize| sizes.map_or(0, |_| gradient.len() / of.max(1));
    let (r, c) = sizes.unwrap_or_default();
    let (mut rows, mut columns) = (vec![0.0; count(c)], vec![0.0; count(r)]);
    let factors = sizes.map(|sizes| AdafactorFactors { rows: &mut rows, columns: &mut columns, sizes });
    adafactor(&rule, gradient, &mut weights, AdafactorSlots { factors, velocity: &mut velocity });
    (weights, velocity)
}

#[test]
fn adafactor_keeps_the_velocity_of_a_matrix_by_rows_and_columns() {
    // The squares are an outer product, so that the factors hold them exactly.
    let gradient = [1.0, 2.0, 3.0, 2.0, 4.0, 6.0];
    let (weights, velocity) = adafactor_step(&gradient, Some((2, 3)));
    for ((g, v), w) in gradient.iter().zip(velocity).zip(weights) {
        assert!((v - g * g).abs() <= 1e-5 * v, "velocity {v} of gradient {g}");
        assert!((w - 0.9).abs() < 1e-6, "weight {w}");
    }
}

#[test]
fn adafactor_keeps_a_vector_whole_and_many_columns_apart() {
    let (_, velocity) = adafactor_step(&[1.0, -2.0, 3.0], None);
    assert_eq!(velocity, [1.0, 4.0, 9.0]);
    // More columns than are summed side by side; every row is the same.
    let row: Vec<f32> = (1..=37).map(|n| n as f32).collect();
    let (_, velocity) = adafactor_step(&[&row[..], &row].concat(), Some((2, 37)));
    for (v, g) in velocity.iter().zip(row.iter().chain(&row)) {
        assert!((v - g * g).abs() <= 1e-5 * v, "velocity {v} of gradient {g}");
    }
}

#[test]
fn schedule_free_adamw_steps_as_keras_does() {
    let (mut momentum, mut velocity) = ([1.0], [0.0]);
    let steps = two_steps(|t, gradient, weight| {
        let rule = ScheduleFreeAdamW {
            learning_rate: 0.1,
            beta_1: 0.9,
            one_minus_beta_2: 1.0 - 0.999,
            velocity_correction: 1.0 - 0.999f32.powi(t),
            average_share: 1.0 / t as f32,
            epsilon: 1e-8,
        };
        let slots = ScheduleFreeAdamWSlots { momentum: &mut momentum, velocity: &mut velocity };
        schedule_free_adamw(&rule, gradient, weight, slots);
    });
    assert_steps(steps, [0.9, 0.964_981_9]);
}

#[test]
fn a_sum_takes_every_term_once() {
    for len in [0, 1, 7, 8, 9, 19] {
        assert_eq!(sums::sum(len, |i| i as f64 + 1.0), (len * (len + 1) / 2) as f64);
    }
}

/// Slots after so many steps without a gradient, none of which may be subnormal after any of them.
fn without_gradient(
    steps: usize,
    slots: &mut [Vec<f32>],
    mut update: impl FnMut(&[f32], &mut [f32], &mut [Vec<f32>]),
) {
    let mut weights = [0.5; 3];
    for step in 0..steps {
        update(&[0.0; 3], &mut weights, slots);
        let all = slots.iter().flatten().chain(&weights);
        assert!(all.clone().all(|x| !x.is_subnormal()), "step {step}: {slots:?}");
    }
}

#[test]
fn what_is_remembered_of_a_gradient_ends_as_zero() {
    let rule =
        Adam { corrected_learning_rate: 0.001, one_minus_beta_1: 0.1, one_minus_beta_2: 0.1, epsilon: 1e-7 };
    let mut slots = [vec![1.0, -1e-30, f32::NAN], vec![1.0, 1e-36, 1.0]];
    without_gradient(900, &mut slots, |gradient, weights, slots| {
        let [momentum, velocity] = slots else { unreachable!() };
        adam(&rule, gradient, weights, AdamSlots { momentum, velocity, velocity_hat: None });
    });
    assert_eq!([slots[0][0], slots[0][1], slots[1][0]], [0.0; 3]);
    assert!(slots[0][2].is_nan(), "what is no number stays to be seen");
    let mut velocity = [vec![1.0, -1.0, 0.0]];
    without_gradient(900, &mut velocity, |gradient, weights, slots| {
        let rule = Sgd { learning_rate: 0.1, momentum: 0.9, nesterov: false };
        sgd(&rule, gradient, weights, Some(&mut slots[0]));
    });
    assert_eq!(velocity[0], [0.0; 3]);
}
