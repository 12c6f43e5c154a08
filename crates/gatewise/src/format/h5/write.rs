//! Writing a tree of groups.

use std::collections::BTreeMap;

use hdf5_pure::{AttrValue, DatasetBuilder, FileBuilder, FinishedGroup, GroupBuilder};

use super::wrong;
use crate::error::Result;

/// A group that is to be written.
#[derive(Debug, Default)]
pub struct Node {
    attributes: Vec<(String, Attribute)>,
    children: BTreeMap<String, Child>,
}

/// What a group tells about itself.
#[derive(Debug)]
pub enum Attribute {
    /// A text; Python reads `str`.
    Text(String),
    /// A text; Python reads `bytes`.
    Bytes(String),
    /// A list of texts; Python reads `bytes`. An empty one becomes a list of no numbers, as h5py writes it.
    List(Vec<String>),
}

#[derive(Debug)]
enum Child {
    Group(Node),
    Numbers { shape: Vec<usize>, numbers: Vec<f32> },
    Integer(i64),
}

impl Node {
    pub fn set(&mut self, name: &str, attribute: Attribute) {
        self.attributes.push((name.to_owned(), attribute));
    }

    /// The group of this path, made if it is not there.
    pub fn group(&mut self, path: &str) -> &mut Self {
        path.split('/').filter(|name| !name.is_empty()).fold(self, |group, name| {
            let child =
                group.children.entry(name.to_owned()).or_insert_with(|| Child::Group(Self::default()));
            if !matches!(child, Child::Group(_)) {
                *child = Child::Group(Self::default());
            }
            match child {
                Child::Group(group) => group,
                Child::Numbers { .. } | Child::Integer(_) => unreachable!("it was made a group above"),
            }
        })
    }

    /// Adds an array at a path.
    pub fn numbers(&mut self, path: &str, shape: &[usize], numbers: Vec<f32>) {
        self.insert(path, Child::Numbers { shape: shape.to_vec(), numbers });
    }

    /// Adds a whole number without axes at a path.
    pub fn integer(&mut self, path: &str, value: i64) {
        self.insert(path, Child::Integer(value));
    }

    fn insert(&mut self, path: &str, child: Child) {
        let (group, name) = path.rsplit_once('/').unwrap_or(("", path));
        self.group(group).children.insert(name.to_owned(), child);
    }

    /// The bytes of a file with this group as its root.
    ///
    /// # Errors
    /// If a name cannot be one in a file.
    pub fn into_file(self) -> Result<Vec<u8>> {
        let mut file = FileBuilder::new();
        self.write(&mut file);
        file.finish().map_err(wrong)
    }

    fn write(self, to: &mut impl Parent) {
        self.attributes.into_iter().for_each(|(name, attribute)| to.set(&name, value(attribute)));
        for (name, child) in self.children {
            match child {
                Child::Group(group) => {
                    let mut builder = to.begin(&name);
                    group.write(&mut builder);
                    to.end(builder.finish());
                }
                Child::Numbers { shape, numbers } => {
                    to.array(&name).with_f32_data(&numbers).with_shape(&sizes(&shape));
                }
                Child::Integer(value) => {
                    to.array(&name).with_i64_data(&[value]).with_shape(&[]);
                }
            }
        }
    }
}

/// What a file and a group in it have in common while they are written.
trait Parent {
    fn set(&mut self, name: &str, value: AttrValue);
    fn array(&mut self, name: &str) -> &mut DatasetBuilder;
    fn begin(&mut self, name: &str) -> GroupBuilder;
    fn end(&mut self, group: FinishedGroup);
}

macro_rules! parent {
    ($builder:ty) => {
        impl Parent for $builder {
            fn set(&mut self, name: &str, value: AttrValue) {
                self.set_attr(name, value);
            }

            fn array(&mut self, name: &str) -> &mut DatasetBuilder {
                self.create_dataset(name)
            }

            fn begin(&mut self, name: &str) -> GroupBuilder {
                self.create_group(name)
            }

            fn end(&mut self, group: FinishedGroup) {
                self.add_group(group);
            }
        }
    };
}

parent!(FileBuilder);
parent!(GroupBuilder);

fn sizes(shape: &[usize]) -> Vec<u64> {
    shape.iter().map(|&size| size as u64).collect()
}

fn value(attribute: Attribute) -> AttrValue {
    match attribute {
        Attribute::Text(text) => AttrValue::VarLenString(text),
        Attribute::Bytes(text) => AttrValue::VarLenAsciiString(text),
        Attribute::List(texts) if texts.is_empty() => AttrValue::F64Array(Vec::new()),
        Attribute::List(texts) => AttrValue::VarLenAsciiStringArray(texts),
    }
}
