//! Features brought to mean 0 and variance 1 by what was seen in data.

use std::sync::OnceLock;

use ndarray::{ArrayD, Axis, IxDyn};
use serde_json::{Map, Value as Json, json};

use crate::builder::Builder;
use crate::error::{Error, Result};
use crate::graph::Value;
use crate::initializers::InitializerRandom;
use crate::layers::axes::{check_sizes, known_sizes, repeated_but};
use crate::layers::{
    Axes, Layer, LayerBase, Numbers, StreamCall, Streamed, Tensor, WeightBuilder, name_of, single_input,
    unbuilt,
};
use crate::shape::Shape;
use crate::variable::Variable;

/// The least deviation that is divided by: Keras's `epsilon`.
const LEAST: f64 = 1e-7;

/// (x − mean) / max(√variance, 1e-7), with a mean and a variance for each index of the axes of `axis`
/// (<https://keras.io/api/layers/preprocessing_layers/numerical/normalization/>). The shape stays and the mask passes.
///
/// Mean and variance are given, or found by [`adapt`](Self::adapt). Until then they are 0 and 1.
///
/// | weight, without given numbers | shape |
/// |---|---|
/// | `mean`, `variance` | the sizes of the axes that are kept apart |
/// | `count` | `[]`; unused, for files of older versions |
///
/// They are not trained.
///
/// ```
/// use std::sync::Arc;
///
/// use gatewise::layers::{Dense, Input, Normalization};
/// use gatewise::Sequential;
/// use ndarray::array;
///
/// let x = array![[1.0, 100.0], [3.0, 300.0]].into_dyn();
/// let normalization = Arc::new(Normalization::new());
/// normalization.adapt(&x)?;
/// let mut model = Sequential::new();
/// model.add(Input::new([Some(2)]))?.add(Arc::clone(&normalization))?;
/// assert_eq!(model.predict(&x)?, array![[-1.0, -1.0], [1.0, 1.0]].into_dyn());
/// # Ok::<(), gatewise::Error>(())
/// ```
#[derive(Debug)]
pub struct Normalization {
    base: LayerBase,
    axis: Option<Axes>,
    given: Option<(Numbers, Numbers)>,
    invert: bool,
    weights: OnceLock<Weights>,
}

#[derive(Debug)]
struct Weights {
    /// The axes that are kept apart, ascending.
    axes: Vec<usize>,
    mean: Variable,
    variance: Variable,
    count: Variable,
}

impl Normalization {
    /// A layer with Keras's defaults: a mean and a variance for each feature, found by [`adapt`](Self::adapt).
    pub fn new() -> Self {
        Self {
            base: LayerBase::default(),
            axis: Some(Axes::One(-1)),
            given: None,
            invert: false,
            weights: OnceLock::new(),
        }
    }

    /// Keras's `axis` (default −1): the axis or axes that have a mean and a variance for each index.
    pub fn axis(mut self, axis: impl Into<Axes>) -> Self {
        self.axis = Some(axis.into());
        self
    }

    /// Keras's `axis=None`: one mean and one variance for all numbers.
    pub fn all_axes_together(mut self) -> Self {
        self.axis = None;
        self
    }

    /// Keras's `mean` and `variance`, in place of those that [`adapt`](Self::adapt) finds: single numbers, or arrays that
    /// fill the axes of `axis` from the last on.
    pub fn mean_and_variance(mut self, mean: impl Into<Numbers>, variance: impl Into<Numbers>) -> Self {
        self.given = Some((mean.into(), variance.into()));
        self
    }

    /// Keras's `invert` (default false): whether to undo the normalization, x · max(√variance, 1e-7) + mean.
    pub fn invert(mut self, invert: bool) -> Self {
        self.invert = invert;
        self
    }

    /// Sets mean and variance to those of `data`, whose shape is that of a batch. What was found before is forgotten. A layer
    /// that has no weights yet gets them.
    ///
    /// # Errors
    /// If mean and variance were given, the data are empty, or they do not fit the layer.
    pub fn adapt(&self, data: &ArrayD<f32>) -> Result<()> {
        self.base.check()?;
        self.check()?;
        if self.given.is_some() {
            return Err(Error::state(
                name_of(self),
                "mean and variance were given, there is nothing to adapt",
            ));
        }
        let shape = Shape::known(data.shape());
        if shape.is_empty() {
            return Err(Error::data(name_of(self), format!("expected data to adapt to, got none: {shape}")));
        }
        if self.weights.get().is_none() {
            let mut random = InitializerRandom::new(0, 0);
            self.build(std::slice::from_ref(&shape), &mut WeightBuilder::new(&name_of(self), &mut random))?;
        }
        let weights = self.weights.get().ok_or_else(|| unbuilt(self))?;
        check_sizes(self, &weights.axes, weights.mean.shape(), &shape)?;
        let (mean, variance) = moments(data, &weights.axes);
        weights.mean.assign(&mean)?;
        weights.variance.assign(&variance)
    }

    /// The axes that are kept apart, ascending.
    fn kept_axes(&self, inputs: &Shape) -> Result<Vec<usize>> {
        let Some(axis) = &self.axis else { return Ok(Vec::new()) };
        let mut axes = axis.resolve_any(self, inputs)?;
        axes.sort_unstable();
        Ok(axes)
    }

    /// Mean and variance with 1 along the axes that they are the same for.
    fn numbers(&self, b: &Builder, axes: &[usize], inputs: &Shape) -> Result<[Value; 2]> {
        let Some((mean, variance)) = &self.given else {
            let weights = self.weights.get().ok_or_else(|| unbuilt(self))?;
            check_sizes(self, axes, weights.mean.shape(), inputs)?;
            let spread = repeated_but(&weights.axes, inputs);
            let enter = |weight: &Variable| b.reshape(b.variable(weight), &spread);
            return Ok([enter(&weights.mean)?, enter(&weights.variance)?]);
        };
        Ok([self.spread(b, mean, axes, inputs)?, self.spread(b, variance, axes, inputs)?])
    }

