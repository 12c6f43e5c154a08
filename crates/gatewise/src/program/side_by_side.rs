//! Joining recurrences that do not depend on each other into one operation, which runs them side by side.
//!
//! A recurrence goes step by step, so that few samples leave most cores without work, and many are cut into chunks that all
//! read the same weights. Where there is a second one, as in a layer that reads sequences in both directions, each has cores
//! of its own. Joined operations run when the first of them would have; what the others need is moved before them.

use std::collections::HashSet;

use super::Step;
use super::fuse::Values;
use crate::executor::Share;
use crate::ops::side_by_side::{MOST_PARTS, Part, SideBySide};
use crate::ops::{Op, Operation};

/// Floating-point operations of a recurrence that take longer than waking a thread.
const WORTH_A_THREAD: u64 = 1 << 22;

/// Two lines of the cache, which two threads should not share.
const LINES: usize = 32;

/// Joins recurrences that take long and do not depend on each other.
pub(super) fn join(steps: &mut Vec<Step>, values: &Values<'_>) {
    let mut first = 0;
    while first < steps.len() {
        let group = Group::beginning_at(first, steps, values);
        if group.members.len() > 1 {
            first += group.needed.len();
            *steps = group.join(std::mem::take(steps));
        }
        first += 1;
    }
}

/// Operations that are run side by side.
struct Group {
    /// Their numbers, ascending.
    members: Vec<usize>,
    /// The numbers of those between the first and the last that a member needs.
    needed: HashSet<usize>,
}

impl Group {
    /// The operation number `first`, with others if it is a recurrence.
    fn beginning_at(first: usize, steps: &[Step], values: &Values<'_>) -> Self {
        let mut group = Self { members: vec![first], needed: HashSet::new() };
        if !is_long_recurrence(&steps[first], values) {
            return group;
        }
        for index in first + 1..steps.len() {
            if group.members.len() < MOST_PARTS && is_long_recurrence(&steps[index], values) {
                group.add(index, steps, values);
            }
        }
        group
    }

    /// Takes an operation in unless it depends on one of the members.
    fn add(&mut self, member: usize, steps: &[Step], values: &Values<'_>) {
        let mut read: HashSet<usize> = values.roots_of(&steps[member].inputs).collect();
        let mut needed = Vec::new();
        for index in (self.members[0]..member).rev() {
            let step = &steps[index];
            let is_view = matches!(step.op, Op::Reshape(_));
            if is_view || !values.roots_of(&step.outputs).any(|root| read.contains(&root)) {
                continue;
            }
            if self.members.contains(&index) {
                return;
            }
            read.extend(values.roots_of(&step.inputs));
            needed.push(index);
        }
        self.members.push(member);
        self.needed.extend(needed);
    }

    /// The operations with this group as one.
    fn join(&self, steps: Vec<Step>) -> Vec<Step> {
        let first = self.members[0];
        let (mut before, mut parts, mut after) = (Vec::with_capacity(steps.len()), Vec::new(), Vec::new());
        for (index, step) in steps.into_iter().enumerate() {
            if self.members.contains(&index) {
                parts.push(step);
            } else if index < first || self.needed.contains(&index) {
                before.push(step);
            } else {
                after.push(step);
            }
        }
        before.push(joined(parts));
        before.append(&mut after);
        before
    }
}

fn is_long_recurrence(step: &Step, values: &Values<'_>) -> bool {
    let is_recurrence =
        matches!(step.op, Op::Lstm(_) | Op::LstmGradient(_) | Op::Rnn(_) | Op::RnnGradient(_) | Op::Scan(_));
    is_recurrence
        && step.op.flops(&values.dims_of(&step.inputs), &values.dims_of(&step.outputs)) >= WORTH_A_THREAD
}

/// One operation for these.
fn joined(steps: Vec<Step>) -> Step {
    let (mut parts, mut inputs, mut outputs) = (Vec::new(), Vec::new(), Vec::new());
    for mut step in steps {
        let workspace = step.workspace.next_multiple_of(LINES);
        parts.push(Part {
            share: Share { inputs: step.inputs.len(), outputs: step.outputs.len(), workspace },
            op: step.op,
        });
        inputs.append(&mut step.inputs);
        outputs.append(&mut step.outputs);
    }
    let workspace = parts.iter().map(|part| part.share.workspace).sum();
    Step { op: Op::SideBySide(SideBySide { parts }), inputs, outputs, workspace }
}

#[cfg(test)]
mod tests;
