//! Reading recurrent layers and cells.

use std::sync::Arc;

use serde_json::Value as Json;

use super::reader::Reader;
use crate::error::{Error, Result};
use crate::layers::cells::{CellKind, WeightedCell};
use crate::layers::recurrent::{LayerCell, RecurrentForm, RecurrentLayer};
use crate::layers::{Bidirectional, ConvLstm, ConvLstmCell, MergeMode, Padding, Recurrent};
use crate::layers::{
    Cell, Gru, GruCell, Layer, Lstm, LstmCell, Rnn, SimpleRnn, SimpleRnnCell, StackedRnnCells,
};
use crate::serialization;

/// A cell that a configuration describes.
type Create = fn(&mut Reader) -> Result<Arc<dyn Cell>>;

const CELLS: &[(&str, Create)] = &[
    ("LSTMCell", |r| lstm_cell(r).and_then(|cell| named(r, cell))),
    ("GRUCell", |r| gru_cell(r).and_then(|cell| named(r, cell))),
    ("SimpleRNNCell", |r| simple_rnn_cell(r).and_then(|cell| named(r, cell))),
    ("StackedRNNCells", |r| stacked(r).and_then(|cell| named(r, cell))),
];

/// The cell as a layer.
pub fn cell(r: &mut Reader) -> Result<Arc<dyn Layer>> {
    let class_name = r.class_name().to_owned();
    let (_, create) = CELLS.iter().find(|(known, _)| *known == class_name).expect("a row of the registry");
    Ok(create(r)?)
}

/// A cell from Keras's envelope.
fn deserialize_cell(value: &Json) -> Result<Arc<dyn Cell>> {
    let (class_name, config) = serialization::unwrap("cell", value)?;
    let Some((_, create)) = CELLS.iter().find(|(known, _)| *known == class_name) else {
        let known: Vec<&str> = CELLS.iter().map(|(known, _)| *known).collect();
        let text = format!("the class \"{class_name}\" is not supported, known are: {}", known.join(", "));
        return Err(Error::unsupported("cell", text));
    };
    let mut reader = Reader::new(class_name, config);
    let cell = create(&mut reader)?;
    reader.finish()?;
    cell.base().check()?;
    cell.check()?;
    Ok(cell)
}

/// A cell with name and flag, which nothing else can be told on the way.
fn named<C: Cell + 'static>(r: &mut Reader, cell: C) -> Result<Arc<dyn Cell>> {
    Ok(Arc::new(r.with_base(cell)?))
}

/// A recurrent layer that a configuration describes.
type CreateLayer = fn(&mut Reader) -> Result<Box<dyn Recurrent>>;

const LAYERS: &[(&str, CreateLayer)] = &[
    ("LSTM", |r| lstm(r).and_then(|layer| boxed(r, layer))),
    ("RNN", |r| r.required("cell").and_then(|cell| sequence(r, Rnn::new(deserialize_cell(&cell)?)))),
    ("GRU", |r| gru_cell(r).and_then(|cell| sequence(r, Gru::with(cell)))),
    ("SimpleRNN", |r| simple_rnn_cell(r).and_then(|cell| sequence(r, SimpleRnn::with(cell)))),
    ("ConvLSTM1D", |r| conv_lstm_cell(r).and_then(|cell| sequence(r, ConvLstm::<1>::with(cell)))),
    ("ConvLSTM2D", |r| conv_lstm_cell(r).and_then(|cell| sequence(r, ConvLstm::<2>::with(cell)))),
    ("ConvLSTM3D", |r| conv_lstm_cell(r).and_then(|cell| sequence(r, ConvLstm::<3>::with(cell)))),
];

fn find(class_name: &str) -> Option<&'static CreateLayer> {
    LAYERS.iter().find(|(known, _)| *known == class_name).map(|(_, create)| create)
}

/// A recurrent layer.
pub fn layer(r: &mut Reader) -> Result<Arc<dyn Layer>> {
    let create = find(r.class_name()).expect("a row of the registry");
    let layer: Arc<dyn Recurrent> = Arc::from(create(r)?);
    Ok(layer)
}

