//! Normalizations, from their configurations.

use std::sync::Arc;

use serde_json::Value as Json;

use super::Reader;
use crate::error::{Error, Result};
use crate::layers::{
    BatchNormalization, GroupNormalization, Layer, LayerNormalization, RenormClipping, RmsNormalization,
};

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
    let layer = layer.renorm(r.flag("renorm", false)?).renorm_momentum(r.number("renorm_momentum", 0.99)?);
    let layer = renorm_clipping(r)?.into_iter().fold(layer, BatchNormalization::renorm_clipping);
    let layer = affine!(r, layer, BatchNormalization);
    r.base(layer)
}

fn renorm_clipping(r: &mut Reader) -> Result<Option<RenormClipping>> {
    const NAME: &str = "renorm_clipping";
    let Some(given) = r.read(NAME, "an object", |value| value.as_object().cloned())? else {
        return Ok(None);
    };
    let mut clipping = RenormClipping::default();
    for (key, value) in given {
        let limit = match key.as_str() {
            "rmax" => &mut clipping.rmax,
            "rmin" => &mut clipping.rmin,
            "dmax" => &mut clipping.dmax,
            _ => {
                let text = format!("`{NAME}` has no key `{key}`; its keys are `rmax`, `rmin` and `dmax`");
                return Err(Error::argument(r.class_name(), text));
            }
        };
        let is_number = value.is_null() || value.is_number();
        *limit = value.as_f64().map(|limit| limit as f32);
        if !is_number {
            return Err(r.wrong(&format!("{NAME}[{key}]"), "a number", &value));
        }
    }
    Ok(Some(clipping))
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
