//! Reading the arguments of a layer, each exactly once.

use serde_json::{Map, Value as Json};

use crate::activations::Activation;
use crate::constraints::{self, ConstraintArgument};
use crate::error::{Error, Result};
use crate::initializers::{self, InitializerArgument};
use crate::layers::Axes;
use crate::regularizers::{self, RegularizerArgument};
use crate::shape::Dim;

/// The arguments of one layer that have not been read yet.
pub(super) struct Reader {
    class_name: String,
    config: Map<String, Json>,
}

/// A size of at most 2³¹ − 1, so that products of two sizes and a few gates stay in range.
fn size_of(value: &Json) -> Option<usize> {
    whole(value).and_then(|size| usize::try_from(size).ok())
}

/// A whole number from −2³¹ to 2³¹ − 1.
fn whole(value: &Json) -> Option<i64> {
    value.as_i64().filter(|number| i32::try_from(*number).is_ok())
}

impl Reader {
    pub fn new(class_name: &str, config: Map<String, Json>) -> Self {
        Self { class_name: class_name.to_owned(), config }
    }

    pub fn class_name(&self) -> &str {
        &self.class_name
    }

    /// An argument; null counts as absent.
    fn take(&mut self, name: &str) -> Option<Json> {
        self.config.remove(name).filter(|value| !value.is_null())
    }

    /// An argument as it stands, null too.
    pub fn given(&mut self, name: &str) -> Option<Json> {
        self.config.remove(name)
    }

    /// An argument that may be absent.
    pub fn optional(&mut self, name: &str) -> Option<Json> {
        self.take(name)
    }

    pub fn wrong(&self, name: &str, expected: &str, got: &Json) -> Error {
        Error::argument(&self.class_name, format!("`{name}` must be {expected}, got {got}"))
    }

    /// An argument that must be there.
    pub fn required(&mut self, name: &str) -> Result<Json> {
        self.take(name).ok_or_else(|| self.lacking(name))
    }

    /// The error for an argument that must be there.
    pub fn lacking(&self, name: &str) -> Error {
        Error::argument(&self.class_name, format!("the configuration lacks the argument `{name}`"))
    }

    pub fn read<T>(
        &mut self,
        name: &str,
        expected: &str,
        convert: impl Fn(&Json) -> Option<T>,
    ) -> Result<Option<T>> {
        let Some(value) = self.take(name) else { return Ok(None) };
        convert(&value).map(Some).ok_or_else(|| self.wrong(name, expected, &value))
    }

    pub fn flag(&mut self, name: &str, default: bool) -> Result<bool> {
        Ok(self.read(name, "true or false", Json::as_bool)?.unwrap_or(default))
    }

    pub fn number(&mut self, name: &str, default: f32) -> Result<f32> {
        Ok(self.optional_number(name)?.unwrap_or(default))
    }

    pub fn optional_number(&mut self, name: &str) -> Result<Option<f32>> {
        Ok(self.read(name, "a number", Json::as_f64)?.map(|value| value as f32))
    }

    pub fn text(&mut self, name: &str) -> Result<Option<String>> {
        self.read(name, "a text", |value| value.as_str().map(str::to_owned))
    }

    /// A count that must be there.
    pub fn size(&mut self, name: &str) -> Result<usize> {
        let value = self.required(name)?;
        size_of(&value).ok_or_else(|| self.wrong(name, "a whole number of at most 2147483647", &value))
    }

    /// Keras's `seed`; a generator's state is not one.
    pub fn seed(&mut self) -> Result<Option<u64>> {
        self.read("seed", "a whole number of at least 0", Json::as_u64)
    }

    /// Keras's `implementation`; Keras 2 takes 0 as 1.
    pub fn implementation(&mut self) -> Result<u8> {
        let value = self.read("implementation", "0, 1 or 2", |value| value.as_u64().filter(|i| *i <= 2))?;
        Ok(value.map_or(2, |implementation| implementation.max(1) as u8))
    }

