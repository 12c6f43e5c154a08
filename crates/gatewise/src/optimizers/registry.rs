//! Optimizers by name and by configuration.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::rule_optimizer::RuleOptimizer;
use super::{
    Adadelta, Adafactor, Adagrad, Adam, AdamW, Adamax, Ftrl, Lamb, Lion, LossScaleOptimizer, Muon, Nadam,
    Optimizer, RmsProp, ScheduleFreeAdamW, Sgd, UpdateRule,
};
use crate::error::Result;
use crate::serialization::{self, Class, config_of, from_config};

const MODULE: &str = "keras.optimizers";
const KIND: &str = "optimizer";

type Created = Result<Box<dyn Optimizer>>;

const CLASSES: &[Class<Box<dyn Optimizer>>] = &[
    Class { names: &["adam"], create: |config| create::<Adam>("Adam", config) },
    Class { names: &["sgd"], create: |config| create::<Sgd>("SGD", config) },
    Class { names: &["rmsprop"], create: |config| create::<RmsProp>("RMSprop", config) },
    Class { names: &["adagrad"], create: |config| create::<Adagrad>("Adagrad", config) },
    Class { names: &["adadelta"], create: |config| create::<Adadelta>("Adadelta", config) },
    Class { names: &["adamax"], create: |config| create::<Adamax>("Adamax", config) },
    Class { names: &["adamw"], create: |config| create::<AdamW>("AdamW", config) },
    Class { names: &["nadam"], create: |config| create::<Nadam>("Nadam", config) },
    Class { names: &["adafactor"], create: |config| create::<Adafactor>("Adafactor", config) },
    Class { names: &["ftrl"], create: |config| create::<Ftrl>("Ftrl", config) },
    Class { names: &["lamb"], create: |config| create::<Lamb>("Lamb", config) },
    Class {
        names: &["schedulefreeadamw"],
        create: |config| create::<ScheduleFreeAdamW>("ScheduleFreeAdamW", config),
    },
    Class { names: &["muon"], create: |config| create::<Muon>("Muon", config) },
    Class { names: &["lossscaleoptimizer"], create: LossScaleOptimizer::create },
    Class { names: &["lion"], create: |config| create::<Lion>("Lion", config) },
];

fn create<R>(class_name: &str, config: Map<String, Value>) -> Created
where
    R: UpdateRule + Serialize + DeserializeOwned + Default + 'static,
{
    // An absent argument has the default of this class, which for a shared one may differ from the usual.
    let mut arguments = config_of(&R::default()).as_object().cloned().unwrap_or_default();
    arguments.extend(config);
    let rule: R = from_config(class_name, arguments)?;
    Ok(Box::new(RuleOptimizer::new(Box::new(rule))?))
}

/// The optimizer of a name such as `adam` or `RMSprop`, in capitals or not, with its defaults.
///
/// # Errors
/// If there is no optimizer of this name.
pub fn get(name: &str) -> Created {
    serialization::create(KIND, CLASSES, &name.to_lowercase(), Map::new())
}

/// The optimizer that Keras's `serialize` described; a bare name is also accepted.
///
/// # Errors
/// If the class or an argument is unknown, or an argument is outside its range.
pub fn deserialize(value: &Value) -> Created {
    let (class_name, config) = serialization::unwrap(KIND, value)?;
    serialization::create(KIND, CLASSES, &class_name.to_lowercase(), config)
}

/// Class and arguments of an optimizer, as Keras's `serialize` gives them.
pub fn serialize(optimizer: &dyn Optimizer) -> Value {
    serialization::wrap(MODULE, optimizer.class_name(), optimizer.config())
}
