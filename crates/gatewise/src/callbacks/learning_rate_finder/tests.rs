use ndarray::Array;

use super::*;
use crate::layers::{Dense, Input};
use crate::model::{Compile, Fit};
use crate::sequential::Sequential;

fn model() -> Sequential {
    let mut model = Sequential::new().with_seed(3);
    model.add(Input::new([Some(2)])).unwrap().add(Dense::new(1)).unwrap();
    model.compile(Compile::new("adam", "mse")).unwrap();
    model
}

fn data() -> (ArrayD<f32>, ArrayD<f32>) {
    let x = Array::from_shape_fn((32, 2), |(i, j)| ((i * 5 + j * 3) % 11) as f32 / 11.0).into_dyn();
    let y = Array::from_shape_fn((32, 1), |(i, _)| 3.0 + (i % 3) as f32).into_dyn();
    (x, y)
}

fn search(model: &mut Sequential, finder: &mut LearningRateFinder, epochs: usize) -> Result<()> {
    let (x, y) = data();
    let fit = Fit { batch_size: Some(8), epochs, callbacks: vec![finder], ..Fit::default() };
    model.fit(&x, &y, fit).map(|_| ())
}

#[test]
fn a_search_leaves_no_trace_in_the_model() {
    let (x, y) = data();
    let (mut searched, mut plain) = (model(), model());
    let mut finder = LearningRateFinder { lr_max: 10.0, ..LearningRateFinder::default() };
    search(&mut searched, &mut finder, 25).unwrap();
    assert_eq!(searched.get_weights(), plain.get_weights());
    assert_eq!(searched.optimizer().unwrap().iterations(), 0);
    assert_eq!(searched.optimizer().unwrap().learning_rate(), 0.001);
    let fit = || Fit { epochs: 3, ..Fit::default() };
    assert_eq!(searched.fit(&x, &y, fit()).unwrap(), plain.fit(&x, &y, fit()).unwrap());
}

#[test]
fn rates_grow_by_equal_factors_and_the_suggestion_is_where_the_loss_falls() {
    let mut finder =
        LearningRateFinder { lr_min: 1e-4, lr_max: 1.0, steps: 80, ..LearningRateFinder::default() };
    search(&mut model(), &mut finder, 20).unwrap();
    let points = finder.points();
    assert_eq!(points[0].learning_rate, 1e-4);
    assert_eq!(points[0].smoothed, points[0].loss, "the first loss is its own mean");
    let factor = points[1].learning_rate / points[0].learning_rate;
    assert!(points.windows(2).all(|two| (two[1].learning_rate / two[0].learning_rate - factor).abs() < 1e-9));
    let suggestion = finder.suggestion().unwrap();
    let at = points.iter().position(|point| point.learning_rate == suggestion).unwrap();
    assert!(points[at + 8].smoothed < points[at - 8].smoothed);
    assert_eq!(finder.to_csv().lines().count(), points.len() + 1);
    let svg = finder.to_svg().unwrap();
    assert!(svg.contains("search for a learning rate") && svg.contains("smoothed"));
}

/// A search that has seen these losses.
fn seen(losses: &[f64]) -> LearningRateFinder {
    let point = |(step, loss): (usize, &f64)| SweepPoint {
        learning_rate: 10_f64.powf(step as f64 / 10.0 - 5.0),
        loss: *loss,
        smoothed: *loss,
    };
    let mut finder = LearningRateFinder::default();
    finder.progress.points = losses.iter().enumerate().map(point).collect();
    finder
}

#[test]
fn the_suggestion_is_not_taken_in_by_noise() {
    // High, then down within ten steps about the fiftieth; every other loss is off by a tenth, the first by a half.
    let noise = |step: usize| if step == 0 { 0.5 } else { 0.1 * (step % 2) as f64 };
    let fall = |step: usize| 1.0 / (1.0 + ((step as f64 - 50.0) / 2.5).exp());
    let losses: Vec<f64> = (0..100).map(|step| fall(step) + noise(step)).collect();
    let suggestion = seen(&losses).suggestion().unwrap();
    assert!((0.5..2.0).contains(&suggestion), "{suggestion} is not about 1");
    assert_eq!(seen(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]).suggestion(), None);
    assert_eq!(seen(&[3.0, 2.0, 1.0]).suggestion(), None);
}

#[test]
fn a_loss_that_runs_away_ends_the_search() {
    let mut finder = LearningRateFinder { lr_max: 1e6, steps: 100, ..LearningRateFinder::default() };
    let mut model = model();
    model.compile(Compile::new("sgd", "mse")).unwrap();
    search(&mut model, &mut finder, 25).unwrap();
    assert!((5..100).contains(&finder.points().len()), "{}", finder.points().len());
    assert!(finder.suggestion().unwrap() < finder.points().last().unwrap().learning_rate);
}

#[test]
fn bad_arguments_are_errors() {
    let message = |mut finder: LearningRateFinder, epochs| {
        search(&mut model(), &mut finder, epochs).unwrap_err().to_string().replace("LearningRateFinder: ", "")
    };
    let default = LearningRateFinder::default;
    assert_eq!(
        message(LearningRateFinder { lr_min: 0.0, ..default() }, 25),
        "expected 0 < `lr_min` < `lr_max`, got 0 and 1"
    );
    assert_eq!(
        message(LearningRateFinder { steps: 1, ..default() }, 25),
        "`steps` must be at least 2, got 1"
    );
    assert_eq!(
        message(LearningRateFinder { smoothing: 1.0, ..default() }, 25),
        "`smoothing` must be at least 0 and below 1, got 1"
    );
    assert_eq!(
        message(LearningRateFinder { divergence: 1.0, ..default() }, 25),
        "`divergence` must be a finite number above 1, got 1"
    );
    assert_eq!(
        message(default(), 3),
        "expected a training of at least `steps` 100 batches, got 12; give `fit` more epochs"
    );
    let error = default().to_svg().unwrap_err().to_string();
    assert_eq!(error, "LearningRateFinder: expected at least one finite loss to draw, got none");
}
