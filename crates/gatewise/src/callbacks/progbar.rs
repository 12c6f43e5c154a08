//! The line of a progress bar, letter by letter as Keras writes it (`keras/src/utils/progbar.py`).

use super::Logs;
use super::text::{fixed, scientific};

/// The width of the bar in letters.
const WIDTH: usize = 20;

/// The least time between two drawings, in seconds.
const INTERVAL: f64 = 0.05;

/// Where lines go to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Display {
    /// A terminal: one line that is written over, with colours.
    Terminal,
    /// Anything else: the last line of an epoch, in plain letters.
    Plain,
}

/// How much is written, Keras's `verbose` 1 and 2.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// A bar.
    Bar,
    /// One line an epoch, without a bar.
    Line,
}

/// A progress bar; times are in seconds from any start.
#[derive(Debug)]
pub(super) struct Progbar {
    display: Display,
    form: Form,
    /// The number of steps, if it is known.
    pub target: Option<usize>,
    /// In the order of their first coming.
    values: Vec<(String, f64)>,
    start: f64,
    last_update: f64,
    after_first_step: Option<f64>,
    /// Letters of the line on the terminal.
    width: usize,
}

impl Progbar {
    pub fn new(display: Display, form: Form, target: Option<usize>, now: f64) -> Self {
        Self {
            display,
            form,
            target,
            values: Vec::new(),
            start: now,
            last_update: f64::NEG_INFINITY,
            after_first_step: None,
            width: 0,
        }
    }

    /// Takes in the numbers of a step, counted from 1. Returns what is to be written.
    pub fn update(&mut self, step: usize, logs: &Logs, now: f64) -> String {
        self.take(logs);
        let time = self.time_of_a_step(step, now);
        let is_too_early = now - self.last_update < INTERVAL;
        if self.form == Form::Line || is_too_early || self.display == Display::Plain {
            if self.form == Form::Line || !is_too_early {
                self.last_update = now;
            }
            return String::new();
        }
        self.last_update = now;
        self.over_the_last_line(&self.counter(step), &self.info(step, Some(time), now, false), "")
    }

    /// Takes in the numbers of all steps and ends the line. Returns what is to be written.
    pub fn finish(&mut self, step: usize, logs: &Logs, now: f64) -> String {
        self.take(logs);
        let time = self.time_of_a_step(step, now);
        match (self.form, self.display) {
            (Form::Line, _) if self.target.is_none_or(|target| target == 0) => String::new(),
            (Form::Line, _) => {
                let elapsed = fixed(now - self.start, 0);
                let counter = plain(&self.counter(step));
                let counter = counter.split(' ').find(|part| !part.is_empty()).unwrap_or("").to_owned();
                format!("{counter} - {elapsed}s -{}{}\n", format_time(time), self.numbers())
            }
            (Form::Bar, Display::Plain) => {
                plain(&format!("{}{}\n", self.counter(step), self.info(step, Some(time), now, true)))
            }
            (Form::Bar, Display::Terminal) => {
                let line = self.info(step, Some(time), now, true);
                self.over_the_last_line(&self.counter(step), &line, "\n")
            }
        }
    }

    /// Keeps the latest numbers. Those of a validation go before those that callbacks have added, which in Keras is
    /// the order in which they come.
    fn take(&mut self, logs: &Logs) {
        let is_new = |key: &&String| !self.values.iter().any(|(known, _)| known == *key);
        let new: Vec<String> = logs.keys().filter(is_new).cloned().collect();
        let (validation, others): (Vec<String>, Vec<String>) =
            new.into_iter().partition(|key| key.starts_with("val_"));
        let (first, last) = if self.values.is_empty() { (others, validation) } else { (validation, others) };
        self.values.extend(first.into_iter().chain(last).map(|key| (key, 0.0)));
        for (key, value) in &mut self.values {
            *value = logs.get(key).copied().unwrap_or(*value);
        }
    }

    /// The mean time of a step without the first, which is seldom like the others.
    fn time_of_a_step(&mut self, step: usize, now: f64) -> f64 {
        if step == 0 {
            return 0.0;
        }
        let time = match self.after_first_step {
            Some(first) if step > 1 => (now - first) / (step - 1) as f64,
            _ => (now - self.start) / step as f64,
        };
        if step == 1 {
            self.after_first_step = Some(now);
        }
        time
    }

    /// The steps that are done and the bar.
    fn counter(&self, step: usize) -> String {
        let Some(target) = self.target.filter(|target| *target > 0) else {
            return format!("{step:7}/Unknown");
        };
        let digits = target.ilog10() as usize + 1;
        let done = ((WIDTH as f64 * (step as f64 / target as f64)) as usize).min(WIDTH);
        let bar = |letters| "━".repeat(letters);
        let full = if done > 0 { format!("\x1b[32m{}\x1b[0m", bar(done)) } else { String::new() };
        format!("\x1b[1m{step:digits$}/{target}\x1b[0m {full}\x1b[37m{}\x1b[0m", bar(WIDTH - done))
    }

    /// The times and the numbers.
    fn info(&self, step: usize, time: Option<f64>, now: f64, is_last: bool) -> String {
        let time = time.unwrap_or(0.0);
        let clock = match self.target.filter(|target| *target > 0 && !is_last) {
            Some(target) => format_eta(time * (target as f64 - step as f64)),
            None => format!("{}s", fixed(now - self.start, 0)),
        };
        format!(" \x1b[1m{clock}\x1b[0m{}{}", format_time(time), self.numbers())
    }

    fn numbers(&self) -> String {
        let write = |(key, value): &(String, f64)| {
            // As in Keras the line without a bar does not look at the sign.
            let size = if self.form == Form::Bar { value.abs() } else { *value };
            let number = if size > 1e-3 { fixed(*value, 4) } else { scientific(*value, 4) };
            format!(" - {key}: {number}")
        };
        self.values.iter().map(write).collect()
    }

    /// The line in place of the one before.
    fn over_the_last_line(&mut self, counter: &str, info: &str, end: &str) -> String {
        let back = "\x08".repeat(self.width);
        let width = plain(counter).chars().count() + plain(info).chars().count();
        let blanks = " ".repeat(self.width.saturating_sub(width));
        self.width = width;
        format!("{back}\r{counter}{info}{blanks}{end}")
    }
}

/// A time that is left.
fn format_eta(seconds: f64) -> String {
    let whole = seconds as u64;
    if seconds > 3600.0 {
        format!("{}:{:02}:{:02}", whole / 3600, whole % 3600 / 60, whole % 60)
    } else if seconds > 60.0 {
        format!("{}:{:02}", whole / 60, whole % 60)
    } else {
        format!("{whole}s")
    }
}

/// The time of a step in a unit that suits it.
fn format_time(seconds: f64) -> String {
    if seconds >= 1.0 || seconds == 0.0 {
        format!(" {}s/step", fixed(seconds, 0))
    } else if seconds >= 1e-3 {
        format!(" {}ms/step", fixed(seconds * 1e3, 0))
    } else {
        format!(" {}us/step", fixed(seconds * 1e6, 0))
    }
}

/// A text without the codes for colours.
fn plain(text: &str) -> String {
    let mut parts = text.split("\x1b[");
    let first = parts.next().unwrap_or("").to_owned();
    let letters = parts.map(|part| part.split_once('m').map_or(part, |(_, letters)| letters));
    std::iter::once(first).chain(letters.map(str::to_owned)).collect()
}

#[cfg(test)]
mod tests;
