use ndarray::{ArrayD, IxDyn};

use super::*;
use crate::metrics::SparseCategoricalCrossentropy;

/// Sums of a few logarithms in double precision.
const TOLERANCE: f64 = 1e-9;

fn array(shape: &[usize], numbers: &[f32]) -> ArrayD<f32> {
    ArrayD::from_shape_vec(IxDyn(shape), numbers.to_vec()).unwrap()
}

fn assert_close(a: f64, b: f64) {
    assert!((a - b).abs() <= TOLERANCE * b.abs(), "{a} and {b}");
}

fn logits(rows: usize) -> ArrayD<f32> {
    ArrayD::from_shape_fn(IxDyn(&[rows, 2, 3]), |at| ((at[0] * 5 + at[1] * 3 + at[2]) as f32).sin())
}

#[test]
fn of_one_batch_it_is_e_to_the_crossentropy() {
    let (y, p) = (array(&[2, 2], &[0.0, 2.0, 1.0, 1.0]), logits(2));
    let batch = MetricBatch::new(y.view(), p.view());
    let (mut perplexity, mut entropy) =
        (Perplexity::new().from_logits(true), SparseCategoricalCrossentropy::new().from_logits(true));
    perplexity.update_state(&batch).unwrap();
    entropy.update_state(&batch).unwrap();
    assert_close(perplexity.result().number().unwrap(), entropy.result().number().unwrap().exp());
}

#[test]
fn batches_weigh_by_their_samples_whatever_is_masked() {
    let (y, p) = (array(&[2, 2], &[0.0, 2.0, 1.0, 1.0]), logits(2));
    let of = |first: &[(usize, usize)]| {
        let mut perplexity = Perplexity::new().from_logits(true).mask_token_id(-1);
        for (from, to) in first {
            let mut y = y.slice_axis(ndarray::Axis(0), (*from..*to).into()).to_owned();
            if *from == 0 {
                y[[0, 1]] = -1.0;
            }
            let p = p.slice_axis(ndarray::Axis(0), (*from..*to).into()).to_owned();
            perplexity.update_state(&MetricBatch::new(y.view(), p.view())).unwrap();
        }
        perplexity.result().number().unwrap().ln()
    };
    // One token of the first sample counts, but the sample counts as much as the second one.
    assert_close(of(&[(0, 1), (1, 2)]), (of(&[(0, 1)]) + of(&[(1, 2)])) / 2.0);
}

#[test]
fn a_mask_leaves_steps_out_as_the_token_does() {
    let (y, p, mask) = (array(&[1, 2], &[0.0, 2.0]), logits(1), array(&[1, 2], &[1.0, 0.0]));
    let mut masked = Perplexity::new().from_logits(true);
    masked.update_state(&MetricBatch::new(y.view(), p.view()).mask(mask.view())).unwrap();
    let mut token = Perplexity::new().from_logits(true).mask_token_id(2);
    token.update_state(&MetricBatch::new(y.view(), p.view())).unwrap();
    assert_eq!(masked.result(), token.result());
    masked.reset_state();
    assert_eq!(masked.result(), 0.0);
    let only_masked = array(&[1, 2], &[2.0, 2.0]);
    token.update_state(&MetricBatch::new(only_masked.view(), p.view())).unwrap();
    assert!(token.result().number().unwrap().is_finite(), "a batch without a token has no say");
}

#[test]
fn its_configuration_is_that_of_keras_hub() {
    let config = Perplexity::new().mask_token_id(0).config().to_string();
    assert_eq!(config, r#"{"name":"perplexity","dtype":"float32","from_logits":false,"mask_token_id":0}"#);
}
