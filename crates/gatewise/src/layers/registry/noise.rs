//! Layers that draw random numbers, from their configurations.

use std::sync::Arc;

use super::Reader;
use crate::error::Result;
use crate::layers::{AlphaDropout, GaussianDropout, GaussianNoise, Layer, SpatialDropout1d};

pub(super) fn spatial_dropout1d(r: &mut Reader) -> Result<Arc<dyn Layer>> {
    let layer = SpatialDropout1d::new(r.required_number("rate")?);
    let layer = r.seed()?.into_iter().fold(layer, SpatialDropout1d::seed);
    r.base(layer)
}

pub(super) fn gaussian_noise(r: &mut Reader) -> Result<Arc<dyn Layer>> {
    let layer = GaussianNoise::new(r.required_number("stddev")?);
    let layer = r.seed()?.into_iter().fold(layer, GaussianNoise::seed);
    r.base(layer)
}

pub(super) fn gaussian_dropout(r: &mut Reader) -> Result<Arc<dyn Layer>> {
    let layer = GaussianDropout::new(r.required_number("rate")?);
    let layer = r.seed()?.into_iter().fold(layer, GaussianDropout::seed);
    r.base(layer)
}

pub(super) fn alpha_dropout(r: &mut Reader) -> Result<Arc<dyn Layer>> {
    let mut layer = AlphaDropout::new(r.required_number("rate")?);
    layer = r.optional_dims("noise_shape")?.into_iter().fold(layer, AlphaDropout::noise_shape);
    layer = r.seed()?.into_iter().fold(layer, AlphaDropout::seed);
    r.base(layer)
}

impl Reader {
    fn required_number(&mut self, name: &str) -> Result<f32> {
        let number = self.optional_number(name)?;
        number.ok_or_else(|| self.lacking(name))
    }
}
