//! A scale of the loss that follows what the gradients can bear.

use serde_json::{Map, Value, json};

use super::{Optimizer, OptimizerArgument, OptimizerValue, OptimizerVariable, check, deserialize, serialize};
use crate::error::{Error, Result};

const CLASS_NAME: &str = "LossScaleOptimizer";

/// Another optimizer on a loss that is scaled up, so that small gradients do not vanish. A step whose gradients are not
/// finite is left out and halves the scale; so many finite ones in a row as `dynamic_growth_steps` double it.
///
/// ```
/// use gatewise::optimizers::{Adam, LossScaleOptimizer, OptimizerArgument};
///
/// let mut optimizer = OptimizerArgument::from(LossScaleOptimizer::new(Adam::default()).initial_scale(8.0)).resolve()?;
/// optimizer.build(&[("dense/bias", &[1])])?;
/// let mut bias = [1.0];
/// optimizer.apply(&[&[f32::INFINITY]], &mut [&mut bias])?;
/// assert_eq!((bias, optimizer.loss_scale_factor()), ([1.0], Some(4.0)));
/// # Ok::<(), gatewise::Error>(())
/// ```
#[derive(Debug)]
pub struct LossScaleOptimizer {
    inner: OptimizerArgument,
    initial_scale: f64,
    dynamic_growth_steps: u64,
    name: String,
}

impl LossScaleOptimizer {
    /// Scales the loss for this optimizer, which has no `loss_scale_factor` of its own.
    pub fn new(inner_optimizer: impl Into<OptimizerArgument>) -> Self {
        Self {
            inner: inner_optimizer.into(),
            initial_scale: 32768.0,
            dynamic_growth_steps: 2000,
            name: "loss_scale_optimizer".to_owned(),
        }
    }

    /// The scale at the start, above 0 (default 2¹⁵).
    pub fn initial_scale(mut self, scale: f64) -> Self {
        self.initial_scale = scale;
        self
    }

    /// Finite steps, at least 1, after which the scale doubles (default 2000).
    pub fn dynamic_growth_steps(mut self, steps: u64) -> Self {
        self.dynamic_growth_steps = steps;
        self
    }

    /// The name in the configuration (default `loss_scale_optimizer`).
    pub fn name(mut self, name: &str) -> Self {
        self.name = name.to_owned();
        self
    }

    /// # Errors
    /// If an argument is outside its range, or those of the inner optimizer.
    pub(super) fn resolve(self) -> Result<Box<dyn Optimizer>> {
        let inner = self.inner.resolve()?;
        if inner.loss_scale_factor().is_some() {
            let text = "the inner optimizer must have no `loss_scale_factor`, the loss would be scaled twice";
            return Err(Error::argument(CLASS_NAME, text));
        }
        check::positive(CLASS_NAME, "initial_scale", self.initial_scale)?;
        check::some_steps(CLASS_NAME, "dynamic_growth_steps", self.dynamic_growth_steps)?;
        Ok(Box::new(Scaled {
            inner,
            initial_scale: self.initial_scale,
            growth_steps: self.dynamic_growth_steps,
            name: self.name,
            scale: self.initial_scale as f32,
            steps: 0,
            unscaled: None,
        }))
    }

    /// Reads a configuration. Keras 2 and early Keras 3 also wrote the arguments that all optimizers share, without use.
    pub(super) fn create(mut config: Map<String, Value>) -> Result<Box<dyn Optimizer>> {
        for name in ["weight_decay", "clipnorm", "global_clipnorm", "clipvalue", "ema_overwrite_frequency"]
            .into_iter()
            .chain(["loss_scale_factor", "gradient_accumulation_steps", "use_ema", "ema_momentum"])
        {
            let unused = [Value::Null, json!(false), json!(0.99)];
            if config.remove(name).is_some_and(|value| !unused.contains(&value)) {
                let text = format!("`{name}` must be given to the inner optimizer");
                return Err(Error::argument(CLASS_NAME, text));
            }
        }
        let inner = config.remove("inner_optimizer").unwrap_or_default();
        let mut optimizer = Self::new(deserialize(&inner)?);
        let wrong =
            |name: &str, value: &Value| Error::argument(CLASS_NAME, format!("`{name}` cannot be {value}"));
        for (name, value) in config {
            match name.as_str() {
                "initial_scale" => {
                    optimizer.initial_scale = value.as_f64().ok_or_else(|| wrong(&name, &value))?
                }
                "dynamic_growth_steps" => {
                    optimizer.dynamic_growth_steps = value.as_u64().ok_or_else(|| wrong(&name, &value))?;
                }
                "name" => optimizer.name = value.as_str().ok_or_else(|| wrong(&name, &value))?.to_owned(),
                _ => {
                    let text = format!(
                        "there is no argument `{name}`, the arguments are: inner_optimizer, initial_scale, \
                         dynamic_growth_steps, name"
                    );
                    return Err(Error::argument(CLASS_NAME, text));
                }
            }
        }
        optimizer.resolve()
    }
}

