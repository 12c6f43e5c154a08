//! Sequences of different lengths, grouped by length so that little is padded.

use ndarray::{Array, ArrayD, Axis, Dimension, IxDyn, Slice};

use super::shuffle_buffer::SHUFFLE_STREAM;
use super::{Batch, Dataset, OwnedArrays};
use crate::error::{Error, Result};
use crate::random::{self, RandomKey};
use crate::utils::Side;

/// Batches of sequences of similar lengths, each padded to the longest of its batch. A
/// [`Masking`](crate::layers::Masking) layer, or an [`Embedding`](crate::layers::Embedding) with `mask_zero`, lets the model
/// leave the padding out; loss and gradients are then those of the same batches with any other padding.
///
/// Without [`bucket_boundaries`](Self::bucket_boundaries) samples are sorted by length and cut into batches, which pads the
/// least that is possible; samples of equal length change their places from pass to pass. With boundaries samples are mixed
/// inside of each bucket, as `bucket_by_sequence_length` of TensorFlow does. The batches come in random order.
///
/// ```
/// use gatewise::data::BucketedSequences;
/// use gatewise::layers::{Dense, Embedding, Input, Lstm};
/// use gatewise::{Compile, Fit, Sequential};
/// use ndarray::Array2;
///
/// let reviews = [vec![3, 1, 4], vec![1, 5], vec![9, 2, 6, 5, 3], vec![5, 8], vec![9, 7, 9], vec![3]];
/// let is_good = Array2::from_shape_fn((6, 1), |(i, _)| (i % 2) as f32);
/// let mut dataset = BucketedSequences::of_tokens(&reviews).targets(is_good).batch_size(2);
/// assert!((dataset.padding_share()? - 0.2).abs() < 1e-9); // 4 of 20 steps
///
/// let mut model = Sequential::new();
/// model.add(Input::new([None]))?.add(Embedding::new(10, 4).mask_zero(true))?;
/// model.add(Lstm::new(4))?.add(Dense::new(1).activation("sigmoid"))?;
/// model.compile(Compile::new("adam", "binary_crossentropy"))?;
/// model.fit_dataset(&mut dataset, Fit { epochs: 2, ..Fit::default() })?;
/// # Ok::<(), gatewise::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct BucketedSequences {
    sequences: Vec<ArrayD<f32>>,
    targets: Targets,
    sample_weight: Option<ArrayD<f32>>,
    batch_size: usize,
    padding: f32,
    side: Side,
    bucket_boundaries: Vec<usize>,
    pads_to_boundary: bool,
    order: Order,
    /// The samples of the batches of the pass that are still to come, the next one last.
    waiting: Vec<Vec<usize>>,
}

#[derive(Debug, Clone)]
enum Targets {
    None,
    /// `[samples, …]`.
    OfSamples(ArrayD<f32>),
    /// `[time, …]` for each sample.
    OfSteps(Vec<ArrayD<f32>>),
}

#[derive(Debug, Clone, Copy)]
enum Order {
    Shuffled { seed: u64 },
    Kept,
}

impl BucketedSequences {
    /// Sequences `[time, …]`, each of its own length; all other axes agree.
    pub fn new<D: Dimension>(sequences: impl IntoIterator<Item = Array<f32, D>>) -> Self {
        Self {
            sequences: sequences.into_iter().map(Array::into_dyn).collect(),
            targets: Targets::None,
            sample_weight: None,
            batch_size: 32,
            padding: 0.0,
            side: Side::Post,
            bucket_boundaries: Vec::new(),
            pads_to_boundary: false,
            order: Order::Shuffled { seed: 0 },
            waiting: Vec::new(),
        }
    }

    /// Sequences of tokens, whole numbers below 2²⁴; the inputs of a batch are `[batch, time]`.
    pub fn of_tokens(sequences: &[Vec<u32>]) -> Self {
        let numbers = |tokens: &Vec<u32>| Array::from_iter(tokens.iter().map(|token| *token as f32));
        Self::new(sequences.iter().map(numbers))
    }

    /// Targets `[samples, …]` (default: none, for predictions).
    pub fn targets<D: Dimension>(mut self, targets: Array<f32, D>) -> Self {
        self.targets = Targets::OfSamples(targets.into_dyn());
        self
    }

    /// Targets `[time, …]` for each sequence, which are padded with zeros where the sequences are.
    pub fn sequence_targets<D: Dimension>(
        mut self,
        targets: impl IntoIterator<Item = Array<f32, D>>,
    ) -> Self {
        self.targets = Targets::OfSteps(targets.into_iter().map(Array::into_dyn).collect());
        self
    }

