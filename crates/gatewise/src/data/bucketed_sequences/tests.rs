use std::collections::BTreeSet;

use ndarray::{Array1, Array2};

use super::*;
use crate::layers::{Dense, Embedding, Input, Lstm, Masking};
use crate::model::{Compile, Fit};
use crate::ops::testing;
use crate::optimizers::Sgd;
use crate::sequential::Sequential;

/// Relative, for losses and weights with another number of padded steps: they enter no sum, but products are cut otherwise.
const TOLERANCE: f32 = 1e-6;

fn lengths() -> Vec<usize> {
    (0..24).map(|sample| 1 + (sample * 7) % 13).collect()
}

fn sequences() -> Vec<Array2<f32>> {
    let make = |(sample, length): (usize, usize)| {
        Array2::from_shape_fn((length, 2), |(t, f)| ((sample * 5 + t * 3 + f * 7) % 11) as f32 / 7.0 - 0.6)
    };
    lengths().into_iter().enumerate().map(make).collect()
}

fn targets() -> Array2<f32> {
    Array2::from_shape_fn((24, 1), |(sample, _)| ((sample * 3) % 5) as f32 / 5.0)
}

fn bucketed() -> BucketedSequences {
    BucketedSequences::new(sequences()).targets(targets()).batch_size(5).padding(-9.0)
}

fn batches(dataset: &mut BucketedSequences, pass: usize) -> Vec<Batch> {
    dataset.start(pass).unwrap();
    std::iter::from_fn(|| dataset.next_batch().unwrap()).collect()
}

fn only(arrays: &OwnedArrays) -> &ArrayD<f32> {
    arrays.arrays().next().expect("there is one")
}

#[test]
fn every_sample_comes_once_with_its_target_and_padding_where_it_ends() {
    let (sequences, targets) = (sequences(), targets());
    for options in [bucketed(), bucketed().padding_side(Side::Pre), bucketed().bucket_boundaries([4, 8])] {
        let mut seen = 0;
        for batch in batches(&mut options.clone(), 3) {
            let (x, y) = (only(&batch.x), only(&batch.y));
            for (row, target) in x.outer_iter().zip(y.outer_iter()) {
                let padded = |t: &usize| row.index_axis(Axis(0), *t).iter().all(|number| *number == -9.0);
                let used: Vec<usize> = (0..row.len_of(Axis(0))).filter(|t| !padded(t)).collect();
                let start = match options.side {
                    Side::Post => 0,
                    Side::Pre => row.len_of(Axis(0)) - used.len(),
                };
                assert_eq!(used, (start..start + used.len()).collect::<Vec<_>>());
                let own = row.slice_axis(Axis(0), Slice::from(start..start + used.len()));
                let is_here = |sample: &usize| {
                    sequences[*sample].view().into_dyn() == own && targets.row(*sample).into_dyn() == target
                };
                assert!((0..24).any(|sample| is_here(&sample)));
                seen += 1;
            }
        }
        assert_eq!(seen, 24);
    }
}

#[test]
fn buckets_pad_less_than_one_length_for_all() {
    let longest = lengths().into_iter().max().unwrap();
    let whole = 1.0 - lengths().iter().sum::<usize>() as f64 / (24 * longest) as f64;
    let sorted = bucketed().padding_share().unwrap();
    let coarse = bucketed().bucket_boundaries([7]).padding_share().unwrap();
    assert!(sorted < 0.15 && sorted < coarse && coarse < whole, "{sorted} {coarse} {whole}");
    // The share is that of the batches.
    let (mut steps, mut used) = (0, 0);
    for batch in batches(&mut bucketed(), 0) {
        let x = only(&batch.x);
        steps += x.shape()[0] * x.shape()[1];
        used += x.iter().step_by(2).filter(|number| **number != -9.0).count();
    }
    assert_eq!(sorted, 1.0 - used as f64 / steps as f64);
}

#[test]
fn batches_of_a_bucket_can_have_one_shape() {
    let mut dataset = bucketed().bucket_boundaries([5, 9]).pad_to_bucket_boundary();
    let times: BTreeSet<usize> =
        batches(&mut dataset, 0).iter().map(|batch| only(&batch.x).shape()[1]).collect();
    assert!(times.contains(&4) && times.contains(&8));
    assert_eq!(dataset.num_batches(), Some(batches(&mut dataset, 0).len()));
    assert_eq!(dataset.num_samples(), Some(24));
}

#[test]
fn the_order_depends_on_seed_and_pass_alone_and_can_be_kept() {
    let order = |dataset: BucketedSequences, pass| dataset.batches(pass);
    let mixed = || bucketed().bucket_boundaries([5, 9]);
    assert_eq!(order(mixed().seed(1), 2), order(mixed().seed(1), 2));
    assert_ne!(order(mixed().seed(1), 2), order(mixed().seed(1), 3));
    assert_ne!(order(mixed().seed(1), 2), order(mixed().seed(2), 2));
    assert_ne!(order(bucketed(), 0), order(bucketed(), 1));
    let kept = bucketed().without_shuffle();
    assert_eq!(order(kept.clone(), 0), order(kept.clone(), 1));
    let longest: Vec<usize> = order(kept.clone(), 0).iter().map(|batch| kept.padded_length(batch)).collect();
    assert!(longest.is_sorted());
}

