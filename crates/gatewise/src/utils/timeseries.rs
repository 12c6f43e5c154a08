//! Windows of a long series.

use ndarray::{ArrayD, Axis};

use crate::data::{Batch, Dataset};
use crate::error::{Error, Result};
use crate::random::{self, RandomKey};

/// The arguments of Keras's `timeseries_dataset_from_array` beside the arrays, with its defaults.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timeseries {
    /// Steps of a window; at least 1.
    pub sequence_length: usize,
    /// Steps of the series from the start of a window to that of the next (default 1); at least 1.
    pub sequence_stride: usize,
    /// Steps of the series from one step of a window to the next (default 1); at least 1.
    pub sampling_rate: usize,
    /// Windows in a batch, the last one perhaps apart (default 128); `None` gives single windows, without a batch axis.
    pub batch_size: Option<usize>,
    /// Whether the windows come in another order in every epoch (default false).
    pub shuffle: bool,
    /// The seed of these orders (default: a new one for every dataset).
    pub seed: Option<u64>,
    /// Steps of the series before this one are not used (default 0).
    pub start_index: Option<usize>,
    /// This step of the series and those after it are not used (default: all are).
    pub end_index: Option<usize>,
}

impl Timeseries {
    /// Windows of this many steps, one at every step of the series.
    pub fn new(sequence_length: usize) -> Self {
        Self {
            sequence_length,
            sequence_stride: 1,
            sampling_rate: 1,
            batch_size: Some(128),
            shuffle: false,
            seed: None,
            start_index: None,
            end_index: None,
        }
    }
}

/// The windows of a series and perhaps their targets; see [`timeseries_dataset_from_array`].
///
/// As a [`Dataset`] it is what [`fit_dataset`](crate::Model::fit_dataset) and its like take.
#[derive(Debug, Clone)]
pub struct TimeseriesDataset<'a> {
    data: &'a ArrayD<f32>,
    targets: Option<&'a ArrayD<f32>>,
    options: Timeseries,
    seed: u64,
    /// The steps at which the windows start.
    starts: Vec<usize>,
    /// The same in the order of the pass that is under way, and how many of them have come.
    order: Vec<usize>,
    next: usize,
}

/// The windows of a series `data [steps, …]`, each with the target of its **first** step: window k holds the steps
/// `s, s + sampling_rate, …` from `s = start_index + k · sequence_stride` on, and has the target `targets[s]`. For
/// forecasts, shift the targets.
///
/// There are as many windows as fit before `end_index`, and at most as many starts as there are targets.
///
/// Source: <https://keras.io/api/data_loading/timeseries/>.
///
/// ```
/// use gatewise::utils::{Timeseries, timeseries_dataset_from_array};
/// use ndarray::{Array, array};
///
/// // Three steps, and what follows them.
/// let series = Array::from_shape_fn(10, |step| step as f32).into_dyn();
/// let targets = Array::from_shape_fn(7, |step| (step + 3) as f32).into_dyn();
/// let options = Timeseries { sequence_stride: 2, batch_size: Some(3), ..Timeseries::new(3) };
/// let dataset = timeseries_dataset_from_array(&series, Some(&targets), options)?;
/// let (x, y) = dataset.batches(0).next().unwrap();
/// assert_eq!(x, array![[0.0, 1.0, 2.0], [2.0, 3.0, 4.0], [4.0, 5.0, 6.0]].into_dyn());
/// assert_eq!(y.unwrap(), array![3.0, 5.0, 7.0].into_dyn());
/// # Ok::<(), gatewise::Error>(())
/// ```
///
/// # Errors
/// If an argument is out of range, no window fits (where Keras gives no batch), or there are fewer targets than windows need.
pub fn timeseries_dataset_from_array<'a>(
    data: &'a ArrayD<f32>,
    targets: Option<&'a ArrayD<f32>>,
    options: Timeseries,
) -> Result<TimeseriesDataset<'a>> {
    let steps = steps_of("data", data)?;
    let (start, end) = options.check(steps)?;
    let span = (options.sequence_length - 1).saturating_mul(options.sampling_rate);
    let mut count = (end - start).saturating_sub(span);
    if count == 0 {
        let text = format!(
            "expected more than {span} steps, which a window spans, got {} from {start} to {end}",
            end - start
        );
        return Err(subject_error(Error::data, text));
    }
    if let Some(targets) = targets {
        count = count.min(steps_of("targets", targets)?);
    }
    let starts: Vec<usize> = (start..start + count).step_by(options.sequence_stride).collect();
    if let (Some(targets), Some(last)) = (targets, starts.last())
        && *last >= targets.len_of(Axis(0))
    {
        let text = format!(
            "expected a target for step {last}, where the last window starts, got {} targets",
            targets.len_of(Axis(0))
        );
        return Err(subject_error(Error::data, text));
    }
    let seed = options.seed.unwrap_or_else(random::seed_from_entropy);
    Ok(TimeseriesDataset { data, targets, options, seed, starts, order: Vec::new(), next: 0 })
}

