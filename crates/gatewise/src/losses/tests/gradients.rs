//! Gradients of every loss against differences in double precision, inside and at the edges.

use super::*;
use crate::ops::testing::numbers;

/// How far a gradient may be from the differences, relative to the largest gradient of its array and at least to 1. With
/// the step below, rounding leaves the differences about 1e-10 of a loss near 1.
const TOLERANCE: f64 = 1e-6;

/// Distance between the points of the differences.
const STEP: f64 = 1e-6;

/// The same to one side, whose error grows with the distance itself.
const ONE_SIDED_STEP: f64 = 1e-8;

const REDUCTIONS: [Reduction; 4] =
    [Reduction::SumOverBatchSize, Reduction::Mean, Reduction::Sum, Reduction::MeanWithSampleWeight];

/// A batch for a loss.
#[derive(Debug, Clone)]
struct Batch {
    y_true: ArrayD<f64>,
    y_pred: ArrayD<f64>,
    mask: Option<ArrayD<f64>>,
    weights: Option<ArrayD<f64>>,
}

impl Batch {
    fn new(y_true: ArrayD<f64>, y_pred: ArrayD<f64>) -> Self {
        Self { y_true, y_pred, mask: None, weights: None }
    }

    fn value(&self, loss: &Loss) -> f64 {
        reduced(loss, &self.y_true, &self.y_pred, self.mask.as_ref(), self.weights.as_ref()).unwrap()
    }

    fn gradient(&self, loss: &Loss) -> Vec<f64> {
        let (b, mut arrays) = (Builder::new(Mode::Training), Vec::new());
        let mut enter = |array: &ArrayD<f64>| {
            arrays.push(array.clone());
            b.input("array", &Shape::known(array.shape()))
        };
        let (y, p) = (enter(&self.y_true), enter(&self.y_pred));
        let (mask, weights) = (self.mask.as_ref().map(&mut enter), self.weights.as_ref().map(&mut enter));
        let value = loss.reduce(&b, y, p, mask, weights).unwrap();
        let gradient = b.gradients(value, &[p]).unwrap()[0].expect("a loss depends on its predictions");
        b.evaluate_reference(&[gradient], &arrays).unwrap()[0].iter().copied().collect()
    }

    /// The differences by each prediction between what is `after` and `before` of it.
    fn differences(&self, loss: &Loss, before: impl Fn(f64) -> f64, after: impl Fn(f64) -> f64) -> Vec<f64> {
        let slope = |index: usize| {
            let at = |step: &dyn Fn(f64) -> f64| {
                let mut moved = self.clone();
                let x = moved.y_pred.iter_mut().nth(index).expect("a prediction");
                let distance = step(*x);
                *x += distance;
                (moved.value(loss), distance)
            };
            let ((low, from), (high, to)) = (at(&before), at(&after));
            (high - low) / (to - from)
        };
        (0..self.y_pred.len()).map(slope).collect()
    }

    fn assert_gradient(&self, loss: &Loss) {
        assert_close(loss, &self.gradient(loss), &self.differences(loss, |_| -STEP, |_| STEP));
    }
}

fn assert_close(loss: &Loss, got: &[f64], expected: &[f64]) {
    let largest = expected.iter().fold(1.0, |largest: f64, x| largest.max(x.abs()));
    for (got, expected) in got.iter().zip(expected) {
        assert!((got - expected).abs() <= TOLERANCE * largest, "{loss:?}: {got}, by differences {expected}");
    }
}

/// Probabilities well inside, rows of which sum to 1.
fn probabilities(dims: &[usize], start: usize) -> ArrayD<f64> {
    let mut p = numbers(dims, start).mapv(|x| 0.5 + 0.4 * x);
    p.rows_mut().into_iter().for_each(|mut row| row /= row.sum());
    p
}

fn class(index: usize, start: usize, classes: usize) -> f64 {
    ((7 * index + start) % classes) as f64
}

/// Class numbers.
fn class_numbers(dims: &[usize], start: usize, classes: usize) -> ArrayD<f64> {
    let count: usize = dims.iter().product();
    array(dims, &(0..count).map(|index| class(index, start, classes)).collect::<Vec<_>>())
}

fn zeros_and_ones(dims: &[usize], start: usize) -> ArrayD<f64> {
    numbers(dims, start).mapv(|x| if x > 0.0 { 1.0 } else { 0.0 })
}

type Make = fn(&[usize], usize) -> ArrayD<f64>;

