//! Making the weights of a layer.

use ndarray::{ArrayD, IxDyn};

use crate::builder::Builder;
use crate::constraints::ConstraintArgument;
use crate::error::{Error, Result};
use crate::graph::Value;
use crate::initializers::{Initializer, InitializerArgument, InitializerRandom};
use crate::regularizers::RegularizerArgument;
use crate::variable::Variable;

mod budget;

pub(crate) use budget::{Start, within as within_budget};

/// How one weight of a layer starts and what holds it in check.
#[derive(Debug, Clone)]
pub struct WeightOptions {
    /// Fills the weight.
    pub initializer: InitializerArgument,
    /// Adds to the loss.
    pub regularizer: Option<RegularizerArgument>,
    /// Is applied after each update.
    pub constraint: Option<ConstraintArgument>,
}

impl WeightOptions {
    /// A weight that is only initialized.
    pub fn new(initializer: impl Into<InitializerArgument>) -> Self {
        Self { initializer: initializer.into(), regularizer: None, constraint: None }
    }

    /// Checks names and arguments, for the weight of this name of the layer `subject`.
    ///
    /// # Errors
    /// If a name is unknown or an argument out of range; the message names the layer's argument.
    pub fn check(&self, subject: &str, weight: &str) -> Result<()> {
        let in_argument = |kind: &'static str| {
            move |error: Error| error.in_argument(subject, format!("{weight}_{kind}"), kind)
        };
        self.initializer.resolve().map_err(in_argument("initializer"))?;
        if let Some(regularizer) = &self.regularizer {
            regularizer.resolve().map_err(in_argument("regularizer"))?;
        }
        if let Some(constraint) = &self.constraint {
            constraint.resolve().map_err(in_argument("constraint"))?;
        }
        Ok(())
    }
}

/// Makes the weights of one layer, with their full names and the model's random numbers.
#[derive(Debug)]
pub struct WeightBuilder<'a> {
    prefix: String,
    random: &'a mut InitializerRandom,
}

impl<'a> WeightBuilder<'a> {
    pub(crate) fn new(layer_name: &str, random: &'a mut InitializerRandom) -> Self {
        Self { prefix: layer_name.to_owned(), random }
    }

    /// The same for a layer or cell inside the layer.
    pub fn inner(&mut self, name: &str) -> WeightBuilder<'_> {
        WeightBuilder { prefix: format!("{}/{name}", self.prefix), random: self.random }
    }

    /// The random numbers for initializers.
    pub fn random(&mut self) -> &mut InitializerRandom {
        self.random
    }

    /// A weight of this shape.
    ///
    /// # Errors
    /// If the initializer cannot fill an array of this shape.
    pub fn add(&mut self, name: &str, shape: &[usize], options: &WeightOptions) -> Result<Variable> {
        let initializer = options.initializer.resolve()?;
        self.add_with(name, shape, options, &*initializer)
    }

    /// A weight that no gradient moves, such as a moving mean: Keras's `trainable=False`. In training it changes by
    /// [`Builder::assign`] alone.
    ///
    /// # Errors
    /// If the initializer cannot fill an array of this shape.
    pub fn add_statistic(
        &mut self,
        name: &str,
        shape: &[usize],
        initializer: &InitializerArgument,
    ) -> Result<Variable> {
        let options = WeightOptions::new(initializer.clone());
        Ok(self.add(name, shape, &options)?.without_learning())
    }

    /// A weight of this shape that starts in a way of the layer's own.
    ///
    /// # Errors
    /// If the initializer cannot fill an array of this shape.
    pub fn add_with(
        &mut self,
        name: &str,
        shape: &[usize],
        options: &WeightOptions,
        initializer: &dyn Initializer,
    ) -> Result<Variable> {
        let path = format!("{}/{name}", self.prefix);
        let values = match budget::claim(&path, shape)? {
            Start::Zeros => ArrayD::zeros(IxDyn(shape)),
            Start::Initialized => initializer.initialize(shape, self.random)?,
        };
        if values.shape() != shape {
            let (class, got) = (initializer.class_name(), values.shape());
            let text =
                format!("expected the initializer {class} to give {shape:?} for `{name}`, got {got:?}");
            return Err(Error::shape(&self.prefix, text));
        }
        let regularizer = options.regularizer.as_ref().map(RegularizerArgument::resolve).transpose()?;
        let constraint = options.constraint.as_ref().map(ConstraintArgument::resolve).transpose()?;
        Ok(Variable::new(path, values, regularizer, constraint))
    }
}

/// Adds Keras's activity regularization of an output to the loss: the penalty divided by the batch size.
///
/// While the batch size is unknown there is nothing to add.
pub(super) fn add_activity_loss(
    b: &Builder,
    regularizer: Option<&RegularizerArgument>,
    output: Value,
) -> Result<()> {
    let batch = b.shape(output).dims().first().copied().flatten();
    if let (Some(regularizer), Some(batch)) = (regularizer, batch) {
        let penalty = regularizer.resolve()?.penalty(b, output)?;
        b.add_loss(b.scale(penalty, 1.0 / batch.max(1) as f64)?);
    }
    Ok(())
}
