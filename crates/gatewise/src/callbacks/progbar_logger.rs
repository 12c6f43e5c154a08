//! The progress of a training in lines for people.

use std::io::{IsTerminal, Write};
use std::path::Path;
use std::time::Instant;

use ndarray::ArrayD;

use super::progbar::{Display, Form, Progbar};
use super::{Callback, Logs, TrainingControl, TrainingPlan};
use crate::error::{Error, Result};

/// Keras's `ProgbarLogger`: writes the lines that Keras prints in `fit`, `evaluate` and `predict`, letter by letter, and
/// what other callbacks say. The library never prints on its own; this callback, last in the list, makes it.
///
/// ```text
/// Epoch 1/2
/// 3/3 ━━━━━━━━━━━━━━━━━━━━ 0s 12ms/step - loss: 28.8462 - mae: 4.5264
/// ```
///
/// On a terminal the line is written over at each step and shows the time that is left; elsewhere it is written once
/// an epoch and without colours (Keras writes its codes everywhere).
///
/// ```
/// use gatewise::callbacks::ProgbarLogger;
/// # use gatewise::layers::{Dense, Input};
/// # use gatewise::{Compile, Fit, Sequential};
/// # use ndarray::Array;
/// # let x = Array::from_shape_fn((40, 2), |(i, j)| (i * 3 + j) as f32 % 7.0).into_dyn();
/// # let y = Array::from_shape_fn((40, 1), |(i, _)| i as f32 % 7.0 / 7.0).into_dyn();
/// # let mut model = Sequential::new().with_seed(7);
/// # model.add(Input::new([Some(2)]))?.add(Dense::new(1))?;
/// # model.compile(Compile::new("sgd", "mse"))?;
///
/// model.fit(&x, &y, Fit { epochs: 2, callbacks: vec![&mut ProgbarLogger::stdout()], ..Fit::default() })?;
///
/// // Into any writer, a line an epoch as with Keras's `verbose=2`.
/// let mut text = Vec::new();
/// let mut lines = ProgbarLogger::new(&mut text).verbose(2);
/// model.fit(&x, &y, Fit { callbacks: vec![&mut lines], ..Fit::default() })?;
/// drop(lines);
/// assert!(String::from_utf8(text).unwrap().starts_with("2/2 - 0s - "));
/// # Ok::<(), gatewise::Error>(())
/// ```
pub struct ProgbarLogger<'a> {
    out: Box<dyn Write + 'a>,
    display: Display,
    verbose: u8,
    clock: Box<dyn FnMut() -> f64 + 'a>,
    epochs: usize,
    target: Option<usize>,
    seen: usize,
    is_in_fit: bool,
    bar: Option<Progbar>,
}

impl<'a> ProgbarLogger<'a> {
    /// Writes to a file, a buffer or the like: plain lines.
    pub fn new(out: impl Write + 'a) -> Self {
        let start = Instant::now();
        Self {
            out: Box::new(out),
            display: Display::Plain,
            verbose: 1,
            clock: Box::new(move || start.elapsed().as_secs_f64()),
            epochs: 1,
            target: None,
            seen: 0,
            is_in_fit: false,
            bar: None,
        }
    }

    /// Writes to a terminal, whatever the writer is: lines that are written over, with colours.
    pub fn terminal(out: impl Write + 'a) -> Self {
        Self { display: Display::Terminal, ..Self::new(out) }
    }

    /// Writes to standard output, as Keras does.
    pub fn stdout() -> Self {
        let out = std::io::stdout();
        if out.is_terminal() { Self::terminal(out) } else { Self::new(out) }
    }

    /// Writes to standard error, as is usual for a command whose result goes to standard output.
    pub fn stderr() -> Self {
        let out = std::io::stderr();
        if out.is_terminal() { Self::terminal(out) } else { Self::new(out) }
    }

    /// Keras's `verbose`: 0 writes nothing but what other callbacks say, 1 (default) a bar, 2 one line an epoch.
    pub fn verbose(mut self, verbose: u8) -> Self {
        self.verbose = verbose;
        self
    }

    /// Takes the time, in seconds from any start, from elsewhere.
    #[cfg(test)]
    pub(crate) fn clock(mut self, clock: impl FnMut() -> f64 + 'a) -> Self {
        self.clock = Box::new(clock);
        self
    }