/// Losses of rows, with how their targets and predictions are made. Random numbers are on no kink.
fn losses_of_rows() -> Vec<(Loss, Make, Make)> {
    let reals: Make = numbers;
    let positive: Make = |dims, start| numbers(dims, start).mapv(|x| x.abs() + 0.2);
    let focal = BinaryFocalCrossentropy { gamma: 1.7, apply_class_balancing: true, ..Default::default() };
    let categorical_focal =
        CategoricalFocalCrossentropy { gamma: 0.5, alpha: vec![0.2, 0.5, 1.0].into(), ..Default::default() };
    vec![
        (MeanSquaredError.into(), reals, reals),
        (MeanAbsoluteError.into(), reals, reals),
        (MeanAbsolutePercentageError.into(), positive, reals),
        (MeanSquaredLogarithmicError.into(), positive, positive),
        (Huber { delta: 0.4 }.into(), reals, reals),
        (LogCosh.into(), reals, reals),
        (CosineSimilarity::default().into(), reals, reals),
        (Quantile::new([0.8]).into(), reals, reals),
        (Hinge.into(), zeros_and_ones, reals),
        (SquaredHinge.into(), reals, reals),
        (CategoricalHinge.into(), zeros_and_ones, reals),
        (KLDivergence.into(), probabilities, probabilities),
        (Poisson.into(), positive, positive),
        (
            BinaryCrossentropy { label_smoothing: 0.1, ..Default::default() }.into(),
            zeros_and_ones,
            probabilities,
        ),
        (BinaryCrossentropy { from_logits: true, ..Default::default() }.into(), probabilities, reals),
        (
            CategoricalCrossentropy { label_smoothing: 0.1, ..Default::default() }.into(),
            probabilities,
            probabilities,
        ),
        (CategoricalCrossentropy { from_logits: true, ..Default::default() }.into(), probabilities, reals),
        (focal.into(), zeros_and_ones, probabilities),
        (BinaryFocalCrossentropy { from_logits: true, ..Default::default() }.into(), zeros_and_ones, reals),
        (categorical_focal.into(), probabilities, probabilities),
        (
            CategoricalFocalCrossentropy { from_logits: true, ..Default::default() }.into(),
            probabilities,
            reals,
        ),
    ]
}

/// Losses of class numbers.
fn losses_of_classes() -> Vec<(Loss, Make)> {
    let sparse = |from_logits, ignore_class| {
        SparseCategoricalCrossentropy { from_logits, ignore_class, ..Default::default() }.into()
    };
    vec![
        (sparse(true, None), numbers),
        (sparse(false, None), probabilities),
        (sparse(true, Some(1)), numbers),
        (sparse(false, Some(0)), probabilities),
        (CategoricalGeneralizedCrossEntropy { q: 0.3 }.into(), probabilities),
    ]
}

/// Weights of which some are 0, and a mask in which the first row has nothing.
fn weights_and_mask(dims: &[usize], start: usize) -> (ArrayD<f64>, ArrayD<f64>) {
    let weights = numbers(dims, start).mapv(|x| x.max(0.0) * 2.0);
    let mut mask = numbers(dims, start + 50).mapv(|x| if x > -0.4 { 1.0 } else { 0.0 });
    mask.slice_axis_mut(ndarray::Axis(0), (0..1).into()).fill(0.0);
    (weights, mask)
}

/// Plain, with weights, with a mask and with both, by every reduction.
fn assert_in_every_way(loss: &Loss, batch: &Batch, steps: &[usize], seed: usize) {
    let (weights, mask) = weights_and_mask(steps, seed);
    for (has_weights, has_mask) in [(false, false), (true, false), (false, true), (true, true)] {
        let batch = Batch {
            weights: has_weights.then(|| weights.clone()),
            mask: has_mask.then(|| mask.clone()),
            ..batch.clone()
        };
        for reduction in REDUCTIONS {
            batch.assert_gradient(&loss.clone().reduction(reduction));
        }
    }
}

#[test]
fn gradients_of_all_losses_of_rows_are_those_of_differences() {
    let dims = [3, 4, 3];
    for (loss, y_true, y_pred) in losses_of_rows() {
        for seed in [0, 300, 7000] {
            let batch = Batch::new(y_true(&dims, seed), y_pred(&dims, seed + 100));
            assert_in_every_way(&loss, &batch, &dims[..2], seed);
        }
    }
}

