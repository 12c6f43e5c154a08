//! Normalizations, from their configurations.

use std::sync::Arc;

use serde_json::Value as Json;

use super::Reader;
use crate::error::Result;
use crate::layers::{GroupNormalization, Layer, LayerNormalization, RmsNormalization};

/// Reads the arguments of `gamma` and `beta` into a layer.
macro_rules! affine {
    ($reader:ident, $layer:expr, $name:ident) => {{
        let mut layer = $layer
            .center($reader.flag("center", true)?)
            .scale($reader.flag("scale", true)?)
            .beta_initializer($reader.initializer("beta_initializer", "zeros")?)
            .gamma_initializer($reader.initializer("gamma_initializer", "ones")?);
        layer = $reader.regularizer("beta_regularizer")?.into_iter().fold(layer, $name::beta_regularizer);
        layer = $reader.regularizer("gamma_regularizer")?.into_iter().fold(layer, $name::gamma_regularizer);
        layer = $reader.constraint("beta_constraint")?.into_iter().fold(layer, $name::beta_constraint);
        $reader.constraint("gamma_constraint")?.into_iter().fold(layer, $name::gamma_constraint)
    }};
}

pub(super) fn layer(r: &mut Reader) -> Result<Arc<dyn Layer>> {
    let layer = LayerNormalization::new().axis(r.axes("axis", -1)?).epsilon(r.number("epsilon", 1e-3)?);
    r.only_default("rms_scaling", &Json::Bool(false))?;
    let layer = affine!(r, layer, LayerNormalization);
    r.base(layer)
}

pub(super) fn group(r: &mut Reader) -> Result<Arc<dyn Layer>> {
    let layer = GroupNormalization::new(r.integer("groups", 32)?)
        .axis(r.integer("axis", -1)?)
        .epsilon(r.number("epsilon", 1e-3)?);
    let layer = affine!(r, layer, GroupNormalization);
    r.base(layer)
}

pub(super) fn rms(r: &mut Reader) -> Result<Arc<dyn Layer>> {
    let layer = RmsNormalization::new().axis(r.axes("axis", -1)?).epsilon(r.number("epsilon", 1e-6)?);
    r.base(layer)
}