/// A model with a mask that has not yet seen data.
fn model(many_to_many: bool) -> Sequential {
    let mut model = Sequential::new().with_seed(5);
    model.add(Input::new([None, Some(2)])).unwrap().add(Masking::new(-9.0)).unwrap();
    model.add(Lstm::new(3).return_sequences(many_to_many)).unwrap().add(Dense::new(1)).unwrap();
    model.compile(Compile::new(Sgd { learning_rate: 0.1.into(), ..Sgd::default() }, "mse")).unwrap();
    model
}

/// The batch with more padding, so that it has `length` steps.
fn longer(array: &ArrayD<f32>, length: usize, value: f32) -> ArrayD<f32> {
    let mut shape = array.shape().to_vec();
    shape[1] = length;
    let mut padded = ArrayD::from_elem(IxDyn(&shape), value);
    padded.slice_axis_mut(Axis(1), Slice::from(0..array.shape()[1])).assign(array);
    padded
}

fn assert_close(what: &str, got: &[f32], expected: &[f32]) {
    assert_eq!(got.len(), expected.len());
    for (got, expected) in got.iter().zip(expected) {
        assert!(
            (got - expected).abs() <= TOLERANCE * expected.abs().max(1.0),
            "{what}: {got} and {expected}"
        );
    }
}

#[test]
fn losses_and_steps_are_those_of_the_same_batches_padded_to_the_longest() {
    let steps = |sequence: Array2<f32>| sequence.map_axis(Axis(1), |row| row[0] / 2.0).insert_axis(Axis(1));
    let many = bucketed().sequence_targets(sequences().into_iter().map(steps));
    for (many_to_many, mut dataset) in [(false, bucketed()), (true, many)] {
        let (mut short, mut long) = (model(many_to_many), model(many_to_many));
        for batch in batches(&mut dataset, 0) {
            let (x, y) = (only(&batch.x), only(&batch.y));
            let whole_y = if many_to_many { longer(y, 13, 0.0) } else { y.clone() };
            let a = short.train_on_batch(x, y).unwrap()["loss"];
            let b = long.train_on_batch(&longer(x, 13, -9.0), &whole_y).unwrap()["loss"];
            assert_close("loss", &[a as f32], &[b as f32]);
            // The change of a weight is its gradient.
            for (a, b) in short.get_weights().iter().zip(long.get_weights()) {
                assert_close("weights", a.as_slice().unwrap(), b.as_slice().unwrap());
            }
        }
    }
}

#[test]
fn tokens_train_with_the_mask_of_an_embedding() {
    let tokens: Vec<Vec<u32>> =
        lengths().iter().map(|length| (0..*length as u32).map(|t| 1 + t % 6).collect()).collect();
    let weights = Array1::from_iter(testing::numbers(&[24], 3).iter().map(|x| x.abs() as f32));
    let mut dataset =
        BucketedSequences::of_tokens(&tokens).targets(targets()).sample_weight(weights).batch_size(4);
    let mut model = Sequential::new().with_seed(2);
    model.add(Input::new([None])).unwrap().add(Embedding::new(7, 3).mask_zero(true)).unwrap();
    model.add(Lstm::new(4)).unwrap().add(Dense::new(1)).unwrap();
    model.compile(Compile::new("adam", "mse")).unwrap();
    let history = model.fit_dataset(&mut dataset, Fit { epochs: 15, ..Fit::default() }).unwrap();
    assert!(history.get("loss")[14] < history.get("loss")[0]);
}

#[test]
fn mistakes_are_reported() {
    let message = |dataset: BucketedSequences| dataset.padding_share().unwrap_err().to_string();
    let texts = [
        (bucketed().batch_size(0), "`batch_size` must be at least 1, got 0"),
        (
            bucketed().bucket_boundaries([5, 5]),
            "`bucket_boundaries` must rise and begin at 2 or later, got [5, 5]",
        ),
        (bucketed().bucket_boundaries([1]), "`bucket_boundaries` must rise and begin at 2 or later, got [1]"),
        (BucketedSequences::of_tokens(&[]), "expected at least one sequence, got none"),
        (
            BucketedSequences::of_tokens(&[vec![1], vec![]]),
            "expected at least one step, but sequence 1 has none",
        ),
        (
            BucketedSequences::new([Array2::zeros((2, 3)), Array2::zeros((2, 4))]),
            "expected steps [3], as those of sequence 0, got [4] in sequence 1",
        ),
        (
            bucketed().targets(Array2::zeros((7, 1))),
            "expected targets [24, ...], one for each sequence, got 7",
        ),
        (
            bucketed().sample_weight(Array1::zeros(7)),
            "expected weights [24, ...], one for each sequence, got 7",
        ),
        (
            BucketedSequences::of_tokens(&[vec![1, 2]]).sequence_targets([Array2::zeros((3, 1))]),
            "expected targets of 2 steps for sequence 0, got 3",
        ),
    ];
    for (dataset, text) in texts {
        assert_eq!(message(dataset), format!("BucketedSequences: {text}"));
    }
}
