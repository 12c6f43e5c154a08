//! Zeros at the ends of a sequence.

use serde_json::{Map, Value as Json};

use super::{DataFormat, Ends, Layer, LayerBase, Tensor, name_of, single_input};
use crate::builder::Builder;
use crate::error::{Error, Result};

/// `before` steps of zeros in front of a sequence and `after` behind it: `[batch, time, channels] → [batch, before + time +
/// after, channels]`. The mask ends here.
///
/// ```
/// use gatewise::layers::{self, ZeroPadding1d};
/// use ndarray::array;
///
/// let x = array![[[1.0], [2.0]]].into_dyn();
/// let padded = array![[[0.0], [0.0], [1.0], [2.0], [0.0]]].into_dyn();
/// assert_eq!(layers::call(&ZeroPadding1d::new((2, 1)), &[x], 1)?[0], padded);
/// # Ok::<(), gatewise::Error>(())
/// ```
#[derive(Debug)]
pub struct ZeroPadding1d {
    base: LayerBase,
    padding: Ends,
    data_format: DataFormat,
}

impl ZeroPadding1d {
    /// This many steps of zeros at each end: one number for both (Keras's default is 1) or a pair.
    pub fn new(padding: impl Into<Ends>) -> Self {
        Self { base: LayerBase::default(), padding: padding.into(), data_format: DataFormat::ChannelsLast }
    }

    /// Keras's `data_format` (default channels last).
    pub fn data_format(mut self, data_format: DataFormat) -> Self {
        self.data_format = data_format;
        self
    }
}

impl Layer for ZeroPadding1d {
    fn class_name(&self) -> &str {
        "ZeroPadding1D"
    }

    fn base(&self) -> &LayerBase {
        &self.base
    }

    fn base_mut(&mut self) -> &mut LayerBase {
        &mut self.base
    }

    fn call(&self, b: &Builder, inputs: &[Tensor]) -> Result<Vec<Tensor>> {
        let x = single_input(self, inputs)?.value;
        let shape = b.shape(x);
        if shape.rank() != 3 {
            let text = format!("expected inputs {}, got {shape}", self.data_format.axes());
            return Err(Error::shape(name_of(self), text));
        }
        let axis = match self.data_format {
            DataFormat::ChannelsLast => 1,
            DataFormat::ChannelsFirst => 2,
        };
        Ok(vec![Tensor::new(b.pad(x, axis, self.padding.before, self.padding.after)?)])
    }

    fn own_config(&self) -> Map<String, Json> {
        let mut config = Map::new();
        config.insert("padding".into(), self.padding.to_json());
        config.insert("data_format".into(), self.data_format.name().into());
        config
    }
}
