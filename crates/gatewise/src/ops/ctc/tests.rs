use ndarray::ArrayD;

use super::*;
use crate::builder::Builder;
use crate::ops::testing::{
    array, assert_executors_agree, assert_gradients, fast, has_gradient, numbers, reference, shape_after,
    shape_error,
};

fn emit(b: &Builder, x: &[Value]) -> Result<Value> {
    b.ctc_loss("ctc", x[0], x[1], x.get(2).copied())
}

/// Logits of one sample.
fn logits(steps: usize, classes: usize) -> ArrayD<f64> {
    numbers(&[1, steps, classes], 0).mapv(|x| 2.0 * x)
}

fn labels(labels: &[usize]) -> ArrayD<f64> {
    array(&[1, labels.len()], &labels.iter().map(|label| *label as f64).collect::<Vec<_>>())
}

/// What a path of classes spells: repetitions become one, then blanks go.
fn spelled(path: &[usize]) -> Vec<usize> {
    let mut word = path.to_vec();
    word.dedup();
    word.retain(|class| *class != 0);
    word
}

/// −ln of the sum of the probabilities of all paths that spell the labels, one by one.
fn by_all_paths(logits: &ArrayD<f64>, labels: &[usize]) -> f64 {
    let (steps, classes) = (logits.shape()[1], logits.shape()[2]);
    let mut sum = 0.0;
    for number in 0..classes.pow(steps as u32) {
        let path: Vec<usize> = (0..steps).map(|step| number / classes.pow(step as u32) % classes).collect();
        if spelled(&path) == labels {
            let probability = |(step, class): (usize, &usize)| {
                let sum: f64 = (0..classes).map(|class| logits[[0, step, class]].exp()).sum();
                logits[[0, step, *class]].exp() / sum
            };
            sum += path.iter().enumerate().map(probability).product::<f64>();
        }
    }
    -f64::ln(sum)
}

#[test]
fn a_path_spells_what_is_left_without_repetitions_and_blanks() {
    assert_eq!(spelled(&[0, 1, 1, 0, 1, 2, 2]), [1, 1, 2]);
    assert!(spelled(&[0, 0]).is_empty());
}

#[test]
fn every_sample_has_a_loss() {
    let shapes = [Shape::new([None, None, Some(5)]), Shape::new([None, Some(3)])];
    assert_eq!(shape_after(&shapes, &emit).unwrap(), Shape::new([None]));
    let shapes = [Shape::known(&[2, 7, 5]), Shape::known(&[2, 3]), Shape::known(&[2, 7])];
    assert_eq!(shape_after(&shapes, &emit).unwrap(), Shape::known(&[2]));
}

#[test]
fn shapes_that_do_not_fit_are_errors() {
    let error = |shapes: [&[usize]; 2]| shape_error(&shapes.map(Shape::known), &emit);
    assert_eq!(error([&[2, 5], &[2, 3]]), "ctc: expected logits [batch, time, classes], got [2, 5]");
    let text = "ctc: expected labels [batch, length] for a batch of [2], got [3, 3]";
    assert_eq!(error([&[2, 7, 5], &[3, 3]]), text);
    assert_eq!(error([&[2, 7, 5], &[2]]), text.replace("[3, 3]", "[2]"));
    let shapes: [&[usize]; 3] = [&[2, 7, 5], &[2, 3], &[2, 6]];
    assert_eq!(shape_error(&shapes.map(Shape::known), &emit), "ctc: expected a mask [2, 7], got [2, 6]");
}

#[test]
fn the_loss_is_that_of_all_paths_one_by_one() {
    let words: [&[usize]; 7] = [&[], &[1], &[1, 2], &[2, 2], &[1, 1, 2], &[1, 2, 1, 2, 1], &[1, 1, 1]];
    for steps in 1..6 {
        for word in words {
            let x = logits(steps, 3);
            let expected = by_all_paths(&x, word);
            match reference(&[x, labels(word)], &emit) {
                Ok(got) => assert!((got[[0]] - expected).abs() < 1e-12, "{got}, expected {expected}"),
                Err(error) => assert!(expected.is_infinite(), "{word:?} in {steps} steps: {error}"),
            }
        }
    }
}

#[test]
fn zeros_after_the_labels_change_nothing() {
    let losses =
        [&[2, 1][..], &[2, 1, 0, 0]].map(|word| reference(&[logits(4, 3), labels(word)], &emit).unwrap());
    assert_eq!(losses[0], losses[1]);
}

