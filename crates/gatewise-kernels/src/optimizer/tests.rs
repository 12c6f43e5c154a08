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
