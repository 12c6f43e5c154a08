//! The numbers of a CSV file, row by row.

use std::fs::File;
use std::path::PathBuf;

use csv::{Reader, ReaderBuilder, StringRecord, Trim};

use super::{Column, CsvDataset};
use crate::error::{Error, Result};

/// Rows of the chosen columns.
pub(super) struct Rows {
    path: PathBuf,
    builder: ReaderBuilder,
    reader: Option<Reader<File>>,
    record: StringRecord,
    /// The number of each chosen column, features first.
    columns: Vec<usize>,
    /// The names of all columns; empty without a header.
    header: Vec<String>,
}

impl Rows {
    /// Finds the columns in the header.
    pub fn open(options: &CsvDataset) -> Result<Self> {
        let mut builder = ReaderBuilder::new();
        builder.has_headers(options.has_header).delimiter(options.delimiter).trim(Trim::All);
        let mut rows = Self {
            path: options.path.clone(),
            builder,
            reader: None,
            record: StringRecord::new(),
            columns: Vec::new(),
            header: Vec::new(),
        };
        rows.restart()?;
        if options.has_header
            && let Some(reader) = &mut rows.reader
        {
            let header = reader.headers().map(|header| header.iter().map(str::to_owned).collect());
            rows.header = header.map_err(|error| rows.error(&error))?;
        }
        let chosen = options.features.iter().chain(&options.targets);
        rows.columns = chosen.map(|column| rows.find(column)).collect::<Result<_>>()?;
        Ok(rows)
    }

    /// Begins the file again.
    pub fn restart(&mut self) -> Result<()> {
        let file = File::open(&self.path).map_err(|error| Error::io(&self.path, &error))?;
        self.reader = Some(self.builder.from_reader(file));
        Ok(())
    }

    /// The chosen cells of the next row, or nothing at the end of the file.
    ///
    /// # Errors
    /// If the file cannot be read, a row has fewer or more cells than the first, or a cell holds no finite number.
    pub fn next_row(&mut self) -> Result<Option<Vec<f32>>> {
        let Some(reader) = &mut self.reader else { return Ok(None) };
        match reader.read_record(&mut self.record) {
            Ok(true) => {
                self.columns.iter().map(|column| self.number(*column)).collect::<Result<_>>().map(Some)
            }
            Ok(false) => Ok(None),
            Err(error) => Err(self.error(&error)),
        }
    }

    fn number(&self, column: usize) -> Result<f32> {
        let line = self.record.position().map_or(0, csv::Position::line);
        let Some(cell) = self.record.get(column) else {
            let text =
                format!("line {line}: there is no column {column}, the line has {} cells", self.record.len());
            return Err(Error::format(self.path.display(), text));
        };
        match cell.parse::<f32>() {
            Ok(number) if number.is_finite() => Ok(number),
            _ => {
                let name = self.header.get(column).map_or_else(String::new, |name| format!(" \"{name}\""));
                let text = format!(
                    "line {line}, column {}{name}: expected a finite number, got \"{cell}\"",
                    column + 1
                );
                Err(Error::format(self.path.display(), text))
            }
        }
    }

    fn find(&self, column: &Column) -> Result<usize> {
        match column {
            Column::Number(number) => Ok(*number),
            Column::Name(name) => {
                let mut places = (0..self.header.len()).filter(|place| self.header[*place] == *name);
                let text = match (places.next(), places.next()) {
                    (Some(place), None) => return Ok(place),
                    (Some(_), _) => format!("there are several columns \"{name}\"; give the number of one"),
                    _ if self.header.is_empty() => {
                        format!("there is no header to find the column \"{name}\" in; give its number")
                    }
                    _ => {
                        format!("there is no column \"{name}\", the columns are: {}", self.header.join(", "))
                    }
                };
                Err(Error::argument(self.path.display(), text))
            }
        }
    }

    fn error(&self, error: &csv::Error) -> Error {
        let line = error.position().map_or(0, csv::Position::line);
        match error.kind() {
            csv::ErrorKind::Io(source) => Error::io(&self.path, source),
            csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
                let text =
                    format!("line {line}: expected {expected_len} cells, as in the first line, got {len}");
                Error::format(self.path.display(), text)
            }
            csv::ErrorKind::Utf8 { .. } => {
                Error::format(self.path.display(), format!("line {line}: expected text in UTF-8"))
            }
            _ => Error::format(self.path.display(), error),
        }
    }
}
