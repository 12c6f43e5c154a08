//! A sequence without its ends.

use serde_json::{Map, Value as Json};

use super::{Ends, Layer, LayerBase, Padding, Tensor, name_of, single_input};
use crate::builder::Builder;
use crate::error::{Error, Result};
use crate::ops::window::Window;
use crate::shape::Shape;

/// Drops `before` steps at the beginning of a sequence and `after` at its end: `[batch, time, channels] → [batch, time −
/// before − after, channels]`. At least one step must be left. The mask ends here.
///
/// ```
/// use gatewise::layers::{self, Cropping1d};
/// use ndarray::array;
///
/// let x = array![[[1.0], [2.0], [3.0], [4.0]]].into_dyn();
/// assert_eq!(layers::call(&Cropping1d::new((2, 1)), &[x], 1)?[0], array![[[3.0]]].into_dyn());
/// # Ok::<(), gatewise::Error>(())
/// ```
#[derive(Debug)]
pub struct Cropping1d {
    base: LayerBase,
    cropping: Ends,
}

impl Cropping1d {
    /// This many steps at each end: one number for both (Keras's default is 1) or a pair.
    pub fn new(cropping: impl Into<Ends>) -> Self {
        Self { base: LayerBase::default(), cropping: cropping.into() }
    }
}

impl Layer for Cropping1d {
    fn class_name(&self) -> &str {
        "Cropping1D"
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
        let [batch, steps, channels] = *shape.dims() else {
            let text = format!("expected inputs [batch, time, channels], got {shape}");
            return Err(Error::shape(name_of(self), text));
        };
        let Ends { before, after } = self.cropping;
        let y = match steps.map(|steps| steps.checked_sub(before + after)) {
            Some(Some(0) | None) => {
                let text = format!("expected more than {before} + {after} steps to crop, got inputs {shape}");
                return Err(Error::shape(name_of(self), text));
            }
            Some(Some(left)) => b.slice(x, 1, before, left)?,
            // A slice has a size, which is not known yet: the same steps as the middle ones of windows.
            None => {
                let size = before + after + 1;
                let windows =
                    b.windows(x, Window { size, stride: 1, dilation: 1, padding: Padding::Valid })?;
                b.reshape(b.slice(windows, 2, before, 1)?, &Shape::new([batch, None, channels]))?
            }
        };
        Ok(vec![Tensor::new(y)])
    }

    fn own_config(&self) -> Map<String, Json> {
        let mut config = Map::new();
        config.insert("cropping".into(), self.cropping.to_json());
        config
    }
}
