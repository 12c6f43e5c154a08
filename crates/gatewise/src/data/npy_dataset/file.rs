//! Rows of an array in a `.npy` file.

use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use super::header::{Header, Kind, read_header};
use crate::error::{Error, Result};

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
        let header = read_header(path, &mut file)?;
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
        let numbers: Vec<Option<f32>> = numbers.collect();
        match numbers.iter().position(Option::is_none) {
            None => Ok(numbers.into_iter().flatten().collect()),
            Some(place) => {
                let text = format!(
                    "expected finite numbers, whole ones below 2^24, got {} in sample {} at position {} of {:?}",
                    self.text(&self.bytes[place * size..(place + 1) * size]),
                    first + place / self.width,
                    place % self.width,
                    self.sample()
                );
                Err(Error::data(self.path.display(), text))
            }
        }
    }

    /// The number that bytes of the file are, if `f32` can hold it.
    fn number(&self, bytes: &[u8]) -> Option<f32> {
        let word = self.word(bytes);
        let number = match self.header.element.kind {
            Kind::Float if bytes.len() == 4 => f32::from_bits(word as u32),
            Kind::Float => f64::from_bits(word) as f32,
            Kind::Bool => f32::from(u8::from(word != 0)),
            Kind::Unsigned => exact(i128::from(word))?,
            Kind::Signed => exact(i128::from(sign_extended(word, bytes.len())))?,
        };
        number.is_finite().then_some(number)
    }

    fn text(&self, bytes: &[u8]) -> String {
        let word = self.word(bytes);
        match self.header.element.kind {
            Kind::Float if bytes.len() == 4 => f32::from_bits(word as u32).to_string(),
            Kind::Float => f64::from_bits(word).to_string(),
            Kind::Signed => sign_extended(word, bytes.len()).to_string(),
            Kind::Unsigned | Kind::Bool => word.to_string(),
        }
    }

    /// The bytes of a number as a word, the first one lowest.
    fn word(&self, bytes: &[u8]) -> u64 {
        let push = |word: u64, byte: &u8| word << 8 | u64::from(*byte);
        match self.header.element.is_big_endian {
            true => bytes.iter().fold(0, push),
            false => bytes.iter().rev().fold(0, push),
        }
    }
}

fn sign_extended(word: u64, bytes: usize) -> i64 {
    let shift = 64 - 8 * bytes as u32;
    (word << shift) as i64 >> shift
}

fn exact(number: i128) -> Option<f32> {
    (number.abs() <= 1 << 24).then_some(number as f32)
}
