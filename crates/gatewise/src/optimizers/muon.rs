//! Muon (K. Jordan et al., "Muon: an optimizer for hidden layers in neural networks", 2024; J. Liu et al., "Muon is scalable
//! for LLM training", 2025).

use gatewise_kernels::optimizer as kernels;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;

use super::{
    LearningRate, OptimizerOptions, SlotBlock, SlotForm, Slots, Update, UpdateRule, adam, check, exclusions,
};
use crate::error::Result;
use crate::serialization::config_of;

/// Steps along the momentum of a matrix, made nearly orthogonal; weights with another number of axes, embeddings and
/// excluded layers move by Adam.
///
/// ```text
/// m ← momentum · m + g    x = g + momentum · m, or m without nesterov
/// x ← x / |x|             ns_steps times: A = x xᵀ, x ← muon_a x + (muon_b A + muon_c A A) x
/// w ← w − learning_rate · rms_rate √max(rows, columns) · x
/// ```
///
/// ```
/// use gatewise::optimizers::{Muon, OptimizerArgument};
///
/// let muon = Muon { exclude_layers: vec!["output".into()], ..Muon::default() };
/// let mut optimizer = OptimizerArgument::from(muon).resolve()?;
/// optimizer.build(&[("hidden/kernel", &[4, 3]), ("output/kernel", &[3, 1])])?;
/// // Iteration and learning rate, a momentum for the first; for the last, which moves by Adam, a velocity too.
/// assert_eq!(optimizer.state().len(), 5);
/// # Ok::<(), gatewise::Error>(())
/// ```
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default)]
pub struct Muon {
    /// Learning rate; 0.001 by default.
    pub learning_rate: LearningRate,
    /// The arguments that all optimizers share; the weight decay is 0.004 by default.
    #[serde(flatten)]
    pub options: OptimizerOptions,
    /// Adam's share of the old mean gradient in the new one, at least 0 and below 1; 0.9 by default.
    pub adam_beta_1: f64,
    /// Adam's share of the old mean squared gradient in the new one, at least 0 and below 1; 0.999 by default.
    pub adam_beta_2: f64,
    /// Added by Adam to the root of the mean squared gradient, at least 0; 10⁻⁷ by default.
    pub epsilon: f64,
    /// Parts of paths of weights that move by Adam, such as `output`; none by default. Keras would take patterns.
    pub exclude_layers: Vec<String>,
    /// Factor a of the iteration; 3.4445 by default.
    pub muon_a: f64,
    /// Factor b of the iteration; −4.775 by default.
    pub muon_b: f64,
    /// Factor c of the iteration; 2.0315 by default.
    pub muon_c: f64,
    /// What Adam's learning rate is multiplied by, at least 0; 1 by default.
    #[serde(serialize_with = "short")]
    pub adam_lr_ratio: f64,
    /// Share of the old momentum in the new one, 0 to 1; 0.95 by default.
    pub momentum: f64,
    /// How often to iterate; 5 by default.
    pub ns_steps: u32,
    /// Whether to look ahead by one step of the momentum; true by default.
    pub nesterov: bool,
    /// Whether weights with `embedding` in their path move by Adam; true by default.
    pub exclude_embeddings: bool,
    /// Weight decay of the weights that move by Adam; 0.004 by default.
    pub adam_weight_decay: Option<f64>,
    /// Root mean square of a step that a learning rate of 1 makes; 0.2 by default, none leaves steps as they are.
    pub rms_rate: Option<f64>,
}

/// A whole number without a point, as Keras writes its default.
fn short<S: Serializer>(number: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    match number.fract() == 0.0 && number.abs() < 1e15 {
        true => serializer.serialize_i64(*number as i64),
        false => serializer.serialize_f64(*number),
    }
}

