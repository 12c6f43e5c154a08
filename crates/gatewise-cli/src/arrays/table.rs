//! A CSV of numbers.

use std::path::Path;

use anyhow::{Context, Result, bail};
use gatewise::ndarray::{ArrayD, IxDyn};

use super::bytes_of;
use crate::reader::cells::{number, separator};

/// The numbers of a file, `[rows, columns]`. A first row without any number is a header.
pub fn read(path: &Path) -> Result<ArrayD<f32>> {
    parse(&path.display().to_string(), &bytes_of(path)?)
}

/// The numbers in the bytes of a file called `name`.
pub fn parse(name: &str, bytes: &[u8]) -> Result<ArrayD<f32>> {
    let Ok(text) = std::str::from_utf8(bytes) else {
        bail!("{name}: expected text in UTF-8, got other bytes; save it as UTF-8")
    };
    let text = text.trim_start_matches('\u{feff}');
    let separator = separator(text);
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(separator)
        .has_headers(false)
        .flexible(true)
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let (mut numbers, mut width, mut rows) = (Vec::new(), None, 0);
    for (index, record) in reader.records().enumerate() {
        let record = record.with_context(|| name.to_owned())?;
        let line = record.position().map_or(0, csv::Position::line);
        let cells = record.iter().map(|cell| number(cell, separator == b';'));
        let cells: Vec<Option<f64>> = cells.collect();
        let expected = *width.get_or_insert(cells.len());
        if cells.len() != expected {
            bail!("{name}: line {line}: expected {expected} cells as in the first line, got {}", cells.len());
        }
        if index == 0 && cells.iter().all(Option::is_none) {
            continue;
        }
        for (column, cell) in cells.iter().enumerate() {
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
