//! One fit: season, scaler and network from the values before an origin.

use super::network::Network;
use super::progress::{FitProgress, Observer};
use super::recipe::Recipe;
use super::season::Season;
use super::windows::Scaler;
use crate::Result;

/// What is learnt from values, all of it before the same origin.
#[derive(Debug)]
pub(super) struct Fitted {
    pub(super) season: Option<Season>,
    pub(super) scaler: Scaler,
    pub(super) network: Network,
}

impl Fitted {
    /// Learns from transformed `values` `[rows]`, the first of them at step number `first_step`.
    ///
    /// First the number of epochs is found by early stopping on the latest windows, then a network of the
    /// same seed is trained on all windows for that many epochs, so that no value is left unused.
    pub(super) fn train(
        recipe: &Recipe,
        values: &[f64],
        first_step: i64,
        fit: FitProgress,
        observer: &Observer,
    ) -> Result<Self> {
        let season = recipe.season.map(|period| Season::fit(values, first_step, period));
        let rest = without_season(season.as_ref(), values, first_step);
        let (scaler, windows) = Scaler::fit(&rest, recipe.window, recipe.horizon);
        let epochs = Network::find_epochs(recipe, &windows, fit, observer)?;
        let network = Network::train(recipe, &windows, epochs, fit, observer)?;
        Ok(Self { season, scaler, network })
    }

    /// The transformed continuation `[horizon]` of transformed `values` `[rows]`, of which there are at least
    /// a window.
    pub(super) fn forecast(&self, values: &[f64], first_step: i64) -> Result<Vec<f64>> {
        let window = self.scaler.window();
        let begin = values.len() - window;
        let begin_step = first_step + begin as i64;
        let rest = without_season(self.season.as_ref(), &values[begin..], begin_step);
        let output = self.network.predict(&self.scaler.last_window(&rest))?;
        let next_step = begin_step + window as i64;
        let mut forecast = self.scaler.continuation(&rest, output.iter().copied());
        if let Some(season) = &self.season {
            forecast.iter_mut().zip(next_step..).for_each(|(value, step)| *value += season.at(step));
        }
        Ok(forecast)
    }
}

fn without_season(season: Option<&Season>, values: &[f64], first_step: i64) -> Vec<f64> {
    match season {
        Some(season) => {
            values.iter().zip(first_step..).map(|(value, step)| value - season.at(step)).collect()
        }
        None => values.to_vec(),
    }
}
