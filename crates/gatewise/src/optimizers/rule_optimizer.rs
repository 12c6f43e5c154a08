//! The optimizer around a rule: one step in Keras's order, and the state.

use ndarray::{ArrayD, arr0};
use serde_json::{Map, Value};
use smallvec::SmallVec;

use super::built::Built;
use super::check;
use super::exclusions::Exclusions;
use super::slot_table::Variable;
use super::{Gradient, LearningRate, Optimizer, OptimizerValue, OptimizerVariable, Update, UpdateRule};
use crate::error::{Error, Result};
use crate::serialization::snake_case;

/// An optimizer that moves weights by a rule.
#[derive(Debug)]
pub(super) struct RuleOptimizer {
    rule: Box<dyn UpdateRule>,
    /// Starts as the rule's and may be set during training.
    learning_rate: LearningRate,
    /// Calls of `apply` so far.
    iteration: u64,
    exclusions: Exclusions,
    built: Option<Built>,
}

impl RuleOptimizer {
    /// # Errors
    /// If an argument is outside its range.
    pub(super) fn new(rule: Box<dyn UpdateRule>) -> Result<Self> {
        rule.learning_rate().check(rule.class_name())?;
        rule.options().check(rule.class_name())?;
        rule.check()?;
        let learning_rate = rule.learning_rate().clone();
        let exclusions = Exclusions::new(rule.options());
        Ok(Self { rule, learning_rate, iteration: 0, exclusions, built: None })
    }

    /// The learning rate as part of the state, which it is unless it follows a schedule.
    fn saved_learning_rate(&self) -> Option<f32> {
        match self.learning_rate {
            LearningRate::Constant(learning_rate) => Some(learning_rate),
            LearningRate::Schedule(_) => None,
        }
    }

    fn error_unbuilt(&self) -> Error {
        Error::state(self.class_name(), "the optimizer does not know its weights yet; call `build` first")
    }
}

impl Optimizer for RuleOptimizer {
    fn class_name(&self) -> &str {
        self.rule.class_name()
    }

    fn config(&self) -> Value {
        let name = self.rule.options().name.clone().unwrap_or_else(|| snake_case(self.class_name()));
        // Keras's order: these two, then the options, then the rule's own arguments.
        let mut config = Map::from_iter([
            ("name".to_owned(), Value::from(name)),
            ("learning_rate".to_owned(), self.learning_rate.clone().into()),
        ]);
        let Value::Object(arguments) = self.rule.config() else {
            return Value::Object(config);
        };
        for (argument, value) in arguments {
            config.entry(argument).or_insert(value);
        }
        Value::Object(config)
    }

    fn learning_rate(&self) -> f32 {
        // Schedules count calls of `apply`, also those that only accumulate gradients.
        self.learning_rate.at(self.iteration)
    }

    fn set_learning_rate(&mut self, learning_rate: f32) -> Result<()> {
        check::not_negative(self.class_name(), "learning_rate", learning_rate.into())?;
        match &mut self.learning_rate {
            LearningRate::Constant(current) => *current = learning_rate,
            LearningRate::Schedule(_) => {
                let text =
                    "the learning rate follows a schedule; give a number instead of it to be able to set it";
                return Err(Error::state(self.class_name(), text));
            }
        }
        Ok(())
    }

    fn iterations(&self) -> u64 {
        self.iteration / self.rule.options().gradient_accumulation_steps.unwrap_or(1)
    }

    fn loss_scale_factor(&self) -> Option<f32> {
        self.rule.options().loss_scale_factor.map(|factor| factor as f32)
    }

    fn exclude_from_weight_decay(&mut self, var_list: &[&str], var_names: &[&str]) -> Result<()> {
        if self.built.is_some() {
            let text = "weights can be excluded from the decay only before the optimizer is built";
            return Err(Error::state(self.class_name(), text));
        }
        self.exclusions = Exclusions::of(self.class_name(), var_list, var_names)?;
        Ok(())
    }

    fn build(&mut self, variables: &[(&str, &[usize])]) -> Result<()> {
        if self.built.as_ref().is_some_and(|built| built.is_for(variables)) {
            return Ok(());
        }
        let new =
            |&(name, shape): &(&str, &[usize])| Variable { name: name.to_owned(), shape: shape.to_vec() };
        let variables: Vec<Variable> = variables.iter().map(new).collect();
        match &self.built {
            None => {
                self.exclusions.check(self.rule.class_name(), &variables)?;
                self.built = Some(Built::new(&*self.rule, &self.exclusions, variables));
            }
            Some(_) => {
                let text = "the optimizer was built for other weights; make a new one for these";
                return Err(Error::state(self.class_name(), text));
            }
        }
        Ok(())
    }

