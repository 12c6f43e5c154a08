//! The cells of a CSV, and what a single cell can be.

use anyhow::{Context, Result, bail};

/// A rectangular table of texts.
#[derive(Debug, PartialEq)]
pub struct Sheet {
    /// Names of the columns: those of the header, or `column 1`, `column 2` and so on.
    pub names: Vec<String>,
    /// Rows of as many cells as there are names.
    pub rows: Vec<Vec<String>>,
    /// Number in the file of the first of the rows, counted from 1.
    pub first_row: usize,
    /// Whether a comma stands before the decimals.
    pub decimal_comma: bool,
}

impl Sheet {
    /// Splits `text` into cells.
    pub fn parse(name: &str, text: &str) -> Result<Self> {
        let separator = separator(text);
        let mut rows = Vec::new();
        for record in records(text, separator).records() {
            let record = record.with_context(|| format!("{name}: row {}", rows.len() + 1))?;
            rows.push(record.iter().map(str::to_owned).collect::<Vec<String>>());
        }
        let Some(width) = rows.first().map(Vec::len) else {
            bail!("{name}: expected rows, got an empty file")
        };
        if let Some((row, cells)) = rows.iter().enumerate().find(|(_, cells)| cells.len() != width) {
            bail!("{name}: row {}: expected {width} cells as in row 1, got {}", row + 1, cells.len());
        }
        let decimal_comma = separator == b';';
        let has_header = rows[0].iter().all(|cell| !is_data(cell, decimal_comma));
        let names = match has_header {
            true => rows.remove(0),
            false => (1..=width).map(|number| format!("column {number}")).collect(),
        };
        if rows.is_empty() {
            bail!("{name}: expected rows of data, got only a header");
        }
        Ok(Self { names, rows, first_row: 1 + usize::from(has_header), decimal_comma })
    }

    /// The cells of a column, top to bottom.
    pub fn column(&self, column: usize) -> impl Iterator<Item = &str> + Clone {
        self.rows.iter().map(move |row| row[column].as_str())
    }

    /// The number in a cell.
    pub fn number(&self, cell: &str) -> Option<f64> {
        number(cell, self.decimal_comma)
    }
}

/// Whether a cell stands for a value that is not known.
pub fn is_missing(cell: &str) -> bool {
    matches!(cell.to_ascii_lowercase().as_str(), "" | "na" | "n/a" | "nan" | "null" | "none" | "-" | ".")
}

/// The text in the bytes of a file called `name`.
pub fn text<'a>(name: &str, bytes: &'a [u8]) -> Result<&'a str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(text.trim_start_matches('\u{feff}')),
        Err(_) => bail!("{name}: expected text in UTF-8, got other bytes; save it as UTF-8"),
    }
}

/// The rows of a text, however many cells each has.
pub fn records(text: &str, separator: u8) -> csv::Reader<&[u8]> {
    let mut builder = csv::ReaderBuilder::new();
    builder.delimiter(separator).has_headers(false).flexible(true).trim(csv::Trim::All);
    builder.from_reader(text.as_bytes())
}

/// A tab or a semicolon if one stands outside quotes in the first line, else a comma, which may be a decimal
/// comma beside the other two.
pub fn separator(text: &str) -> u8 {
    let stands_outside_quotes = |separator: &u8| {
        let mut quoted = false;
        text.lines().next().unwrap_or_default().bytes().any(|byte| {
            quoted ^= byte == b'"';
            !quoted && byte == *separator
        })
    };
    [b'\t', b';'].into_iter().find(|separator| stands_outside_quotes(separator)).unwrap_or(b',')
}

fn is_data(cell: &str, decimal_comma: bool) -> bool {
    number(cell, decimal_comma).is_some() || gatewise::forecast::are_dates(std::iter::once(cell))
}

/// The number in a cell; `decimal_comma` where a comma stands before the decimals.
pub fn number(cell: &str, decimal_comma: bool) -> Option<f64> {
    let text = if decimal_comma { cell.replace(',', ".") } else { cell.to_owned() };
    // `inf` and `nan` are words to Rust's parser, not to a reader of tables.
    let plain = text.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte));
    plain.then(|| text.parse().ok()).flatten()
}
