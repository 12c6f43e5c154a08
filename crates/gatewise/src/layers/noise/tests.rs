use ndarray::{Array, ArrayD, Axis};

use super::*;
use crate::builder::{Builder, Mode};
use crate::layers::{Layer, Tensor};
use crate::shape::Shape;

const BATCH: usize = 40;
const STEPS: usize = 50;
const FEATURES: usize = 20;
const COUNT: f32 = (BATCH * STEPS * FEATURES) as f32;

/// Different numbers, none of them 0.
fn inputs() -> ArrayD<f32> {
    Array::from_shape_fn((BATCH, STEPS, FEATURES), |(b, t, f)| 0.5 + ((b * 7 + t * 3 + f) % 11) as f32 / 11.0)
        .into_dyn()
}

/// What a layer makes of `x` in training.
fn trained(layer: &dyn Layer, x: &ArrayD<f32>) -> ArrayD<f32> {
    let b = Builder::new(Mode::Training);
    let input = Tensor::new(b.input("x", &Shape::known(x.shape())));
    let output = layer.call(&b, &[input]).unwrap()[0];
    b.evaluate(&[output.value], std::slice::from_ref(x)).unwrap().remove(0)
}

fn moments(numbers: impl Iterator<Item = f32> + Clone) -> (f32, f32) {
    let count = numbers.clone().count() as f32;
    let mean = numbers.clone().sum::<f32>() / count;
    (mean, numbers.map(|x| (x - mean) * (x - mean)).sum::<f32>() / count)
}

/// Five deviations of the mean of `COUNT` independent numbers.
fn five_deviations(variance: f32) -> f32 {
    5.0 * (variance / COUNT).sqrt()
}

#[test]
fn gaussian_noise_has_the_deviation_it_was_given() {
    let x = inputs();
    let noise = trained(&GaussianNoise::new(0.3).seed(1), &x) - &x;
    let (mean, variance) = moments(noise.iter().copied());
    assert!(mean.abs() < five_deviations(0.09), "{mean}");
    // The square of a normal number has the variance 2 σ⁴.
    assert!((variance - 0.09).abs() < five_deviations(2.0 * 0.09 * 0.09), "{variance}");
}

#[test]
fn gaussian_dropout_varies_as_dropout_does() {
    let x = inputs();
    let factors = trained(&GaussianDropout::new(0.2).seed(1), &x) / &x;
    let (mean, variance) = moments(factors.iter().copied());
    assert!((mean - 1.0).abs() < five_deviations(0.25), "{mean}");
    assert!((variance - 0.25).abs() < five_deviations(2.0 * 0.25 * 0.25), "{variance}");
}

#[test]
fn alpha_dropout_keeps_mean_and_variance() {
    // Numbers of mean 0 and variance 1, as SELU gives them.
    let x = trained(&GaussianNoise::new(1.0).seed(9), &ArrayD::zeros(vec![BATCH, STEPS, FEATURES]));
    let y = trained(&AlphaDropout::new(0.3).seed(1), &x);
    let (mean, variance) = moments(y.iter().copied());
    assert!(
        mean.abs() < five_deviations(1.0) && (variance - 1.0).abs() < five_deviations(4.0),
        "{mean}, {variance}"
    );
    // All that were dropped have become the same number.
    let lowest = y.iter().copied().filter(|y| *y == trained_dropped()).count() as f32 / COUNT;
    assert!((lowest - 0.3).abs() < five_deviations(0.21), "{lowest}");
}

/// a · α' + b for a rate of 0.3.
fn trained_dropped() -> f32 {
    let y = trained(&AlphaDropout::new(0.3).seed(1), &ArrayD::from_elem(vec![1000], 50.0));
    y.iter().copied().fold(f32::INFINITY, f32::min)
}

#[test]
fn alpha_dropout_draws_once_along_axes_of_size_1() {
    let x = inputs();
    let layer = AlphaDropout::new(0.5).noise_shape([None, Some(1), None]).seed(2);
    let y = trained(&layer, &x);
    let lowest = y.iter().copied().fold(f32::INFINITY, f32::min);
    for lane in y.lanes(Axis(1)) {
        let dropped = lane.iter().filter(|y| **y == lowest).count();
        assert!(dropped == 0 || dropped == STEPS, "{dropped} of {STEPS} steps");
    }
}

#[test]
fn spatial_dropout_drops_a_feature_at_all_steps() {
    let x = inputs();
    let factors = trained(&SpatialDropout1d::new(0.25).seed(1), &x) / &x;
    let mut dropped = 0;
    for lane in factors.lanes(Axis(1)) {
        let first = lane[0];
        assert!(first == 0.0 || (first - 4.0 / 3.0).abs() < 1e-6, "{first}");
        assert!(lane.iter().all(|factor| (factor - first).abs() < 1e-6));
        dropped += usize::from(first == 0.0);
    }
    // Five deviations of the share of 800 features.
    let share = dropped as f32 / (BATCH * FEATURES) as f32;
    assert!((share - 0.25).abs() < 5.0 * (0.25 * 0.75 / 800.0_f32).sqrt(), "{share}");
}

#[test]
fn the_same_seed_draws_the_same_numbers() {
    let x = inputs();
    let draw = |seed: u64| -> [ArrayD<f32>; 4] {
        [
            trained(&GaussianNoise::new(0.3).seed(seed), &x),
            trained(&GaussianDropout::new(0.2).seed(seed), &x),
            trained(&AlphaDropout::new(0.2).seed(seed), &x),
            trained(&SpatialDropout1d::new(0.2).seed(seed), &x),
        ]
    };
    assert_eq!(draw(1), draw(1));
    for (one, other) in draw(1).iter().zip(&draw(2)) {
        assert_ne!(one, other);
    }
}

#[test]
fn a_rate_of_0_and_inference_change_nothing() {
    let layers: [(Box<dyn Layer>, Mode); 8] = [
        (Box::new(GaussianNoise::new(0.0)), Mode::Training),
        (Box::new(GaussianDropout::new(0.0)), Mode::Training),
        (Box::new(AlphaDropout::new(0.0)), Mode::Training),
        (Box::new(SpatialDropout1d::new(0.0)), Mode::Training),
        (Box::new(GaussianNoise::new(0.5)), Mode::Inference),
        (Box::new(GaussianDropout::new(0.5)), Mode::Inference),
        (Box::new(AlphaDropout::new(0.5)), Mode::Inference),
        (Box::new(SpatialDropout1d::new(0.5)), Mode::Inference),
    ];
    for (layer, mode) in layers {
        let b = Builder::new(mode);
        let x = b.input("x", &Shape::known(&[2, 3, 4]));
        let mask = b.input("mask", &Shape::known(&[2, 3]));
        let x = Tensor { value: x, mask: Some(mask) };
        assert_eq!(layer.call(&b, &[x]).unwrap(), [x], "{layer:?}");
    }
}
