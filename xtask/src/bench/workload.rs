//! The jobs to be timed, from `benchmarks/workloads.csv`.

use anyhow::{Context, Result, bail, ensure};

use crate::workspace::Workspace;

/// One line of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Workload {
    /// Its first field.
    pub name: String,
    /// Its second field.
    pub job: Job,
    /// Whether one of its last two fields, the rates of dropout, is above zero.
    pub has_dropout: bool,
    /// All of it; the engines read the sizes themselves.
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
    let [name, job, _, _, _, _, dropout, recurrent_dropout] = fields[..] else {
        bail!("workloads.csv: `{line}` has {} fields, expected 8", fields.len());
    };
    let job = match job {
        "train" => Job::Train,
        "predict" => Job::Predict,
        other => bail!("workloads.csv: `{name}` has the job `{other}`, expected train or predict"),
    };
    let has_dropout = [dropout, recurrent_dropout].iter().any(|rate| *rate != "0");
    Ok(Workload { name: name.to_owned(), job, has_dropout, line: line.to_owned() })
}

#[cfg(test)]
mod tests;
