//! Layers that shorten and lengthen sequences, from their configurations.

use std::sync::Arc;

use super::Reader;
use crate::error::Result;
use crate::layers::{
    AveragePooling1d, Cropping1d, Ends, GlobalAveragePooling1d, GlobalMaxPooling1d, Layer, MaxPooling1d,
    Padding, UpSampling1d, ZeroPadding1d,
};

/// The paddings of Keras's poolings.
const PADDINGS: [Padding; 2] = [Padding::Valid, Padding::Same];

pub(super) fn max_pooling1d(r: &mut Reader) -> Result<Arc<dyn Layer>> {
    let layer = MaxPooling1d::new(r.optional_size("pool_size")?.unwrap_or(2));
    let layer = r.optional_size("strides")?.into_iter().fold(layer, MaxPooling1d::strides);
    let layer = layer.padding(r.padding(&PADDINGS)?).data_format(r.data_format()?);
    r.base(layer)
}

pub(super) fn average_pooling1d(r: &mut Reader) -> Result<Arc<dyn Layer>> {
    let layer = AveragePooling1d::new(r.only_size("pool_size")?);
    let layer = r.optional_size("strides")?.into_iter().fold(layer, AveragePooling1d::strides);
    let layer = layer.padding(r.padding(&PADDINGS)?).data_format(r.data_format()?);
    r.base(layer)
}

pub(super) fn global_max_pooling1d(r: &mut Reader) -> Result<Arc<dyn Layer>> {
    let layer = GlobalMaxPooling1d::new().data_format(r.data_format()?).keepdims(r.flag("keepdims", false)?);
    r.base(layer)
}

pub(super) fn global_average_pooling1d(r: &mut Reader) -> Result<Arc<dyn Layer>> {
    let layer =
        GlobalAveragePooling1d::new().data_format(r.data_format()?).keepdims(r.flag("keepdims", false)?);
    r.base(layer)
}

pub(super) fn up_sampling1d(r: &mut Reader) -> Result<Arc<dyn Layer>> {
    let layer = UpSampling1d::new(r.optional_size("size")?.unwrap_or(2));
    r.base(layer)
}

pub(super) fn zero_padding1d(r: &mut Reader) -> Result<Arc<dyn Layer>> {
    let layer = ZeroPadding1d::new(r.ends("padding")?).data_format(r.data_format()?);
    r.base(layer)
}

pub(super) fn cropping1d(r: &mut Reader) -> Result<Arc<dyn Layer>> {
    let layer = Cropping1d::new(r.ends("cropping")?);
    r.base(layer)
}

impl Reader {
    /// A number of steps, or one for each end; 1 if absent.
    fn ends(&mut self, name: &str) -> Result<Ends> {
        let Some(list) = self.optional_integers(name)? else { return Ok(1.into()) };
        match list[..] {
            [both] if both >= 0 => Ok((both as usize).into()),
            [before, after] if before >= 0 && after >= 0 => Ok((before as usize, after as usize).into()),
            _ => Err(self.wrong(name, "one or two whole numbers of at least 0", &list.into())),
        }
    }
}
