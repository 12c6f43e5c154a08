//! Connectionist temporal classification in a whole model: it learns to spell what no one has aligned.

#![allow(missing_docs)]

use gatewise::layers::{Dense, Input, Lstm, Masking};
use gatewise::losses::CTC;
use gatewise::optimizers::Adam;
use gatewise::{Compile, Fit, Sequential};
use ndarray::{ArrayD, Axis, Slice};

const SAMPLES: usize = 12;
const STEPS: usize = 9;
const CLASSES: usize = 4;

/// The label of a sample at a place, from 1 on; 0 pads. Every third sample has two labels only, and some repeat.
fn label(sample: usize, place: usize) -> usize {
    if place == 2 && sample.is_multiple_of(3) {
        0
    } else {
        1 + (sample / (place + 1) + place) % (CLASSES - 1)
    }
}

/// Where a label shows in the input: later in later samples, so that only the order tells what is meant.
fn place_of(sample: usize, step: usize) -> Option<usize> {
    let start = sample % 3;
    (0..3).find(|place| step == start + 2 * place)
}

/// Inputs `[samples, time, classes]` that are 1 where a label shows, with the first feature always 1, and the labels.
fn data() -> (ArrayD<f32>, ArrayD<f32>) {
    let x = ArrayD::from_shape_fn(vec![SAMPLES, STEPS, CLASSES], |at| {
        let shown = place_of(at[0], at[1]).map_or(0, |place| label(at[0], place));
        f32::from(u8::from(at[2] == 0 || at[2] == shown))
    });
    let y = ArrayD::from_shape_fn(vec![SAMPLES, 3], |at| label(at[0], at[1]) as f32);
    (x, y)
}

/// The likeliest class of each step, without repetitions and blanks.
fn spelled(logits: &ArrayD<f32>, sample: usize) -> Vec<usize> {
    let rows = logits.index_axis(Axis(0), sample);
    let likeliest = |row: ndarray::ArrayViewD<'_, f32>| {
        let pairs = row.iter().copied().enumerate();
        pairs.fold((0, f32::MIN), |best, now| if now.1 > best.1 { now } else { best }).0
    };
    let mut classes: Vec<usize> = rows.outer_iter().map(likeliest).collect();
    classes.dedup();
    classes.retain(|class| *class != 0);
    classes
}

fn model() -> Sequential {
    let mut model = Sequential::new().with_seed(5);
    model.add(Input::new([None, Some(CLASSES)])).unwrap().add(Masking::new(0.0)).unwrap();
    model.add(Lstm::new(24).return_sequences(true)).unwrap().add(Dense::new(CLASSES)).unwrap();
    model.compile(Compile::new(Adam { learning_rate: 0.02.into(), ..Adam::default() }, CTC)).unwrap();
    model
}

#[test]
fn a_model_learns_to_spell() {
    let (x, y) = data();
    let mut model = model();
    let history = model.fit(&x, &y, Fit { epochs: 150, ..Fit::default() }).unwrap();
    let losses = history.get("loss");
    assert!(losses[0] > 3.0 && losses[149] < 0.1, "from {} to {}", losses[0], losses[149]);
    let logits = model.predict(&x).unwrap();
    for sample in 0..SAMPLES {
        let expected: Vec<usize> =
            (0..3).map(|place| label(sample, place)).filter(|label| *label != 0).collect();
        assert_eq!(spelled(&logits, sample), expected, "sample {sample}");
    }
}

/// What the mask takes away is as if it were not there.
#[test]
fn masked_steps_at_the_end_do_not_count() {
    let (mut x, y) = data();
    x.slice_axis_mut(Axis(1), Slice::from(7..)).fill(0.0);
    let short = x.slice_axis(Axis(1), Slice::from(..7)).to_owned();
    let loss = |x: &ArrayD<f32>| model().test_on_batch(x, &y).unwrap()["loss"];
    assert_eq!(loss(&x), loss(&short));
}
