use super::*;
use crate::initializers::{
    GlorotNormal, GlorotUniform, HeNormal, HeUniform, LecunNormal, LecunUniform, RandomUniform,
};

fn initialize(initializer: &dyn Initializer, shape: &[usize]) -> Vec<f32> {
    initializer.initialize(shape, &mut InitializerRandom::new(3, 0)).unwrap().into_iter().collect()
}

fn deviation(values: &[f32]) -> f64 {
    (values.iter().map(|&value| f64::from(value).powi(2)).sum::<f64>() / values.len() as f64).sqrt()
}

fn largest(values: &[f32]) -> f64 {
    values.iter().fold(0.0, |largest, &value| largest.max(f64::from(value.abs())))
}

/// 20 000 numbers give their deviation to 0.5 %; five of that.
fn assert_near(got: f64, expected: f64) {
    assert!((got - expected).abs() < 0.025 * expected, "got {got}, expected {expected}");
}

#[test]
fn fans_count_what_a_weight_connects() {
    assert_eq!(fans(&[]), (1.0, 1.0));
    assert_eq!(fans(&[5]), (5.0, 5.0));
    assert_eq!(fans(&[4, 12]), (4.0, 12.0));
    assert_eq!(fans(&[3, 3, 8, 16]), (72.0, 144.0));
}

#[test]
fn the_deviation_follows_from_mode_and_scale_with_every_distribution() {
    let shape = [100, 200];
    for (mode, n) in [(Mode::FanIn, 100.0), (Mode::FanOut, 200.0), (Mode::FanAvg, 150.0)] {
        for distribution in
            [Distribution::TruncatedNormal, Distribution::UntruncatedNormal, Distribution::Uniform]
        {
            let scaling = VarianceScaling { scale: 3.0, mode, distribution, ..VarianceScaling::default() };
            assert_near(deviation(&initialize(&scaling, &shape)), (3.0_f64 / n).sqrt());
        }
    }
}

#[test]
fn only_the_untruncated_distribution_goes_beyond_its_limit() {
    let shape = [100, 200];
    let of = |distribution| {
        let scaling = VarianceScaling { distribution, ..VarianceScaling::default() };
        largest(&initialize(&scaling, &shape))
    };
    let rounding = 1.0 + 1e-6;
    let cut = 2.0 * 0.1 / TRUNCATED_STDDEV;
    assert!(of(Distribution::TruncatedNormal) <= cut * rounding);
    assert!(of(Distribution::Uniform) <= 0.03_f64.sqrt() * rounding);
    assert!(of(Distribution::UntruncatedNormal) > cut);
}

#[test]
fn named_initializers_have_their_published_spread() {
    let shape = [100, 200];
    let uniform: [(&dyn Initializer, f64); 3] = [
        (&GlorotUniform::default(), 6.0 / 300.0),
        (&HeUniform::default(), 6.0 / 100.0),
        (&LecunUniform::default(), 3.0 / 100.0),
    ];
    for (initializer, square) in uniform {
        let values = initialize(initializer, &shape);
        assert!(largest(&values) <= square.sqrt() * (1.0 + 1e-6), "{initializer:?}");
        assert_near(largest(&values), square.sqrt());
        assert_near(deviation(&values), (square / 3.0).sqrt());
    }
    let normal: [(&dyn Initializer, f64); 3] = [
        (&GlorotNormal::default(), 2.0 / 300.0),
        (&HeNormal::default(), 2.0 / 100.0),
        (&LecunNormal::default(), 1.0 / 100.0),
    ];
    for (initializer, variance) in normal {
        let values = initialize(initializer, &shape);
        assert_near(deviation(&values), variance.sqrt());
        assert_near(largest(&values), 2.0 * variance.sqrt() / TRUNCATED_STDDEV);
    }
}

#[test]
fn a_named_initializer_is_the_scaling_with_its_arguments() {
    let glorot = GlorotUniform { seed: Some(4), ..GlorotUniform::default() };
    let limit = (6.0_f64 / 16.0).sqrt();
    let uniform = RandomUniform { minval: -limit, maxval: limit, seed: Some(4) };
    assert_eq!(initialize(&glorot, &[4, 12]), initialize(&uniform, &[4, 12]));
}

#[test]
fn given_axes_replace_the_last_two() {
    let shape = [2, 100, 100];
    let scaling = VarianceScaling {
        mode: Mode::FanOut,
        input_axes: Some(vec![1]),
        output_axes: Some(vec![0, -1]),
        ..VarianceScaling::default()
    };
    assert_near(deviation(&initialize(&scaling, &shape)), (1.0_f64 / 200.0).sqrt());
    for axis in [3, -4, isize::MIN] {
        let wrong = VarianceScaling { output_axes: Some(vec![axis]), ..scaling.clone() };
        let error = wrong.initialize(&shape, &mut InitializerRandom::new(0, 0)).unwrap_err();
        assert!(error.to_string().starts_with("VarianceScaling: there is no axis"), "{error}");
    }
}

#[test]
fn arguments_outside_their_range_are_errors_in_the_name_of_the_class() {
    for scale in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        let scaling = VarianceScaling { scale, ..VarianceScaling::default() };
        assert!(scaling.check().unwrap_err().is_argument());
    }
    let half = HeNormal { input_axes: Some(vec![0]), ..HeNormal::default() };
    assert_eq!(
        half.check().unwrap_err().to_string(),
        "HeNormal: `input_axes` and `output_axes` must be given together"
    );
}
