//! The picture of a search for a learning rate.

use plotters::prelude::*;

use super::LearningRateFinder;
use crate::callbacks::text::general;
use crate::error::{Error, Result};
use crate::picture::axis::Axis;
use crate::picture::panel::{self, Points};
use crate::picture::style::{FORECAST, HISTORY, PAST_FORECAST};
use crate::picture::{Drawn, svg};

const SIZE: (u32, u32) = (900, 520);

impl LearningRateFinder {
    /// A picture of the loss over the learning rate, as SVG, with the suggestion marked.
    ///
    /// # Errors
    /// If there is no finite loss to draw.
    pub fn to_svg(&self) -> Result<String> {
        if !self.progress.points.iter().any(|point| point.smoothed.is_finite()) {
            return Err(Error::data(
                "LearningRateFinder",
                "expected at least one finite loss to draw, got none",
            ));
        }
        svg(|out| self.draw(out))
    }

    fn draw(&self, svg: &mut String) -> Drawn {
        let suggestion = self.suggestion();
        let below = match suggestion {
            Some(rate) => format!("the loss falls fastest at {}, the suggested rate", general(rate, 2)),
            None => "the loss does not fall at any rate".to_owned(),
        };
        let root = SVGBackend::with_string(svg, SIZE).into_drawing_area();
        let area = panel::titled(&root, "search for a learning rate", &below)?;
        let own = HISTORY.mix(0.35).stroke_width(1);
        panel::legend(&root, SIZE.0 as i32, &[("of a batch", own), ("smoothed", FORECAST.stroke_width(3))])?;
        let losses: Points =
            self.progress.points.iter().map(|point| (point.learning_rate, point.loss)).collect();
        let smoothed: Points =
            self.progress.points.iter().map(|point| (point.learning_rate, point.smoothed)).collect();
        // A loss that has run away would flatten all the rest.
        let mut shown: Vec<f64> =
            smoothed.iter().map(|point| point.1).filter(|loss| loss.is_finite()).collect();
        let start = shown.first().copied().unwrap_or(1.0);
        let low = shown.iter().copied().fold(f64::INFINITY, f64::min);
        let ceiling = start + 0.4 * (start - low).abs().max(0.1 * start.abs());
        shown.retain(|loss| *loss <= ceiling);
        shown.push(ceiling);
        let last = self.progress.points.last().map_or(self.lr_max, |point| point.learning_rate);
        let axes = (Axis::logarithmic(self.lr_min, last, 8), Axis::around(&shown, false, 7));
        let (bottom, top) = axes.1.ends();
        let mut chart = panel::panel(&area, "loss", axes, "learning rate")?;
        let within = |points: &Points| -> Points {
            let inside = |(rate, loss): &(f64, f64)| {
                (*rate, if (bottom..=top).contains(loss) { *loss } else { f64::NAN })
            };
            points.iter().map(inside).collect()
        };
        if let Some(rate) = suggestion {
            panel::upright(&mut chart, rate, PAST_FORECAST.mix(0.7).stroke_width(1))?;
        }
        panel::line(&mut chart, &within(&losses), own)?;
        panel::line(&mut chart, &within(&smoothed), FORECAST.stroke_width(3))?;
        if let Some(point) = smoothed.iter().find(|(rate, _)| Some(*rate) == suggestion) {
            panel::dot(&mut chart, *point, PAST_FORECAST)?;
        }
        root.present()?;
        Ok(())
    }
}