    /// Given numbers along the axes that are kept apart, the last of both lined up.
    fn spread(&self, b: &Builder, numbers: &Numbers, axes: &[usize], inputs: &Shape) -> Result<Value> {
        let sizes = numbers.array().shape();
        let mut dims = vec![1; inputs.rank()];
        axes.iter().rev().zip(sizes.iter().rev()).for_each(|(axis, size)| dims[*axis] = *size);
        let fits = |(size, dim): (&usize, &Option<usize>)| *size == 1 || dim.is_none_or(|dim| dim == *size);
        if !dims.iter().zip(inputs.dims()).all(fits) {
            let text =
                format!("expected inputs for a `mean` {sizes:?} along the axes {axes:?}, got {inputs}");
            return Err(Error::shape(name_of(self), text));
        }
        b.reshape(b.literal(numbers.array())?, &Shape::known(&dims))
    }
}

/// Mean and variance over all axes but these, in double precision.
fn moments(data: &ArrayD<f32>, kept: &[usize]) -> (ArrayD<f32>, ArrayD<f32>) {
    let reduced = |array: ArrayD<f64>| {
        let others = (0..array.ndim()).rev().filter(|axis| !kept.contains(axis));
        others.fold(array, |array, axis| array.sum_axis(Axis(axis)))
    };
    let spread: Vec<usize> = data
        .shape()
        .iter()
        .enumerate()
        .map(|(axis, size)| if kept.contains(&axis) { *size } else { 1 })
        .collect();
    let count = data.len() as f64 / spread.iter().product::<usize>() as f64;
    let mean = reduced(data.mapv(f64::from)) / count;
    let repeated =
        mean.clone().into_shape_with_order(IxDyn(&spread)).expect("as many numbers as are kept apart");
    let variance = reduced((data.mapv(f64::from) - &repeated).mapv(|x| x * x)) / count;
    (mean.mapv(|x| x as f32), variance.mapv(|x| x as f32))
}

impl Default for Normalization {
    fn default() -> Self {
        Self::new()
    }
}

impl Layer for Normalization {
    fn class_name(&self) -> &str {
        "Normalization"
    }

    fn base(&self) -> &LayerBase {
        &self.base
    }

    fn base_mut(&mut self) -> &mut LayerBase {
        &mut self.base
    }

    fn check(&self) -> Result<()> {
        let Some((mean, variance)) = &self.given else { return Ok(()) };
        let (mean, variance) = (mean.array().shape(), variance.array().shape());
        let axes = self.axis.as_ref().map_or(0, |axis| axis.sorted().len());
        if mean == variance && mean.len() <= axes {
            return Ok(());
        }
        let text = format!(
            "`mean` and `variance` must have the same shape, with at most {axes} axes as `axis` has, got {mean:?} and \
             {variance:?}"
        );
        Err(Error::argument(name_of(self), text))
    }

    fn build(&self, inputs: &[Shape], weights: &mut WeightBuilder<'_>) -> Result<()> {
        if self.given.is_some() {
            return Ok(());
        }
        let axes = self.kept_axes(&inputs[0])?;
        let sizes = known_sizes(self, &axes, &inputs[0])?;
        let mut add = |name: &str, shape: &[usize], initializer: &str| {
            weights.add_statistic(name, shape, &initializer.into())
        };
        let mean = add("mean", &sizes, "zeros")?;
        let variance = add("variance", &sizes, "ones")?;
        let count = add("count", &[], "zeros")?;
        self.weights.get_or_init(|| Weights { axes, mean, variance, count });
        Ok(())
    }

    fn call(&self, b: &Builder, inputs: &[Tensor]) -> Result<Vec<Tensor>> {
        let x = single_input(self, inputs)?;
        let shape = b.shape(x.value);
        let axes = self.kept_axes(&shape)?;
        let [mean, variance] = self.numbers(b, &axes, &shape)?;
        let deviation = b.maximum(b.sqrt(variance)?, b.scalar(LEAST)?)?;
        let y = match self.invert {
            true => b.add(b.mul(x.value, deviation)?, mean)?,
            false => b.div(b.sub(x.value, mean)?, deviation)?,
        };
        Ok(vec![x.with_value(y)])
    }

    fn step(&self, b: &Builder, call: &StreamCall<'_>) -> Result<Vec<Streamed>> {
        let shape = call.inputs.first().map(|input| b.shape(input.tensor.value)).unwrap_or_default();
        if self.kept_axes(&shape)?.contains(&1) {
            return Err(call.refused(self, "each step has a mean of its own"));
        }
        call.step_by_step(self, b)
    }

    fn variables(&self) -> Vec<Variable> {
        let weights = self.weights.get().into_iter();
        weights.flat_map(|weights| [&weights.mean, &weights.variance, &weights.count]).cloned().collect()
    }

    fn own_config(&self) -> Map<String, Json> {
        let mut written = Map::new();
        let numbers = |numbers: Option<&Numbers>| numbers.map_or(Json::Null, Numbers::to_json);
        let axis = match &self.axis {
            None => json!([]),
            Some(Axes::One(axis)) => json!([axis]),
            Some(Axes::Several(axes)) => json!(axes),
        };
        written.insert("axis".into(), axis);
        written.insert("invert".into(), self.invert.into());
        written.insert("mean".into(), numbers(self.given.as_ref().map(|given| &given.0)));
        written.insert("variance".into(), numbers(self.given.as_ref().map(|given| &given.1)));
        written
    }
}
