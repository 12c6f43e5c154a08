//! What `compile` accepts as an optimizer.

use super::rule_optimizer::RuleOptimizer;
use super::{LossScaleOptimizer, Optimizer, UpdateRule, get};
use crate::error::Result;

/// An optimizer as an argument: a name, an [`UpdateRule`] such as [`Adam`](super::Adam), or an [`Optimizer`].
///
/// A mistake in it is reported by [`resolve`](Self::resolve), so that building an argument cannot fail.
#[derive(Debug)]
pub struct OptimizerArgument(Given);

#[derive(Debug)]
enum Given {
    Name(String),
    Rule(Box<dyn UpdateRule>),
    Optimizer(Box<dyn Optimizer>),
    Scaled(Box<LossScaleOptimizer>),
}

impl OptimizerArgument {
    /// The optimizer that is meant.
    ///
    /// # Errors
    /// If its name is unknown or one of its arguments is outside its range.
    pub fn resolve(self) -> Result<Box<dyn Optimizer>> {
        match self.0 {
            Given::Name(name) => get(&name),
            Given::Rule(rule) => Ok(Box::new(RuleOptimizer::new(rule)?)),
            Given::Optimizer(optimizer) => Ok(optimizer),
            Given::Scaled(optimizer) => optimizer.resolve(),
        }
    }
}

impl From<&str> for OptimizerArgument {
    fn from(name: &str) -> Self {
        Self(Given::Name(name.to_owned()))
    }
}

impl From<String> for OptimizerArgument {
    fn from(name: String) -> Self {
        Self(Given::Name(name))
    }
}

impl From<Box<dyn Optimizer>> for OptimizerArgument {
    fn from(optimizer: Box<dyn Optimizer>) -> Self {
        Self(Given::Optimizer(optimizer))
    }
}

impl From<LossScaleOptimizer> for OptimizerArgument {
    fn from(optimizer: LossScaleOptimizer) -> Self {
        Self(Given::Scaled(Box::new(optimizer)))
    }
}

impl<R: UpdateRule + 'static> From<R> for OptimizerArgument {
    fn from(rule: R) -> Self {
        Self(Given::Rule(Box::new(rule)))
    }
}
