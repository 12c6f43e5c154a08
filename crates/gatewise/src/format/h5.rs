//! HDF5 files as trees of groups: the only place that knows the library for them.
//!
//! What the library gives is checked before memory is taken for it: the number of objects here, the shape of an array by
//! whoever reads it.

use std::collections::BTreeMap;

use hdf5_pure::{AttrValue, DType};

use crate::error::{Error, Result};

mod write;

pub use write::{Attribute, Node};

/// More objects than any model has; a file that names more, or names one group inside itself, is refused.
const MOST_OBJECTS: usize = 100_000;

const DEEPEST: usize = 40;

/// Numbers that are read at once, so that a large array is never in memory twice.
const BLOCK: usize = 1 << 18;

/// All groups and arrays of a file by their paths, without a slash at the beginning.
#[derive(Debug)]
pub struct Tree {
    arrays: BTreeMap<String, Array>,
    groups: BTreeMap<String, hdf5_pure::Group>,
}

/// An array in a file.
#[derive(Debug)]
pub struct Array(hdf5_pure::Dataset);

/// What an array holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ElementType {
    Float32,
    Integer,
    /// Something else, in words.
    Other(String),
}

fn wrong(error: impl std::fmt::Display) -> Error {
    Error::format("HDF5", error)
}

impl Tree {
    /// Reads the tree of a file; no array is read yet.
    ///
    /// # Errors
    /// If it is no HDF5 file, or a damaged one.
    pub fn open(bytes: Vec<u8>) -> Result<Self> {
        let file = hdf5_pure::File::from_bytes(bytes).map_err(wrong)?;
        let mut tree = Self { arrays: BTreeMap::new(), groups: BTreeMap::new() };
        tree.add(String::new(), file.root(), 0)?;
        Ok(tree)
    }

    fn add(&mut self, path: String, group: hdf5_pure::Group, depth: usize) -> Result<()> {
        if depth > DEEPEST {
            return Err(wrong(format!("groups are nested more than {DEEPEST} deep, as \"{path}\" is")));
        }
        for (name, array) in group.iter_datasets().map_err(wrong)? {
            self.arrays.insert(join(&path, &name), Array(array));
        }
        let inner: Vec<_> = group.iter_groups().map_err(wrong)?.collect();
        self.groups.insert(path.clone(), group);
        if self.arrays.len() + self.groups.len() + inner.len() > MOST_OBJECTS {
            return Err(wrong(format!("there are more than {MOST_OBJECTS} groups and arrays")));
        }
        inner.into_iter().try_for_each(|(name, group)| self.add(join(&path, &name), group, depth + 1))
    }

    /// The array of this path.
    pub fn array(&self, path: &str) -> Option<&Array> {
        self.arrays.get(path)
    }

    /// The paths of all arrays.
    pub fn arrays(&self) -> impl Iterator<Item = &str> {
        self.arrays.keys().map(String::as_str)
    }

    /// Whether there is a group of this path.
    pub fn has_group(&self, path: &str) -> bool {
        self.groups.contains_key(path)
    }

    fn attribute(&self, group: &str, name: &str) -> Result<Option<AttrValue>> {
        let Some(group) = self.groups.get(group) else { return Ok(None) };
        Ok(group.attrs().map_err(wrong)?.remove(name))
    }

    /// A text that a group has.
    ///
    /// # Errors
    /// If it is something else.
    pub fn text(&self, group: &str, name: &str) -> Result<Option<String>> {
        let Some(value) = self.attribute(group, name)? else { return Ok(None) };
        match value {
            AttrValue::String(text)
            | AttrValue::AsciiString(text)
            | AttrValue::VarLenString(text)
            | AttrValue::VarLenAsciiString(text) => Ok(Some(text)),
            other => {
                let got = other.type_name();
                Err(wrong(format!("the attribute `{name}` of \"{group}\" must be a text, got {got}")))
            }
        }
    }

