//! The jobs to be timed, from `benchmarks/workloads.csv`.

use anyhow::{Context, Result, bail, ensure};

use crate::workspace::Workspace;

mod flops;

/// One line of the file.
#[derive(Debug, Clone, PartialEq)]
pub struct Workload {
    /// Its first field.
    pub name: String,
    /// What is asked of an engine.
    pub job: Job,
    /// What the layers look like.
    pub form: Form,
    /// Samples of a batch.
    pub batch: usize,
    /// Steps of a sequence; of a translation those of the encoder and of the decoder, as the features are.
    pub steps: Vec<usize>,
    /// Numbers of a step.
    pub features: Vec<usize>,
    /// Of each LSTM layer.
    pub units: Vec<usize>,
    /// Whether one of its last two fields, the rates of dropout, is above zero.
    pub has_dropout: bool,
    /// All of it, as the engines are given it.
    pub line: String,
}

/// What is asked of an engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Job {
    /// One training step on one batch.
    Train,
    /// One prediction of one batch.
    Predict,
}

/// What the layers of a workload look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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

/// The way of Gatewise that computes with weights in bfloat16: other numbers than all other ways, so nothing to compare with
/// peers.
pub const BFLOAT16: &str = "runner-bfloat16";

impl Workload {
    /// Whether it is one sequence on layers whose weights are larger than the caches next to a core, so that how many bytes
    /// these are is what the time depends on.
    pub fn waits_for_weights(&self) -> bool {
        self.job == Job::Predict && self.batch == 1 && self.units.iter().all(|units| *units >= 512)
    }
}

/// The workloads of these names, all if there is no name, in the order of the file.
///
/// # Errors
/// The file cannot be read or has a line of another form, or no line has a wanted name.
pub fn choose(workspace: &Workspace, names: &[String]) -> Result<Vec<Workload>> {
    let path = workspace.root().join("benchmarks/workloads.csv");
    let text =
        std::fs::read_to_string(&path).with_context(|| format!("{}: cannot read it", path.display()))?;
    let workloads = parse(&text)?;
    for name in names {
        let known = workloads.iter().any(|workload| workload.name == *name);
        ensure!(known, "no workload `{name}`; benchmarks/workloads.csv has them");
    }
    Ok(workloads.into_iter().filter(|workload| names.is_empty() || names.contains(&workload.name)).collect())
}

fn parse(text: &str) -> Result<Vec<Workload>> {
    text.lines().skip(1).map(parse_line).collect()
}

fn parse_line(line: &str) -> Result<Workload> {
    let fields: Vec<&str> = line.split(',').collect();
    let [name, job, form, batch, steps, features, units, dropout, recurrent_dropout] = fields[..] else {
        bail!("workloads.csv: `{line}` has {} fields, expected 9", fields.len());
    };
    let numbers =
        |field: &str| numbers(field).with_context(|| format!("workloads.csv: `{name}` has `{field}`"));
    let workload = Workload {
        name: name.to_owned(),
        job: match job {
            "train" => Job::Train,
            "predict" => Job::Predict,
            other => bail!("workloads.csv: `{name}` has the job `{other}`, expected train or predict"),
        },
        form: match form {
            "stacked" => Form::Stacked,
            "stream" => Form::Stream,
            "bidirectional" => Form::Bidirectional,
            "translation" => Form::Translation,
            other => bail!("workloads.csv: `{name}` has the model `{other}`, which nobody knows"),
        },
        batch: numbers(batch)?[0],
        steps: numbers(steps)?,
        features: numbers(features)?,
        units: numbers(units)?,
        has_dropout: [dropout, recurrent_dropout].iter().any(|rate| *rate != "0"),
        line: line.to_owned(),
    };
    let parts = if workload.form == Form::Translation { 2 } else { 1 };
    let counts = [workload.steps.len(), workload.features.len()];
    ensure!(
        counts == [parts; 2],
        "workloads.csv: `{name}` has {counts:?} steps and features, expected {parts}"
    );
    Ok(workload)
}

/// Whole numbers with `+` between them.
fn numbers(field: &str) -> Result<Vec<usize>> {
    Ok(field.split('+').map(str::parse).collect::<Result<_, _>>()?)
}

#[cfg(test)]
mod tests;
