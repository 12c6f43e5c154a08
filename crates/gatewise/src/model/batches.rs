//! Cutting arrays into batches.

use std::borrow::Cow;
use std::fmt::{self, Display, Formatter};

use ndarray::{Array1, ArrayD};

use super::arrays::Arrays;
use super::feed::{BatchView, Sizes, View};
use crate::data::Batch;
use crate::error::{Error, Result};
use crate::few::Few;

/// An array of samples as one row-major stretch of memory.
#[derive(Debug, Clone)]
pub(super) struct Samples<'a> {
    data: Cow<'a, [f32]>,
    /// The sizes of one sample.
    sample: Sizes,
    /// The samples that count: from the first to before the last.
    first: usize,
    last: usize,
}

impl<'a> Samples<'a> {
    /// The samples of an array, which lie along its first axis.
    ///
    /// # Errors
    /// If the array has no axis or no sample.
    pub fn new(name: impl Display, array: &'a ArrayD<f32>) -> Result<Self> {
        let Some((len, sample)) = array.shape().split_first() else {
            return Err(Error::shape(name, "expected an array [samples, ...], got a single number"));
        };
        if *len == 0 {
            return Err(Error::data(name, "expected at least one sample, got none"));
        }
        let data = match array.as_slice() {
            Some(data) => Cow::Borrowed(data),
            None => Cow::Owned(array.iter().copied().collect()),
        };
        Ok(Self { data, sample: sample.into(), first: 0, last: *len })
    }

    /// The samples of an array that is given away.
    ///
    /// # Errors
    /// As for [`new`](Self::new).
    pub fn owned(name: impl Display, array: ArrayD<f32>) -> Result<Samples<'static>> {
        let Samples { sample, first, last, .. } = Samples::new(name, &array)?;
        let data = match array.is_standard_layout() {
            true => array.into_raw_vec_and_offset().0,
            false => array.iter().copied().collect(),
        };
        Ok(Samples { data: Cow::Owned(data), sample, first, last })
    }

    /// One number a sample.
    fn of_weights(weights: Array1<f32>) -> Self {
        let last = weights.len();
        Self { data: Cow::Owned(weights.to_vec()), sample: Sizes::new(), first: 0, last }
    }

    /// Checks that there is no NaN or infinity, which a training could not recover from.
    ///
    /// # Errors
    /// If there is one; the message says where.
    pub fn check_finite(&self, name: impl Display) -> Result<()> {
        /// Numbers that are looked at together, which takes an eighth of the time that one after another takes.
        const BLOCK: usize = 256;
        let is_finite = |block: &[f32]| block.iter().fold(true, |all, x| all & x.is_finite());
        if self.data.chunks(BLOCK).all(is_finite) {
            return Ok(());
        }
        let position = self.data.iter().position(|x| !x.is_finite()).expect("a block had one");
        let (sample, inside) = (position / self.width(), position % self.width());
        let text = format!(
            "expected finite numbers, got {} in sample {sample} at position {inside} of {:?}",
            self.data[position], self.sample
        );
        Err(Error::data(name, text))
    }

    /// The number of samples.
    pub fn len(&self) -> usize {
        self.last - self.first
    }

    /// The shape of a batch of `batch` samples.
    pub fn batch_shape(&self, batch: usize) -> Sizes {
        std::iter::once(batch).chain(self.sample.iter().copied()).collect()
    }

    fn width(&self) -> usize {
        self.sample.iter().product()
    }

    /// Samples `start .. end` as they lie.
    pub fn range(&self, start: usize, end: usize) -> &[f32] {
        &self.data[(self.first + start) * self.width()..(self.first + end) * self.width()]
    }

    /// The same as what a program is given.
    pub fn view(&self, start: usize, end: usize) -> View<'_> {
        View { shape: self.batch_shape(end - start), data: self.range(start, end) }
    }

    /// Copies the samples of these numbers into `batch`.
    fn gather_into(&self, numbers: &[usize], batch: &mut Vec<f32>) {
        batch.clear();
        numbers.iter().for_each(|number| batch.extend_from_slice(self.range(*number, number + 1)));
    }

    /// The samples before `at`, and those from it on.
    fn split(&self, at: usize) -> (Self, Self) {
        let middle = self.first + at;
        (Self { last: middle, ..self.clone() }, Self { first: middle, ..self.clone() })
    }
}

