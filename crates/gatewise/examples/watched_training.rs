//! A training that is watched from all sides: a learning rate is looked for, then callbacks stop, save, slow down and
//! write.
//!
//! Run with `cargo run --release --example watched_training -- FOLDER` (default `watched-training`). It takes some seconds and
//! leaves in the folder: `learning-rate.svg` and `history.svg` to look at, `log.csv`, `history.json` and `weights.csv`, the best model as
//! `best.keras`, and `logs` for `tensorboard --logdir logs`.

#![allow(clippy::print_stdout)]

use std::path::PathBuf;

use gatewise::callbacks::{
    Callback, CsvLogger, EarlyStopping, HistoryPicture, LearningRateFinder, ModelCheckpoint, ProgbarLogger,
    ReduceLrOnPlateau, TensorBoard, UpdateFreq, WeightStatistics,
};
use gatewise::layers::{Dense, Input, Lstm};
use gatewise::optimizers::Adam;
use gatewise::{Compile, Error, Fit, Result, Sequential};
use ndarray::{Array, ArrayD};

#[path = "common/random.rs"]
mod random;

use random::Random;

const STEPS: usize = 24;

fn main() -> Result<()> {
    let folder = PathBuf::from(std::env::args().nth(1).unwrap_or_else(|| "watched-training".to_owned()));
    std::fs::create_dir_all(&folder)
        .map_err(|error| Error::argument(folder.display(), format!("cannot make the folder: {error}")))?;
    let (x, y) = waves(600);

    let mut finder = LearningRateFinder { lr_min: 1e-5, lr_max: 3.0, ..LearningRateFinder::default() };
    let fit = Fit { epochs: 6, callbacks: vec![&mut finder], ..Fit::default() };
    model(0.001)?.fit(&x, &y, fit)?;
    finder.save_svg(folder.join("learning-rate.svg"))?;
    let rate = finder.suggestion().ok_or_else(|| Error::data("watched_training", "the loss never fell"))?;
    println!("suggested learning rate: {rate:.2e}");

    let mut model = model(rate)?;
    let best = folder.join("best.keras");
    let mut stop =
        EarlyStopping { patience: 8, restore_best_weights: true, verbose: 1, ..EarlyStopping::default() };
    let mut slow = ReduceLrOnPlateau { patience: 3, factor: 0.5, verbose: 1, ..ReduceLrOnPlateau::default() };
    let mut save = ModelCheckpoint { save_best_only: true, ..ModelCheckpoint::new(best.to_string_lossy()) };
    let mut weights = WeightStatistics {
        csv: Some(folder.join("weights.csv")),
        log_dir: Some(folder.join("logs/weights")),
        ..WeightStatistics::default()
    };
    let mut board = TensorBoard {
        histogram_freq: 5,
        update_freq: UpdateFreq::Batches(5),
        ..TensorBoard::new(folder.join("logs"))
    };
    let mut log = CsvLogger::new(folder.join("log.csv"));
    let mut lines = ProgbarLogger::stdout().verbose(2);
    // Who adds to the logs comes before who writes them.
    let callbacks: Vec<&mut dyn Callback> =
        vec![&mut slow, &mut stop, &mut save, &mut weights, &mut board, &mut log, &mut lines];
    let history =
        model.fit(&x, &y, Fit { epochs: 40, validation_split: 0.2, callbacks, ..Fit::default() })?;

    history.save_json(folder.join("history.json"))?;
    let title = "next value of a noisy wave, LSTM of 16 units".to_owned();
    history.save_svg(folder.join("history.svg"), &HistoryPicture { title, ..HistoryPicture::default() })?;
    let best = Sequential::load(&best)?;
    if best.get_weights() != model.get_weights() {
        return Err(Error::data("watched_training", "the saved model is not the best one"));
    }
    Ok(())
}

fn model(learning_rate: f64) -> Result<Sequential> {
    let mut model = Sequential::new().with_seed(7);
    model.add(Input::new([None, Some(1)]))?.add(Lstm::new(16))?.add(Dense::new(1))?;
    let adam = Adam { learning_rate: (learning_rate as f32).into(), ..Adam::default() };
    model.compile(Compile::new(adam, "mse").metrics(["mae", "r2_score"]))?;
    Ok(model)
}

/// Stretches `[samples, STEPS, 1]` of a noisy wave, and the value after each `[samples, 1]`.
fn waves(samples: usize) -> (ArrayD<f32>, ArrayD<f32>) {
    let mut random = Random(1);
    let noise: Vec<f32> = (0..samples + STEPS + 1).map(|_| random.next() - 0.5).collect();
    let value = |t: usize| (t as f32 / 4.0).sin() + 0.3 * (t as f32 / 1.7).cos() + 0.4 * noise[t];
    let x = Array::from_shape_fn((samples, STEPS, 1), |(i, t, _)| value(i + t));
    let y = Array::from_shape_fn((samples, 1), |(i, _)| value(i + STEPS));
    (x.into_dyn(), y.into_dyn())
}