#[test]
fn masked_steps_are_as_if_they_were_not_there() {
    let x = logits(5, 3);
    let kept = ndarray::concatenate![
        ndarray::Axis(1),
        x.slice_axis(ndarray::Axis(1), (1..3).into()),
        x.slice_axis(ndarray::Axis(1), (4..5).into())
    ];
    let mask = array(&[1, 5], &[0.0, 1.0, 1.0, 0.0, 1.0]);
    let masked = reference(&[x.clone(), labels(&[2, 1]), mask.clone()], &emit).unwrap();
    assert_eq!(masked, reference(&[kept, labels(&[2, 1])], &emit).unwrap());
    let nothing = array(&[1, 5], &[0.0; 5]);
    assert_eq!(reference(&[x.clone(), labels(&[]), nothing.clone()], &emit).unwrap()[[0]], 0.0);
    assert_gradients(&[x.clone(), labels(&[2, 1]), mask], &[0], &emit);
    assert_gradients(&[x, labels(&[]), nothing], &[0], &emit);
}

#[test]
fn gradients_are_those_of_central_differences() {
    for word in [&[][..], &[1], &[1, 2], &[2, 2], &[1, 2, 2, 3]] {
        assert_gradients(&[logits(6, 4), labels(word)], &[0], &emit);
    }
    let two = array(&[2, 3], &[1.0, 2.0, 0.0, 3.0, 3.0, 1.0]);
    assert_gradients(&[numbers(&[2, 5, 4], 7), two], &[0], &emit);
    assert!(!has_gradient(&[Shape::known(&[1, 5, 3]), Shape::known(&[1, 2])], 1, &emit));
}

/// Hundreds of steps with certain logits, whose probabilities are too small for any number.
#[test]
fn probabilities_too_small_for_a_number_have_a_loss() {
    let (steps, classes) = (400, 3);
    let mut x = ArrayD::zeros(vec![1, steps, classes]);
    x.slice_axis_mut(ndarray::Axis(2), (0..1).into()).fill(30.0);
    let loss = reference(&[x, labels(&[1; 150])], &emit).unwrap()[[0]];
    assert!(loss > 4000.0 && loss.is_finite(), "{loss}");
}

#[test]
fn labels_that_no_class_has_are_errors() {
    for (label, shown) in [(3.0, "3"), (-1.0, "-1"), (0.5, "0.5"), (f64::NAN, "NaN")] {
        let error = reference(&[logits(4, 3), array(&[1, 2], &[1.0, label])], &emit).unwrap_err();
        assert!(error.is_data());
        let text = format!(
            "ctc: expected labels from 1 to 2 for 3 classes, of which 0 is the blank, got {shown} in sample 0"
        );
        assert_eq!(error.to_string(), text);
    }
    let error = reference(&[logits(4, 3), labels(&[1, 0, 2])], &emit).unwrap_err();
    let text =
        "ctc: expected 0, the blank, only after the last label, where it pads, got [1, 0, 2] in sample 0";
    assert_eq!(error.to_string(), text);
}

#[test]
fn too_few_steps_for_the_labels_are_an_error() {
    let error = reference(&[logits(4, 3), labels(&[1, 1, 2, 2])], &emit).unwrap_err();
    assert!(error.is_data());
    let text = "ctc: expected at least 6 time steps for 4 labels, 2 of which repeat the one before, got 4 in sample 0";
    assert_eq!(error.to_string(), text);
}

#[test]
fn a_logit_that_is_no_number_gives_a_loss_that_is_none() {
    let mut x = logits(4, 3);
    x[[0, 2, 1]] = f64::NAN;
    assert!(reference(&[x, labels(&[1])], &emit).unwrap()[[0]].is_nan());
}

/// A batch for one thread and one for several.
#[test]
fn executors_agree() {
    for (batch, steps) in [(2, 9), (5, 200)] {
        let word: Vec<f64> = (0..batch * 4).map(|index| (index % 3 + 1) as f64).collect();
        assert_executors_agree(&[numbers(&[batch, steps, 5], 0), array(&[batch, 4], &word)], &emit);
    }
}

#[test]
fn several_threads_compute_the_bits_of_one() {
    let word: Vec<f32> = (0..28).map(|index| (index % 3 + 1) as f32).collect();
    let inputs =
        [numbers(&[7, 150, 5], 0).mapv(|x| x as f32), ArrayD::from_shape_vec(vec![7, 4], word).unwrap()];
    let gradient = |b: &Builder, x: &[Value]| {
        let total = b.sum_all(emit(b, x)?)?;
        Ok(b.gradients(total, &[x[0]])?[0].expect("logits have a gradient"))
    };
    let run = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| fast(&inputs, &gradient)).unwrap()
    };
    let one = run(1);
    assert!([2, 3, 5].iter().all(|threads| run(*threads) == one));
}