#[test]
fn gradients_of_all_losses_of_class_numbers_are_those_of_differences() {
    let dims = [3, 4, 3];
    for (loss, y_pred) in losses_of_classes() {
        for seed in [0, 300, 7000] {
            let batch = Batch::new(class_numbers(&dims[..2], seed, 3), y_pred(&dims, seed));
            assert_in_every_way(&loss, &batch, &dims[..2], seed);
        }
    }
}

#[test]
fn gradients_of_losses_of_whole_batches_are_those_of_differences() {
    let dims = [3, 4, 3];
    let tversky = Tversky { alpha: 0.3, beta: 0.9, axis: Some(1.into()) };
    let losses: [Loss; 3] =
        [Dice::default().into(), Dice { axis: Some([1, 2].into()) }.into(), tversky.into()];
    for loss in losses {
        for seed in [0, 300, 7000] {
            Batch::new(zeros_and_ones(&dims, seed), probabilities(&dims, seed)).assert_gradient(&loss);
        }
    }
    for circle in [
        Circle { gamma: 5.0, ..Default::default() },
        Circle { gamma: 3.0, remove_diagonal: false, margin: 0.2 },
    ] {
        for seed in [0, 300, 7000] {
            let mut vectors = numbers(&[6, 4], seed);
            vectors.rows_mut().into_iter().for_each(|mut row| row /= row.dot(&row).sqrt());
            let (weights, _) = weights_and_mask(&[6], seed);
            let plain = Batch::new(class_numbers(&[6], seed, 3), vectors);
            plain.assert_gradient(&circle.into());
            Batch { weights: Some(weights), ..plain }.assert_gradient(&circle.into());
        }
    }
}

#[test]
fn gradients_of_spelled_labels_are_those_of_differences() {
    let labels = array(&[3, 3], &[1.0, 2.0, 0.0, 2.0, 2.0, 1.0, 0.0, 0.0, 0.0]);
    let mut mask = ArrayD::ones(vec![3, 6]);
    mask[[0, 1]] = 0.0;
    mask[[1, 5]] = 0.0;
    mask.slice_axis_mut(ndarray::Axis(0), (2..3).into()).fill(0.0);
    for reduction in REDUCTIONS {
        let loss = Loss::from(CTC).reduction(reduction);
        let plain = Batch::new(labels.clone(), numbers(&[3, 6, 3], 0));
        let weighted = Batch { weights: Some(array(&[3], &[0.5, 0.0, 2.0])), ..plain.clone() };
        let masked = Batch { mask: Some(mask.clone()), ..weighted.clone() };
        [plain, weighted, masked].iter().for_each(|batch| batch.assert_gradient(&loss));
    }
}

/// Where nothing counts, nothing moves.
#[test]
fn gradients_are_zero_where_all_is_masked_or_weighs_nothing() {
    let dims = [2, 3, 3];
    let zeros = || Some(ArrayD::zeros(vec![2, 3]));
    let rows =
        losses_of_rows().into_iter().map(|(loss, y, p)| (loss, Batch::new(y(&dims, 0), p(&dims, 100))));
    let of_class = |(loss, p): (Loss, Make)| (loss, Batch::new(class_numbers(&dims[..2], 0, 3), p(&dims, 0)));
    for (loss, plain) in rows.chain(losses_of_classes().into_iter().map(of_class)) {
        for reduction in REDUCTIONS {
            let loss = loss.clone().reduction(reduction);
            for batch in [
                Batch { mask: zeros(), ..plain.clone() },
                Batch { weights: zeros(), ..plain.clone() },
                Batch { mask: zeros(), weights: zeros(), ..plain.clone() },
            ] {
                assert_eq!(batch.value(&loss), 0.0, "{loss:?}");
                assert!(batch.gradient(&loss).iter().all(|d| *d == 0.0), "{loss:?}");
            }
        }
    }
}

