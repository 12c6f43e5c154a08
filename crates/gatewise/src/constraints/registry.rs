//! Constraints by name and by configuration.

use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::{Constraint, MaxNorm, MinMaxNorm, NonNeg, UnitNorm};
use crate::error::Result;
use crate::serialization::{self, Class, from_config};

const MODULE: &str = "keras.constraints";
const KIND: &str = "constraint";

type Config = Map<String, Value>;
type Created = Result<Arc<dyn Constraint>>;

const CLASSES: &[Class<Arc<dyn Constraint>>] = &[
    Class { names: &["max_norm", "MaxNorm"], create: |config| create::<MaxNorm>("MaxNorm", config) },
    Class { names: &["non_neg", "NonNeg"], create: non_neg },
    Class { names: &["unit_norm", "UnitNorm"], create: |config| create::<UnitNorm>("UnitNorm", config) },
    Class {
        names: &["min_max_norm", "MinMaxNorm"],
        create: |config| create::<MinMaxNorm>("MinMaxNorm", config),
    },
];

fn create<C>(class_name: &str, config: Config) -> Created
where
    C: Constraint + Serialize + DeserializeOwned + 'static,
{
    let constraint: C = from_config(class_name, config)?;
    constraint.check()?;
    Ok(Arc::new(constraint))
}

fn non_neg(config: Config) -> Created {
    serialization::no_config("NonNeg", &config)?;
    Ok(Arc::new(NonNeg))
}

/// The constraint of a name such as `max_norm` or `MaxNorm`, with its defaults.
///
/// # Errors
/// If there is no constraint of this name.
pub fn get(name: &str) -> Result<Arc<dyn Constraint>> {
    serialization::create(KIND, CLASSES, name, Map::new())
}

/// The constraint that Keras's `serialize` described; a bare name is also accepted.
///
/// # Errors
/// If the class or an argument is unknown, or an argument is outside its range.
pub fn deserialize(value: &Value) -> Result<Arc<dyn Constraint>> {
    let (class_name, config) = serialization::unwrap(KIND, value)?;
    serialization::create(KIND, CLASSES, class_name, config)
}

/// Class and arguments of a constraint, as Keras's `serialize` gives them.
pub fn serialize(constraint: &dyn Constraint) -> Value {
    serialization::wrap(MODULE, constraint.class_name(), constraint.config())
}