    fn apply(&mut self, gradients: &[&[f32]], weights: &mut [&mut [f32]]) -> Result<()> {
        let whole = gradients.iter().map(|gradient| Gradient::Dense(gradient));
        self.apply_gradients(&whole.collect::<SmallVec<[_; 32]>>(), weights)
    }

    fn apply_gradients(&mut self, gradients: &[Gradient<'_>], weights: &mut [&mut [f32]]) -> Result<()> {
        let updates = self.iterations();
        let learning_rate = self.learning_rate();
        if let LearningRate::Schedule(schedule) = &self.learning_rate {
            check::not_negative(schedule.class_name(), "learning_rate", learning_rate.into())?;
        }
        let update = Update { number: updates + 1, learning_rate };
        let Some(built) = &mut self.built else {
            return Err(self.error_unbuilt());
        };
        built.check_gradients(self.rule.class_name(), gradients)?;
        built.check_weights(self.rule.class_name(), weights)?;
        if let Some(averages) = &mut built.averages {
            averages.begin(updates);
        }
        if built.gradients.take(self.iteration, &built.variables, gradients) {
            built.update(&*self.rule, update, gradients, weights);
        } else {
            let all = weights.iter().enumerate();
            all.for_each(|(variable, weights)| built.average(variable, 0..weights.len(), weights));
        }
        if let Some(averages) = &built.averages {
            averages.finish(updates, weights);
        }
        self.iteration += 1;
        Ok(())
    }

    fn finalize(&mut self, weights: &mut [&mut [f32]]) -> Result<()> {
        let Some(built) = &mut self.built else {
            return Err(self.error_unbuilt());
        };
        built.check_weights(self.rule.class_name(), weights)?;
        if let Some(averages) = &built.averages {
            averages.overwrite(weights);
        }
        Ok(())
    }

    fn state(&self) -> Vec<OptimizerVariable> {
        let entry = |name: &str, value| OptimizerVariable { name: name.to_owned(), value };
        let mut state = vec![entry("iteration", OptimizerValue::Integer(self.iteration))];
        if let Some(learning_rate) = self.saved_learning_rate() {
            state.push(entry("learning_rate", OptimizerValue::Array(arr0(learning_rate).into_dyn())));
        }
        self.built.iter().flat_map(Built::tables).for_each(|table| table.save(&mut state));
        state
    }

    fn set_state(&mut self, values: &[OptimizerValue]) -> Result<()> {
        let class_name = self.rule.class_name();
        let expected = self.state().len();
        if values.len() != expected {
            let text = format!("expected {expected} state variables, got {}", values.len());
            return Err(Error::shape(class_name, text));
        }
        let (iteration, rest) = take_iteration(class_name, values)?;
        let (learning_rate, mut rest) = match self.saved_learning_rate() {
            Some(_) => take_learning_rate(class_name, rest)?,
            None => (self.learning_rate.clone(), rest),
        };
        let mut unchecked = rest;
        for table in self.built.iter().flat_map(Built::tables) {
            table.check(class_name, unchecked)?;
            unchecked = &unchecked[table.len()..];
        }
        for table in self.built.iter_mut().flat_map(Built::tables_mut) {
            table.load(rest);
            rest = &rest[table.len()..];
        }
        (self.iteration, self.learning_rate) = (iteration, learning_rate);
        Ok(())
    }
}

fn take_iteration<'a>(class_name: &str, values: &'a [OptimizerValue]) -> Result<(u64, &'a [OptimizerValue])> {
    match values.split_first() {
        Some((&OptimizerValue::Integer(iteration), rest)) => Ok((iteration, rest)),
        _ => Err(Error::shape(class_name, "expected the iteration, an integer, as the first state variable")),
    }
}

fn take_learning_rate<'a>(
    class_name: &str,
    values: &'a [OptimizerValue],
) -> Result<(LearningRate, &'a [OptimizerValue])> {
    let number = |array: &ArrayD<f32>| {
        if array.ndim() == 0 { array.first().copied() } else { None }
    };
    match values.split_first() {
        Some((OptimizerValue::Array(array), rest)) if number(array).is_some() => {
            let learning_rate = number(array).unwrap_or_default();
            check::not_negative(class_name, "learning_rate", learning_rate.into())?;
            Ok((LearningRate::Constant(learning_rate), rest))
        }
        _ => Err(Error::shape(
            class_name,
            "expected the learning rate, a number, as the second state variable",
        )),
    }
}

#[cfg(test)]
mod tests;
