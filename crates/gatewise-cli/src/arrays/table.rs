//! A CSV of numbers.

use std::path::Path;

use anyhow::{Context, Result, bail};
use gatewise::ndarray::{ArrayD, IxDyn};

use super::bytes_of;
use crate::reader::cells;

/// The numbers of a file, `[rows, columns]`. A first row without any number is a header.
pub fn read(path: &Path) -> Result<ArrayD<f32>> {
    parse(&path.display().to_string(), &bytes_of(path)?)
}

/// The numbers in the bytes of a file called `name`.
pub fn parse(name: &str, bytes: &[u8]) -> Result<ArrayD<f32>> {
    let text = cells::text(name, bytes)?;
    let separator = cells::separator(text);
    let (mut numbers, mut width, mut rows) = (Vec::new(), None, 0);
    for (index, record) in cells::records(text, separator).records().enumerate() {
        let record = record.with_context(|| name.to_owned())?;
        let line = record.position().map_or(0, csv::Position::line);
        let row = record.iter().map(|cell| cells::number(cell, separator == b';'));
        let row: Vec<Option<f64>> = row.collect();
        let expected = *width.get_or_insert(row.len());
        if row.len() != expected {
            bail!("{name}: line {line}: expected {expected} cells as in the first line, got {}", row.len());
        }
        if index == 0 && row.iter().all(Option::is_none) && record.iter().all(is_word) {
            continue;
        }
        for (column, cell) in row.iter().enumerate() {
            let got = &record[column];
            match cell.map(|number| (number as f32, number)) {
                Some((single, number)) if fits(single, number, got) => numbers.push(single),
                Some(_) => bail!(
                    "{name}: line {line}, column {}: expected a number that float32 holds, whole ones up to 2^24, got {got}",
                    column + 1
                ),
                None => bail!("{name}: line {line}, column {}: expected a number, got {got:?}", column + 1),
            }
        }
        rows += 1;
    }
    if rows == 0 {
        bail!("{name}: expected rows of numbers, got none");
    }
    Ok(ArrayD::from_shape_vec(IxDyn(&[rows, width.unwrap_or(0)]), numbers)?)
}

/// Whether a cell can be the name of a column: `nan` and `inf` are numbers that are not taken.
fn is_word(cell: &str) -> bool {
    cell.parse::<f64>().is_err()
}

/// Whether a single is the number: rounded if it has decimals, exactly if it is whole, as the number of a token is.
fn fits(single: f32, number: f64, text: &str) -> bool {
    let is_whole = text.bytes().all(|byte| byte.is_ascii_digit() || b"+-".contains(&byte));
    single.is_finite() && (!is_whole || f64::from(single) == number)
}

/// The text of an array: a row a sample, all of its numbers in their order.
pub fn to_text(array: &ArrayD<f32>) -> Result<Vec<u8>> {
    let samples = super::samples(array);
    let width = array.len().checked_div(samples).unwrap_or(0);
    let numbers: Vec<String> = array.iter().map(f32::to_string).collect();
    let mut writer = csv::Writer::from_writer(Vec::new());
    for row in numbers.chunks(width.max(1)) {
        writer.write_record(row)?;
    }
    Ok(writer.into_inner()?)
}
