//! Layers from Keras's configurations.

use std::sync::Arc;

use serde_json::Value as Json;

use super::operation::{Operation, OperationKind};
use super::{Activation, Dense, Dropout, Embedding, Flatten, Input, Layer, LayerOptions, Masking};
use super::{Add, Average, Identity, Maximum, Minimum, Multiply, Subtract};
use super::{RepeatVector, Reshape, TimeDistributed};
use crate::error::{Error, Result};
use crate::model;
use crate::serialization;

mod activations;
mod attention;
mod conv;
mod merge;
mod noise;
mod normalization;
mod preprocessing;
mod reader;
mod recurrent;
mod sequences;

use reader::Reader;

/// A layer that a configuration describes.
type Create = fn(&mut Reader) -> Result<Arc<dyn Layer>>;

const CLASSES: &[(&str, Create)] = &[
    ("InputLayer", input),
    ("LSTM", recurrent::layer),
    ("Dense", dense),
    ("Dropout", dropout),
    ("Activation", |r| {
        r.activation("activation", "linear").map(Activation::new).and_then(|layer| r.base(layer))
    }),
    ("Flatten", flatten),
    ("Reshape", |r| r.integers("target_shape").map(Reshape::new).and_then(|layer| r.base(layer))),
    ("RepeatVector", |r| r.size("n").map(RepeatVector::new).and_then(|layer| r.base(layer))),
    ("TimeDistributed", time_distributed),
    ("Masking", |r| r.number("mask_value", 0.0).map(Masking::new).and_then(|layer| r.base(layer))),
    ("Embedding", embedding),
    ("Add", |r| r.base(Add::new())),
    ("Subtract", |r| r.base(Subtract::new())),
    ("Multiply", |r| r.base(Multiply::new())),
    ("Average", |r| r.base(Average::new())),
    ("Maximum", |r| r.base(Maximum::new())),
    ("Minimum", |r| r.base(Minimum::new())),
    ("Concatenate", merge::concatenate),
    ("Dot", merge::dot),
    ("RNN", recurrent::layer),
    ("GRU", recurrent::layer),
    ("SimpleRNN", recurrent::layer),
    ("ConvLSTM1D", recurrent::layer),
    ("ConvLSTM2D", recurrent::layer),
    ("ConvLSTM3D", recurrent::layer),
    ("Bidirectional", recurrent::bidirectional),
    ("LSTMCell", recurrent::cell),
    ("GRUCell", recurrent::cell),
    ("SimpleRNNCell", recurrent::cell),
    ("StackedRNNCells", recurrent::cell),
    ("Conv1D", conv::conv1d),
    ("MaxPooling1D", sequences::max_pooling1d),
    ("AveragePooling1D", sequences::average_pooling1d),
    ("GlobalMaxPooling1D", sequences::global_max_pooling1d),
    ("GlobalAveragePooling1D", sequences::global_average_pooling1d),
    ("UpSampling1D", sequences::up_sampling1d),
    ("ZeroPadding1D", sequences::zero_padding1d),
    ("Cropping1D", sequences::cropping1d),
    ("ReLU", activations::relu),
    ("LeakyReLU", activations::leaky_relu),
    ("PReLU", activations::prelu),
    ("ELU", activations::elu),
    ("Softmax", activations::softmax),
    ("Permute", activations::permute),
    ("Identity", |r| r.base(Identity::new())),
    ("ActivityRegularization", activations::activity_regularization),
    ("Rescaling", activations::rescaling),
    ("Attention", attention::attention),
    ("AdditiveAttention", attention::additive_attention),
    ("MultiHeadAttention", attention::multi_head_attention),
    ("SpatialDropout1D", noise::spatial_dropout1d),
    ("GaussianNoise", noise::gaussian_noise),
    ("GaussianDropout", noise::gaussian_dropout),
    ("AlphaDropout", noise::alpha_dropout),
    ("CategoryEncoding", preprocessing::category_encoding),
    ("Normalization", preprocessing::normalization),
    ("BatchNormalization", normalization::batch),
    ("LayerNormalization", normalization::layer),
    ("GroupNormalization", normalization::group),
    ("RMSNormalization", normalization::rms),
];

/// Nodes of a graph that no user writes, and layers that no configuration can hold.
const OPERATIONS: &[(&str, Create)] = &[
    ("NotEqual", |r| r.operation(OperationKind::NotEqual)),
    ("Any", any),
    ("ConvertToTensor", convert_to_tensor),
    ("Lambda", preprocessing::lambda),
];

