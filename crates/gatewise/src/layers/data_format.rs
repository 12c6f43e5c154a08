//! Where the channels of a sequence are.

use crate::builder::Builder;
use crate::error::Result;
use crate::graph::Value;
use crate::shape::Shape;

/// Keras's `data_format`: which axis of a sequence holds the channels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum DataFormat {
    /// `channels_last`: `[batch, time, channels]`.
    #[default]
    ChannelsLast,
    /// `channels_first`: `[batch, channels, time]`.
    ChannelsFirst,
}

impl DataFormat {
    /// Both of them.
    pub(crate) const ALL: [Self; 2] = [Self::ChannelsLast, Self::ChannelsFirst];

    /// Keras's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::ChannelsLast => "channels_last",
            Self::ChannelsFirst => "channels_first",
        }
    }

    /// The axes of the inputs, for messages.
    pub(super) fn axes(self) -> &'static str {
        match self {
            Self::ChannelsLast => "[batch, time, channels]",
            Self::ChannelsFirst => "[batch, channels, time]",
        }
    }

    /// Between this format and channels last, in either direction.
    pub(super) fn swap(self, b: &Builder, x: Value) -> Result<Value> {
        match self {
            Self::ChannelsLast => Ok(x),
            Self::ChannelsFirst => b.transpose(x, &[0, 2, 1]),
        }
    }

    /// The same for a shape of three axes.
    pub(super) fn swap_shape(self, shape: &Shape) -> Shape {
        match (self, shape.dims()) {
            (Self::ChannelsFirst, [batch, second, third]) => Shape::new([*batch, *third, *second]),
            _ => shape.clone(),
        }
    }
}
