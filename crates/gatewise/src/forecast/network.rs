//! The network of a forecast: the only file of forecasting that knows models and training.

use std::collections::BTreeMap;
use std::path::Path;

use ndarray::{ArrayD, Axis, Slice};

use super::progress::{FitProgress, Observer, Progress};
use super::recipe::Recipe;
use super::schedule::{BATCH_SIZE, Schedule};
use super::windows::Windows;
use crate::callbacks::{Callback, EarlyStopping, Logs, TrainingControl};
use crate::format::{self, Load, Loaded};
use crate::layers::{Dense, Input, Lstm};
use crate::losses::Huber;
use crate::optimizers::Adam;
use crate::{Compile, Error, Fit, Result, Sequential};

/// From this error on, in standard deviations, the loss grows linearly: an outlier must not rule the fit.
const HUBER_DELTA: f64 = 1.0;

/// A trained stack of LSTM layers with a dense layer that gives all steps of the horizon.
#[derive(Debug)]
pub(super) struct Network {
    model: Sequential,
}

impl Network {
    /// The number of epochs after which the loss on the latest windows is lowest (early stopping).
    pub(super) fn find_epochs(
        recipe: &Recipe,
        windows: &Windows,
        fit: FitProgress,
        observer: &Observer,
    ) -> Result<usize> {
        let count = windows.inputs.len_of(Axis(0));
        let schedule = Schedule::new(count, recipe.epochs);
        let first_validating = count - schedule.validation_windows;
        let part = |array: &ArrayD<f32>, range: Slice| array.slice_axis(Axis(0), range).to_owned();
        let [x, y] = [&windows.inputs, &windows.targets].map(|a| part(a, Slice::from(..first_validating)));
        let [x_val, y_val] =
            [&windows.inputs, &windows.targets].map(|a| part(a, Slice::from(first_validating..)));
        let mut stop = EarlyStopping {
            patience: schedule.patience,
            start_from_epoch: schedule.epochs_before_choice,
            ..EarlyStopping::default()
        };
        let mut teller = Teller { fit, observer, epochs: recipe.epochs, half: 0.0 };
        let arguments = Fit {
            epochs: recipe.epochs,
            batch_size: Some(BATCH_SIZE),
            validation_data: Some((&x_val, &y_val).into()),
            callbacks: vec![&mut stop, &mut teller],
            ..Fit::default()
        };
        build(recipe)?.fit(&x, &y, arguments)?;
        Ok(stop.best_epoch() + 1)
    }

    /// A network trained on all windows for a number of epochs.
    pub(super) fn train(
        recipe: &Recipe,
        windows: &Windows,
        epochs: usize,
        fit: FitProgress,
        observer: &Observer,
    ) -> Result<Self> {
        let mut model = build(recipe)?;
        let mut teller = Teller { fit, observer, epochs, half: 1.0 };
        let arguments =
            Fit { epochs, batch_size: Some(BATCH_SIZE), callbacks: vec![&mut teller], ..Fit::default() };
        model.fit(&windows.inputs, &windows.targets, arguments)?;
        Ok(Self { model })
    }

    /// Scaled continuations `[windows, horizon]` of scaled inputs `[windows, window, 1]`.
    pub(super) fn predict(&self, inputs: &ArrayD<f32>) -> Result<ArrayD<f32>> {
        self.model.predict(inputs)
    }

    /// Writes the network with a text under a key to a `.keras` or `.safetensors` file.
    pub(super) fn save(&self, path: &Path, key: &str, text: String) -> Result<()> {
        self.model.save_with(path, &BTreeMap::from([(key.to_owned(), text)]))
    }

    /// Reads a network and the texts beside it.
    pub(super) fn load(path: &Path) -> Result<(Self, BTreeMap<String, String>)> {
        let Loaded { model, report } = format::load(path, &Load { compile: false })?;
        let model = Sequential::try_from(model).map_err(|error| Error::format(path.display(), error))?;
        Ok((Self { model }, report.metadata))
    }
}

fn build(recipe: &Recipe) -> Result<Sequential> {
    let mut model = Sequential::new().with_seed(recipe.seed).with_name("forecast");
    model.add(Input::new([Some(recipe.window), Some(1)]))?;
    for (layer, &units) in recipe.units.iter().enumerate() {
        model.add(Lstm::new(units).return_sequences(layer + 1 < recipe.units.len()))?;
    }
    model.add(Dense::new(recipe.horizon))?;
    model.compile(Compile::new(Adam::default(), Huber { delta: HUBER_DELTA }))?;
    Ok(model)
}

/// Passes epochs on to the observer.
struct Teller<'a> {
    fit: FitProgress,
    observer: &'a Observer,
    epochs: usize,
    /// The part of the fit before this training, in halves.
    half: f64,
}

impl Callback for Teller<'_> {
    fn on_epoch_end(&mut self, epoch: usize, logs: &mut Logs, _: &mut dyn TrainingControl) -> Result<()> {
        let done = (self.half + (epoch + 1) as f64 / self.epochs as f64) / 2.0;
        let loss = logs.get("loss").copied().unwrap_or(f64::NAN);
        self.observer.tell(&Progress::Epoch { fit: self.fit, done, loss });
        Ok(())
    }
}
