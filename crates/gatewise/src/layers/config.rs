//! Helpers for the configurations of layers.

use serde_json::{Map, Value as Json};

use super::weights::WeightOptions;
use crate::initializers::InitializerArgument;
use crate::regularizers::{self, RegularizerArgument};
use crate::{constraints, initializers};

/// An `f32` as the decimal number that a user wrote: 0.2 and not 0.20000000298023224.
pub(super) fn short(value: f32) -> Json {
    decimal(value).into()
}

/// The same as a number.
pub(super) fn decimal(value: f32) -> f64 {
    value.to_string().parse().unwrap_or(f64::from(value))
}

/// An initializer in Keras's envelope; null if it is an unknown name, which using the layer reports.
pub(super) fn initializer(argument: &InitializerArgument) -> Json {
    argument.resolve().map_or(Json::Null, |initializer| initializers::serialize(&*initializer))
}

/// A regularizer in Keras's envelope, or null.
pub(super) fn regularizer(argument: Option<&RegularizerArgument>) -> Json {
    let resolved = argument.and_then(|argument| argument.resolve().ok());
    resolved.map_or(Json::Null, |regularizer| regularizers::serialize(&*regularizer))
}

/// A constraint in Keras's envelope, or null.
fn constraint(weight: &WeightOptions) -> Json {
    let resolved = weight.constraint.as_ref().and_then(|argument| argument.resolve().ok());
    resolved.map_or(Json::Null, |constraint| constraints::serialize(&*constraint))
}

/// Adds `<name>_initializer` for each weight.
pub(super) fn insert_initializers(config: &mut Map<String, Json>, weights: &[(&str, &WeightOptions)]) {
    for (name, weight) in weights {
        config.insert(format!("{name}_initializer"), initializer(&weight.initializer));
    }
}

/// Adds `<name>_regularizer` for each weight.
pub(super) fn insert_regularizers(config: &mut Map<String, Json>, weights: &[(&str, &WeightOptions)]) {
    for (name, weight) in weights {
        config.insert(format!("{name}_regularizer"), regularizer(weight.regularizer.as_ref()));
    }
}

/// Adds `<name>_constraint` for each weight.
pub(super) fn insert_constraints(config: &mut Map<String, Json>, weights: &[(&str, &WeightOptions)]) {
    for (name, weight) in weights {
        config.insert(format!("{name}_constraint"), constraint(weight));
    }
}
