//! Inputs and outputs of a model, as the places that arrays go to.

use anyhow::{Result, bail};
use gatewise::functional::KerasTensor;
use gatewise::ndarray::{ArrayD, IxDyn};
use gatewise::{Model, Shape};

use super::{Given, expected_shape, samples};

/// What messages call an output.
const OUTPUT: &str = "the output";

/// An input or output of a model.
#[derive(Debug, Clone)]
pub struct Place {
    /// Its name.
    pub name: String,
    /// What it is, for messages.
    what: &'static str,
    /// Its shape, batch first; none before the model is built.
    shape: Option<Shape>,
}

/// The inputs of a model; a chain that is not built has one.
pub fn inputs_of(model: &Model) -> Vec<Place> {
    let of = |tensor: &KerasTensor| Place {
        name: tensor.name(),
        what: "the input",
        // The size of a batch is that of the data, whatever the file says.
        shape: Some(any_batch(tensor.shape())),
    };
    match model.is_built() {
        true => model.inputs().iter().map(of).collect(),
        false => vec![Place { name: "x".to_owned(), what: "the input", shape: None }],
    }
}

/// The outputs of a model.
pub fn outputs_of(model: &Model) -> Vec<Place> {
    let of = |tensor: &KerasTensor| Place {
        name: tensor.name(),
        what: OUTPUT,
        shape: Some(any_batch(tensor.shape())),
    };
    model.outputs().iter().map(of).collect()
}

fn any_batch(shape: &Shape) -> Shape {
    let rest = shape.dims().iter().skip(1).copied();
    Shape::new(std::iter::once(None).chain(rest).collect::<Vec<_>>())
}

impl Place {
    /// An output whose predictions have this shape.
    pub fn of_predictions(name: &str, shape: &[usize]) -> Self {
        Self { name: name.to_owned(), what: OUTPUT, shape: Some(Shape::known(shape)) }
    }

    /// The array, if it fits.
    pub fn take(&self, given: Given) -> Result<ArrayD<f32>> {
        let given = self.shaped(given)?;
        match &self.shape {
            Some(shape) if !shape.accepts(given.array.shape()) => {
                let place = format!("{} \"{}\"", self.what, self.name);
                Err(expected_shape(&given.source, &place, shape, given.array.shape()))
            }
            _ => Ok(given.array),
        }
    }

    /// The same with the rows of a table cut into as many axes as are wanted.
    pub fn shaped(&self, given: Given) -> Result<Given> {
        let Some(sizes) = self.shape.as_ref().map(|shape| &shape.dims()[1..]) else { return Ok(given) };
        if !given.is_table || sizes.len() == 1 {
            return Ok(given);
        }
        let width: usize = given.array.shape()[1..].iter().product();
        let sizes = if self.takes_classes(sizes, width) { &sizes[..sizes.len() - 1] } else { sizes };
        let known: usize = sizes.iter().flatten().product();
        let unknown = sizes.iter().filter(|size| size.is_none()).count();
        let (name, what) = (&self.name, self.what);
        if unknown > 1 {
            bail!(
                "{}: a row cannot be cut into {} for {what} \"{name}\", of which {unknown} sizes are not known; give an \
                 array as .npy",
                given.source,
                Shape::new(sizes)
            );
        }
        let fits = if unknown == 0 { width == known } else { width.is_multiple_of(known) };
        if !fits {
            let times = if unknown == 1 { "a multiple of " } else { "" };
            bail!(
                "{}: expected rows of {times}{known} numbers for {what} \"{name}\" {}, got {width}",
                given.source,
                Shape::new(sizes)
            );
        }
        let cut = sizes.iter().map(|size| size.unwrap_or(width / known.max(1)));
        let shape: Vec<usize> = std::iter::once(samples(&given.array)).chain(cut).collect();
        let numbers = given.array.into_raw_vec_and_offset().0;
        let array = ArrayD::from_shape_vec(IxDyn(&shape), numbers)?;
        Ok(Given { array, ..given })
    }

    /// Whether a row of this width has a class number for every step of an output, whose last axis is over the classes.
    fn takes_classes(&self, sizes: &[Option<usize>], width: usize) -> bool {
        let steps: Option<usize> = sizes.split_last().and_then(|(_, steps)| steps.iter().copied().product());
        self.what == OUTPUT && sizes.len() > 1 && sizes.last() != Some(&Some(1)) && steps == Some(width)
    }
}
