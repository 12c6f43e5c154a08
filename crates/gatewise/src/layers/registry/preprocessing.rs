//! Layers that prepare data, and those that are code, from their configurations.

use std::sync::Arc;

use serde_json::Value as Json;

use super::Reader;
use crate::error::{Error, Result};
use crate::layers::{Axes, CategoryEncoding, Layer, Normalization, OutputMode};

pub(super) fn category_encoding(r: &mut Reader) -> Result<Arc<dyn Layer>> {
    let layer = CategoryEncoding::new(r.size("num_tokens")?);
    let layer = layer.output_mode(r.choice("output_mode", &OutputMode::ALL, OutputMode::name)?);
    r.only_default("sparse", &Json::Bool(false))?;
    r.base(layer)
}

pub(super) fn normalization(r: &mut Reader) -> Result<Arc<dyn Layer>> {
    let mut layer = Normalization::new().invert(r.flag("invert", false)?);
    layer = match r.axes("axis", -1)? {
        Axes::Several(axes) if axes.is_empty() => layer.all_axes_together(),
        axes => layer.axis(axes),
    };
    layer = match (r.numbers("mean")?, r.numbers("variance")?) {
        (None, None) => layer,
        (Some(mean), Some(variance)) => layer.mean_and_variance(mean, variance),
        _ => {
            let text = "`mean` and `variance` must be given together";
            return Err(Error::argument(r.class_name(), text));
        }
    };
    r.base(layer)
}

pub(super) fn lambda(r: &mut Reader) -> Result<Arc<dyn Layer>> {
    let name = r.text("name")?.unwrap_or_else(|| "lambda".into());
    let text = "a Lambda is code, which no configuration can hold; write a layer of a class of your own";
    Err(Error::unsupported(name, text))
}
