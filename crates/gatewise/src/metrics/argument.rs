//! What `compile` accepts as a metric.

use serde_json::{Map, Value, json};

use super::accuracy::AccuracyByShape;
use super::{Metric, registry};
use crate::error::Result;

/// A metric as an argument of `compile`: a name or a [`Metric`].
///
/// A mistake in it is reported by [`resolve`](Self::resolve), so that building an argument cannot fail.
#[derive(Debug)]
pub struct MetricArgument(Given);

#[derive(Debug)]
enum Given {
    Name(String),
    Metric(Box<dyn Metric>),
}

impl MetricArgument {
    /// The metric as Keras keeps it of a compiled model: its name, or its class with its arguments.
    pub(crate) fn describe(&self) -> Value {
        match &self.0 {
            Given::Name(name) => name.clone().into(),
            Given::Metric(metric) => registry::serialize(&**metric),
        }
    }

    /// The metric that is meant. One that is given by name has this name in the logs.
    ///
    /// # Errors
    /// If the name is unknown, or an argument is outside its range.
    pub fn resolve(self) -> Result<Box<dyn Metric>> {
        match self.0 {
            Given::Name(name) if ["accuracy", "acc"].contains(&&*name.to_lowercase()) => {
                Ok(Box::new(AccuracyByShape::new(&name)))
            }
            Given::Name(name) => {
                let own_name = Map::from_iter([("name".to_owned(), json!(name))]);
                registry::create(&name, own_name)
            }
            Given::Metric(metric) => {
                metric.check()?;
                Ok(metric)
            }
        }
    }
}

impl From<&str> for MetricArgument {
    fn from(name: &str) -> Self {
        Self(Given::Name(name.to_owned()))
    }
}

impl From<String> for MetricArgument {
    fn from(name: String) -> Self {
        Self(Given::Name(name))
    }
}

impl From<Box<dyn Metric>> for MetricArgument {
    fn from(metric: Box<dyn Metric>) -> Self {
        Self(Given::Metric(metric))
    }
}

impl<M: Metric + 'static> From<M> for MetricArgument {
    fn from(metric: M) -> Self {
        Self(Given::Metric(Box::new(metric)))
    }
}
