//! How far a record is from what was set out for, `benchmarks/goals.csv`.

use std::fmt::Write;
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};

use super::table::{Best, bests, chosen, short};
use super::workload::{self, Workload};
use crate::workspace::Workspace;

/// What one workload should reach.
#[derive(Debug, Clone, PartialEq)]
struct Goal {
    workload: String,
    /// The time of the quickest peer by that of Gatewise.
    best_peer: f64,
    /// That of Keras on TensorFlow in its quickest way.
    keras_tensorflow: f64,
    /// The floor, in per cent of the time; none where something else than multiply-adds is the limit.
    of_floor: Option<f64>,
}

/// Prints the goals with what a record says of them, the [`chosen`] one.
///
/// # Errors
/// There is no such record, or a file cannot be read.
pub fn print(workspace: &Workspace, record: Option<PathBuf>) -> Result<()> {
    let name = chosen(workspace, record)?;
    let record = std::fs::read_to_string(&name).with_context(|| name.display().to_string())?;
    let path = workspace.root().join("benchmarks/goals.csv");
    let goals = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    let workloads = workload::choose(workspace, &[])?;
    println!("{}\n\n{}", name.display(), table(&parse(&goals)?, &workloads, &bests(&record)?));
    Ok(())
}

fn parse(text: &str) -> Result<Vec<Goal>> {
    let goals = text.lines().skip(1).map(|line| {
        let fields: Vec<&str> = line.split(',').collect();
        ensure!(fields.len() == 4, "goals.csv: `{line}` has {} fields, expected 4", fields.len());
        let number = |field: &str| field.parse().with_context(|| format!("goals.csv: `{field}` in `{line}`"));
        Ok(Goal {
            workload: fields[0].to_owned(),
            best_peer: number(fields[1])?,
            keras_tensorflow: number(fields[2])?,
            of_floor: if fields[3].is_empty() { None } else { Some(number(fields[3])?) },
        })
    });
    goals.collect()
}

/// What is reached and, in brackets, what is wanted; reached goals in bold.
fn table(goals: &[Goal], workloads: &[Workload], bests: &[Best]) -> String {
    let mut table = "| workload | Gatewise | quickest peer | Keras on TensorFlow | of the floor |\n\
                     |---|---|---|---|---|\n"
        .to_owned();
    for goal in goals {
        let Some(workload) = workloads.iter().find(|workload| workload.name == goal.workload) else {
            continue;
        };
        let of_workload = || bests.iter().filter(|best| best.workload == goal.workload);
        let Some(own) = of_workload().find(|best| best.engine == "gatewise") else { continue };
        let peers = || of_workload().filter(|best| best.engine != "gatewise");
        let against = |peer: Option<&Best>, wanted: f64| match peer {
            None => "–".to_owned(),
            Some(peer) => {
                reached(&format!("{} ×", short(peer.median / own.median)), peer.median / own.median, wanted)
            }
        };
        let quickest = peers().min_by(|a, b| a.median.total_cmp(&b.median));
        let name = quickest.map_or(String::new(), |peer| format!(", {}", peer.engine));
        let tensorflow = peers().find(|peer| peer.engine == "keras-tensorflow");
        let of_floor = own.share * workload.floor() / workload.flops() * 100.0;
        let floor = match goal.of_floor {
            None => format!("{of_floor:.0} %"),
            Some(wanted) => reached(&format!("{of_floor:.0} %"), of_floor, wanted),
        };
        writeln!(
            table,
            "| {} | {} ms | {}{name} | {} | {floor} |",
            goal.workload,
            short(own.median),
            against(quickest, goal.best_peer),
            against(tensorflow, goal.keras_tensorflow),
        )
        .expect("a string takes all");
    }
    table
}

/// `text` for a number, with the wanted one.
fn reached(text: &str, number: f64, wanted: f64) -> String {
    let bold = if number >= wanted { "**" } else { "" };
    format!("{bold}{text}{bold} ({wanted})")
}

#[cfg(test)]
mod tests;
