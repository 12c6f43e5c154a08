//! Layers that join several inputs, from their configurations.

use std::sync::Arc;

use super::Reader;
use crate::error::Result;
use crate::layers::{Concatenate, Dot, DotAxes, Layer};

pub(super) fn concatenate(r: &mut Reader) -> Result<Arc<dyn Layer>> {
    let axis = r.integer("axis", -1)?;
    r.base(Concatenate::new().axis(axis))
}

pub(super) fn dot(r: &mut Reader) -> Result<Arc<dyn Layer>> {
    let axes = r.required_integers("axes")?;
    let axes = match axes[..] {
        [axis] => DotAxes::Same(axis),
        [first, second] => DotAxes::Pair(first, second),
        _ => return Err(r.wrong("axes", "a whole number or two of them", &axes.into())),
    };
    let layer = Dot::new(axes).normalize(r.flag("normalize", false)?);
    r.base(layer)
}