    /// A list of texts that a group has, which may be cut into `name0`, `name1`, …; an empty list is written as one of
    /// no numbers.
    ///
    /// # Errors
    /// If it is something else.
    pub fn texts(&self, group: &str, name: &str) -> Result<Option<Vec<String>>> {
        let list = |value: &AttrValue| match value {
            AttrValue::F64Array(numbers) if numbers.is_empty() => Some(Vec::new()),
            AttrValue::StringArray(texts)
            | AttrValue::AsciiStringArray(texts)
            | AttrValue::VarLenStringArray(texts)
            | AttrValue::VarLenAsciiStringArray(texts) => Some(texts.clone()),
            _ => None,
        };
        let wrong =
            |name: &str| wrong(format!("the attribute `{name}` of \"{group}\" must be a list of texts"));
        if let Some(value) = self.attribute(group, name)? {
            return list(&value).map(Some).ok_or_else(|| wrong(name));
        }
        let Some(group_handle) = self.groups.get(group) else { return Ok(None) };
        let attributes = group_handle.attrs().map_err(|error| Error::format("HDF5", error))?;
        let mut all: Option<Vec<String>> = None;
        for number in 0.. {
            let part = format!("{name}{number}");
            let Some(value) = attributes.get(&part) else { break };
            all.get_or_insert_default().extend(list(value).ok_or_else(|| wrong(&part))?);
        }
        Ok(all)
    }
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}/{name}") }
}

impl Array {
    /// The sizes of its axes.
    ///
    /// # Errors
    /// If the file is damaged there.
    pub fn shape(&self) -> Result<Vec<u64>> {
        self.0.shape().map_err(wrong)
    }

    /// What it holds.
    ///
    /// # Errors
    /// If the file is damaged there.
    pub fn element_type(&self) -> Result<ElementType> {
        let size = self.0.element_size().map_err(wrong)?;
        let found = self.0.dtype().map_err(wrong)?;
        Ok(match found {
            DType::F32 => ElementType::Float32,
            DType::I8 | DType::I16 | DType::I32 | DType::I64 => ElementType::Integer,
            DType::U8 | DType::U16 | DType::U32 | DType::U64 => ElementType::Integer,
            DType::F64 => ElementType::Other("float64".into()),
            DType::Other(_) if size == 2 => ElementType::Other("a type of two bytes, such as float16".into()),
            other => ElementType::Other(other.to_string()),
        })
    }

    /// Reads numbers of type float32, or one whole number, into `numbers`, which are as many as its shape, which the caller
    /// has checked, says.
    ///
    /// # Errors
    /// If the file is damaged there.
    pub fn read(&self, numbers: &mut [f32]) -> Result<()> {
        let rows = self.shape()?.first().copied().unwrap_or(1);
        if numbers.is_empty() {
            return Ok(());
        }
        if self.element_type()? == ElementType::Integer {
            numbers[0] = self.integer()? as f32;
            return Ok(());
        }
        self.check_chunks(numbers.len())?;
        let row = numbers.len() / usize::try_from(rows).unwrap_or(1).max(1);
        let block = (BLOCK / row.max(1)).max(1);
        for (index, part) in numbers.chunks_mut(block * row.max(1)).enumerate() {
            let read = self.0.read_f32_rows((index * block) as u64, block as u64).map_err(wrong)?;
            if read.len() != part.len() {
                return Err(wrong(format!("expected {} numbers, got {}", part.len(), read.len())));
            }
            part.copy_from_slice(&read);
        }
        Ok(())
    }

    /// Refuses chunks that are larger than the array itself: they would be made in memory to read it.
    fn check_chunks(&self, len: usize) -> Result<()> {
        let Some(chunk) = self.0.chunk_shape().map_err(wrong)? else { return Ok(()) };
        let size = chunk.iter().try_fold(1_u64, |product, &size| product.checked_mul(size));
        if size.is_some_and(|size| size <= len as u64) {
            return Ok(());
        }
        Err(wrong(format!("chunks {chunk:?} are larger than the array of {len} numbers")))
    }

    /// The whole number that an array without axes holds.
    ///
    /// # Errors
    /// If it holds something else.
    pub fn integer(&self) -> Result<i64> {
        let shape = self.shape()?;
        let element = self.element_type()?;
        if !shape.is_empty() || element != ElementType::Integer {
            return Err(wrong(format!("expected a whole number without axes, got {element:?} {shape:?}")));
        }
        let read = self.0.read_i64().map_err(wrong)?;
        read.first().copied().ok_or_else(|| wrong("expected a whole number, got none"))
    }
}

#[cfg(test)]
mod tests;
