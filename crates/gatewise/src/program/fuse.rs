//! Joining operations on the same rows into one that goes through them block by block.
//!
//! A *frame* is a size of arrays: so many rows of so many numbers. Operations belong together if each of their values is
//! such an array, or has one number a row, and if no row depends on another: functions of elements, of rows, and sums
//! along the rows. What is not of this kind and depends on one of them comes after all of them, so that an operation that
//! depends on it in turn cannot join.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::Step;
use super::fused_body::{Extent, body_of};
use crate::graph::Value;
use crate::ops::fused::Fused;
use crate::ops::{Op, elements};

/// Below so many elements an array stays in the cache anyway.
const FEWEST: usize = 4096;

/// The size of the arrays that operations have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Frame {
    pub rows: usize,
    /// Numbers in a row, at least 2.
    pub width: usize,
}

/// What is known of the values of a program.
pub(super) struct Values<'a> {
    pub dims: &'a [Vec<usize>],
    /// For every value, the one whose elements it shares.
    pub roots: &'a [usize],
    pub results: &'a [Value],
}

impl Values<'_> {
    /// Their sizes.
    pub fn dims_of(&self, values: &[Value]) -> Vec<&[usize]> {
        values.iter().map(|value| self.dims[value.index()].as_slice()).collect()
    }

    /// The values whose elements they share.
    pub fn roots_of(&self, values: &[Value]) -> impl Iterator<Item = usize> {
        values.iter().map(|value| self.roots[value.index()])
    }
}

/// Joins operations wherever that spares going through whole arrays.
pub(super) fn fuse(steps: &mut Vec<Step>, values: &Values<'_>) {
    let mut frames: Vec<Frame> =
        steps.iter().filter_map(|step| frame_of(&values.dims[step.outputs[0].index()])).collect();
    frames.sort_unstable_by_key(|frame| (usize::MAX - frame.rows * frame.width, *frame));
    frames.dedup();
    // Values with the elements of another take its place later; that they are so is known from here on.
    let (views, rest) = std::mem::take(steps).into_iter().partition(|step| matches!(step.op, Op::Reshape(_)));
    *steps = views;
    let mut rest: Vec<Step> = rest;
    for frame in frames {
        let mut from = 0;
        while let Some(group) = next_group(&rest, values, frame, from) {
            from = group.members[0];
            if group.members.len() > 1 {
                rest = group.join(rest, values, frame);
            } else {
                from += 1;
            }
        }
    }
    drop_unread_constants(&mut rest, values);
    steps.extend(rest);
}

fn frame_of(dims: &[usize]) -> Option<Frame> {
    let width = *dims.last()?;
    let rows = elements(dims).checked_div(width)?;
    (rows * width >= FEWEST && rows >= 2 && width >= 2).then_some(Frame { rows, width })
}

/// Operations that are run together.
struct Group {
    /// Their numbers, ascending.
    members: Vec<usize>,
}

/// The first group that begins at operation `from` or later.
fn next_group(steps: &[Step], values: &Values<'_>, frame: Frame, from: usize) -> Option<Group> {
    let root = |value: &Value| values.roots[value.index()];
    let is_wide = |step: &Step| {
        values
            .extents(step, frame)
            .is_some_and(|(inputs, output)| output == Extent::Wide || inputs.contains(&Extent::Wide))
    };
    let first = (from..steps.len()).find(|index| is_wide(&steps[*index]))?;
    let mut members = Vec::new();
    // The arrays that the group has to do with, its own values, and those that depend on them without being a part of it.
    let mut near: HashSet<usize> = steps[first].inputs.iter().map(root).collect();
    let mut own: HashMap<usize, Extent> = HashMap::new();
    let mut after: HashSet<usize> = HashSet::new();
    for (index, step) in steps.iter().enumerate().skip(first) {
        let is_large = |value: &&Value| elements(&values.dims[value.index()]) >= frame.rows;
        let is_near =
            index == first || step.inputs.iter().filter(is_large).any(|value| near.contains(&root(value)));
        let depends = step.inputs.iter().any(|value| after.contains(&root(value)));
        let extents = values.extents(step, frame).filter(|(inputs, _)| {
            // A value of the group is there in the form in which the group has made it.
            let pairs = step.inputs.iter().zip(inputs);
            let mut known = pairs.filter_map(|(value, extent)| Some((own.get(&root(value))?, extent)));
            is_near && !depends && known.all(|(own, wanted)| own == wanted)
        });
        if let Some((_, extent)) = extents {
            members.push(index);
            near.extend(step.inputs.iter().chain(&step.outputs).map(root));
            own.insert(root(&step.outputs[0]), extent);
        } else if depends || step.inputs.iter().any(|value| own.contains_key(&root(value))) {
            after.extend(step.outputs.iter().map(root));
        }
    }
    Some(Group { members })
}

impl Group {
    /// The operations with this group as one: first those that do not depend on it, last those that do.
    fn join(&self, steps: Vec<Step>, values: &Values<'_>, frame: Frame) -> Vec<Step> {
        let root = |value: &Value| values.roots[value.index()];
        let own: HashSet<usize> =
            self.members.iter().flat_map(|index| &steps[*index].outputs).map(root).collect();
        let is_member = |index: usize| self.members.binary_search(&index).is_ok();
        let read_outside: HashSet<usize> = steps
            .iter()
            .enumerate()
            .filter(|(index, _)| !is_member(*index))
            .flat_map(|(_, step)| &step.inputs)
            .chain(values.results)
            .map(root)
            .collect();
        let members: Vec<&Step> = self.members.iter().map(|index| &steps[*index]).collect();
        let (body, inputs, outputs) = body_of(&members, &steps, values, frame, &read_outside);
        let op = Op::Fused(Fused { body: Arc::new(body) });
        let fused = Step { op, inputs, outputs, workspace: 0 };
        let last = *self.members.last().expect("a group has members");
        let (mut before, mut after) = (Vec::new(), Vec::new());
        let mut depends = own;
        for (index, step) in steps.into_iter().enumerate().filter(|(index, _)| !is_member(*index)) {
            if index > last || step.inputs.iter().any(|value| depends.contains(&root(value))) {
                depends.extend(step.outputs.iter().map(root));
                after.push(step);
            } else {
                before.push(step);
            }
        }
        before.push(fused);
        before.append(&mut after);
        before
    }
}

/// Constants that have become parts of groups.
fn drop_unread_constants(steps: &mut Vec<Step>, values: &Values<'_>) {
    let root = |value: &Value| values.roots[value.index()];
    let read: HashSet<usize> =
        steps.iter().flat_map(|step| &step.inputs).chain(values.results).map(root).collect();
    steps.retain(|step| !matches!(step.op, Op::Constant(_)) || read.contains(&root(&step.outputs[0])));
}

#[cfg(test)]
mod tests;
