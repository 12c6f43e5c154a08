//! The header of a `.npy` file, as NumPy's `numpy.lib.format` describes it:
//!
//! ```text
//! 0x93 "NUMPY"   major minor   length of the text: u16 (version 1) or u32 (versions 2 and 3), little endian
//! {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }   spaces   newline
//! numbers
//! ```

use std::io::Read;

use crate::error::{Error, Result};

/// The longest header that is read; NumPy's own limit is 10 000 bytes.
const MOST_BYTES: u64 = 1 << 16;

/// What a header says.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Header {
    pub element: Element,
    pub fortran_order: bool,
    pub shape: Vec<usize>,
    /// Where the numbers begin.
    pub data_start: u64,
}

/// How a number is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Element {
    pub kind: Kind,
    /// Bytes.
    pub size: usize,
    pub is_big_endian: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Float,
    Signed,
    Unsigned,
    Bool,
}

impl Element {
    /// The number that bytes of a file are, as `f32`: rounded if it has decimals.
    ///
    /// # Errors
    /// The number as text, if it is whole and `f32` would round it, or beyond what `f32` holds.
    pub fn number(self, bytes: &[u8]) -> Result<f32, String> {
        let word = self.word(bytes);
        match self.kind {
            Kind::Float if self.size == 2 => Ok(half(word as u16)),
            Kind::Float if self.size == 4 => Ok(f32::from_bits(word as u32)),
            Kind::Float => double(f64::from_bits(word)),
            Kind::Bool => Ok(f32::from(u8::from(word != 0))),
            Kind::Unsigned => exact(i128::from(word)),
            Kind::Signed => exact(i128::from(sign_extended(word, bytes.len()))),
        }
    }

    /// The bytes of a number as a word, the first one lowest.
    fn word(self, bytes: &[u8]) -> u64 {
        let push = |word: u64, byte: &u8| word << 8 | u64::from(*byte);
        match self.is_big_endian {
            true => bytes.iter().fold(0, push),
            false => bytes.iter().rev().fold(0, push),
        }
    }
}

fn sign_extended(word: u64, bytes: usize) -> i64 {
    let shift = 64 - 8 * bytes as u32;
    (word << shift) as i64 >> shift
}

fn exact(number: i128) -> Result<f32, String> {
    if number.abs() <= 1 << 24 { Ok(number as f32) } else { Err(number.to_string()) }
}

fn double(number: f64) -> Result<f32, String> {
    let single = number as f32;
    if single.is_infinite() && number.is_finite() { Err(number.to_string()) } else { Ok(single) }
}

/// A number of IEEE 754's binary16: sign, 5 bits of exponent with bias 15, 10 bits of fraction.
fn half(bits: u16) -> f32 {
    let sign = if bits >> 15 == 1 { -1.0 } else { 1.0 };
    let (exponent, fraction) = (i32::from(bits >> 10 & 31), f32::from(bits & 1023));
    sign * match exponent {
        0 => fraction * 2.0_f32.powi(-24),
        31 if fraction == 0.0 => f32::INFINITY,
        31 => f32::NAN,
        _ => (1024.0 + fraction) * 2.0_f32.powi(exponent - 25),
    }
}

/// Reads a header from the beginning of a file.
///
/// # Errors
/// If it is not one, or describes numbers of a type that is not known.
pub(crate) fn read_header(subject: &str, file: &mut impl Read) -> Result<Header> {
    let broken = |text: &str| Error::format(subject, text);
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
        element: element(subject, &descr)?,
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
fn element(subject: &str, descr: &str) -> Result<Element> {
    let unknown = || {
        let text = format!(
            "expected real numbers (f2, f4, f8, i1 to i8, u1 to u8, b1), got \"{descr}\"; convert it with `x.astype(\"float32\")`"
        );
        Error::unsupported(subject, text)
    };
    let mut letters = descr.chars();
    let (order, kind) = (letters.next().ok_or_else(unknown)?, letters.next().ok_or_else(unknown)?);
    let size: usize = letters.as_str().parse().map_err(|_| unknown())?;
    let kind = match (kind, size) {
        ('f', 2 | 4 | 8) => Kind::Float,
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