/// A batch of samples from everywhere, an array after another.
pub(super) type Buffers = Vec<Vec<f32>>;

/// Inputs, targets and perhaps weights of the same samples.
#[derive(Debug, Clone)]
pub(super) struct Dataset<'a> {
    x: Few<Samples<'a>>,
    y: Few<Samples<'a>>,
    sample_weight: Few<Samples<'a>>,
}

/// The names of a model's inputs and of the outputs that have a target.
#[derive(Debug, Clone)]
pub(super) struct Names {
    pub inputs: Vec<String>,
    pub targets: Vec<String>,
}

impl Names {
    /// The names of so many arrays of weights: none, one for all outputs, or one for each.
    fn of_weights(&self, count: usize) -> Vec<String> {
        match count {
            0 => Vec::new(),
            1 if self.targets.len() > 1 => vec!["all".to_owned()],
            _ => self.targets.clone(),
        }
    }
}

impl<'a> Dataset<'a> {
    /// Checks that all arrays are there, have as many samples, and only finite numbers.
    ///
    /// # Errors
    /// If not.
    pub fn new(names: &Names, x: &Arrays<'a>, y: &Arrays<'a>, weights: &Arrays<'a>) -> Result<Self> {
        let x = samples("x", x.in_order("x", &names.inputs)?, &names.inputs, Samples::new)?;
        let y = samples("y", y.in_order("y", &names.targets)?, &names.targets, Samples::new)?;
        let weights = weights.in_order("sample_weight", &names.of_weights(weights.len()))?;
        let weights = samples("sample_weight", weights, &names.targets, Samples::new)?;
        Self::of_parts(names, x, y, weights)
    }

    /// The same of arrays that are given away.
    ///
    /// # Errors
    /// As for [`new`](Self::new).
    pub fn owned(names: &Names, batch: Batch) -> Result<Dataset<'static>> {
        let x = samples("x", batch.x.in_order("x", &names.inputs)?, &names.inputs, Samples::owned)?;
        let y = samples("y", batch.y.in_order("y", &names.targets)?, &names.targets, Samples::owned)?;
        let expected = names.of_weights(batch.sample_weight.len());
        let weights = batch.sample_weight.in_order("sample_weight", &expected)?;
        let weights = samples("sample_weight", weights, &names.targets, Samples::owned)?;
        Dataset::of_parts(names, x, y, weights)
    }

    /// One array of weights counts for all outputs.
    fn of_parts(
        names: &Names,
        x: Few<Samples<'a>>,
        y: Few<Samples<'a>>,
        mut weights: Few<Samples<'a>>,
    ) -> Result<Self> {
        if let ([one], true) = (&weights[..], names.targets.len() > 1) {
            weights = vec![one.clone(); names.targets.len()].into_iter().collect();
        }
        let data = Self { x, y, sample_weight: weights };
        data.check_lengths()?;
        Ok(data)
    }

    fn check_lengths(&self) -> Result<()> {
        let len = self.len();
        for (name, arrays) in [("x", &self.x), ("y", &self.y), ("sample_weight", &self.sample_weight)] {
            if let Some(other) = arrays.iter().find(|array| array.len() != len) {
                let text = format!("expected {len} samples, as x has, got {}", other.len());
                return Err(Error::shape(name, text));
            }
        }
        Ok(())
    }

    /// The same samples with weights by the class of their target.
    ///
    /// # Errors
    /// If there are weights already, several targets, or a weight is not a finite number.
    pub fn with_class_weight(mut self, weights: &std::collections::BTreeMap<usize, f32>) -> Result<Self> {
        if weights.is_empty() {
            return Ok(self);
        }
        if !self.sample_weight.is_empty() {
            let text = "`class_weight` and `sample_weight` cannot be given together";
            return Err(Error::argument("fit", text));
        }
        let [y] = &self.y[..] else {
            let text = format!("`class_weight` needs a model with one output, got {}", self.y.len());
            return Err(Error::argument("fit", text));
        };
        super::class_weight::check(weights)?;
        let width = y.width();
        let weigh = |row: &[f32]| super::class_weight::weight(row, weights);
        let rows = y.range(0, y.len()).chunks_exact(width.max(1));
        self.sample_weight = Few::One(Samples::of_weights(rows.map(weigh).collect()));
        Ok(self)
    }

    /// The number of samples.
    pub fn len(&self) -> usize {
        self.x[0].len()
    }

    /// The head and the tail of the samples.
    pub fn split(&self, at: usize) -> (Self, Self) {
        let cut = |arrays: &[Samples<'a>]| -> (Few<Samples<'a>>, Few<Samples<'a>>) {
            let (heads, tails): (Vec<_>, Vec<_>) = arrays.iter().map(|array| array.split(at)).unzip();
            (heads.into_iter().collect(), tails.into_iter().collect())
        };
        let ((x, x_tail), (y, y_tail)) = (cut(&self.x), cut(&self.y));
        let (weights, weights_tail) = cut(&self.sample_weight);
        let head = Self { x, y, sample_weight: weights };
        (head, Self { x: x_tail, y: y_tail, sample_weight: weights_tail })
    }

    /// Samples `start .. end` as they lie.
    pub fn range(&self, start: usize, end: usize) -> BatchView<'_> {
        BatchView {
            x: self.x.iter().map(|array| array.view(start, end)).collect(),
            y: self.y.iter().map(|array| array.view(start, end)).collect(),
            sample_weight: self.sample_weight.iter().map(|array| array.view(start, end)).collect(),
        }
    }

    fn arrays(&self) -> impl Iterator<Item = &Samples<'a>> {
        self.x.iter().chain(&*self.y).chain(&*self.sample_weight)
    }

    /// Copies the samples of these numbers, a buffer for each array.
    pub fn gather(&self, numbers: &[usize], buffers: &mut Buffers) {
        buffers.resize(self.arrays().count(), Vec::new());
        self.arrays().zip(buffers).for_each(|(array, buffer)| array.gather_into(numbers, buffer));
    }

    /// What [`gather`](Self::gather) has copied of so many samples.
    pub fn gathered<'b>(&self, samples: usize, buffers: &'b Buffers) -> BatchView<'b> {
        let shapes = self.arrays().map(|array| array.batch_shape(samples));
        let mut views = shapes.zip(buffers).map(|(shape, data)| View { shape, data });
        BatchView {
            x: views.by_ref().take(self.x.len()).collect(),
            y: views.by_ref().take(self.y.len()).collect(),
            sample_weight: views.collect(),
        }
    }
}

