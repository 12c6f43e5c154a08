//! Attention, from its configurations.

use std::sync::Arc;

use serde_json::Value as Json;

use super::Reader;
use crate::error::Result;
use crate::layers::{AdditiveAttention, Attention, Layer, MultiHeadAttention, ScoreMode};

pub(super) fn attention(r: &mut Reader) -> Result<Arc<dyn Layer>> {
    let mut layer = Attention::new()
        .use_scale(r.flag("use_scale", false)?)
        .score_mode(r.choice("score_mode", &ScoreMode::ALL, ScoreMode::name)?)
        .dropout(r.number("dropout", 0.0)?);
    layer = r.seed()?.into_iter().fold(layer, Attention::seed);
    r.base(layer)
}

pub(super) fn additive_attention(r: &mut Reader) -> Result<Arc<dyn Layer>> {
    let mut layer =
        AdditiveAttention::new().use_scale(r.flag("use_scale", true)?).dropout(r.number("dropout", 0.0)?);
    layer = r.seed()?.into_iter().fold(layer, AdditiveAttention::seed);
    r.base(layer)
}

pub(super) fn multi_head_attention(r: &mut Reader) -> Result<Arc<dyn Layer>> {
    let mut layer = MultiHeadAttention::new(r.size("num_heads")?, r.size("key_dim")?)
        .dropout(r.number("dropout", 0.0)?)
        .use_bias(r.flag("use_bias", true)?)
        .use_gate(r.flag("use_gate", false)?)
        .kernel_initializer(r.initializer("kernel_initializer", "glorot_uniform")?)
        .bias_initializer(r.initializer("bias_initializer", "zeros")?);
    layer = r.optional_size("value_dim")?.into_iter().fold(layer, MultiHeadAttention::value_dim);
    layer = r.optional_size("sliding_window")?.into_iter().fold(layer, MultiHeadAttention::sliding_window);
    layer = r.optional_sizes("output_shape")?.into_iter().fold(layer, MultiHeadAttention::output_shape);
    let axes = r.optional_integers("attention_axes")?;
    layer = axes.into_iter().fold(layer, MultiHeadAttention::attention_axes);
    let (kernel, bias) = (r.regularizer("kernel_regularizer")?, r.regularizer("bias_regularizer")?);
    layer = kernel.into_iter().fold(layer, MultiHeadAttention::kernel_regularizer);
    layer = bias.into_iter().fold(layer, MultiHeadAttention::bias_regularizer);
    let activity = r.regularizer("activity_regularizer")?;
    layer = activity.into_iter().fold(layer, MultiHeadAttention::activity_regularizer);
    let (kernel, bias) = (r.constraint("kernel_constraint")?, r.constraint("bias_constraint")?);
    layer = kernel.into_iter().fold(layer, MultiHeadAttention::kernel_constraint);
    layer = bias.into_iter().fold(layer, MultiHeadAttention::bias_constraint);
    layer = r.seed()?.into_iter().fold(layer, MultiHeadAttention::seed);
    r.only_default("flash_attention", &Json::Bool(false))?;
    r.base(layer)
}