    fn write(&mut self, text: &str) -> Result<()> {
        let written = self.out.write_all(text.as_bytes()).and_then(|()| self.out.flush());
        written.map_err(|error| Error::io(Path::new("progress"), &error))
    }

    /// Begins a bar.
    fn begin(&mut self) -> Result<()> {
        self.seen = 0;
        let form = match self.verbose {
            0 => None,
            1 => Some(Form::Bar),
            2 => Some(Form::Line),
            other => {
                let text = format!("`verbose` must be 0, 1 or 2, got {other}");
                return Err(Error::argument("ProgbarLogger", text));
            }
        };
        let now = (self.clock)();
        self.bar = form.map(|form| Progbar::new(self.display, form, self.target, now));
        Ok(())
    }

    fn update(&mut self, batch: usize, logs: &Logs) -> Result<()> {
        self.seen = batch + 1;
        let now = (self.clock)();
        let text = self.bar.as_mut().map(|bar| bar.update(self.seen, logs, now));
        text.map_or(Ok(()), |text| self.write(&text))
    }

    fn finish(&mut self, logs: &Logs) -> Result<()> {
        // From the first epoch it is known how many steps there are, as in Keras.
        let target = *self.target.get_or_insert(self.seen);
        let now = (self.clock)();
        let text = self.bar.as_mut().map(|bar| {
            bar.target = Some(target);
            bar.finish(target, logs, now)
        });
        text.map_or(Ok(()), |text| self.write(&text))
    }
}

impl Callback for ProgbarLogger<'_> {
    fn on_train_begin(&mut self, plan: &TrainingPlan, _control: &mut dyn TrainingControl) -> Result<()> {
        (self.epochs, self.target, self.is_in_fit) = (plan.epochs, plan.steps, true);
        Ok(())
    }

    fn on_epoch_begin(&mut self, epoch: usize, _control: &mut dyn TrainingControl) -> Result<()> {
        self.begin()?;
        if self.verbose > 0 && self.epochs > 1 {
            return self.write(&format!("Epoch {}/{}\n", epoch + 1, self.epochs));
        }
        Ok(())
    }

    fn on_train_batch_end(
        &mut self,
        batch: usize,
        logs: &mut Logs,
        _control: &mut dyn TrainingControl,
    ) -> Result<()> {
        self.update(batch, logs)
    }

    fn on_epoch_end(
        &mut self,
        _epoch: usize,
        logs: &mut Logs,
        _control: &mut dyn TrainingControl,
    ) -> Result<()> {
        self.finish(logs)
    }

    fn on_train_end(&mut self, _control: &mut dyn TrainingControl) -> Result<()> {
        self.is_in_fit = false;
        Ok(())
    }

    fn on_test_begin(&mut self, plan: &TrainingPlan, _control: &mut dyn TrainingControl) -> Result<()> {
        // A validation within a training is silent.
        if self.is_in_fit {
            return Ok(());
        }
        self.target = plan.steps;
        self.begin()
    }

    fn on_test_batch_end(
        &mut self,
        batch: usize,
        logs: &mut Logs,
        _control: &mut dyn TrainingControl,
    ) -> Result<()> {
        if self.is_in_fit { Ok(()) } else { self.update(batch, logs) }
    }

    fn on_test_end(&mut self, logs: &mut Logs, _control: &mut dyn TrainingControl) -> Result<()> {
        if self.is_in_fit { Ok(()) } else { self.finish(logs) }
    }

    fn on_predict_begin(&mut self, plan: &TrainingPlan, _control: &mut dyn TrainingControl) -> Result<()> {
        self.target = plan.steps;
        self.begin()
    }

    fn on_predict_batch_end(
        &mut self,
        batch: usize,
        _outputs: &[ArrayD<f32>],
        _control: &mut dyn TrainingControl,
    ) -> Result<()> {
        self.update(batch, &Logs::new())
    }

    fn on_predict_end(&mut self, _control: &mut dyn TrainingControl) -> Result<()> {
        self.finish(&Logs::new())
    }

    fn on_message(&mut self, text: &str) -> Result<()> {
        // Keras begins a new line below the bar; where there is none yet there is nothing to get away from.
        let text = if self.display == Display::Plain { text.trim_start_matches('\n') } else { text };
        self.write(text)
    }
}
