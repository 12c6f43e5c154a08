//! NumPy's array files: `.npy`, one array, and `.npz`, a zip archive of named ones.
//!
//! Numbers of any of NumPy's real types become `f32`. Whole numbers have to be exact in it.

use std::io::Cursor;
use std::path::Path;

use ndarray::{ArrayD, IxDyn, ShapeBuilder};

use super::{archive, load, write_atomically};
use crate::error::{Error, Result};

pub(crate) mod header;

use header::{Header, read_header};

/// Numbers begin at a multiple of this, so that they can be mapped into memory.
const ALIGNMENT: usize = 64;

/// The most that deflate packs, so that arrays of zeros can be read too.
const MOST_PACKED: u64 = 1032;

/// The array in a `.npy` file, in C or Fortran order.
///
/// ```
/// use gatewise::format::{read_npy, write_npy};
/// use ndarray::arr2;
///
/// let path = std::env::temp_dir().join("gatewise-doc-npy.npy");
/// let array = arr2(&[[1.0, 2.5], [3.0, -4.0]]).into_dyn();
/// write_npy(&path, &array)?;
/// assert_eq!(read_npy(&path)?, array);
/// # std::fs::remove_file(&path).unwrap();
/// # Ok::<(), gatewise::Error>(())
/// ```
///
/// # Errors
/// If the file cannot be read, is no `.npy` file, is cut off, or holds something else than real numbers or a number
/// that `f32` cannot hold.
pub fn read_npy(path: impl AsRef<Path>) -> Result<ArrayD<f32>> {
    let path = path.as_ref();
    parse(&path.display().to_string(), &load::read(path)?)
}

/// Writes an array as a `.npy` file of `<f4`, which appears whole or not at all.
///
/// # Errors
/// If the file cannot be written.
pub fn write_npy(path: impl AsRef<Path>, array: &ArrayD<f32>) -> Result<()> {
    write_atomically(path.as_ref(), &npy_bytes(array))
}

/// The arrays in a `.npz` file with their names, in the order of the file.
///
/// # Errors
/// As for [`read_npy`]; the message names the array.
pub fn read_npz(path: impl AsRef<Path>) -> Result<Vec<(String, ArrayD<f32>)>> {
    let path = path.as_ref();
    let bytes = load::read(path)?;
    let in_file = |error: Error| Error::format(path.display(), error);
    let limit = (bytes.len() as u64).saturating_mul(MOST_PACKED);
    let mut archive = archive::Archive::with_limit(Cursor::new(&bytes), limit).map_err(in_file)?;
    let mut arrays = Vec::new();
    for member in archive.names() {
        let bytes = archive.read(&member, u64::MAX).map_err(in_file)?.unwrap_or_default();
        let name = member.strip_suffix(".npy").unwrap_or(&member);
        arrays.push((name.to_owned(), parse(&format!("{}: \"{name}\"", path.display()), &bytes)?));
    }
    Ok(arrays)
}

/// Writes named arrays as a `.npz` file as `numpy.savez` does, in this order; it appears whole or not at all.
///
/// ```
/// use gatewise::format::{read_npz, write_npz};
/// use ndarray::arr1;
///
/// let path = std::env::temp_dir().join("gatewise-doc-npz.npz");
/// let (size, kind) = (arr1(&[1.0, 2.0]).into_dyn(), arr1(&[0.0]).into_dyn());
/// write_npz(&path, &[("size", &size), ("kind", &kind)])?;
/// assert_eq!(read_npz(&path)?, [("size".to_owned(), size), ("kind".to_owned(), kind)]);
/// # std::fs::remove_file(&path).unwrap();
/// # Ok::<(), gatewise::Error>(())
/// ```
///
/// # Errors
/// If two arrays have one name, or the file cannot be written.
pub fn write_npz<S: AsRef<str>>(path: impl AsRef<Path>, arrays: &[(S, &ArrayD<f32>)]) -> Result<()> {
    let path = path.as_ref();
    let members: Vec<(String, Vec<u8>)> =
        arrays.iter().map(|(name, array)| (format!("{}.npy", name.as_ref()), npy_bytes(array))).collect();
    for (index, (name, _)) in members.iter().enumerate() {
        if members[..index].iter().any(|(known, _)| known == name) {
            let text = format!("two arrays have the name \"{}\"", name.trim_end_matches(".npy"));
            return Err(Error::argument(path.display(), text));
        }
    }
    let members: Vec<(&str, &[u8])> =
        members.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())).collect();
    write_atomically(path, &archive::write(&members)?)
}

/// The array in the bytes of a `.npy` file.
fn parse(subject: &str, bytes: &[u8]) -> Result<ArrayD<f32>> {
    let header = read_header(subject, &mut Cursor::new(bytes))?;
    let data = &bytes[(header.data_start as usize).min(bytes.len())..];
    let size = header.element.size;
    let expected = header.shape.iter().try_fold(size, |all, axis| all.checked_mul(*axis));
    if expected.is_none_or(|expected| data.len() < expected) {
        let (shape, got) = (&header.shape, data.len());
        let text =
            format!("the file is cut off: expected numbers of {size} bytes for {shape:?}, got {got} bytes");
        return Err(Error::format(subject, text));
    }
    let data = &data[..expected.unwrap_or(0)];
    let mut numbers = Vec::with_capacity(data.len() / size);
    for (place, bytes) in data.chunks_exact(size).enumerate() {
        numbers.push(header.element.number(bytes).map_err(|got| inexact(subject, &header, place, &got))?);
    }
    let shape = IxDyn(&header.shape).set_f(header.fortran_order);
    let array = ArrayD::from_shape_vec(shape, numbers).map_err(|error| Error::format(subject, error))?;
    Ok(if header.fortran_order { array.as_standard_layout().into_owned() } else { array })
}

fn inexact(subject: &str, header: &Header, place: usize, got: &str) -> Error {
    let text = format!(
        "expected numbers that float32 holds, whole ones up to 2^24, got {got} at position {place} of {:?}",
        header.shape
    );
    Error::data(subject, text)
}

/// The bytes of a `.npy` file of version 1, as NumPy writes them.
fn npy_bytes(array: &ArrayD<f32>) -> Vec<u8> {
    let sizes: Vec<String> = array.shape().iter().map(usize::to_string).collect();
    // A tuple of one in Python ends in a comma.
    let comma = if sizes.len() == 1 { "," } else { "" };
    let text =
        format!("{{'descr': '<f4', 'fortran_order': False, 'shape': ({}{comma}), }}", sizes.join(", "));
    let start = 10 + text.len() + 1;
    let padding = start.next_multiple_of(ALIGNMENT) - start;
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend(((text.len() + padding + 1) as u16).to_le_bytes());
    bytes.extend(text.as_bytes());
    bytes.extend(std::iter::repeat_n(b' ', padding));
    bytes.push(b'\n');
    array.iter().for_each(|number| bytes.extend(number.to_le_bytes()));
    bytes
}

#[cfg(test)]
mod tests;
