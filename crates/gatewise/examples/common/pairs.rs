//! Files with two fields in a line.

use gatewise::{Error, Result};

/// The first two fields of every line of a file, with tabs between fields if its name ends in `.tsv` and commas otherwise.
///
/// # Errors
/// If it cannot be read or a line has one field only.
pub fn read_pairs(path: &str) -> Result<Vec<[String; 2]>> {
    let failed = |text: String| Error::format(path, text);
    let is_tsv = path.ends_with(".tsv");
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(if is_tsv { b'\t' } else { b',' })
        // In a table with tabs a quotation mark is a letter.
        .quoting(!is_tsv)
        .has_headers(false)
        .flexible(true)
        .from_path(path)
        .map_err(|error| failed(error.to_string()))?;
    let mut pairs = Vec::new();
    for (row, record) in reader.records().enumerate() {
        let record = record.map_err(|error| failed(error.to_string()))?;
        match (record.get(0), record.get(1)) {
            (Some(first), Some(second)) => pairs.push([first.to_owned(), second.to_owned()]),
            _ => return Err(failed(format!("line {}: expected two fields, got one", row + 1))),
        }
    }
    Ok(pairs)
}
