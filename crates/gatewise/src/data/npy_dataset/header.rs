//! The header of a `.npy` file, as NumPy's `numpy.lib.format` describes it:
//!
//! ```text
//! 0x93 "NUMPY"   major minor   length of the text: u16 (version 1) or u32 (versions 2 and 3), little endian
//! {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }   spaces   newline
//! numbers
//! ```

use std::io::Read;
use std::path::Path;

use crate::error::{Error, Result};

/// The longest header that is read; NumPy's own limit is 10 000 bytes.
const MOST_BYTES: u64 = 1 << 16;

/// What a header says.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub element: Element,
    pub fortran_order: bool,
    pub shape: Vec<usize>,
    /// Where the numbers begin.
    pub data_start: u64,
}

/// How a number is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Element {
    pub kind: Kind,
    /// Bytes.
    pub size: usize,
    pub is_big_endian: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Float,
    Signed,
    Unsigned,
    Bool,
}

/// Reads a header from the beginning of a file.
///
/// # Errors
/// If it is not one, or describes numbers of a type that is not known.
pub(super) fn read_header(path: &Path, file: &mut impl Read) -> Result<Header> {
    let broken = |text: &str| Error::format(path.display(), text);
    let mut start = [0; 8];
    let not_npy = || broken("expected a .npy file, which begins with \\x93NUMPY");
    file.read_exact(&mut start).map_err(|_| not_npy())?;
    let [magic @ .., major, _minor] = start;
    if magic != *b"\x93NUMPY" {
        return Err(not_npy());
    }
    let len_bytes = match major {
        1 => 2,
        2 | 3 => 4,
        _ => return Err(broken(&format!("expected version 1, 2 or 3 of the .npy format, got {major}"))),
    };
    let cut_off = || broken("the header is cut off");
    let mut len = [0; 4];
    file.read_exact(&mut len[..len_bytes]).map_err(|_| cut_off())?;
    let len = u64::from(u32::from_le_bytes(len));
    if len > MOST_BYTES {
        return Err(broken(&format!("the header has {len} bytes, more than {MOST_BYTES}")));
    }
    let mut text = vec![0; len as usize];
    file.read_exact(&mut text).map_err(|_| cut_off())?;
    let text = String::from_utf8_lossy(&text);
    let (descr, fortran_order, shape) =
        parse(&text).ok_or_else(|| broken(&format!("the header cannot be read: {}", text.trim_end())))?;
    Ok(Header {
        element: element(path, &descr)?,
        fortran_order,
        shape,
        data_start: 8 + len_bytes as u64 + len,
    })
}

/// The three entries of the dictionary, in any order.
fn parse(text: &str) -> Option<(String, bool, Vec<usize>)> {
    let mut rest = text.trim().strip_prefix('{')?.trim_start();
    let (mut descr, mut fortran_order, mut shape) = (None, None, None);
    while !rest.starts_with('}') {
        let (key, after) = quoted(rest)?;
        let value = after.trim_start().strip_prefix(':')?.trim_start();
        rest = match key {
            "descr" => {
                // A list would describe records.
                let (text, after) = quoted(value)?;
                descr = Some(text.to_owned());
                after
            }
            "fortran_order" => {
                let is_true = value.starts_with("True");
                fortran_order = Some(is_true);
                value.strip_prefix(if is_true { "True" } else { "False" })?
            }
            "shape" => {
                let (inside, after) = value.strip_prefix('(')?.split_once(')')?;
                let sizes = inside.split(',').map(str::trim).filter(|size| !size.is_empty());
                // NumPy under Python 2 wrote `3L`.
                shape =
                    Some(sizes.map(|size| size.trim_end_matches('L').parse().ok()).collect::<Option<_>>()?);
                after
            }
            _ => return None,
        };
        rest = rest.trim_start();
        rest = rest.strip_prefix(',').unwrap_or(rest).trim_start();
    }
    Some((descr?, fortran_order?, shape?))
}

/// A text in quotes, and what comes after it.
fn quoted(text: &str) -> Option<(&str, &str)> {
    let quote = text.chars().next().filter(|first| matches!(first, '\'' | '"'))?;
    text[1..].split_once(quote)
}

/// What a type such as `<f4` is.
fn element(path: &Path, descr: &str) -> Result<Element> {
    let unknown = || {
        let text = format!(
            "expected real numbers of 1 to 8 bytes (b1, i1 to i8, u1 to u8, f4, f8), got \"{descr}\""
        );
        Error::unsupported(path.display(), text)
    };
    let mut letters = descr.chars();
    let (order, kind) = (letters.next().ok_or_else(unknown)?, letters.next().ok_or_else(unknown)?);
    let size: usize = letters.as_str().parse().map_err(|_| unknown())?;
    let kind = match (kind, size) {
        ('f', 4 | 8) => Kind::Float,
        ('i', 1 | 2 | 4 | 8) => Kind::Signed,
        ('u', 1 | 2 | 4 | 8) => Kind::Unsigned,
        ('b', 1) => Kind::Bool,
        _ => return Err(unknown()),
    };
    let is_big_endian = match order {
        '<' | '|' => false,
        '>' => true,
        _ => return Err(unknown()),
    };
    Ok(Element { kind, size, is_big_endian })
}
