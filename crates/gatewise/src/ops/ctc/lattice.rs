//! The sum over all paths that spell the labels of one sample, forwards and backwards.
//!
//! The states are the labels with a blank before, between and after them: state s is the blank if s is even and label
//! (s − 1) / 2 if it is odd (l′ in Graves et al. 2006, section 4.1). All numbers are logarithms.

use std::ops::Range;

use crate::number::Number;

/// The states of a sample and the steps that it may take.
struct Lattice<'a, F> {
    logits: &'a [F],
    classes: usize,
    labels: &'a [usize],
    steps: &'a [usize],
    /// ln Σ eˣ of each step.
    log_sums: Vec<f64>,
}

/// −ln p(labels) for logits `[time, classes]` at these steps; `errors`, if wanted, becomes its derivative by the logits.
pub(super) fn spell<F: Number>(
    logits: &[F],
    classes: usize,
    labels: &[usize],
    steps: &[usize],
    errors: Option<&mut [F]>,
) -> F {
    let log_sums = steps.iter().map(|step| log_sum_exp(&logits[step * classes..][..classes])).collect();
    let lattice = Lattice { logits, classes, labels, steps, log_sums };
    if steps.is_empty() {
        errors.into_iter().flatten().for_each(|error| *error = F::zero());
        return F::zero();
    }
    let forwards = lattice.forwards();
    let states = lattice.states();
    let last = &forwards[(steps.len() - 1) * states..];
    let before = states.checked_sub(2).map_or(f64::NEG_INFINITY, |state| last[state]);
    let total = log_add(last[states - 1], before, f64::NEG_INFINITY);
    if let Some(errors) = errors {
        lattice.errors(&forwards, total, errors);
    }
    F::of(-total)
}

impl<F: Number> Lattice<'_, F> {
    fn states(&self) -> usize {
        2 * self.labels.len() + 1
    }

    fn class(&self, state: usize) -> usize {
        if state.is_multiple_of(2) { 0 } else { self.labels[state / 2] }
    }

    /// Whether a path may go to a state from two before it: only to a label that is not the label before.
    fn may_skip_to(&self, state: usize) -> bool {
        state >= 2 && !state.is_multiple_of(2) && self.class(state) != self.class(state - 2)
    }

    /// The states that a path can be in at a step: reached from the first two, and the last two still within reach.
    fn reach(&self, step: usize) -> Range<usize> {
        let left = self.steps.len() - step;
        self.states().saturating_sub(2 * left)..self.states().min(2 * step + 2)
    }

    /// ln p of the class of a state at a step.
    fn log_probability(&self, step: usize, state: usize) -> f64 {
        let logit = self.logits[self.steps[step] * self.classes + self.class(state)];
        wide(logit) - self.log_sums[step]
    }

    /// α `[steps, states]`, equations 5 to 7: the paths up to a step that end in a state.
    fn forwards(&self) -> Vec<f64> {
        let states = self.states();
        let mut all = vec![f64::NEG_INFINITY; self.steps.len() * states];
        for state in self.reach(0) {
            all[state] = self.log_probability(0, state);
        }
        for step in 1..self.steps.len() {
            let (before, now) = all[(step - 1) * states..].split_at_mut(states);
            for state in self.reach(step) {
                let one_before = state.checked_sub(1).map_or(f64::NEG_INFINITY, |state| before[state]);
                let skipped = if self.may_skip_to(state) { before[state - 2] } else { f64::NEG_INFINITY };
                now[state] = log_add(before[state], one_before, skipped) + self.log_probability(step, state);
            }
        }
        all
    }

    /// β of a step, without the probability at the step itself, from `next`, which is β of the next with it: the paths
    /// that go on from a state (equations 9 to 11).
    fn backwards(&self, next: &[f64], now: &mut [f64]) {
        let at = |state: usize| next.get(state).copied().unwrap_or(f64::NEG_INFINITY);
        for (state, now) in now.iter_mut().enumerate() {
            let can_skip = state + 2 < self.states() && self.may_skip_to(state + 2);
            let skipped = if can_skip { next[state + 2] } else { f64::NEG_INFINITY };
            *now = log_add(next[state], at(state + 1), skipped);
        }
    }

    /// The derivative of −ln p(labels) by the logits `[time, classes]`: the softmax less the share of the paths that are in
    /// the class at the step (equation 16); 0 at steps that are passed over.
    fn errors(&self, forwards: &[f64], total: f64, errors: &mut [F]) {
        errors.fill(F::zero());
        let states = self.states();
        let (mut next, mut now) = (vec![f64::NEG_INFINITY; states], vec![f64::NEG_INFINITY; states]);
        now[states.saturating_sub(2)..].fill(0.0);
        let mut shares = vec![0.0; self.classes];
        for step in (0..self.steps.len()).rev() {
            shares.fill(0.0);
            for state in self.reach(step) {
                shares[self.class(state)] += (forwards[step * states + state] + now[state] - total).exp();
            }
            let row = self.steps[step] * self.classes..(self.steps[step] + 1) * self.classes;
            for ((error, logit), share) in errors[row.clone()].iter_mut().zip(&self.logits[row]).zip(&shares)
            {
                *error = F::of((wide(*logit) - self.log_sums[step]).exp() - share);
            }
            for (state, next) in next.iter_mut().enumerate() {
                *next = now[state] + self.log_probability(step, state);
            }
            self.backwards(&next, &mut now);
        }
    }
}

fn wide<F: Number>(x: F) -> f64 {
    x.to_f64().expect("every number has a value in double precision")
}

/// ln Σ eˣ.
fn log_sum_exp<F: Number>(row: &[F]) -> f64 {
    let largest = row.iter().fold(f64::NEG_INFINITY, |largest, x| largest.max(wide(*x)));
    largest + row.iter().map(|x| (wide(*x) - largest).exp()).sum::<f64>().ln()
}

/// ln(eᵃ + eᵇ + eᶜ).
fn log_add(a: f64, b: f64, c: f64) -> f64 {
    let largest = a.max(b).max(c);
    if largest == f64::NEG_INFINITY {
        // −∞ + −∞ is −∞, and NaN stays NaN.
        return a + b + c;
    }
    largest + ((a - largest).exp() + (b - largest).exp() + (c - largest).exp()).ln()
}