fn subject_error(kind: fn(&'static str, String) -> Error, text: String) -> Error {
    kind("timeseries_dataset_from_array", text)
}

fn steps_of(name: &str, array: &ArrayD<f32>) -> Result<usize> {
    match array.shape().first() {
        None | Some(0) => {
            let text =
                format!("expected `{name}` [steps, ...] with at least one step, got {:?}", array.shape());
            Err(subject_error(Error::shape, text))
        }
        Some(steps) => Ok(*steps),
    }
}

impl Timeseries {
    /// Checks the arguments for a series of this many steps; returns the first step that is used, and the first that is not.
    fn check(&self, steps: usize) -> Result<(usize, usize)> {
        let (start, end) = (self.start_index.unwrap_or(0), self.end_index.unwrap_or(steps));
        let text = match self {
            _ if self.sequence_length == 0 => "`sequence_length` must be at least 1, got 0".to_owned(),
            _ if self.batch_size == Some(0) => "`batch_size` must be at least 1, got 0".to_owned(),
            _ if start >= steps => {
                format!("`start_index` must be below {steps}, the steps of the data, got {start}")
            }
            _ if self.end_index.is_some_and(|end| end >= steps) => {
                format!("`end_index` must be below {steps}, the steps of the data, got {end}")
            }
            _ if end <= start => {
                format!("`end_index` must be above `start_index`, got {end} and {start}")
            }
            _ => {
                let rates =
                    [("sampling_rate", self.sampling_rate), ("sequence_stride", self.sequence_stride)];
                match rates.into_iter().find(|(_, rate)| !(1..steps).contains(rate)) {
                    None => return Ok((start, end)),
                    Some((name, rate)) => {
                        format!("`{name}` must be from 1 to below {steps}, the steps of the data, got {rate}")
                    }
                }
            }
        };
        Err(subject_error(Error::argument, text))
    }
}

impl TimeseriesDataset<'_> {
    /// The number of windows.
    pub fn len(&self) -> usize {
        self.starts.len()
    }

    /// Whether there is no window, which does not happen.
    pub fn is_empty(&self) -> bool {
        self.starts.is_empty()
    }

    /// The number of batches in an epoch.
    pub fn num_batches(&self) -> usize {
        self.len().div_ceil(self.options.batch_size.unwrap_or(1))
    }

    /// The batches of an epoch: windows `[batch, sequence_length, …]` and their targets `[batch, …]`. Without a batch size
    /// they are single windows `[sequence_length, …]`, as in Keras. The number of the epoch only matters where the
    /// windows are shuffled; their order is this library's own for a seed, not Keras's.
    pub fn batches(&self, epoch: u64) -> impl Iterator<Item = (ArrayD<f32>, Option<ArrayD<f32>>)> + '_ {
        let starts = self.order_of(epoch);
        let size = self.options.batch_size.unwrap_or(1);
        (0..self.num_batches()).map(move |batch| {
            let starts = &starts[batch * size..starts.len().min((batch + 1) * size)];
            let (x, y) = self.gather(starts);
            match self.options.batch_size {
                Some(_) => (x, y),
                None => (x.index_axis_move(Axis(0), 0), y.map(|y| y.index_axis_move(Axis(0), 0))),
            }
        })
    }

    /// All windows `[windows, sequence_length, …]` in the order of the series, and their targets `[windows, …]`: what
    /// [`fit`](crate::Model::fit) takes, which shuffles by itself.
    pub fn arrays(&self) -> (ArrayD<f32>, Option<ArrayD<f32>>) {
        self.gather(&self.starts)
    }

    /// The starts of the windows in the order of an epoch.
    fn order_of(&self, epoch: u64) -> Vec<usize> {
        if !self.options.shuffle {
            return self.starts.clone();
        }
        let key = RandomKey { seed: self.seed, stream: 0, step: epoch };
        random::permutation(self.len(), key).into_iter().map(|window| self.starts[window]).collect()
    }

    fn gather(&self, starts: &[usize]) -> (ArrayD<f32>, Option<ArrayD<f32>>) {
        let length = self.options.sequence_length;
        let steps: Vec<usize> = starts
            .iter()
            .flat_map(|start| (0..length).map(move |step| start + step * self.options.sampling_rate))
            .collect();
        let mut shape = vec![starts.len(), length];
        shape.extend(&self.data.shape()[1..]);
        let x = self.data.select(Axis(0), &steps);
        let x = x.into_shape_with_order(shape).expect("as many steps as the windows have");
        (x, self.targets.map(|targets| targets.select(Axis(0), starts)))
    }
}

/// Windows are cut when their batch comes, so that they are never all in memory.
impl Dataset for TimeseriesDataset<'_> {
    fn start(&mut self, pass: usize) -> Result<()> {
        if self.options.batch_size.is_none() {
            let text = "a model takes batches of windows; give a `batch_size`";
            return Err(subject_error(Error::argument, text.to_owned()));
        }
        (self.order, self.next) = (self.order_of(pass as u64), 0);
        Ok(())
    }

    fn next_batch(&mut self) -> Result<Option<Batch>> {
        let size = self.options.batch_size.unwrap_or(1);
        let starts = &self.order[self.next..self.order.len().min(self.next + size)];
        if starts.is_empty() {
            return Ok(None);
        }
        let (x, y) = self.gather(starts);
        self.next += starts.len();
        Ok(Some(match y {
            Some(y) => Batch::new(x, y),
            None => Batch::of_inputs(x),
        }))
    }

    fn num_batches(&self) -> Option<usize> {
        Some(TimeseriesDataset::num_batches(self))
    }

    fn num_samples(&self) -> Option<usize> {
        Some(self.len())
    }
}