    /// Weights `[samples]` (default: none).
    pub fn sample_weight<D: Dimension>(mut self, weights: Array<f32, D>) -> Self {
        self.sample_weight = Some(weights.into_dyn());
        self
    }

    /// Samples in a batch (default 32); the last one of a bucket may be smaller.
    pub fn batch_size(mut self, batch_size: usize) -> Self {
        self.batch_size = batch_size;
        self
    }

    /// What fills sequences up (default 0).
    pub fn padding(mut self, value: f32) -> Self {
        self.padding = value;
        self
    }

    /// Where sequences are filled up (default: after their end).
    pub fn padding_side(mut self, side: Side) -> Self {
        self.side = side;
        self
    }

    /// Rising lengths at which buckets end: the first one has the sequences that are shorter than the first length, the
    /// last one those that are at least as long as the last length (default: none, samples are sorted by length).
    pub fn bucket_boundaries(mut self, lengths: impl Into<Vec<usize>>) -> Self {
        self.bucket_boundaries = lengths.into();
        self
    }

    /// Pads to the longest sequence that a bucket could have, one step less than its boundary, and in the last bucket to the
    /// longest of the batch. Batches have fewer shapes then, and a program is made for each shape.
    pub fn pad_to_bucket_boundary(mut self) -> Self {
        self.pads_to_boundary = true;
        self
    }

    /// The seed of the order (default 0); every pass has another order.
    pub fn seed(mut self, seed: u64) -> Self {
        self.order = Order::Shuffled { seed };
        self
    }

    /// Takes batches from short to long, and samples as they were given.
    pub fn without_shuffle(mut self) -> Self {
        self.order = Order::Kept;
        self
    }

    /// The share of padding in the steps of all batches of pass 0, from 0 to below 1.
    ///
    /// # Errors
    /// If the sequences, targets or arguments do not fit together.
    pub fn padding_share(&self) -> Result<f64> {
        self.check()?;
        let padded: usize = self.batches(0).iter().map(|batch| batch.len() * self.padded_length(batch)).sum();
        let used: usize = (0..self.sequences.len()).map(|sample| self.length(sample)).sum();
        Ok(1.0 - used as f64 / padded as f64)
    }

    fn length(&self, sample: usize) -> usize {
        self.sequences[sample].len_of(Axis(0))
    }

    fn bucket(&self, sample: usize) -> usize {
        self.bucket_boundaries.iter().filter(|boundary| self.length(sample) >= **boundary).count()
    }

    /// The steps that a batch is padded to.
    fn padded_length(&self, batch: &[usize]) -> usize {
        let longest = batch.iter().map(|sample| self.length(*sample)).max().unwrap_or(0);
        let boundary = self.bucket_boundaries.get(self.bucket(batch[0])).filter(|_| self.pads_to_boundary);
        boundary.map_or(longest, |boundary| boundary - 1)
    }

    /// The samples of each batch of a pass.
    fn batches(&self, pass: usize) -> Vec<Vec<usize>> {
        let order = |len: usize, stream: u64| match self.order {
            Order::Shuffled { seed } => {
                let key = RandomKey { seed, stream: SHUFFLE_STREAM + stream, step: pass as u64 };
                random::permutation(len, key)
            }
            Order::Kept => (0..len).collect(),
        };
        let mut samples = order(self.sequences.len(), 2);
        let mut batches: Vec<Vec<usize>> = match self.bucket_boundaries.is_empty() {
            true => {
                samples.sort_by_key(|sample| self.length(*sample));
                samples.chunks(self.batch_size).map(<[usize]>::to_vec).collect()
            }
            false => {
                samples.sort_by_key(|sample| self.bucket(*sample));
                let buckets = samples.chunk_by(|a, b| self.bucket(*a) == self.bucket(*b));
                buckets.flat_map(|bucket| bucket.chunks(self.batch_size)).map(<[usize]>::to_vec).collect()
            }
        };
        order(batches.len(), 3).into_iter().map(|place| std::mem::take(&mut batches[place])).collect()
    }

    /// Sequences of some samples, filled up to `length` steps.
    fn pad(&self, sequences: &[ArrayD<f32>], batch: &[usize], length: usize, value: f32) -> ArrayD<f32> {
        let step = &sequences[batch[0]].shape()[1..];
        let shape: Vec<usize> = [batch.len(), length].iter().chain(step).copied().collect();
        let mut padded = ArrayD::from_elem(IxDyn(&shape), value);
        for (mut row, sample) in padded.outer_iter_mut().zip(batch) {
            let own = sequences[*sample].len_of(Axis(0));
            let start = match self.side {
                Side::Pre => length - own,
                Side::Post => 0,
            };
            row.slice_axis_mut(Axis(0), Slice::from(start..start + own)).assign(&sequences[*sample]);
        }
        padded
    }