/// A layer from Keras's envelope `{"class_name": …, "config": {…}}`.
///
/// ```
/// use gatewise::layers;
///
/// let config = serde_json::json!({"class_name": "LSTM", "config": {"name": "encoder", "units": 8}});
/// let layer = layers::deserialize(&config)?;
/// assert_eq!(layer.base().name(), Some("encoder"));
/// # Ok::<(), gatewise::Error>(())
/// ```
///
/// # Errors
/// If the class or one of its arguments is unknown, or an argument has the wrong type.
pub fn deserialize(value: &Json) -> Result<Arc<dyn Layer>> {
    let (class_name, config) = serialization::unwrap("layer", value)?;
    if let Some(model) = model::deserialize(class_name, &config) {
        return model;
    }
    let Some((_, create)) = CLASSES.iter().chain(OPERATIONS).find(|(known, _)| *known == class_name) else {
        let known: Vec<&str> = CLASSES.iter().map(|(known, _)| *known).collect();
        let text = format!("the class \"{class_name}\" is not supported, known are: {}", known.join(", "));
        return Err(Error::unsupported("layer", text));
    };
    let mut reader = Reader::new(class_name, config);
    let layer = create(&mut reader)?;
    reader.finish()?;
    layer.base().check()?;
    layer.check()?;
    Ok(layer)
}

fn input(r: &mut Reader) -> Result<Arc<dyn Layer>> {
    let mut layer = Input::batch(r.dims("batch_shape")?);
    layer = r.text("dtype")?.into_iter().fold(layer, Input::dtype);
    for name in ["sparse", "ragged", "optional"] {
        r.only_default(name, &Json::Bool(false))?;
    }
    r.base(layer)
}

fn dense(r: &mut Reader) -> Result<Arc<dyn Layer>> {
    let mut layer = Dense::new(r.size("units")?)
        .activation(r.activation("activation", "linear")?)
        .use_bias(r.flag("use_bias", true)?)
        .kernel_initializer(r.initializer("kernel_initializer", "glorot_uniform")?)
        .bias_initializer(r.initializer("bias_initializer", "zeros")?);
    layer = r.regularizer("kernel_regularizer")?.into_iter().fold(layer, Dense::kernel_regularizer);
    layer = r.regularizer("bias_regularizer")?.into_iter().fold(layer, Dense::bias_regularizer);
    layer = r.regularizer("activity_regularizer")?.into_iter().fold(layer, Dense::activity_regularizer);
    layer = r.constraint("kernel_constraint")?.into_iter().fold(layer, Dense::kernel_constraint);
    layer = r.constraint("bias_constraint")?.into_iter().fold(layer, Dense::bias_constraint);
    r.only_default("quantization_config", &Json::Null)?;
    r.base(layer)
}

fn dropout(r: &mut Reader) -> Result<Arc<dyn Layer>> {
    let mut layer = Dropout::new(r.number("rate", 0.0)?);
    layer = r.optional_dims("noise_shape")?.into_iter().fold(layer, Dropout::noise_shape);
    layer = r.seed()?.into_iter().fold(layer, Dropout::seed);
    r.base(layer)
}

fn flatten(r: &mut Reader) -> Result<Arc<dyn Layer>> {
    r.only_default("data_format", &Json::from("channels_last"))?;
    r.base(Flatten::new())
}

fn time_distributed(r: &mut Reader) -> Result<Arc<dyn Layer>> {
    let layer = TimeDistributed::new(deserialize(&r.required("layer")?)?);
    r.base(layer)
}

fn embedding(r: &mut Reader) -> Result<Arc<dyn Layer>> {
    let mut layer = Embedding::new(r.size("input_dim")?, r.size("output_dim")?)
        .mask_zero(r.flag("mask_zero", false)?)
        .embeddings_initializer(r.initializer("embeddings_initializer", "uniform")?);
    let regularizer = r.regularizer("embeddings_regularizer")?;
    layer = regularizer.into_iter().fold(layer, Embedding::embeddings_regularizer);
    let constraint = r.constraint("embeddings_constraint")?;
    layer = constraint.into_iter().fold(layer, Embedding::embeddings_constraint);
    r.only_default("activity_regularizer", &Json::Null)?;
    r.only_default("quantization_config", &Json::Null)?;
    r.base(layer)
}

fn any(r: &mut Reader) -> Result<Arc<dyn Layer>> {
    r.only_default("axis", &Json::from(-1))?;
    r.only_default("keepdims", &Json::Bool(false))?;
    r.operation(OperationKind::Any)
}

fn convert_to_tensor(r: &mut Reader) -> Result<Arc<dyn Layer>> {
    for name in ["dtype", "sparse", "ragged"] {
        r.only_default(name, &Json::Null)?;
    }
    r.operation(OperationKind::ConvertToTensor)
}

impl Reader {
    fn operation(&mut self, kind: OperationKind) -> Result<Arc<dyn Layer>> {
        self.base(Operation::new(kind))
    }

    /// The layer with the arguments that every layer has, as a handle.
    fn base<L: Layer + 'static>(&mut self, layer: L) -> Result<Arc<dyn Layer>> {
        Ok(Arc::new(self.with_base(layer)?))
    }

    /// The layer with the arguments that every layer has.
    fn with_base<L: Layer>(&mut self, mut layer: L) -> Result<L> {
        self.check_dtype()?;
        if let Some(name) = self.text("name")? {
            layer = layer.with_name(name);
        }
        if let Some(shape) = self.optional_dims("batch_input_shape")? {
            layer = layer.batch_input_shape(shape);
        }
        Ok(layer.trainable(self.flag("trainable", true)?))
    }
}

#[cfg(test)]
mod tests;
