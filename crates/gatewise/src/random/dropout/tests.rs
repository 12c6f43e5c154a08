use super::*;

const KEY: RandomKey = RandomKey { seed: 11, stream: 4, step: 2 };

fn mask(rate: f32, offset: u64, len: usize) -> Vec<f32> {
    let mut mask = vec![f32::NAN; len];
    dropout_mask_into(rate, KEY, offset, &mut mask).unwrap();
    mask
}

#[test]
fn only_zero_and_the_scale_occur_and_the_share_of_zeros_is_the_rate() {
    const LEN: usize = 100_000;
    for rate in [0.1_f32, 0.5, 0.9] {
        let mask = mask(rate, 0, LEN);
        let kept = 1.0 / (1.0 - rate);
        assert!(mask.iter().all(|&value| value == 0.0 || value == kept));
        let zeros = mask.iter().filter(|&&value| value == 0.0).count() as f32 / LEN as f32;
        // The share has a deviation of at most 0.0016; five of them on either side.
        assert!((zeros - rate).abs() < 0.008, "rate {rate}, share {zeros}");
    }
}

#[test]
fn rate_zero_keeps_everything() {
    assert_eq!(mask(0.0, 0, 1000), vec![1.0; 1000]);
}

#[test]
fn a_part_of_a_mask_is_that_part_of_the_whole_mask() {
    let whole = mask(0.4, 0, 100);
    for (start, end) in [(0, 100), (1, 2), (3, 50), (97, 100), (5, 5)] {
        assert_eq!(mask(0.4, start as u64, end - start), whole[start..end]);
    }
}

#[test]
fn a_rate_outside_its_range_is_an_error() {
    for rate in [-0.1, 1.0, 1.5, f32::NAN, f32::INFINITY] {
        let error = dropout_mask_into(rate, KEY, 0, &mut [0.0]).unwrap_err();
        assert!(error.is_argument());
        assert!(error.to_string().starts_with("dropout: `rate` must be at least 0 and below 1, got"));
    }
}
