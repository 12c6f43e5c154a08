//! A forecaster as one `.keras` file, which Keras loads as the network that it is, or one `.safetensors` file.
//!
//! The file is that of a [`Sequential`](crate::Sequential) model, weights and architecture, with one more text
//! in its metadata, which Keras does not heed: under the key `gatewise.forecast` a JSON object
//!
//! ```text
//! version     1
//! recipe      horizon, window, logarithm, season, baseline_season, units, epochs, seed
//! frequency   of the dates in training, in words, or null
//! season      period and factors of cosine and sine, harmonic by harmonic, or null
//! scaler      window, input_mean, input_scale, target_mean [horizon], target_scale [horizon]
//! intervals   half_widths [80 %, 95 %][horizon], in the transformed unit
//! ```

#[cfg(test)]
mod tests;

use std::path::Path;

use ndarray::{ArrayD, IxDyn};
use serde::{Deserialize, Serialize};

use super::Forecaster;
use super::fitted::Fitted;
use super::intervals::{Intervals, LEVELS};
use super::network::Network;
use super::recipe::Recipe;
use super::season::Season;
use super::windows::Scaler;
use crate::{Error, Result};

const KEY: &str = "gatewise.forecast";
const VERSION: u32 = 1;

/// All of a forecaster but its network.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Saved {
    version: u32,
    recipe: Recipe,
    frequency: Option<String>,
    season: Option<Season>,
    scaler: Scaler,
    intervals: Intervals,
}

impl Forecaster {
    /// Writes the forecaster to one file, `.keras` or `.safetensors`.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        let saved = Saved {
            version: VERSION,
            recipe: self.recipe.clone(),
            frequency: self.frequency.clone(),
            season: self.fitted.season.clone(),
            scaler: self.fitted.scaler.clone(),
            intervals: self.intervals.clone(),
        };
        let path = path.as_ref();
        let text = serde_json::to_string(&saved).map_err(|error| Error::format(path.display(), error))?;
        self.fitted.network.save(path, KEY, text)
    }

    /// Reads what [`Forecaster::save`] wrote.
    ///
    /// # Errors
    /// When the file cannot be read, or is not that of a forecaster, or its parts do not fit each other.
    pub fn load(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let (network, texts) = Network::load(path)?;
        let Some(text) = texts.get(KEY) else {
            let text = format!("expected a saved forecast with {KEY:?} in its metadata, got another model");
            return Err(Error::format(path.display(), text));
        };
        let saved: Saved = serde_json::from_str(text)
            .map_err(|error| Error::format(path.display(), format!("{KEY}: {error}")))?;
        saved.check(path)?;
        check_network(path, &saved.recipe, &network)?;
        let fitted = Fitted { season: saved.season, scaler: saved.scaler, network };
        Ok(Self { recipe: saved.recipe, fitted, intervals: saved.intervals, frequency: saved.frequency })
    }
}

impl Saved {
    /// Refuses parts of different sizes, which no forecast could be made with.
    fn check(&self, path: &Path) -> Result<()> {
        let (horizon, window) = (self.recipe.horizon, self.recipe.window);
        let widths = &self.intervals.half_widths;
        let sizes = [
            ("version", self.version as usize, VERSION as usize),
            ("scaler window", self.scaler.window(), window),
            ("scaler horizon", self.scaler.horizon(), horizon),
            ("interval levels", widths.len(), LEVELS.len()),
            ("inner interval horizon", widths.first().map_or(0, Vec::len), horizon),
            ("outer interval horizon", widths.last().map_or(0, Vec::len), horizon),
        ];
        match sizes.into_iter().find(|(_, got, expected)| got != expected) {
            None => Ok(()),
            Some((part, got, expected)) => {
                Err(Error::format(path.display(), format!("{KEY}: expected {part} {expected}, got {got}")))
            }
        }
    }
}

/// Runs the network once, so that one of other sizes is refused here and not in a forecast.
fn check_network(path: &Path, recipe: &Recipe, network: &Network) -> Result<()> {
    let expected = [1, recipe.horizon];
    let output = network.predict(&ArrayD::zeros(IxDyn(&[1, recipe.window, 1])));
    let output = output.map_err(|error| Error::format(path.display(), error))?;
    if output.shape() == expected {
        return Ok(());
    }
    let text = format!("expected a network with outputs {expected:?}, got {:?}", output.shape());
    Err(Error::format(path.display(), text))
}
