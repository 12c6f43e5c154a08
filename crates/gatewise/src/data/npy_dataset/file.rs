//! Rows of an array in a `.npy` file.

use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::format::npy::header::{Header, read_header};

/// A file that is open, whose header was read.
pub(super) struct NpyFile {
    path: PathBuf,
    file: BufReader<File>,
    header: Header,
    /// Numbers in a sample.
    width: usize,
    bytes: Vec<u8>,
}

impl NpyFile {
    /// # Errors
    /// If the file cannot be read, or holds no array of samples that can be read by rows.
    pub fn open(path: &Path) -> Result<Self> {
        let io = |error: std::io::Error| Error::io(path, &error);
        let file = File::open(path).map_err(io)?;
        let len = file.metadata().map_err(io)?.len();
        let mut file = BufReader::new(file);
        let header = read_header(&path.display().to_string(), &mut file)?;
        let Some((samples, sample)) = header.shape.split_first() else {
            let text = "expected an array [samples, ...], got a single number";
            return Err(Error::shape(path.display(), text));
        };
        if *samples == 0 {
            return Err(Error::data(path.display(), "expected at least one sample, got none"));
        }
        if header.fortran_order && !sample.is_empty() {
            let text =
                "arrays in Fortran order cannot be read by samples; save it with `numpy.ascontiguousarray`";
            return Err(Error::unsupported(path.display(), text));
        }
        let numbers = header.shape.iter().try_fold(1_u64, |all, size| all.checked_mul(*size as u64));
        let expected = numbers
            .and_then(|numbers| numbers.checked_mul(header.element.size as u64))
            .and_then(|bytes| bytes.checked_add(header.data_start));
        if expected.is_none_or(|expected| len < expected) {
            let text = format!("the file is cut off: expected an array {:?}, got {len} bytes", header.shape);
            return Err(Error::format(path.display(), text));
        }
        let width = sample.iter().product();
        Ok(Self { path: path.to_owned(), file, header, width, bytes: Vec::new() })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The number of samples.
    pub fn samples(&self) -> usize {
        self.header.shape[0]
    }

    /// The sizes of a sample.
    pub fn sample(&self) -> &[usize] {
        &self.header.shape[1..]
    }

    /// The numbers of `count` samples from `first` on.
    ///
    /// # Errors
    /// If the file cannot be read, or a number is not finite or not exact.
    pub fn read(&mut self, first: usize, count: usize) -> Result<Vec<f32>> {
        let size = self.header.element.size;
        let start = self.header.data_start + (first * self.width * size) as u64;
        self.bytes.resize(count * self.width * size, 0);
        let read = self.file.seek(SeekFrom::Start(start)).and_then(|_| self.file.read_exact(&mut self.bytes));
        read.map_err(|error| Error::io(&self.path, &error))?;
        let numbers = self.bytes.chunks_exact(size).map(|bytes| self.number(bytes));
        let mut all = Vec::with_capacity(count * self.width);
        for (place, number) in numbers.enumerate() {
            all.push(number.map_err(|got| {
                let text = format!(
                    "expected finite numbers, whole ones below 2^24, got {got} in sample {} at position {} of {:?}",
                    first + place / self.width,
                    place % self.width,
                    self.sample()
                );
                Error::data(self.path.display(), text)
            })?);
        }
        Ok(all)
    }

    /// The number that bytes of the file are.
    ///
    /// # Errors
    /// The number as text, if `f32` cannot hold it or it is not finite.
    fn number(&self, bytes: &[u8]) -> Result<f32, String> {
        let number = self.header.element.number(bytes)?;
        if number.is_finite() { Ok(number) } else { Err(number.to_string()) }
    }
}
