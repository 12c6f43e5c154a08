//! Cutting arrays into batches.

use ndarray::ArrayD;

use crate::error::{Error, Result};

/// An array of samples as one row-major stretch of memory.
#[derive(Debug, Clone)]
pub(super) struct Samples {
    data: Vec<f32>,
    /// The sizes of one sample.
    sample: Vec<usize>,
    len: usize,
}

impl Samples {
    /// The samples of an array, which lie along its first axis.
    ///
    /// # Errors
    /// If the array has no axis or no sample.
    pub fn new(name: &str, array: &ArrayD<f32>) -> Result<Self> {
        let Some((len, sample)) = array.shape().split_first() else {
            return Err(Error::shape(name, "expected an array [samples, ...], got a single number"));
        };
        if *len == 0 {
            return Err(Error::data(name, "expected at least one sample, got none"));
        }
        Ok(Self { data: array.iter().copied().collect(), sample: sample.to_vec(), len: *len })
    }

    /// Checks that there is no NaN or infinity, which a training could not recover from.
    ///
    /// # Errors
    /// If there is one; the message says where.
    pub fn check_finite(&self, name: &str) -> Result<()> {
        let Some(position) = self.data.iter().position(|x| !x.is_finite()) else { return Ok(()) };
        let (sample, inside) = (position / self.width(), position % self.width());
        let text = format!(
            "expected finite numbers, got {} in sample {sample} at position {inside} of {:?}",
            self.data[position], self.sample
        );
        Err(Error::data(name, text))
    }

    /// The number of samples.
    pub fn len(&self) -> usize {
        self.len
    }

    /// The shape of a batch of `batch` samples.
    pub fn batch_shape(&self, batch: usize) -> Vec<usize> {
        let mut shape = vec![batch];
        shape.extend(&self.sample);
        shape
    }

    fn width(&self) -> usize {
        self.sample.iter().product()
    }

    /// Samples `start .. end` as they lie.
    pub fn range(&self, start: usize, end: usize) -> &[f32] {
        &self.data[start * self.width()..end * self.width()]
    }

    /// Copies the samples of these numbers into `batch`.
    pub fn gather_into(&self, numbers: &[usize], batch: &mut Vec<f32>) {
        batch.clear();
        numbers.iter().for_each(|number| batch.extend_from_slice(self.range(*number, number + 1)));
    }

    /// The samples before `at`, and those from it on.
    pub fn split(self, at: usize) -> (Self, Self) {
        let mut data = self.data;
        let tail = data.split_off(at * self.sample.iter().product::<usize>());
        let rest = self.len - at;
        let head = Self { data, sample: self.sample.clone(), len: at };
        (head, Self { data: tail, sample: self.sample, len: rest })
    }
}

/// Inputs, targets and perhaps weights of the same samples.
#[derive(Debug, Clone)]
pub(super) struct Dataset {
    pub x: Samples,
    pub y: Samples,
    pub sample_weight: Option<Samples>,
}

impl Dataset {
    /// Checks that all arrays have as many samples, and only finite numbers.
    ///
    /// # Errors
    /// If not.
    pub fn new(x: &ArrayD<f32>, y: &ArrayD<f32>, sample_weight: Option<&ArrayD<f32>>) -> Result<Self> {
        let (x, y) = (Samples::new("x", x)?, Samples::new("y", y)?);
        let weights = sample_weight.map(|weights| Samples::new("sample_weight", weights)).transpose()?;
        for (name, array) in
            [("x", &x), ("y", &y)].into_iter().chain(weights.as_ref().map(|w| ("sample_weight", w)))
        {
            if array.len() != x.len() {
                let text = format!("expected {} samples, as x has, got {}", x.len(), array.len());
                return Err(Error::shape(name, text));
            }
            array.check_finite(name)?;
        }
        Ok(Self { x, y, sample_weight: weights })
    }

    /// The number of samples.
    pub fn len(&self) -> usize {
        self.x.len()
    }

    /// The shapes of a batch: of x, y and, if there are any, the weights.
    pub fn batch_shapes(&self, batch: usize) -> Vec<Vec<usize>> {
        let arrays = [&self.x, &self.y].into_iter().chain(&self.sample_weight);
        arrays.map(|array| array.batch_shape(batch)).collect()
    }

    /// The head and the tail of the samples.
    pub fn split(self, at: usize) -> (Self, Self) {
        let (x, x_tail) = self.x.split(at);
        let (y, y_tail) = self.y.split(at);
        let (weights, weights_tail) = self.sample_weight.map(|weights| weights.split(at)).unzip();
        let head = Self { x, y, sample_weight: weights };
        (head, Self { x: x_tail, y: y_tail, sample_weight: weights_tail })
    }
}

/// The numbers of batches of `size` among `len` samples, the last one perhaps smaller.
pub(super) fn ranges(len: usize, size: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..len).step_by(size.max(1)).map(move |start| (start, len.min(start + size)))
}
