//! One line of `benchmarks/workloads.csv`.

use anyhow::{Context, Result, bail};

/// What the layers of a workload look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// LSTM layers one after the other, and one output from the last step.
    Stacked,
    /// The same of one layer, whose state lives on from call to call.
    Stream,
    /// One layer in both directions, and one output from both last states.
    Bidirectional,
    /// An encoder whose states start a decoder, which is given the right characters.
    Translation,
}

/// A job.
#[derive(Clone, Debug)]
pub struct Workload {
    /// Whether a training step is asked for, not a prediction.
    pub trains: bool,
    /// What the layers look like.
    pub form: Form,
    /// Samples of a batch.
    pub batch: usize,
    /// Steps of a sequence; of a translation those of the encoder and of the decoder, as the features are.
    pub steps: Vec<usize>,
    /// Numbers of a step.
    pub features: Vec<usize>,
    /// Of each layer.
    pub units: Vec<usize>,
    /// The rate for the inputs.
    pub dropout: f64,
    /// The rate for the states.
    pub recurrent_dropout: f64,
}

impl Workload {
    /// Reads a line.
    ///
    /// # Errors
    /// It has another form.
    pub fn parse(line: &str) -> Result<Self> {
        let fields: Vec<&str> = line.split(',').collect();
        let [_, job, form, batch, steps, features, units, dropout, recurrent_dropout] = fields[..] else {
            bail!("workload `{line}` has {} fields, expected 9", fields.len());
        };
        let numbers = |field: &str| field.split('+').map(str::parse).collect::<Result<Vec<usize>, _>>();
        Ok(Self {
            trains: job == "train",
            form: match form {
                "stacked" => Form::Stacked,
                "stream" => Form::Stream,
                "bidirectional" => Form::Bidirectional,
                "translation" => Form::Translation,
                other => bail!("no model `{other}`"),
            },
            batch: batch.parse().context("batch")?,
            steps: numbers(steps)?,
            features: numbers(features)?,
            units: numbers(units)?,
            dropout: dropout.parse()?,
            recurrent_dropout: recurrent_dropout.parse()?,
        })
    }

    /// Whether random masks take part, so that no two engines train to the same numbers.
    pub fn draws(&self) -> bool {
        self.dropout > 0.0 || self.recurrent_dropout > 0.0
    }

    /// The number of LSTM layers in the problem's file, a direction being a layer.
    pub fn layers(&self) -> usize {
        match self.form {
            Form::Bidirectional | Form::Translation => 2,
            Form::Stacked | Form::Stream => self.units.len(),
        }
    }
}
