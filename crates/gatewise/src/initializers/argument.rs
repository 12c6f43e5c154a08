//! What a layer accepts as an initializer.

use std::sync::Arc;

use ndarray::{Array, Dimension};

use super::{DirectTensor, Initializer, get};
use crate::error::Result;

/// An initializer as an argument: a name, an [`Initializer`] or an array with the values themselves.
///
/// A mistake in it is reported by [`resolve`](Self::resolve), so that building an argument cannot fail.
#[derive(Debug, Clone)]
pub struct InitializerArgument(Given);

#[derive(Debug, Clone)]
enum Given {
    Name(String),
    Instance(Arc<dyn Initializer>),
}

impl InitializerArgument {
    /// The initializer that is meant.
    ///
    /// # Errors
    /// If its name is unknown or one of its arguments is outside its range.
    pub fn resolve(&self) -> Result<Arc<dyn Initializer>> {
        match &self.0 {
            Given::Name(name) => get(name),
            Given::Instance(initializer) => {
                initializer.check()?;
                Ok(Arc::clone(initializer))
            }
        }
    }
}

impl From<&str> for InitializerArgument {
    fn from(name: &str) -> Self {
        Self(Given::Name(name.to_owned()))
    }
}

impl From<String> for InitializerArgument {
    fn from(name: String) -> Self {
        Self(Given::Name(name))
    }
}

impl From<Arc<dyn Initializer>> for InitializerArgument {
    fn from(initializer: Arc<dyn Initializer>) -> Self {
        Self(Given::Instance(initializer))
    }
}

impl<I: Initializer + 'static> From<I> for InitializerArgument {
    fn from(initializer: I) -> Self {
        Self(Given::Instance(Arc::new(initializer)))
    }
}

impl<D: Dimension> From<Array<f32, D>> for InitializerArgument {
    fn from(values: Array<f32, D>) -> Self {
        Self::from(DirectTensor::from(values.into_dyn()))
    }
}

#[cfg(test)]
mod tests;