/// Probabilities of 0 and 1 lie outside what is held between 10⁻⁷ and 1 − 10⁻⁷, so the slope is that towards the outside.
#[test]
fn gradients_at_probabilities_0_and_1_are_those_of_the_side_outside() {
    let outside = |p: f64| if p > 0.5 { ONE_SIDED_STEP } else { -ONE_SIDED_STEP };
    let p = array(&[3, 3], &[0.0, 1.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0]);
    let y = array(&[3, 3], &[0.0, 1.0, 0.0, 0.0, 1.0, 0.0, 0.25, 0.25, 0.5]);
    let losses: [Loss; 4] = [
        BinaryCrossentropy::default().into(),
        CategoricalCrossentropy::default().into(),
        BinaryFocalCrossentropy::default().into(),
        CategoricalFocalCrossentropy::default().into(),
    ];
    for loss in losses {
        let batch = Batch::new(y.clone(), p.clone());
        assert_close(&loss, &batch.gradient(&loss), &batch.differences(&loss, |_| 0.0, outside));
    }
    let sparse = SparseCategoricalCrossentropy::default().into();
    let batch = Batch::new(array(&[3], &[1.0, 1.0, 2.0]), p.clone());
    assert_close(&sparse, &batch.gradient(&sparse), &batch.differences(&sparse, |_| 0.0, outside));
    // The upper bound is 1 itself here, where the slope is that of the side inside.
    let divergence = Loss::from(KLDivergence);
    let batch = Batch::new(y.clone(), p.clone());
    let below = |_: f64| -ONE_SIDED_STEP;
    assert_close(&divergence, &batch.gradient(&divergence), &batch.differences(&divergence, |_| 0.0, below));
    // Nothing is held here: 0 and 1 are numbers like others.
    let losses: [Loss; 4] =
        [Dice::default().into(), Tversky::default().into(), MeanSquaredError.into(), LogCosh.into()];
    losses.iter().for_each(|loss| Batch::new(y.clone(), p.clone()).assert_gradient(loss));
}

/// The bound of 10⁻⁷ is far from the step here.
#[test]
fn gradients_near_a_bound_are_those_of_small_differences() {
    const SMALL: f64 = 1e-10;
    let differences = |loss: &Loss, batch: &Batch| batch.differences(loss, |_| -SMALL, |_| SMALL);
    let poisson = Loss::from(Poisson);
    let batch = Batch::new(array(&[1, 3], &[0.0, 1.0, 3.0]), array(&[1, 3], &[0.0, 0.0, 0.0]));
    assert_close(&poisson, &batch.gradient(&poisson), &differences(&poisson, &batch));
    let cosine = Loss::from(CosineSimilarity::default());
    let batch = Batch::new(array(&[1, 3], &[0.5, 1.0, -2.0]), array(&[1, 3], &[0.0, 0.0, 0.0]));
    assert_close(&cosine, &batch.gradient(&cosine), &differences(&cosine, &batch));
}

/// |y − p| has a kink where they meet, of which the middle is taken; a margin's derivative is that of the side inside.
#[test]
fn gradients_where_predictions_meet_targets_are_those_that_are_promised() {
    let y = array(&[2, 3], &[0.0, 1.0, 0.5, -1.0, 2.0, 0.25]);
    let losses: [Loss; 7] = [
        MeanSquaredError.into(),
        MeanAbsoluteError.into(),
        MeanAbsolutePercentageError.into(),
        Huber::default().into(),
        LogCosh.into(),
        CosineSimilarity::default().into(),
        Quantile::new([0.5]).into(),
    ];
    for loss in losses {
        Batch::new(y.clone(), y.clone()).assert_gradient(&loss);
    }
    let quantile = Loss::from(Quantile::new([0.9]));
    assert_eq!(Batch::new(y.clone(), y.clone()).gradient(&quantile), [0.0; 6]);
    let signs = array(&[2, 2], &[1.0, -1.0, -1.0, 1.0]);
    let batch = Batch::new(signs.clone(), signs.clone());
    let inside = |p: f64| -ONE_SIDED_STEP * p.signum();
    let hinge = Loss::from(Hinge);
    assert_close(&hinge, &batch.gradient(&hinge), &batch.differences(&hinge, |_| 0.0, inside));
    batch.assert_gradient(&SquaredHinge.into());
}

#[test]
fn gradients_by_saturated_logits_are_those_of_differences() {
    let x = array(&[3, 3], &[40.0, -40.0, 0.0, 700.0, 0.0, -700.0, 0.0, 0.0, 0.0]);
    let y = array(&[3, 3], &[0.0, 1.0, 0.0, 0.0, 1.0, 0.0, 0.25, 0.25, 0.5]);
    let losses: [Loss; 4] = [
        BinaryCrossentropy { from_logits: true, ..Default::default() }.into(),
        CategoricalCrossentropy { from_logits: true, ..Default::default() }.into(),
        BinaryFocalCrossentropy { from_logits: true, ..Default::default() }.into(),
        LogCosh.into(),
    ];
    losses.iter().for_each(|loss| Batch::new(y.clone(), x.clone()).assert_gradient(loss));
    let sparse = SparseCategoricalCrossentropy { from_logits: true, ..Default::default() }.into();
    Batch::new(array(&[3], &[1.0, 2.0, 0.0]), x).assert_gradient(&sparse);
}
