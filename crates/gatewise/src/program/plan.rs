//! The memory plan: which values share a slot of the arena.
//!
//! The life of a value runs from the operation that writes it to the last one that reads it. Two values whose lives
//! do not overlap may lie in the same slot. A reshaped value is the same elements, so it takes the place of its
//! input and lengthens that value's life.

use crate::graph::{Graph, Value};
use crate::ops::{Op, Operation, elements};
use crate::program::{Place, Step};

/// Where every value lies and how long each slot is.
pub(super) struct Plan {
    pub places: Vec<Place>,
    /// For every value, the one whose elements it shares.
    pub roots: Vec<usize>,
    pub slots: Vec<usize>,
}

/// Plans the memory of `steps`, from which it removes the reshapes.
pub(super) fn plan(
    graph: &Graph,
    steps: &mut Vec<Step>,
    outputs: &[Value],
    dims: &[Vec<usize>],
    is_needed: &[bool],
) -> Plan {
    let roots = roots(steps, dims.len());
    steps.retain(|step| !matches!(step.op, Op::Reshape(_)));
    let last_use = last_use(steps, outputs, &roots);
    let mut slots = Slots::default();
    let mut places = input_places(graph, dims.len());
    for (index, step) in steps.iter().enumerate() {
        for (output, value) in step.outputs.iter().enumerate() {
            if is_needed[value.index()] || !step.op.is_optional(output) {
                places[value.index()] = Place::Slot(slots.take(elements(&dims[value.index()])));
            }
        }
        release(step, index, &roots, &last_use, &places, &mut slots);
    }
    for (value, root) in roots.iter().enumerate() {
        places[value] = places[*root];
    }
    Plan { places, roots, slots: slots.lens }
}

/// For every value, the one whose elements it shares.
pub(super) fn roots(steps: &[Step], values: usize) -> Vec<usize> {
    let mut roots: Vec<usize> = (0..values).collect();
    for step in steps.iter().filter(|step| matches!(step.op, Op::Reshape(_))) {
        roots[step.outputs[0].index()] = roots[step.inputs[0].index()];
    }
    roots
}

/// For every root, the last step that reads it; `usize::MAX` for results, `None` if nobody reads it.
fn last_use(steps: &[Step], outputs: &[Value], roots: &[usize]) -> Vec<Option<usize>> {
    let mut last_use = vec![None; roots.len()];
    for (index, step) in steps.iter().enumerate() {
        step.inputs.iter().for_each(|value| last_use[roots[value.index()]] = Some(index));
    }
    outputs.iter().for_each(|value| last_use[roots[value.index()]] = Some(usize::MAX));
    last_use
}

/// Inputs lie where the caller has them.
fn input_places(graph: &Graph, values: usize) -> Vec<Place> {
    let mut places = vec![Place::Nowhere; values];
    for node in &graph.nodes {
        if let Op::Input(input) = &node.op {
            places[node.outputs[0].index()] = Place::Binding(input.binding);
        }
    }
    places
}

/// Gives back the slots of values that nobody reads after step `index`.
fn release(
    step: &Step,
    index: usize,
    roots: &[usize],
    last_use: &[Option<usize>],
    places: &[Place],
    slots: &mut Slots,
) {
    let read = step.inputs.iter().map(|value| roots[value.index()]);
    let written = step.outputs.iter().map(|value| value.index());
    let mut dead: Vec<usize> = read
        .filter(|root| last_use[*root] == Some(index))
        .chain(written.filter(|root| last_use[*root].is_none()))
        .collect();
    dead.sort_unstable();
    dead.dedup();
    for root in dead {
        if let Place::Slot(slot) = places[root] {
            slots.free.push(slot);
        }
    }
}

/// Slots and which of them are free.
#[derive(Default)]
struct Slots {
    lens: Vec<usize>,
    free: Vec<usize>,
}

impl Slots {
    /// A slot for `len` numbers: the smallest free one that fits, else the largest free one, grown, else a new one.
    fn take(&mut self, len: usize) -> usize {
        let fits = |slot: &usize| self.lens[*slot] >= len;
        let smallest = self.free.iter().copied().filter(fits).min_by_key(|slot| self.lens[*slot]);
        let largest = || self.free.iter().copied().max_by_key(|slot| self.lens[*slot]);
        let Some(slot) = smallest.or_else(largest) else {
            self.lens.push(len);
            return self.lens.len() - 1;
        };
        self.free.retain(|free| *free != slot);
        self.lens[slot] = self.lens[slot].max(len);
        slot
    }
}
