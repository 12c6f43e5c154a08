//! Regularizers as arguments of layers, and in Keras's configurations.

use std::sync::Arc;

use serde_json::{Map, Value as Json};

use super::{OrthogonalMode, OrthogonalRegularizer, Regularizer, l1, l1_l2, l2, orthogonal_regularizer};
use crate::error::{Error, Result};
use crate::serialization::{self, Class};

/// A regularizer as an argument of a layer: `"l2"`, `l2(1e-4)` or one of your own.
#[derive(Debug, Clone)]
pub struct RegularizerArgument(Given);

#[derive(Debug, Clone)]
enum Given {
    Name(String),
    Instance(Arc<dyn Regularizer>),
}

impl RegularizerArgument {
    /// The regularizer that is meant, checked.
    ///
    /// # Errors
    /// If its name is unknown or one of its arguments is out of range.
    pub fn resolve(&self) -> Result<Arc<dyn Regularizer>> {
        let regularizer = match &self.0 {
            Given::Name(name) => deserialize(&Json::from(name.as_str()))?,
            Given::Instance(regularizer) => Arc::clone(regularizer),
        };
        regularizer.check()?;
        Ok(regularizer)
    }
}

impl<R: Regularizer + 'static> From<R> for RegularizerArgument {
    fn from(regularizer: R) -> Self {
        Self(Given::Instance(Arc::new(regularizer)))
    }
}

impl From<Arc<dyn Regularizer>> for RegularizerArgument {
    fn from(regularizer: Arc<dyn Regularizer>) -> Self {
        Self(Given::Instance(regularizer))
    }
}

impl From<&str> for RegularizerArgument {
    /// Keras's names with its default factors of 0.01. `l1l2` is no penalty there, because both defaults are 0;
    /// `l1_l2` has 0.01 for both, as in Keras 2 (Keras 3 documents the name but does not know it).
    fn from(name: &str) -> Self {
        Self(Given::Name(name.to_owned()))
    }
}

/// A regularizer in Keras's envelope.
pub fn serialize(regularizer: &dyn Regularizer) -> Json {
    serialization::wrap("keras.regularizers", regularizer.class_name(), regularizer.config())
}

/// A regularizer from Keras's envelope, or from its name.
///
/// # Errors
/// If there is no such class or an argument does not fit.
pub fn deserialize(value: &Json) -> Result<Arc<dyn Regularizer>> {
    let (name, config) = serialization::unwrap("regularizer", value)?;
    serialization::create("regularizer", CLASSES, name, config)
}

const CLASSES: &[Class<Arc<dyn Regularizer>>] = &[
    Class { names: &["l1", "L1"], create: |config| Ok(Arc::new(l1(Factors::read("L1", &config, 0.01)?.l1))) },
    Class { names: &["l2", "L2"], create: |config| Ok(Arc::new(l2(Factors::read("L2", &config, 0.01)?.l2))) },
    Class { names: &["l1l2", "L1L2"], create: |config| both(&config, 0.0) },
    Class { names: &["l1_l2"], create: |config| both(&config, 0.01) },
    Class { names: &["orthogonal_regularizer", "OrthogonalRegularizer"], create: orthogonal },
];

fn both(config: &Map<String, Json>, default: f64) -> Result<Arc<dyn Regularizer>> {
    let factors = Factors::read("L1L2", config, default)?;
    Ok(Arc::new(l1_l2(factors.l1, factors.l2)))
}

/// The arguments of the first three classes.
struct Factors {
    l1: f64,
    l2: f64,
}

impl Factors {
    fn read(class: &str, config: &Map<String, Json>, default: f64) -> Result<Self> {
        let mut factors = Self { l1: default, l2: default };
        for (name, value) in config {
            let slot = match name.as_str() {
                "l1" if class != "L2" => &mut factors.l1,
                "l2" if class != "L1" => &mut factors.l2,
                _ => return Err(Error::argument(class, format!("there is no argument `{name}`"))),
            };
            *slot = number(class, name, value)?;
        }
        Ok(factors)
    }
}

fn number(class: &str, name: &str, value: &Json) -> Result<f64> {
    value.as_f64().ok_or_else(|| Error::argument(class, format!("`{name}` must be a number, got {value}")))
}

fn orthogonal(config: Map<String, Json>) -> Result<Arc<dyn Regularizer>> {
    let mut regularizer: OrthogonalRegularizer = orthogonal_regularizer(0.01, OrthogonalMode::Rows);
    let class = "OrthogonalRegularizer";
    for (name, value) in &config {
        match (name.as_str(), value.as_str()) {
            ("factor", _) => regularizer.factor = number(class, name, value)?,
            ("mode", Some("rows")) => regularizer.mode = OrthogonalMode::Rows,
            ("mode", Some("columns")) => regularizer.mode = OrthogonalMode::Columns,
            ("mode", _) => {
                let text = format!("`mode` must be \"rows\" or \"columns\", got {value}");
                return Err(Error::argument(class, text));
            }
            _ => return Err(Error::argument(class, format!("there is no argument `{name}`"))),
        }
    }
    Ok(Arc::new(regularizer))
}
