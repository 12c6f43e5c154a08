//! Convolutions, from their configurations.

use std::sync::Arc;

use super::Reader;
use crate::error::Result;
use crate::layers::{Conv1d, DataFormat, Layer, Padding};

pub(super) fn conv1d(r: &mut Reader) -> Result<Arc<dyn Layer>> {
    let mut layer = Conv1d::new(r.size("filters")?, r.only_size("kernel_size")?)
        .strides(r.optional_size("strides")?.unwrap_or(1))
        .padding(r.padding(&Padding::ALL)?)
        .data_format(r.data_format()?)
        .dilation_rate(r.optional_size("dilation_rate")?.unwrap_or(1))
        .groups(r.optional_size("groups")?.unwrap_or(1))
        .activation(r.activation("activation", "linear")?)
        .use_bias(r.flag("use_bias", true)?)
        .kernel_initializer(r.initializer("kernel_initializer", "glorot_uniform")?)
        .bias_initializer(r.initializer("bias_initializer", "zeros")?);
    layer = r.regularizer("kernel_regularizer")?.into_iter().fold(layer, Conv1d::kernel_regularizer);
    layer = r.regularizer("bias_regularizer")?.into_iter().fold(layer, Conv1d::bias_regularizer);
    layer = r.regularizer("activity_regularizer")?.into_iter().fold(layer, Conv1d::activity_regularizer);
    layer = r.constraint("kernel_constraint")?.into_iter().fold(layer, Conv1d::kernel_constraint);
    layer = r.constraint("bias_constraint")?.into_iter().fold(layer, Conv1d::bias_constraint);
    r.base(layer)
}

impl Reader {
    /// A count, which Keras writes as a list of one number.
    pub fn optional_size(&mut self, name: &str) -> Result<Option<usize>> {
        let Some(list) = self.optional_integers(name)? else { return Ok(None) };
        match list[..] {
            [size] if size >= 0 => Ok(Some(size as usize)),
            _ => Err(self.wrong(name, "a whole number of at least 0", &list.into())),
        }
    }

    /// The same for an argument that must be there.
    pub fn only_size(&mut self, name: &str) -> Result<usize> {
        match self.optional_size(name)? {
            Some(size) => Ok(size),
            None => self.size(name),
        }
    }

    /// A size along each axis: a list, or one number for all.
    pub fn sizes<const RANK: usize>(&mut self, name: &str) -> Result<Option<[usize; RANK]>> {
        let Some(list) = self.optional_integers(name)? else { return Ok(None) };
        let known: Option<Vec<usize>> = list.iter().map(|size| usize::try_from(*size).ok()).collect();
        let sizes = known.and_then(|sizes| match sizes[..] {
            [size] => Some([size; RANK]),
            _ => sizes.try_into().ok(),
        });
        let expected = format!("a whole number of at least 0, or a list of {RANK}");
        sizes.map(Some).ok_or_else(|| self.wrong(name, &expected, &list.into()))
    }

    /// Keras's `padding`, one of these.
    pub fn padding(&mut self, known: &[Padding]) -> Result<Padding> {
        self.choice("padding", known, |padding| padding.name())
    }

    /// Keras's `data_format`.
    pub fn data_format(&mut self) -> Result<DataFormat> {
        self.choice("data_format", &DataFormat::ALL, |format| format.name())
    }

    /// The value of this name, in any case of letters as Keras reads it; the default if absent.
    pub fn choice<T: Copy + Default>(
        &mut self,
        name: &str,
        known: &[T],
        name_of: fn(T) -> &'static str,
    ) -> Result<T> {
        let Some(text) = self.text(name)? else { return Ok(T::default()) };
        let found = known.iter().find(|value| name_of(**value) == text.to_lowercase());
        found.copied().ok_or_else(|| {
            let names: Vec<&str> = known.iter().map(|value| name_of(*value)).collect();
            self.wrong(name, &format!("one of {}", names.join(", ")), &text.into())
        })
    }
}
