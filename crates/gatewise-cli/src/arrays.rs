//! Arrays in files: which go where, and which shape they get.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context, Result, bail};
use gatewise::ndarray::ArrayD;
use gatewise::{Arrays, Model, Shape, format};

use crate::args::ArrayFile;

mod output;
mod place;
mod table;

pub use output::{check_folder, check_output, extension, write};
pub use place::{Place, inputs_of, outputs_of};

/// An array with where it comes from and the name under which it was given.
#[derive(Debug)]
pub struct Given {
    /// The input or output that it is for; without it the order counts.
    pub name: Option<String>,
    /// The file, for messages.
    pub source: String,
    /// The numbers.
    pub array: ArrayD<f32>,
    /// Whether the file knows rows and columns only, so that an array of more axes has to be made of them.
    is_table: bool,
}

/// Reads the arrays that an option of the command line was given.
pub fn read(option: &str, files: &[ArrayFile]) -> Result<Vec<Given>> {
    let mut given = Vec::new();
    for file in files {
        given.extend(read_file(file)?);
    }
    let named = given.iter().filter(|given| given.name.is_some()).count();
    if named != 0 && named != given.len() {
        bail!(
            "{option}: expected names for all arrays or for none, got {named} names for {} arrays",
            given.len()
        );
    }
    Ok(given)
}

fn read_file(file: &ArrayFile) -> Result<Vec<Given>> {
    let (path, source) = (&file.path, file.path.display().to_string());
    let one = |array, is_table| {
        Ok(vec![Given { name: file.name.clone(), source: source.clone(), array, is_table }])
    };
    match extension(path).as_str() {
        "npy" => one(format::read_npy(path)?, false),
        "csv" => one(table::read(path)?, true),
        "npz" => from_archive(file, format::read_npz(path)?),
        _ => bail!("{source}: expected a file that ends in .npy, .npz or .csv"),
    }
}

/// The arrays of an archive: by names, unless NumPy numbered them or there is only one.
fn from_archive(file: &ArrayFile, arrays: Vec<(String, ArrayD<f32>)>) -> Result<Vec<Given>> {
    let source = file.path.display().to_string();
    if arrays.is_empty() || file.name.is_some() && arrays.len() > 1 {
        let names: Vec<&str> = arrays.iter().map(|(name, _)| name.as_str()).collect();
        bail!("{source}: expected one array, got {} ({})", arrays.len(), names.join(", "));
    }
    let are_numbered = arrays.iter().enumerate().all(|(index, (name, _))| *name == format!("arr_{index}"));
    let is_alone = arrays.len() == 1;
    let given = arrays.into_iter().map(|(name, array)| Given {
        source: format!("{source}: \"{name}\""),
        name: if is_alone || are_numbered { file.name.clone() } else { Some(name) },
        array,
        is_table: false,
    });
    Ok(given.collect())
}

/// The arrays for all of `places`, in their order and fit for their shapes.
pub fn bind(option: &str, given: Vec<Given>, places: &[Place]) -> Result<Vec<ArrayD<f32>>> {
    let known = places.iter().map(|place| place.name.as_str()).collect::<Vec<_>>().join(", ");
    if given.len() != places.len() {
        bail!("{option}: expected {} arrays ({known}), got {}", places.len(), given.len());
    }
    let mut bound: Vec<Option<ArrayD<f32>>> = places.iter().map(|_| None).collect();
    for (index, given) in given.into_iter().enumerate() {
        let place = match &given.name {
            None => index,
            Some(name) => match places.iter().position(|place| place.name == *name) {
                Some(place) if bound[place].is_none() => place,
                Some(_) => bail!("{option}: the name \"{name}\" is given twice"),
                None => bail!("{option}: the name \"{name}\" is unknown, expected are: {known}"),
            },
        };
        bound[place] = Some(places[place].take(given)?);
    }
    Ok(bound.into_iter().flatten().collect())
}

/// The arrays for some of `places`, fit for their shapes, as the library takes them.
#[derive(Debug)]
pub struct Bundle {
    names: Vec<Option<String>>,
    arrays: Vec<ArrayD<f32>>,
    sources: BTreeSet<String>,
}

impl Bundle {
    /// Gives tables the shapes of their places; all else is for the library to judge.
    pub fn new(given: Vec<Given>, places: &[Place]) -> Result<Self> {
        let mut bundle = Self { names: Vec::new(), arrays: Vec::new(), sources: BTreeSet::new() };
        for (index, given) in given.into_iter().enumerate() {
            let place = match &given.name {
                Some(name) => places.iter().find(|place| place.name == *name),
                None => places.get(index),
            };
            bundle.sources.insert(given.source.clone());
            bundle.names.push(given.name.clone());
            bundle.arrays.push(match place {
                Some(place) => place.shaped(given)?.array,
                None => given.array,
            });
        }
        Ok(bundle)
    }

    /// The arrays in order or by name.
    pub fn arrays(&self) -> Arrays<'_> {
        let pairs = self.names.iter().cloned().zip(&self.arrays);
        pairs.collect()
    }

    /// The files, for messages.
    pub fn sources(&self) -> String {
        self.sources.iter().cloned().collect::<Vec<_>>().join(", ")
    }
}

/// The arrays for all inputs of a model, in their order.
pub fn read_inputs(option: &str, files: &[ArrayFile], model: &Model) -> Result<Vec<ArrayD<f32>>> {
    bind(option, read(option, files)?, &inputs_of(model))
}

/// The samples in an array, along its first axis.
pub fn samples(array: &ArrayD<f32>) -> usize {
    array.shape().first().copied().unwrap_or(0)
}

/// That an array does not fit; `[None, 5, 4]` is written as `[samples, 5, 4]`.
fn expected_shape(source: &str, place: &str, expected: &Shape, got: &[usize]) -> anyhow::Error {
    let names = expected.dims().iter().enumerate().map(|(axis, size)| match size {
        Some(size) => size.to_string(),
        None if axis == 0 => "samples".to_owned(),
        None => "any".to_owned(),
    });
    anyhow::anyhow!("{source}: expected [{}] for {place}, got {got:?}", names.collect::<Vec<_>>().join(", "))
}

/// Reads a file as bytes, naming it where it cannot be read.
fn bytes_of(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).with_context(|| format!("{}: cannot read", path.display()))
}
