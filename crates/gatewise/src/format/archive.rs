//! The zip archive that a `.keras` file is: named members, which are read whole and never unpacked to a disk.

use std::io::{Cursor, Read, Seek, Write};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

use crate::error::{Error, Result};

/// What members may be larger than the archive, all in all, by being compressed.
const SLACK: u64 = 24 << 20;

/// An archive that is read.
pub struct Archive<R> {
    zip: ZipArchive<R>,
    /// Bytes that members may still have.
    left: u64,
}

fn wrong(error: impl std::fmt::Display) -> Error {
    Error::format("zip", error)
}

impl<R: Read + Seek> Archive<R> {
    /// Opens an archive of `size` bytes.
    ///
    /// # Errors
    /// If it is no zip archive, or two members have one name, which two readers would see differently.
    pub fn open(reader: R, size: u64) -> Result<Self> {
        Self::with_limit(reader, size + SLACK)
    }

    /// The same for members that may have `limit` bytes all in all.
    ///
    /// # Errors
    /// As for [`open`](Self::open).
    pub fn with_limit(reader: R, limit: u64) -> Result<Self> {
        let zip = ZipArchive::new(reader).map_err(wrong)?;
        if zip.has_duplicate_names() {
            return Err(wrong("two members have the same name"));
        }
        Ok(Self { zip, left: limit })
    }

    /// The names of the members.
    pub fn names(&self) -> Vec<String> {
        self.zip.file_names().filter_map(|name| name.ok().map(Into::into)).collect()
    }

    /// The bytes of a member; `None` if there is none of this name.
    ///
    /// # Errors
    /// If it is damaged, encrypted, packed in a way that Keras does not use, or unpacks to more than `most` bytes or than
    /// its share of the archive.
    pub fn read(&mut self, name: &str, most: u64) -> Result<Option<Vec<u8>>> {
        let Some(index) = self.zip.index_for_name(name) else { return Ok(None) };
        let damaged = |error: &dyn std::fmt::Display| wrong(format!("\"{name}\": {error}"));
        let member = self.zip.by_index(index).map_err(|error| damaged(&error))?;
        let limit = most.min(self.left);
        if member.size() > limit {
            let text = format!("expected at most {limit} bytes, got {}", member.size());
            return Err(damaged(&text));
        }
        let mut bytes = Vec::new();
        bytes.try_reserve_exact(member.size() as usize).map_err(|error| damaged(&error))?;
        // The size in the directory may be a lie.
        let expected = member.size();
        member.take(expected + 1).read_to_end(&mut bytes).map_err(|error| damaged(&error))?;
        if bytes.len() as u64 != expected {
            return Err(damaged(&format!("expected {expected} bytes, got {}", bytes.len())));
        }
        self.left -= expected;
        Ok(Some(bytes))
    }
}

/// The bytes of an archive of these members, stored as Keras stores them.
///
/// # Errors
/// If a member is too large for a zip archive.
pub fn write(members: &[(&str, &[u8])]) -> Result<Vec<u8>> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    for (name, bytes) in members {
        let is_large = bytes.len() as u64 >= u64::from(u32::MAX);
        zip.start_file(*name, options.large_file(is_large)).map_err(wrong)?;
        zip.write_all(bytes).map_err(wrong)?;
    }
    Ok(zip.finish().map_err(wrong)?.into_inner())
}

#[cfg(test)]
mod tests;