/// A recurrent layer from Keras's envelope.
fn deserialize_recurrent(value: &Json) -> Result<Box<dyn Recurrent>> {
    let (class_name, config) = serialization::unwrap("layer", value)?;
    let Some(create) = find(class_name) else {
        let known: Vec<&str> = LAYERS.iter().map(|(known, _)| *known).collect();
        let text =
            format!("the class \"{class_name}\" is not supported inside, known are: {}", known.join(", "));
        return Err(Error::unsupported("Bidirectional", text));
    };
    let mut reader = Reader::new(class_name, config);
    let layer = create(&mut reader)?;
    reader.finish()?;
    Ok(layer)
}

pub fn bidirectional(r: &mut Reader) -> Result<Arc<dyn Layer>> {
    let mut layer = Bidirectional::over(deserialize_recurrent(&r.required("layer")?)?);
    // Keras 2 leaves it out where it follows from the forward layer.
    if let Some(backward) = r.optional("backward_layer") {
        layer = layer.with_backward(deserialize_recurrent(&backward)?);
    }
    layer = layer.merge_mode(r.merge_mode()?);
    r.only_default("weights", &Json::Null)?;
    let activity = r.regularizer("activity_regularizer")?;
    r.base(activity.into_iter().fold(layer, Bidirectional::activity_regularizer))
}

impl Reader {
    /// Keras's `merge_mode`, in which null is a mode.
    fn merge_mode(&mut self) -> Result<MergeMode> {
        let Some(value) = self.given("merge_mode") else { return Ok(MergeMode::default()) };
        if value.is_null() {
            return Ok(MergeMode::None);
        }
        let known = MergeMode::NAMED.into_iter().find(|mode| mode.name() == value.as_str());
        known.ok_or_else(|| {
            let names: Vec<&str> = MergeMode::NAMED.iter().filter_map(|mode| mode.name()).collect();
            self.wrong("merge_mode", &format!("one of {} or null", names.join(", ")), &value)
        })
    }
}

/// The layer with name and flag.
fn boxed<L: Recurrent>(r: &mut Reader, layer: L) -> Result<Box<dyn Recurrent>> {
    Ok(Box::new(r.with_base(layer)?))
}

/// The layer with the arguments of every recurrent layer.
fn sequence<C: LayerCell + ?Sized + 'static>(
    r: &mut Reader,
    layer: RecurrentLayer<C>,
) -> Result<Box<dyn Recurrent>> {
    let layer = layer.with_form(form(r)?);
    let activity = r.regularizer("activity_regularizer")?;
    boxed(r, activity.into_iter().fold(layer, RecurrentLayer::activity_regularizer))
}

/// What a recurrent layer reads and returns.
fn form(r: &mut Reader) -> Result<RecurrentForm> {
    Ok(RecurrentForm {
        return_sequences: r.flag("return_sequences", false)?,
        return_state: r.flag("return_state", false)?,
        go_backwards: r.flag("go_backwards", false)?,
        stateful: r.flag("stateful", false)?,
        unroll: r.flag("unroll", false)?,
        zero_output_for_mask: r.flag("zero_output_for_mask", false)?,
    })
}

fn lstm(r: &mut Reader) -> Result<Lstm> {
    let mut layer = Lstm::new(r.size("units")?)
        .activation(r.activation("activation", "tanh")?)
        .recurrent_activation(r.activation("recurrent_activation", "sigmoid")?)
        .use_bias(r.flag("use_bias", true)?)
        .unit_forget_bias(r.flag("unit_forget_bias", true)?)
        .kernel_initializer(r.initializer("kernel_initializer", "glorot_uniform")?)
        .recurrent_initializer(r.initializer("recurrent_initializer", "orthogonal")?)
        .bias_initializer(r.initializer("bias_initializer", "zeros")?)
        .dropout(r.number("dropout", 0.0)?)
        .recurrent_dropout(r.number("recurrent_dropout", 0.0)?)
        .implementation(r.implementation()?);
    layer = r.regularizer("kernel_regularizer")?.into_iter().fold(layer, Lstm::kernel_regularizer);
    layer = r.regularizer("recurrent_regularizer")?.into_iter().fold(layer, Lstm::recurrent_regularizer);
    layer = r.regularizer("bias_regularizer")?.into_iter().fold(layer, Lstm::bias_regularizer);
    layer = r.regularizer("activity_regularizer")?.into_iter().fold(layer, Lstm::activity_regularizer);
    layer = r.constraint("kernel_constraint")?.into_iter().fold(layer, Lstm::kernel_constraint);
    layer = r.constraint("recurrent_constraint")?.into_iter().fold(layer, Lstm::recurrent_constraint);
    layer = r.constraint("bias_constraint")?.into_iter().fold(layer, Lstm::bias_constraint);
    layer = r.seed()?.into_iter().fold(layer, Lstm::seed);
    layer.set_form(form(r)?);
    Ok(layer)
}