    pub fn integer(&mut self, name: &str, default: i64) -> Result<i64> {
        Ok(self.read(name, "a whole number", whole)?.unwrap_or(default))
    }

    /// A whole number or a list of them, as a list.
    pub fn optional_integers(&mut self, name: &str) -> Result<Option<Vec<i64>>> {
        self.read(name, "a whole number or a list of them", |value| match value.as_array() {
            Some(list) => list.iter().map(whole).collect(),
            None => whole(value).map(|number| vec![number]),
        })
    }

    /// The same for an argument that must be there.
    pub fn required_integers(&mut self, name: &str) -> Result<Vec<i64>> {
        let list = self.optional_integers(name)?;
        list.ok_or_else(|| self.lacking(name))
    }

    /// One axis or a list of them.
    pub fn axes(&mut self, name: &str, default: i64) -> Result<Axes> {
        let axes = self.read(name, "a whole number or a list of them", |value| match value.as_array() {
            Some(list) => list.iter().map(whole).collect::<Option<_>>().map(Axes::Several),
            None => whole(value).map(Axes::One),
        })?;
        Ok(axes.unwrap_or(Axes::One(default)))
    }

    pub fn integers(&mut self, name: &str) -> Result<Vec<i64>> {
        let value = self.required(name)?;
        let list = value.as_array().and_then(|list| list.iter().map(whole).collect());
        list.ok_or_else(|| self.wrong(name, "a list of whole numbers", &value))
    }

    pub fn dims(&mut self, name: &str) -> Result<Vec<Dim>> {
        let dims = self.optional_dims(name)?;
        dims.ok_or_else(|| self.lacking(name))
    }

    /// A shape with null for unknown sizes.
    pub fn optional_dims(&mut self, name: &str) -> Result<Option<Vec<Dim>>> {
        let size = |value: &Json| match value {
            Json::Null => Some(None),
            other => size_of(other).map(Some),
        };
        self.read(name, "a list of sizes or nulls", |value| {
            value.as_array().and_then(|list| list.iter().map(size).collect())
        })
    }

    pub fn activation(&mut self, name: &str, default: &str) -> Result<Activation> {
        // Keras writes an activation of `None` as "linear"; an absent one has the layer's default.
        Ok(self.text(name)?.map_or_else(|| default.into(), Activation::from))
    }

    pub fn initializer(&mut self, name: &str, default: &str) -> Result<InitializerArgument> {
        match self.take(name) {
            Some(value) => Ok(initializers::deserialize(&value)?.into()),
            None => Ok(default.into()),
        }
    }

    pub fn regularizer(&mut self, name: &str) -> Result<Option<RegularizerArgument>> {
        self.take(name).map(|value| regularizers::deserialize(&value).map(Into::into)).transpose()
    }

    pub fn constraint(&mut self, name: &str) -> Result<Option<ConstraintArgument>> {
        self.take(name).map(|value| constraints::deserialize(&value).map(Into::into)).transpose()
    }

    /// An argument that only its default value is supported for.
    pub fn only_default(&mut self, name: &str, default: &Json) -> Result<()> {
        match self.take(name) {
            Some(value) if value != *default => {
                let text = format!("`{name}` is only supported as {default}, got {value}");
                Err(Error::unsupported(&self.class_name, text))
            }
            _ => Ok(()),
        }
    }

    /// Layers compute in float32.
    pub fn check_dtype(&mut self) -> Result<()> {
        let Some(dtype) = self.take("dtype") else { return Ok(()) };
        let name = dtype.as_str().or_else(|| dtype.pointer("/config/name").and_then(Json::as_str));
        match name {
            Some("float32") => Ok(()),
            _ => {
                let text = format!("the dtype {dtype} is not supported, only float32");
                Err(Error::unsupported(&self.class_name, text))
            }
        }
    }

    /// Reports arguments that nobody has read.
    pub fn finish(self) -> Result<()> {
        match self.config.keys().next() {
            Some(name) => Err(Error::argument(&self.class_name, format!("there is no argument `{name}`"))),
            None => Ok(()),
        }
    }
}
