//! Steps repeated one by one.

use serde_json::{Map, Value as Json};

use super::{Layer, LayerBase, Tensor, name_of, single_input};
use crate::builder::Builder;
use crate::error::{Error, Result};
use crate::shape::Shape;

/// y[b, t, c] = x[b, ⌊t / size⌋, c]: `[batch, time, channels] → [batch, time · size, channels]`. The mask ends here.
///
/// ```
/// use gatewise::layers::{self, UpSampling1d};
/// use ndarray::array;
///
/// let x = array![[[1.0], [2.0]]].into_dyn();
/// let repeated = array![[[1.0], [1.0], [2.0], [2.0]]].into_dyn();
/// assert_eq!(layers::call(&UpSampling1d::new(2), &[x], 1)?[0], repeated);
/// # Ok::<(), gatewise::Error>(())
/// ```
#[derive(Debug)]
pub struct UpSampling1d {
    base: LayerBase,
    size: usize,
}

impl UpSampling1d {
    /// Repeats every step `size` times, at least once.
    pub fn new(size: usize) -> Self {
        Self { base: LayerBase::default(), size }
    }
}

impl Layer for UpSampling1d {
    fn class_name(&self) -> &str {
        "UpSampling1D"
    }

    fn base(&self) -> &LayerBase {
        &self.base
    }

    fn base_mut(&mut self) -> &mut LayerBase {
        &mut self.base
    }

    fn check(&self) -> Result<()> {
        if self.size > 0 {
            return Ok(());
        }
        Err(Error::argument(name_of(self), "`size` must be at least 1, got 0"))
    }

    fn call(&self, b: &Builder, inputs: &[Tensor]) -> Result<Vec<Tensor>> {
        let x = single_input(self, inputs)?.value;
        let shape = b.shape(x);
        let [batch, steps, channels] = *shape.dims() else {
            let text = format!("expected inputs [batch, time, channels], got {shape}");
            return Err(Error::shape(name_of(self), text));
        };
        let repeated = Shape::new([batch, steps, Some(self.size), channels]);
        let repeated = b.broadcast_to(b.expand_dims(x, 2)?, &repeated)?;
        let longer = Shape::new([batch, steps.map(|steps| steps * self.size), channels]);
        Ok(vec![Tensor::new(b.reshape(repeated, &longer)?)])
    }

    fn own_config(&self) -> Map<String, Json> {
        let mut config = Map::new();
        config.insert("size".into(), self.size.into());
        config
    }
}
