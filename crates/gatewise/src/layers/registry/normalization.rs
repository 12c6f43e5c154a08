//! Normalizations, from their configurations.

use std::sync::Arc;

use serde_json::Value as Json;

use super::Reader;
use crate::error::Result;
use crate::layers::{BatchNormalization, GroupNormalization, Layer, LayerNormalization, RmsNormalization};

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

pub(super) fn batch(r: &mut Reader) -> Result<Arc<dyn Layer>> {
    let layer = BatchNormalization::new()
        .axis(r.integer("axis", -1)?)
        .momentum(r.number("momentum", 0.99)?)
        .epsilon(r.number("epsilon", 1e-3)?)
        .moving_mean_initializer(r.initializer("moving_mean_initializer", "zeros")?)
        .moving_variance_initializer(r.initializer("moving_variance_initializer", "ones")?);
    r.only_default("synchronized", &Json::Bool(false))?;
    r.only_default("renorm", &Json::Bool(false))?;
    r.only_default("renorm_clipping", &Json::Null)?;
    // It has a meaning with `renorm` alone.
    r.number("renorm_momentum", 0.99)?;
    let layer = affine!(r, layer, BatchNormalization);
    r.base(layer)
}

pub(super) fn layer(r: &mut Reader) -> Result<Arc<dyn Layer>> {
    let layer = LayerNormalization::new()
        .axis(r.axes("axis", -1)?)
        .epsilon(r.number("epsilon", 1e-3)?)
        .rms_scaling(r.flag("rms_scaling", false)?);
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
