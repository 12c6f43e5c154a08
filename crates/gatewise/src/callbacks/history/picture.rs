//! The picture of a training: losses and metrics over the epochs.

use plotters::prelude::*;

use super::History;
use crate::callbacks::text::general;
use crate::error::{Error, Result};
use crate::picture::axis::Axis;
use crate::picture::panel::{self, Area};
use crate::picture::style::{FORECAST, HISTORY, PAST_FORECAST};
use crate::picture::{Drawn, svg};

/// How a picture of a [`History`] is drawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryPicture {
    /// What stands above it (default "training").
    pub title: String,
    /// The axis of the losses (default linear).
    pub loss_scale: Scale,
}

/// The steps of an axis.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Scale {
    /// Equal differences.
    #[default]
    Linear,
    /// Equal factors; numbers that are not above 0 are left out.
    Logarithmic,
}

impl Default for HistoryPicture {
    fn default() -> Self {
        Self { title: "training".into(), loss_scale: Scale::Linear }
    }
}

/// The size of a panel alone, and of one among others.
const LARGE: (u32, u32) = (900, 440);
const SMALL: (u32, u32) = (580, 330);

/// The height of title and legend.
const HEADER: u32 = 88;

const MOST_COLUMNS: usize = 2;
const MOST_MARKS: usize = 6;

impl History {
    /// A picture of the losses and metrics over the epochs, as SVG: a panel for each, with the numbers of training and
    /// validation, and the best epoch marked. Epochs count from 1 there, as in the lines of a progress bar.
    ///
    /// # Errors
    /// If there is no number that can be shown.
    pub fn to_svg(&self, picture: &HistoryPicture) -> Result<String> {
        let is_finite = |values: &Vec<f64>| values.iter().any(|value| value.is_finite());
        if !self.history.values().any(is_finite) {
            return Err(Error::data("history", "expected at least one finite number to draw, got none"));
        }
        svg(|out| self.draw(out, picture))
    }

    fn draw(&self, svg: &mut String, picture: &HistoryPicture) -> Drawn {
        let names = self.names();
        let columns = names.len().min(MOST_COLUMNS);
        let rows = names.len().div_ceil(columns);
        let (width, height) = if names.len() == 1 { LARGE } else { SMALL };
        let (width, height) = (width * columns as u32, height * rows as u32 + HEADER);
        let root = SVGBackend::with_string(svg, (width, height)).into_drawing_area();
        let area = panel::titled(&root, &picture.title, &self.summary())?;
        let keys = [("training", HISTORY.stroke_width(2)), ("validation", FORECAST.stroke_width(3))];
        let shown = if self.history.keys().any(|key| key.starts_with("val_")) { 2 } else { 1 };
        panel::legend(&root, width as i32, &keys[..shown])?;
        for (area, name) in area.split_evenly((rows, columns)).iter().zip(&names) {
            self.draw_panel(area, name, picture)?;
        }
        root.present()?;
        Ok(())
    }

    /// What has a panel: the loss, then the others, the learning rate last.
    fn names(&self) -> Vec<String> {
        let base = |key: &String| key.strip_prefix("val_").unwrap_or(key).to_owned();
        let mut names: Vec<String> = self.history.keys().map(base).collect();
        names.sort_by_key(|name| (name != "loss", name == "learning_rate", name.clone()));
        names.dedup();
        names
    }

    fn summary(&self) -> String {
        let epochs = match self.epoch.len() {
            1 => "1 epoch".to_owned(),
            count => format!("{count} epochs"),
        };
        let Some(best) = self.best_epoch() else { return epochs };
        let key = self.best_key();
        let value = self.points(key).into_iter().find(|(epoch, _)| *epoch == best);
        let value = value.map_or(String::new(), |(_, value)| format!(" with {key} {}", general(value, 4)));
        format!("{epochs}; the best is epoch {}{value}", best + 1)
    }

    fn draw_panel(&self, area: &Area<'_>, name: &str, picture: &HistoryPicture) -> Drawn {
        let points = |key: &str| -> panel::Points {
            self.points(key).into_iter().map(|(epoch, value)| ((epoch + 1) as f64, value)).collect()
        };
        let (training, validation) = (points(name), points(&format!("val_{name}")));
        let is_loss = name == "loss" || name.ends_with("_loss");
        let is_logarithmic = name == "learning_rate" || is_loss && picture.loss_scale == Scale::Logarithmic;
        let values: Vec<f64> = training.iter().chain(&validation).map(|point| point.1).collect();
        let (first, last) = (self.epoch.first().map_or(0, |e| e + 1), self.epoch.last().map_or(0, |e| e + 1));
        let axes =
            (Axis::whole(first as f64, last as f64, 10), Axis::around(&values, is_logarithmic, MOST_MARKS));
        let mut chart = panel::panel(area, name, axes, "epoch")?;
        let best = self.best_epoch().map(|epoch| (epoch + 1) as f64);
        if let Some(best) = best {
            panel::upright(&mut chart, best, PAST_FORECAST.mix(0.7).stroke_width(1))?;
        }
        panel::line(&mut chart, &training, HISTORY.stroke_width(2))?;
        panel::line(&mut chart, &validation, FORECAST.stroke_width(3))?;
        let marked = if validation.is_empty() { &training } else { &validation };
        if let Some(point) = marked.iter().find(|(epoch, value)| Some(*epoch) == best && value.is_finite()) {
            panel::dot(&mut chart, *point, PAST_FORECAST)?;
        }
        Ok(())
    }
}
