//! How the bias of an LSTM starts.

use std::sync::Arc;

use ndarray::{ArrayD, Axis, concatenate};
use serde_json::Value as Json;

use crate::error::Result;
use crate::initializers::{Initializer, InitializerRandom, Ones};

/// With `unit_forget_bias` the forget block is ones and the other blocks come from the initializer, which is called
/// for the first block and once more for the last two, as Keras does; it is not forced to zeros.
#[derive(Debug)]
pub(in crate::layers) struct BiasInitializer {
    pub initializer: Arc<dyn Initializer>,
    pub unit_forget_bias: bool,
}

impl Initializer for BiasInitializer {
    fn class_name(&self) -> &str {
        self.initializer.class_name()
    }

    fn config(&self) -> Json {
        self.initializer.config()
    }

    fn initialize(&self, shape: &[usize], random: &mut InitializerRandom) -> Result<ArrayD<f32>> {
        if !self.unit_forget_bias {
            return self.initializer.initialize(shape, random);
        }
        let units = shape[0] / 4;
        let input = self.initializer.initialize(&[units], random)?;
        let forget = Ones.initialize(&[units], random)?;
        let rest = self.initializer.initialize(&[2 * units], random)?;
        let blocks = [input.view(), forget.view(), rest.view()];
        Ok(concatenate(Axis(0), &blocks).expect("three vectors can be joined"))
    }
}