/// The optimizer at work.
#[derive(Debug)]
struct Scaled {
    inner: Box<dyn Optimizer>,
    initial_scale: f64,
    growth_steps: u64,
    name: String,
    scale: f32,
    /// Finite steps since the scale has changed.
    steps: u64,
    /// A place for each gradient without the scale, once the weights are known.
    unscaled: Option<Vec<Vec<f32>>>,
}

impl Scaled {
    /// The entries of the state before those of the inner optimizer. Keras keeps an iteration and a learning rate that it
    /// does not use.
    fn own_state(&self) -> Vec<OptimizerVariable> {
        let number = |value: f32| OptimizerValue::Array(ndarray::arr0(value).into_dyn());
        let mut state = vec![
            ("iteration", OptimizerValue::Integer(0)),
            ("learning_rate", number(0.0)),
            ("step_counter", OptimizerValue::Integer(self.steps)),
            ("dynamic_scale", number(self.scale)),
        ];
        if self.unscaled.is_none() {
            state.truncate(2);
        }
        let variable =
            |(name, value): (&str, OptimizerValue)| OptimizerVariable { name: name.to_owned(), value };
        state.into_iter().map(variable).collect()
    }
}

impl Optimizer for Scaled {
    fn class_name(&self) -> &str {
        CLASS_NAME
    }

    fn config(&self) -> Value {
        json!({
            "name": self.name,
            "inner_optimizer": serialize(&*self.inner),
            "initial_scale": self.initial_scale,
            "dynamic_growth_steps": self.growth_steps,
        })
    }

    fn learning_rate(&self) -> f32 {
        self.inner.learning_rate()
    }

    fn set_learning_rate(&mut self, learning_rate: f32) -> Result<()> {
        self.inner.set_learning_rate(learning_rate)
    }

    fn iterations(&self) -> u64 {
        self.inner.iterations()
    }

    fn loss_scale_factor(&self) -> Option<f32> {
        Some(self.scale)
    }

    fn exclude_from_weight_decay(&mut self, var_list: &[&str], var_names: &[&str]) -> Result<()> {
        self.inner.exclude_from_weight_decay(var_list, var_names)
    }

    fn build(&mut self, variables: &[(&str, &[usize])]) -> Result<()> {
        self.inner.build(variables)?;
        if self.unscaled.is_none() {
            self.unscaled =
                Some(variables.iter().map(|(_, shape)| vec![0.0; shape.iter().product()]).collect());
        }
        Ok(())
    }

    fn apply(&mut self, gradients: &[&[f32]], weights: &mut [&mut [f32]]) -> Result<()> {
        let fits = |unscaled: &Vec<Vec<f32>>| {
            unscaled.len() == gradients.len()
                && unscaled.iter().zip(gradients).all(|(own, given)| own.len() == given.len())
        };
        let Some(unscaled) = self.unscaled.as_mut().filter(|unscaled| fits(unscaled)) else {
            // Reports what is wrong.
            return self.inner.apply(gradients, weights);
        };
        if !gradients.iter().all(|gradient| gradient.iter().all(|number| number.is_finite())) {
            (self.scale, self.steps) = (self.scale * 0.5, 0);
            return Ok(());
        }
        for (own, given) in unscaled.iter_mut().zip(gradients) {
            own.iter_mut().zip(*given).for_each(|(own, given)| *own = given / self.scale);
        }
        let unscaled: Vec<&[f32]> = unscaled.iter().map(Vec::as_slice).collect();
        self.inner.apply(&unscaled, weights)?;
        match self.steps + 1 == self.growth_steps {
            true => (self.scale, self.steps) = (self.scale * 2.0, 0),
            false => self.steps += 1,
        }
        Ok(())
    }

    fn finalize(&mut self, weights: &mut [&mut [f32]]) -> Result<()> {
        self.inner.finalize(weights)
    }

    fn state(&self) -> Vec<OptimizerVariable> {
        let mut state = self.own_state();
        state.extend(self.inner.state());
        state
    }

    fn set_state(&mut self, values: &[OptimizerValue]) -> Result<()> {
        let own = self.own_state().len();
        let expected = self.state().len();
        if values.len() != expected {
            let text = format!("expected {expected} state variables, got {}", values.len());
            return Err(Error::shape(CLASS_NAME, text));
        }
        let (head, rest) = values.split_at(own);
        let counted = match head {
            [_, _] => None,
            [_, _, OptimizerValue::Integer(steps), OptimizerValue::Array(scale)] if scale.ndim() == 0 => {
                scale.first().map(|scale| (*steps, *scale))
            }
            _ => {
                let text = "expected `step_counter`, an integer, and `dynamic_scale`, a number, as the third and the \
                            fourth state variable";
                return Err(Error::shape(CLASS_NAME, text));
            }
        };
        if let Some((_, scale)) = counted {
            check::positive(CLASS_NAME, "dynamic_scale", scale.into())?;
        }
        self.inner.set_state(rest)?;
        (self.steps, self.scale) = counted.unwrap_or((self.steps, self.scale));
        Ok(())
    }
}