/// Checked samples of several arrays; the message names the array where there are several.
fn samples<'a, 'n, A>(
    kind: &'n str,
    arrays: impl IntoIterator<Item = A>,
    names: &'n [String],
    new: impl Fn(Named<'n>, A) -> Result<Samples<'a>>,
) -> Result<Few<Samples<'a>>> {
    let make = |(index, array): (usize, A)| {
        let name = Named { kind, name: names.get(index).filter(|_| names.len() > 1) };
        let samples = new(name, array)?;
        samples.check_finite(name)?;
        Ok(samples)
    };
    arrays.into_iter().enumerate().map(make).collect()
}

/// An array in a message.
#[derive(Debug, Clone, Copy)]
struct Named<'n> {
    kind: &'n str,
    /// Its name, where there are several.
    name: Option<&'n String>,
}

impl Display for Named<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.name {
            Some(name) => write!(f, "{} \"{name}\"", self.kind),
            None => f.write_str(self.kind),
        }
    }
}

/// The numbers of batches of `size` among `len` samples, the last one perhaps smaller.
pub(super) fn ranges(len: usize, size: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..len).step_by(size.max(1)).map(move |start| (start, len.min(start + size)))
}

/// The number of samples in a batch: as given, or so many that they make `steps` batches, or 32; as in Keras.
pub(super) fn batch_size_for(given: Option<usize>, steps: Option<usize>, samples: usize) -> usize {
    given.unwrap_or_else(|| steps.map_or(32, |steps| samples.div_ceil(steps)))
}

/// Checks that counts that are given are at least 1.
///
/// # Errors
/// If one is 0; the message names it.
pub(super) fn at_least_one<const N: usize>(subject: &str, counts: [(&str, Option<usize>); N]) -> Result<()> {
    match counts.iter().find(|(_, count)| *count == Some(0)) {
        Some((name, _)) => Err(Error::argument(subject, format!("`{name}` must be at least 1, got 0"))),
        None => Ok(()),
    }
}
