//! What the user sees while the program works: sentences and a bar on standard error.

use std::io::Write;
use std::time::Duration;

use anyhow::Result;
use gatewise::forecast::{FitProgress, Observer, Progress};
use indicatif::{ProgressBar, ProgressStyle};

mod predict_bar;

pub use predict_bar::PredictBar;

/// Parts of a fit on the bar.
const PARTS_PER_FIT: u64 = 1000;

/// Writes a line to standard error. That it cannot be read is no reason to stop.
pub fn say(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// Writes a result to standard output.
pub fn print(text: &str) -> Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{text}")?;
    out.flush()?;
    Ok(())
}

/// A bar for the fits of a forecast; draws nothing when standard error is not a terminal.
pub fn fit_bar() -> ProgressBar {
    let bar = ProgressBar::new(PARTS_PER_FIT);
    let style = ProgressStyle::with_template("{msg:32} {bar:40} {percent:>3} % {elapsed}");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

/// An observer that writes sentences above `bar` and moves it.
pub fn observer(bar: &ProgressBar) -> Observer {
    let bar = bar.clone();
    Observer::new(move |progress| match progress {
        Progress::Message(sentence) => bar.suspend(|| say(sentence)),
        Progress::Epoch { fit, done, loss } => move_bar(&bar, *fit, *done, *loss),
    })
}

fn move_bar(bar: &ProgressBar, fit: FitProgress, done: f64, loss: f64) {
    let before = (fit.number - 1) as u64 * PARTS_PER_FIT;
    bar.set_length(fit.of as u64 * PARTS_PER_FIT);
    bar.set_position(before + (done * PARTS_PER_FIT as f64) as u64);
    bar.set_message(format!("fit {} of {}, loss {loss:.4}", fit.number, fit.of));
}
