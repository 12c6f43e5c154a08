use super::*;

const KEY: RandomKey = RandomKey { seed: 42, stream: 1, step: 3 };
const LEN: usize = 200_000;

type Fill = fn(RandomKey, u64, &mut [f32]);
const FILLS: [(&str, Fill); 3] =
    [("uniform", uniform_into), ("normal", normal_into), ("truncated_normal", truncated_normal_into)];

fn numbers(fill: Fill, key: RandomKey, offset: u64, len: usize) -> Vec<f32> {
    let mut values = vec![f32::NAN; len];
    fill(key, offset, &mut values);
    values
}

fn mean(values: &[f32]) -> f64 {
    values.iter().map(|&value| f64::from(value)).sum::<f64>() / values.len() as f64
}

fn deviation(values: &[f32]) -> f64 {
    let mean = mean(values);
    (values.iter().map(|&value| (f64::from(value) - mean).powi(2)).sum::<f64>() / values.len() as f64).sqrt()
}

/// The largest distance of the values' distribution from `cdf` (Kolmogorov and Smirnov), times √n.
fn kolmogorov(values: &[f32], cdf: impl Fn(f64) -> f64) -> f64 {
    let mut sorted: Vec<f64> = values.iter().map(|&value| f64::from(value)).collect();
    sorted.sort_by(f64::total_cmp);
    let n = sorted.len() as f64;
    let distance = sorted.iter().enumerate().map(|(index, &value)| {
        let expected = cdf(value);
        (expected - index as f64 / n).max((index + 1) as f64 / n - expected)
    });
    distance.fold(0.0, f64::max) * n.sqrt()
}

fn normal_cdf(x: f64) -> f64 {
    0.5 * libm::erfc(-x / std::f64::consts::SQRT_2)
}

fn truncated_cdf(x: f64) -> f64 {
    (normal_cdf(x) - normal_cdf(-2.0)) / (normal_cdf(2.0) - normal_cdf(-2.0))
}

/// Above this the hypothesis that the values follow the distribution is rejected with p < 0.001.
const KOLMOGOROV_LIMIT: f64 = 1.95;

#[test]
fn the_distance_of_kolmogorov_sees_a_wrong_distribution() {
    let uniform = numbers(uniform_into, KEY, 0, LEN);
    assert!(kolmogorov(&uniform, |x| x * x) > 10.0 * KOLMOGOROV_LIMIT);
    assert!(kolmogorov(&[0.5], |x| x) == 0.5);
}

#[test]
fn uniform_numbers_are_uniform_in_the_unit_interval() {
    let values = numbers(uniform_into, KEY, 0, LEN);
    assert!(values.iter().all(|value| (0.0..1.0).contains(value)));
    assert!((mean(&values) - 0.5).abs() < 0.003);
    assert!((deviation(&values) - (1.0 / 12.0_f64).sqrt()).abs() < 0.002);
    assert!(kolmogorov(&values, |x| x) < KOLMOGOROV_LIMIT);
}

#[test]
fn normal_numbers_are_normal() {
    let values = numbers(normal_into, KEY, 0, LEN);
    assert!(mean(&values).abs() < 0.01);
    assert!((deviation(&values) - 1.0).abs() < 0.008);
    assert!(kolmogorov(&values, normal_cdf) < KOLMOGOROV_LIMIT);
}

#[test]
fn truncated_numbers_follow_the_normal_distribution_cut_at_two() {
    let values = numbers(truncated_normal_into, KEY, 0, LEN);
    assert!(values.iter().all(|value| value.abs() <= 2.0));
    assert!(mean(&values).abs() < 0.01);
    assert!((deviation(&values) - 0.879_625_661).abs() < 0.008);
    assert!(kolmogorov(&values, truncated_cdf) < KOLMOGOROV_LIMIT);
}

#[test]
fn neighbours_streams_steps_and_seeds_are_uncorrelated() {
    let covariance = |a: &[f32], b: &[f32]| {
        a.iter().zip(b).map(|(&a, &b)| f64::from(a) * f64::from(b)).sum::<f64>() / a.len() as f64
    };
    let base = numbers(normal_into, KEY, 0, LEN);
    for other in [
        numbers(normal_into, KEY, 1, LEN),
        numbers(normal_into, KEY, 2, LEN),
        numbers(normal_into, RandomKey { stream: 2, ..KEY }, 0, LEN),
        numbers(normal_into, RandomKey { step: 4, ..KEY }, 0, LEN),
        numbers(normal_into, RandomKey { seed: 43, ..KEY }, 0, LEN),
        numbers(normal_into, RandomKey { seed: 42 << 32, ..KEY }, 0, LEN),
    ] {
        // The covariance has a deviation of 1/√n = 0.0022.
        assert!(covariance(&base, &other).abs() < 0.011);
    }
}

#[test]
fn any_split_gives_the_same_bits() {
    for (name, fill) in FILLS {
        let whole = numbers(fill, KEY, 0, 100);
        for start in 0..9 {
            for end in [start, start + 1, start + 2, start + 5, 100] {
                assert_eq!(numbers(fill, KEY, start as u64, end - start), whole[start..end], "{name}");
            }
        }
    }
}

#[test]
fn elements_beyond_four_billion_have_numbers_of_their_own() {
    for (name, fill) in FILLS {
        assert_ne!(numbers(fill, KEY, 4 << 32, 8), numbers(fill, KEY, 0, 8), "{name}");
    }
}

#[test]
fn numbers_of_a_key_stay_the_same_for_ever() {
    // Element 35 is outside the cut and redrawn.
    let bits = FILLS.map(|(name, fill)| {
        let bits = numbers(fill, KEY, 34, 4).into_iter().map(|value| format!("{:08x}", value.to_bits()));
        format!("{name}: {}", bits.collect::<Vec<_>>().join(" "))
    });
    insta::assert_snapshot!(bits.join("\n"), @r"
    uniform: 3f1301a1 3e16cedc 3f2dfcce 3f274f5e
    normal: bfde1da6 401aaf40 bf44fdc9 3fbb79dd
    truncated_normal: bfde1da6 3fd94a60 bf44fdc9 3fbb79dd
    ");
}

#[test]
fn seeds_from_entropy_differ() {
    assert_ne!(seed_from_entropy(), seed_from_entropy());
}
