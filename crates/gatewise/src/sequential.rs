//! A chain of layers.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use crate::error::{Error, Result};
use crate::layers::{IntoLayer, Layer};
use crate::model::Model;

/// A model that is a chain of layers.
///
/// It is built from its [`Input`](crate::layers::Input), from the shape given on its first layer, or from the first
/// data that it sees. Everything that a [`Model`] can do, it can do.
///
/// ```
/// use gatewise::layers::{Dense, Input, Lstm};
/// use gatewise::{Compile, Fit, Sequential};
/// use ndarray::Array;
///
/// let mut model = Sequential::new().with_seed(7);
/// model.add(Input::new([Some(5), Some(1)]))?;
/// model.add(Lstm::new(8))?;
/// model.add(Dense::new(1))?;
/// model.compile(Compile::new("adam", "mse"))?;
///
/// let x = Array::from_shape_fn((16, 5, 1), |(i, t, _)| ((i + t) as f32 / 3.0).sin()).into_dyn();
/// let y = Array::from_shape_fn((16, 1), |(i, _)| ((i + 5) as f32 / 3.0).sin()).into_dyn();
/// let history = model.fit(&x, &y, Fit { epochs: 3, ..Fit::default() })?;
/// assert_eq!(history.get("loss").len(), 3);
/// assert_eq!(model.predict(&x)?.shape(), [16, 1]);
/// # Ok::<(), gatewise::Error>(())
/// ```
#[derive(Debug)]
pub struct Sequential {
    model: Model,
}

impl Default for Sequential {
    fn default() -> Self {
        Self::new()
    }
}

impl Sequential {
    /// A model without layers, with a seed from the system's entropy.
    pub fn new() -> Self {
        Self { model: Model::chain() }
    }

    /// Sets the seed of everything random in the model: fresh weights, dropout and shuffling.
    pub fn with_seed(mut self, seed: u64) -> Self {
        self.model.set_seed(seed);
        self
    }

    /// Sets the name of the model.
    pub fn with_name(mut self, name: impl Into<String>) -> Self {
        self.model.set_name(name.into());
        self
    }

    /// Appends a layer. A layer without a name gets one as Keras gives it: `lstm`, `lstm_1`, ….
    ///
    /// # Errors
    /// If an argument of the layer is out of range, its name is taken, or it does not fit the layers before it.
    pub fn add(&mut self, layer: impl IntoLayer) -> Result<&mut Self> {
        self.model.append(layer.into_layer())?;
        Ok(self)
    }

    /// The same layers and arguments from what [`Model::get_config`] gave, with fresh weights.
    ///
    /// # Errors
    /// If a layer or an argument is unknown.
    pub fn from_config(config: &serde_json::Value) -> Result<Self> {
        Ok(Self { model: Model::chain_from_config(config)? })
    }

    /// The layers, without the input.
    pub fn layers(&self) -> &[Arc<dyn Layer>] {
        self.model.layers()
    }
}

impl TryFrom<Model> for Sequential {
    type Error = Error;

    /// The model as the chain that it is.
    fn try_from(model: Model) -> Result<Self> {
        if model.is_sequential() {
            return Ok(Self { model });
        }
        Err(Error::argument(model.name(), "expected a chain of layers, got a functional model; use `Model`"))
    }
}

impl Deref for Sequential {
    type Target = Model;

    fn deref(&self) -> &Model {
        &self.model
    }
}

impl DerefMut for Sequential {
    fn deref_mut(&mut self) -> &mut Model {
        &mut self.model
    }
}
