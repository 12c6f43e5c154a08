//! What a layer accepts as a constraint.

use std::sync::Arc;

use super::{Constraint, get};
use crate::error::Result;

/// A constraint as an argument: a name or a [`Constraint`].
///
/// A mistake in it is reported by [`resolve`](Self::resolve), so that building an argument cannot fail.
#[derive(Debug, Clone)]
pub struct ConstraintArgument(Given);

#[derive(Debug, Clone)]
enum Given {
    Name(String),
    Instance(Arc<dyn Constraint>),
}

impl ConstraintArgument {
    /// The constraint that is meant.
    ///
    /// # Errors
    /// If its name is unknown or one of its arguments is outside its range.
    pub fn resolve(&self) -> Result<Arc<dyn Constraint>> {
        match &self.0 {
            Given::Name(name) => get(name),
            Given::Instance(constraint) => {
                constraint.check()?;
                Ok(Arc::clone(constraint))
            }
        }
    }
}

impl From<&str> for ConstraintArgument {
    fn from(name: &str) -> Self {
        Self(Given::Name(name.to_owned()))
    }
}

impl From<String> for ConstraintArgument {
    fn from(name: String) -> Self {
        Self(Given::Name(name))
    }
}

impl From<Arc<dyn Constraint>> for ConstraintArgument {
    fn from(constraint: Arc<dyn Constraint>) -> Self {
        Self(Given::Instance(constraint))
    }
}

impl<C: Constraint + 'static> From<C> for ConstraintArgument {
    fn from(constraint: C) -> Self {
        Self(Given::Instance(Arc::new(constraint)))
    }
}
