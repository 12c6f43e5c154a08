//! Running steps one after the other, and telling how they went.

use std::fmt;
use std::time::{Duration, Instant};

use anyhow::Result;

use crate::steps::{STEPS, Step};
use crate::tally::Tally;
use crate::workspace::Workspace;

/// How a step went when nothing failed.
pub enum Outcome {
    /// All of it was done.
    Passed,
    /// It was left out, for this reason.
    Skipped(String),
    /// Some of it was done, but this could not be.
    NotChecked(String),
}

/// How a run went, step by step; displayed as the summary that ends it.
pub struct Report {
    rows: Vec<Row>,
    tally: Tally,
}

struct Row {
    name: &'static str,
    title: &'static str,
    time: Duration,
    /// Absent for steps that a failure before them kept from running.
    result: Option<Result<Outcome>>,
}

/// Runs the steps until one fails.
pub fn run(workspace: &Workspace, steps: &[&Step]) -> Report {
    let mut report = Report { rows: Vec::new(), tally: Tally::default() };
    for (index, step) in steps.iter().enumerate() {
        let row = if report.failed() {
            Row { name: step.name, title: step.title, time: Duration::ZERO, result: None }
        } else {
            println!("\n==> {}/{} {}: {}", index + 1, steps.len(), step.name, step.title);
            timed(step, workspace, &mut report.tally)
        };
        report.rows.push(row);
    }
    report
}

fn timed(step: &Step, workspace: &Workspace, tally: &mut Tally) -> Row {
    let start = Instant::now();
    let result = (step.run)(workspace, tally);
    let time = start.elapsed();
    match &result {
        Ok(Outcome::Passed) => println!("<== {} passed in {}", step.name, seconds(time)),
        Ok(Outcome::Skipped(reason)) => println!("<== {} skipped: {reason}", step.name),
        Ok(Outcome::NotChecked(what)) => println!("<== {} NOT CHECKED: {what}", step.name),
        Err(error) => println!("<== {} FAILED after {}: {error:#}", step.name, seconds(time)),
    }
    Row { name: step.name, title: step.title, time, result: Some(result) }
}

/// Prints the steps in the order in which they run.
pub fn print_list() {
    for step in STEPS {
        println!("{:<10} {}", step.name, step.title);
    }
}

impl Report {
    /// Whether a step failed.
    pub fn failed(&self) -> bool {
        self.rows.iter().any(|row| matches!(row.result, Some(Err(_))))
    }

    /// How many steps did not do all that they are there for, though nothing failed.
    fn not_checked(&self) -> usize {
        let is_left =
            |row: &&Row| matches!(row.result, Some(Ok(Outcome::Skipped(_) | Outcome::NotChecked(_))));
        self.rows.iter().filter(is_left).count()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "\n{:<10} {:>8}  result", "step", "time")?;
        for row in &self.rows {
            writeln!(f, "{row}")?;
        }
        let total: Duration = self.rows.iter().map(|row| row.time).sum();
        writeln!(f, "{:<10} {:>8}\n", "in all", seconds(total))?;
        for line in &self.tally.lines {
            writeln!(f, "{line}")?;
        }
        for row in self.rows.iter().filter(|row| matches!(row.result, Some(Err(_)))) {
            writeln!(f, "rerun what failed with: cargo xtask test --only {}", row.name)?;
        }
        if self.tally.passed + self.tally.failed > 0 {
            writeln!(f, "{} passed, {} failed", self.tally.passed, self.tally.failed)?;
        }
        if self.not_checked() > 0 {
            writeln!(f, "{} of the steps not checked, or not wholly: see above", self.not_checked())?;
        }
        Ok(())
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:<10} {:>8}  ", self.name, seconds(self.time))?;
        match &self.result {
            Some(Ok(Outcome::Passed)) => write!(f, "passed"),
            Some(Ok(Outcome::Skipped(reason))) => write!(f, "skipped: {reason}"),
            Some(Ok(Outcome::NotChecked(what))) => write!(f, "NOT CHECKED: {what}"),
            Some(Err(error)) => write!(f, "FAILED: {}: {error:#}", self.title),
            None => write!(f, "not run"),
        }
    }
}

fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}

#[cfg(test)]
mod tests;
