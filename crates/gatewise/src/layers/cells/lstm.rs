//! The cell of an LSTM, written in operations.

use std::sync::Arc;

use serde_json::{Map, Value as Json, json};

use super::WeightedCell;
use super::arguments::{
    Arguments, DEFAULT_IMPLEMENTATION, check_activation, check_implementation, insert_implementation,
};
use super::gates::Step;
use super::weighted::CellKind;
use crate::activations::Activation;
use crate::error::Result;
use crate::graph::Value;
use crate::initializers::Initializer;
use crate::layers::lstm::BiasInitializer;

/// Keras's `LSTMCell`: the equations of [`Lstm`](crate::layers::Lstm) for one step, with its weights and arguments.
///
/// [`Lstm`](crate::layers::Lstm) computes the same in a kernel of its own and is many times faster; the cell is for
/// stacks of cells, and for steps that a program of your own takes one by one.
///
/// ```
/// use gatewise::layers::{self, LstmCell, Rnn};
/// use ndarray::ArrayD;
///
/// let layer = Rnn::new(LstmCell::new(4)).return_state(true);
/// let outputs = layers::call(&layer, &[ArrayD::zeros(vec![2, 5, 3])], 0)?;
/// assert_eq!(outputs.len(), 3); // the output, h and c
/// # Ok::<(), gatewise::Error>(())
/// ```
pub type LstmCell = WeightedCell<LstmKind>;

/// What an [`LstmCell`] has beside the arguments of all cells.
#[derive(Debug, Clone)]
pub struct LstmKind {
    recurrent_activation: Activation,
    unit_forget_bias: bool,
    implementation: u8,
}

impl LstmCell {
    /// A cell of this width with Keras's defaults.
    pub fn new(units: usize) -> Self {
        let kind = LstmKind {
            recurrent_activation: "sigmoid".into(),
            unit_forget_bias: true,
            implementation: DEFAULT_IMPLEMENTATION,
        };
        Self::of(kind, units)
    }

    /// σ, of the three gates (default `sigmoid`).
    pub fn recurrent_activation(mut self, activation: impl Into<Activation>) -> Self {
        self.kind.recurrent_activation = activation.into();
        self
    }

    /// Whether the forget part of the bias starts at one (default true); the other parts are not changed by it.
    pub fn unit_forget_bias(mut self, unit_forget_bias: bool) -> Self {
        self.kind.unit_forget_bias = unit_forget_bias;
        self
    }

    /// Keras's `implementation`, 1 or 2 (default 2): with 1, or with a `recurrent_dropout`, each gate has its own masks
    /// of dropout.
    pub fn implementation(mut self, implementation: u8) -> Self {
        self.kind.implementation = implementation;
        self
    }
}

impl CellKind for LstmKind {
    const CELL: &'static str = "LSTMCell";
    const GATES: usize = 4;
    const STATES: usize = 2;

    fn check(&self, subject: &str) -> Result<()> {
        check_activation(subject, &self.recurrent_activation)?;
        check_implementation(subject, self.implementation)
    }

    fn bias_initializer(&self, initializer: Arc<dyn Initializer>) -> Arc<dyn Initializer> {
        Arc::new(BiasInitializer { initializer, unit_forget_bias: self.unit_forget_bias })
    }

    fn num_masks(&self, arguments: &Arguments) -> usize {
        let per_gate = arguments.recurrent_dropout > 0.0 || self.implementation == 1;
        if per_gate { Self::GATES } else { 1 }
    }

    fn config(&self, arguments: &Arguments, activity: Option<Json>) -> Map<String, Json> {
        let mut config = Map::new();
        config.insert("units".into(), json!(arguments.units));
        config.insert("activation".into(), arguments.activation.name().into());
        config.insert("recurrent_activation".into(), self.recurrent_activation.name().into());
        arguments.insert_start(&mut config);
        config.insert("unit_forget_bias".into(), self.unit_forget_bias.into());
        arguments.insert_checks(&mut config, activity);
        config.insert("seed".into(), json!(arguments.seed));
        insert_implementation(&mut config, self.implementation);
        config
    }

    fn states(&self, step: &Step<'_>) -> Result<Vec<Value>> {
        let (b, [h, c]) = (step.b, [step.states[0], step.states[1]]);
        let product = |x, weight, bias| step.dense(x, weight, bias);
        let from_x = step.gates(&product, step.x, step.input_masks, step.kernel, step.bias, 4)?;
        let from_h = step.gates(&product, h, step.recurrent_masks, step.recurrent_kernel, None, 4)?;
        let z = from_x.iter().zip(&from_h).map(|(x, h)| b.add(*x, *h)).collect::<Result<Vec<Value>>>()?;
        states_from_gates(step, &self.recurrent_activation, &z, c)
    }
}

/// Equations (2) to (4) of the LSTM from the sums of its four gates.
pub(super) fn states_from_gates(
    step: &Step<'_>,
    recurrent_activation: &Activation,
    z: &[Value],
    previous_c: Value,
) -> Result<Vec<Value>> {
    let b = step.b;
    let i = recurrent_activation.apply(b, z[0])?;
    let f = recurrent_activation.apply(b, z[1])?;
    let g = step.activation.apply(b, z[2])?;
    let o = recurrent_activation.apply(b, z[3])?;
    let c = b.add(b.mul(f, previous_c)?, b.mul(i, g)?)?;
    let h = b.mul(o, step.activation.apply(b, c)?)?;
    Ok(vec![h, c])
}
