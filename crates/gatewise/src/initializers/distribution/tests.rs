use super::*;

const LEN: usize = 40_000;

fn moments(initializer: impl Initializer) -> (f64, f64) {
    let values = initializer.initialize(&[LEN], &mut InitializerRandom::new(3, 0)).unwrap();
    let mean = values.iter().map(|&value| f64::from(value)).sum::<f64>() / LEN as f64;
    let variance = values.iter().map(|&value| (f64::from(value) - mean).powi(2)).sum::<f64>() / LEN as f64;
    (mean, variance.sqrt())
}

/// Both moments of `LEN` numbers have a relative error of at most 1/√40000 = 0.005; five of it.
fn assert_moments(initializer: impl Initializer, mean: f64, stddev: f64) {
    let got = moments(initializer);
    assert!((got.0 - mean).abs() < 0.025 * stddev && (got.1 - stddev).abs() < 0.025 * stddev, "{got:?}");
}

#[test]
fn mean_and_deviation_are_those_asked_for() {
    assert_moments(RandomNormal { mean: 1.0, stddev: 0.5, seed: None }, 1.0, 0.5);
    assert_moments(TruncatedNormal { mean: -1.0, stddev: 0.5, seed: None }, -1.0, 0.5 * 0.879_626);
    assert_moments(RandomUniform { minval: 1.0, maxval: 3.0, seed: None }, 2.0, 2.0 / 12.0_f64.sqrt());
}

#[test]
fn the_defaults_are_those_of_keras() {
    assert_moments(RandomNormal::default(), 0.0, 0.05);
    assert_moments(TruncatedNormal::default(), 0.0, 0.05 * 0.879_626);
    assert_moments(RandomUniform::default(), 0.0, 0.1 / 12.0_f64.sqrt());
}

#[test]
fn bounds_are_kept() {
    let mut random = InitializerRandom::new(3, 0);
    let cut = TruncatedNormal { mean: 0.0, stddev: 0.5, seed: None };
    assert!(cut.initialize(&[LEN], &mut random).unwrap().iter().all(|value| value.abs() <= 1.0));
    // So few f32 lie in this interval that the upper bound would be reached by rounding.
    let narrow = RandomUniform { minval: 1.0, maxval: 1.0 + 4.0 * f64::from(f32::EPSILON), seed: None };
    let values = narrow.initialize(&[LEN], &mut random).unwrap();
    assert!(values.iter().all(|&value| value >= 1.0 && value < narrow.maxval as f32));
}

#[test]
fn a_deviation_of_zero_gives_the_mean() {
    let initializer = RandomNormal { mean: 0.25, stddev: 0.0, seed: None };
    assert_eq!(moments(initializer), (0.25, 0.0));
}

#[test]
fn arguments_outside_their_range_are_errors() {
    for bad in [-0.1, f64::NAN, f64::INFINITY] {
        assert!(RandomNormal { stddev: bad, ..RandomNormal::default() }.check().unwrap_err().is_argument());
        assert!(
            TruncatedNormal { stddev: bad, ..TruncatedNormal::default() }.check().unwrap_err().is_argument()
        );
    }
    assert!(RandomNormal { mean: f64::NAN, ..RandomNormal::default() }.check().unwrap_err().is_argument());
    for (minval, maxval) in [(1.0, 1.0), (1.0, 0.0), (f64::NAN, 1.0), (-3e38, 3e38), (0.0, f64::INFINITY)] {
        assert!(RandomUniform { minval, maxval, seed: None }.check().unwrap_err().is_argument());
    }
}
