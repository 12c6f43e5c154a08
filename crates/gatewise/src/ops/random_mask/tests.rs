use super::*;
use crate::builder::{Builder, Mode};
use crate::compiled::Compiled;
use crate::executor::RunKey;
use crate::ops::testing::{assert_executors_agree, shape_after, shape_error};

/// The masks of a builder that draws as many as there are seeds, in one run.
fn masks(rate: f32, dims: &[usize], seeds: &[Option<u64>], key: RunKey) -> Vec<Vec<f32>> {
    let b = Builder::new(Mode::Training);
    let mask = |seed: &Option<u64>| b.random_mask(rate, &Shape::known(dims), *seed).unwrap();
    let values: Vec<Value> = seeds.iter().map(mask).collect();
    let compiled = Compiled::new(&b, &values).unwrap();
    let read = |outputs: &crate::compiled::Outputs<'_>| {
        Ok((0..seeds.len()).map(|index| outputs.get(index).to_vec()).collect())
    };
    compiled.run(&[], key, read).unwrap()
}

fn key(seed: u64, step: u64) -> RunKey {
    RunKey { seed, step }
}

#[test]
fn the_result_has_the_shape_that_was_asked_for() {
    let shape = Shape::new([None, Some(3)]);
    assert_eq!(shape_after(&[], &|b, _| b.random_mask(0.5, &shape, None)).unwrap(), shape);
}

#[test]
fn a_rate_outside_its_range_is_an_error() {
    for (rate, shown) in [(1.0, "1"), (-0.5, "-0.5"), (f32::NAN, "NaN")] {
        let text = shape_error(&[], &|b, _| b.random_mask(rate, &Shape::scalar(), None));
        let expected = "random_mask: expected a rate of at least 0 and below 1, got";
        assert_eq!(text, format!("{expected} {shown}"));
    }
}

#[test]
fn elements_are_0_or_scaled_up_in_the_share_that_the_rate_says() {
    let mask = &masks(0.2, &[100, 100], &[None], key(1, 0))[0];
    assert!(mask.iter().all(|x| *x == 0.0 || *x == 1.25));
    let dropped = mask.iter().filter(|x| **x == 0.0).count() as f64 / 1e4;
    // Six standard deviations of a share of 0.2 in 10 000 draws.
    assert!((dropped - 0.2).abs() < 6.0 * (0.2_f64 * 0.8 / 1e4).sqrt(), "{dropped}");
}

#[test]
fn a_rate_of_0_keeps_everything() {
    assert_eq!(masks(0.0, &[70], &[None], key(1, 0)), [vec![1.0; 70]]);
}

#[test]
fn a_mask_depends_on_seed_step_and_stream_and_on_nothing_else() {
    let draw = |seeds: &[Option<u64>], key| masks(0.5, &[100], seeds, key);
    let one = draw(&[None], key(1, 0));
    assert_eq!(draw(&[None], key(1, 0)), one);
    assert_ne!(draw(&[None], key(2, 0)), one);
    assert_ne!(draw(&[None], key(1, 1)), one);
    let two = draw(&[None, None], key(1, 0));
    assert_eq!(two[0], one[0]);
    assert_ne!(two[1], one[0]);
}

#[test]
fn an_own_seed_replaces_that_of_the_run() {
    let draw = |seed, key| masks(0.5, &[100], &[seed], key);
    assert_eq!(draw(Some(7), key(1, 0)), draw(Some(7), key(2, 0)));
    assert_eq!(draw(Some(7), key(1, 0)), draw(None, key(7, 0)));
    assert_ne!(draw(Some(7), key(1, 0)), draw(Some(7), key(1, 1)));
}

#[test]
fn a_longer_mask_begins_with_the_shorter() {
    let long = &masks(0.5, &[2 * BLOCK + 3], &[None], key(1, 0))[0];
    for len in [0, 1, BLOCK - 1, BLOCK, BLOCK + 1] {
        assert_eq!(masks(0.5, &[len], &[None], key(1, 0))[0], long[..len]);
    }
}

#[test]
fn executors_agree() {
    assert_executors_agree(&[], &|b, _| b.random_mask(0.25, &Shape::known(&[3, 33]), Some(5)));
}

#[test]
fn a_gradient_passes_by_the_mask() {
    let b = Builder::new(Mode::Training);
    let x = b.input("x", &Shape::known(&[4]));
    let mask = b.random_mask(0.5, &Shape::known(&[4]), Some(3)).unwrap();
    let loss = b.sum_all(b.mul(x, mask).unwrap()).unwrap();
    let gradient = b.gradients(loss, &[x]).unwrap()[0].expect("a gradient");
    let ones = ndarray::ArrayD::ones(vec![4]);
    let results = b.evaluate(&[gradient, mask], &[ones]).unwrap();
    assert_eq!(results[0], results[1]);
}