    fn batch(&self, batch: &[usize]) -> Batch {
        let length = self.padded_length(batch);
        Batch {
            x: self.pad(&self.sequences, batch, length, self.padding).into(),
            y: match &self.targets {
                Targets::None => OwnedArrays::default(),
                Targets::OfSamples(targets) => targets.select(Axis(0), batch).into(),
                Targets::OfSteps(targets) => self.pad(targets, batch, length, 0.0).into(),
            },
            sample_weight: match &self.sample_weight {
                Some(weights) => weights.select(Axis(0), batch).into(),
                None => OwnedArrays::default(),
            },
        }
    }

    fn check(&self) -> Result<()> {
        let argument = |text: String| Err(Error::argument("BucketedSequences", text));
        if self.batch_size == 0 {
            return argument("`batch_size` must be at least 1, got 0".to_owned());
        }
        let boundaries = &self.bucket_boundaries;
        if boundaries.first().is_some_and(|first| *first < 2) || !boundaries.is_sorted_by(|a, b| a < b) {
            return argument(format!(
                "`bucket_boundaries` must rise and begin at 2 or later, got {boundaries:?}"
            ));
        }
        if self.sequences.is_empty() {
            return Err(Error::data("BucketedSequences", "expected at least one sequence, got none"));
        }
        check_sequences("sequence", &self.sequences)?;
        self.check_targets()
    }

    fn check_targets(&self) -> Result<()> {
        let samples = self.sequences.len();
        let shape = |text: String| Err(Error::shape("BucketedSequences", text));
        for (name, array) in
            [("targets", self.targets.of_samples()), ("weights", self.sample_weight.as_ref())]
        {
            match array.map(|array| array.shape().first().copied().unwrap_or(0)) {
                Some(count) if count != samples => {
                    return shape(format!(
                        "expected {name} [{samples}, ...], one for each sequence, got {count}"
                    ));
                }
                _ => {}
            }
        }
        let Targets::OfSteps(targets) = &self.targets else { return Ok(()) };
        if targets.len() != samples {
            return shape(format!("expected targets for {samples} sequences, got {}", targets.len()));
        }
        check_sequences("the targets of sequence", targets)?;
        match (0..samples).find(|sample| targets[*sample].len_of(Axis(0)) != self.length(*sample)) {
            Some(sample) => shape(format!(
                "expected targets of {} steps for sequence {sample}, got {}",
                self.length(sample),
                targets[sample].len_of(Axis(0))
            )),
            None => Ok(()),
        }
    }
}

impl Targets {
    fn of_samples(&self) -> Option<&ArrayD<f32>> {
        match self {
            Self::OfSamples(targets) => Some(targets),
            Self::None | Self::OfSteps(_) => None,
        }
    }
}

/// Checks that every sequence has a step and that steps have one shape.
fn check_sequences(what: &str, sequences: &[ArrayD<f32>]) -> Result<()> {
    let step = sequences[0].shape().get(1..).unwrap_or_default();
    for (sample, sequence) in sequences.iter().enumerate() {
        match sequence.shape() {
            [] | [0, ..] => {
                let text = format!("expected at least one step, but {what} {sample} has none");
                return Err(Error::data("BucketedSequences", text));
            }
            [_, own @ ..] if own != step => {
                let text =
                    format!("expected steps {step:?}, as those of {what} 0, got {own:?} in {what} {sample}");
                return Err(Error::shape("BucketedSequences", text));
            }
            _ => {}
        }
    }
    Ok(())
}

impl Dataset for BucketedSequences {
    fn start(&mut self, pass: usize) -> Result<()> {
        self.check()?;
        self.waiting = self.batches(pass);
        self.waiting.reverse();
        Ok(())
    }

    fn next_batch(&mut self) -> Result<Option<Batch>> {
        Ok(self.waiting.pop().map(|batch| self.batch(&batch)))
    }

    fn num_batches(&self) -> Option<usize> {
        self.check().ok()?;
        let mut counts = vec![0_usize; self.bucket_boundaries.len() + 1];
        (0..self.sequences.len()).for_each(|sample| counts[self.bucket(sample)] += 1);
        Some(counts.into_iter().map(|count| count.div_ceil(self.batch_size)).sum())
    }

    fn num_samples(&self) -> Option<usize> {
        Some(self.sequences.len())
    }
}

#[cfg(test)]
mod tests;