fn stacked(r: &mut Reader) -> Result<StackedRnnCells> {
    let cells = r.required("cells")?;
    let list = cells.as_array().ok_or_else(|| r.wrong("cells", "a list of cells", &cells))?;
    list.iter().try_fold(StackedRnnCells::new(), |stack, cell| Ok(stack.cell(deserialize_cell(cell)?)))
}

fn lstm_cell(r: &mut Reader) -> Result<LstmCell> {
    let cell = LstmCell::new(r.size("units")?)
        .recurrent_activation(r.activation("recurrent_activation", "sigmoid")?)
        .unit_forget_bias(r.flag("unit_forget_bias", true)?)
        .implementation(r.implementation()?);
    arguments(r, cell)
}

fn gru_cell(r: &mut Reader) -> Result<GruCell> {
    let cell = GruCell::new(r.size("units")?)
        .recurrent_activation(r.activation("recurrent_activation", "sigmoid")?)
        .reset_after(r.flag("reset_after", true)?)
        .implementation(r.implementation()?);
    arguments(r, cell)
}

fn conv_lstm_cell<const RANK: usize>(r: &mut Reader) -> Result<ConvLstmCell<RANK>> {
    let sizes = r.sizes("kernel_size")?.ok_or_else(|| r.lacking("kernel_size"))?;
    let mut cell = ConvLstmCell::new(r.size("filters")?, sizes);
    cell.kind.strides = r.sizes("strides")?.unwrap_or([1; RANK]);
    cell.kind.dilation_rate = r.sizes("dilation_rate")?.unwrap_or([1; RANK]);
    cell.kind.padding = r.padding(&[Padding::Valid, Padding::Same])?;
    cell.kind.data_format = r.data_format()?;
    cell.kind.recurrent_activation = r.activation("recurrent_activation", "sigmoid")?;
    cell.kind.unit_forget_bias = r.flag("unit_forget_bias", true)?;
    arguments(r, cell)
}

fn simple_rnn_cell(r: &mut Reader) -> Result<SimpleRnnCell> {
    let cell = SimpleRnnCell::new(r.size("units")?);
    arguments(r, cell)
}

/// The cell with the arguments that all cells have in common.
fn arguments<K: CellKind>(r: &mut Reader, cell: WeightedCell<K>) -> Result<WeightedCell<K>> {
    let mut cell = cell
        .activation(r.activation("activation", "tanh")?)
        .use_bias(r.flag("use_bias", true)?)
        .kernel_initializer(r.initializer("kernel_initializer", "glorot_uniform")?)
        .recurrent_initializer(r.initializer("recurrent_initializer", "orthogonal")?)
        .bias_initializer(r.initializer("bias_initializer", "zeros")?)
        .dropout(r.number("dropout", 0.0)?)
        .recurrent_dropout(r.number("recurrent_dropout", 0.0)?);
    cell = r.regularizer("kernel_regularizer")?.into_iter().fold(cell, WeightedCell::kernel_regularizer);
    cell =
        r.regularizer("recurrent_regularizer")?.into_iter().fold(cell, WeightedCell::recurrent_regularizer);
    cell = r.regularizer("bias_regularizer")?.into_iter().fold(cell, WeightedCell::bias_regularizer);
    cell = r.constraint("kernel_constraint")?.into_iter().fold(cell, WeightedCell::kernel_constraint);
    cell = r.constraint("recurrent_constraint")?.into_iter().fold(cell, WeightedCell::recurrent_constraint);
    cell = r.constraint("bias_constraint")?.into_iter().fold(cell, WeightedCell::bias_constraint);
    Ok(r.seed()?.into_iter().fold(cell, WeightedCell::seed))
}