impl Default for Muon {
    fn default() -> Self {
        Self {
            learning_rate: LearningRate::Constant(0.001),
            options: OptimizerOptions { weight_decay: Some(0.004), ..OptimizerOptions::default() },
            adam_beta_1: 0.9,
            adam_beta_2: 0.999,
            epsilon: 1e-7,
            exclude_layers: Vec::new(),
            muon_a: 3.4445,
            muon_b: -4.7750,
            muon_c: 2.0315,
            adam_lr_ratio: 1.0,
            momentum: 0.95,
            ns_steps: 5,
            nesterov: true,
            exclude_embeddings: true,
            adam_weight_decay: Some(0.004),
            rms_rate: Some(0.2),
        }
    }
}

impl Muon {
    fn is_adam(&self, path: &str, shape: &[usize]) -> bool {
        shape.len() != 2
            || self.exclude_embeddings && path.to_lowercase().contains("embedding")
            || self.exclude_layers.iter().any(|part| path.contains(part.as_str()))
    }
}

impl UpdateRule for Muon {
    fn class_name(&self) -> &str {
        "Muon"
    }

    fn config(&self) -> Value {
        config_of(self)
    }

    fn learning_rate(&self) -> &LearningRate {
        &self.learning_rate
    }

    fn options(&self) -> &OptimizerOptions {
        &self.options
    }

    fn check(&self) -> Result<()> {
        check::below_one("Muon", "adam_beta_1", self.adam_beta_1)?;
        check::below_one("Muon", "adam_beta_2", self.adam_beta_2)?;
        check::not_negative("Muon", "epsilon", self.epsilon)?;
        check::unit_interval("Muon", "momentum", self.momentum)?;
        check::not_negative("Muon", "adam_lr_ratio", self.adam_lr_ratio)?;
        self.adam_weight_decay
            .map_or(Ok(()), |decay| check::not_negative("Muon", "adam_weight_decay", decay))?;
        self.rms_rate.map_or(Ok(()), |rate| check::positive("Muon", "rms_rate", rate))?;
        exclusions::check_parts("Muon", "exclude_layers", &self.exclude_layers)
    }

    fn slots(&self) -> Vec<SlotBlock> {
        vec![SlotBlock::zeros(&["momentum", "velocity"])]
    }

    fn slot_of(&self, slot: &'static str, path: &str, shape: &[usize]) -> Option<SlotForm> {
        let has_slot = slot == "momentum" || self.is_adam(path, shape);
        has_slot.then(|| SlotForm::like_weight(slot, path, shape))
    }

    fn weight_decay(&self, path: &str, shape: &[usize]) -> Option<f64> {
        if self.is_adam(path, shape) { self.adam_weight_decay } else { self.options.weight_decay }
    }

    fn update(&self, update: Update, mut slots: Slots<'_>, gradient: &[f32], weights: &mut [f32]) {
        let (shape, momentum) = (slots.shape(), slots.take());
        // Only weights that move by Adam have a velocity.
        match (slots.take_if_any(), shape) {
            (None, &[rows, columns]) => {
                let rule = kernels::Muon {
                    learning_rate: update.learning_rate,
                    momentum: self.momentum as f32,
                    momentum_minus_one: (self.momentum - 1.0) as f32,
                    nesterov: self.nesterov,
                    coefficients: [self.muon_a as f32, self.muon_b as f32, self.muon_c as f32],
                    iterations: self.ns_steps as usize,
                    rms_rate: self.rms_rate.map(|rate| rate as f32),
                };
                kernels::muon(&rule, (rows, columns), gradient, weights, momentum);
            }
            (velocity, _) => {
                let learning_rate = update.learning_rate * self.adam_lr_ratio as f32;
                let update = Update { learning_rate, ..update };
                let factors = adam::factors(update, self.adam_beta_1, self.adam_beta_2, self.epsilon);
                let velocity = velocity.expect("only matrices have no velocity");
                let slots = kernels::AdamSlots { momentum, velocity, velocity_hat: None };
                kernels::adam(&factors, gradient, weights, slots);
            }
        }
    }
}
