//! Tables in Markdown, one for each size that was varied.

use std::collections::BTreeMap;
use std::fmt::Write;

use anyhow::{Context, Result};

/// One size with one number of threads.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    threads: usize,
    varied: String,
    /// Batch, steps, features and units.
    sizes: [usize; 4],
    predict_ms: f64,
    train_ms: f64,
    train_gflops: f64,
    train_bytes: f64,
}

/// The names of the sizes in a row.
const SIZES: [&str; 4] = ["batch", "steps", "features", "units"];

impl Row {
    /// Reads a line of the program that measures.
    ///
    /// # Errors
    /// A field is missing or is no number.
    pub fn read(heading: &str, line: &str) -> Result<Self> {
        let fields: BTreeMap<&str, &str> = heading.split(',').zip(line.split(',')).collect();
        let field = |name: &str| {
            fields.get(name).copied().with_context(|| format!("the row `{line}` has no field `{name}`"))
        };
        let number = |name: &str| {
            let text = field(name)?;
            text.parse::<f64>().with_context(|| format!("{name}: `{text}` is no number"))
        };
        let mut sizes = [0; 4];
        for (size, name) in sizes.iter_mut().zip(SIZES) {
            *size = number(name)? as usize;
        }
        Ok(Self {
            threads: number("threads")? as usize,
            varied: field("varied")?.to_owned(),
            sizes,
            predict_ms: number("predict_ms")?,
            train_ms: number("train_ms")?,
            train_gflops: number("train_gflops")?,
            train_bytes: number("train_bytes")?,
        })
    }

    /// The size that is varied.
    fn value(&self) -> usize {
        SIZES.iter().position(|name| *name == self.varied).map_or(0, |position| self.sizes[position])
    }
}

/// The tables, each with a heading that tells the sizes that stay.
pub fn tables(rows: &[Row]) -> String {
    let mut text = String::new();
    for name in SIZES {
        let rows: Vec<&Row> = rows.iter().filter(|row| row.varied == name).collect();
        if !rows.is_empty() {
            let _ = writeln!(text, "{}", table(name, &rows));
        }
    }
    text
}

fn table(name: &str, rows: &[&Row]) -> String {
    let mut threads: Vec<usize> = rows.iter().map(|row| row.threads).collect();
    threads.sort_unstable();
    threads.dedup();
    let fixed = SIZES.iter().zip(rows[0].sizes).filter(|(size, _)| **size != name);
    let fixed: Vec<String> = fixed.map(|(size, value)| format!("{size} {value}")).collect();
    let mut headings = vec![name.to_owned()];
    for job in ["predict, ms", "train, ms", "train, GFLOP/s"] {
        headings.extend(threads.iter().map(|threads| format!("{job}, {threads} threads")));
    }
    headings.push("train, MB".to_owned());
    headings.push("bytes per further batch × step × unit".to_owned());
    let mut text = format!("## By {name}\n\nWith {}.\n\n", fixed.join(", "));
    line(&mut text, &headings);
    line(&mut text, &vec!["---:".to_owned(); headings.len()]);
    let mut previous: Option<&Row> = None;
    for row in rows.iter().filter(|row| row.threads == threads[0]) {
        let same: Vec<&&Row> = rows.iter().filter(|other| other.sizes == row.sizes).collect();
        let mut cells = vec![row.value().to_string()];
        cells.extend(same.iter().map(|row| format!("{:.3}", row.predict_ms)));
        cells.extend(same.iter().map(|row| format!("{:.3}", row.train_ms)));
        cells.extend(same.iter().map(|row| format!("{:.1}", row.train_gflops)));
        cells.push(format!("{:.2}", row.train_bytes / 1e6));
        cells.push(previous.and_then(|previous| growth(previous, row)).unwrap_or_default());
        line(&mut text, &cells);
        previous = Some(row);
    }
    text
}

/// What the memory grew by, for each number of batch × steps × units that came in addition.
fn growth(previous: &Row, row: &Row) -> Option<String> {
    let count = |row: &Row| (row.sizes[0] * row.sizes[1] * row.sizes[3]) as f64;
    let more = count(row) - count(previous);
    (more > 0.0).then(|| format!("{:.1}", (row.train_bytes - previous.train_bytes) / more))
}

fn line(text: &mut String, cells: &[String]) {
    let _ = writeln!(text, "| {} |", cells.join(" | "));
}

#[cfg(test)]
mod tests;
