//! The program of a block of rows, of operations that are run together.

use std::collections::{HashMap, HashSet};

use super::fuse::{Frame, Values};
use super::{Program, Step};
use crate::graph::{Graph, Value};
use crate::ops::broadcast_to::BroadcastTo;
use crate::ops::fused::{Body, Cut};
use crate::ops::reduce::Reduce;
use crate::ops::source::{Constant, Input};
use crate::ops::{Op, elements};
use crate::shape::Shape;

/// Numbers of an array that are worked on at a time: few enough for all arrays of a block to stay in the second cache.
const BLOCK: usize = 8192;

/// Which part of a frame an array is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Extent {
    /// All of it.
    Wide,
    /// One number a row.
    Narrow,
    /// One row that is the same for all.
    Row,
    /// One number.
    One,
}

impl Values<'_> {
    /// How the inputs and the output of an operation lie in a frame; `None` if it cannot be run row by row.
    pub fn extents(&self, step: &Step, frame: Frame) -> Option<(Vec<Extent>, Extent)> {
        let dims = |value: &Value| self.dims[value.index()].as_slice();
        let output = dims(step.outputs.first()?);
        let input = |index: usize| dims(&step.inputs[index]);
        match &step.op {
            Op::Unary(_) | Op::Binary(_) | Op::Select(_) | Op::BroadcastTo(_) => {
                let whole = whole_extent(output, frame)?;
                let inputs = step.inputs.iter().map(|value| extent_in(dims(value), output, whole));
                Some((inputs.collect::<Option<_>>()?, whole))
            }
            Op::Row(_) if whole_extent(output, frame)? == Extent::Wide => {
                Some((vec![Extent::Wide], Extent::Wide))
            }
            Op::Reduce(Reduce { axes, .. }) if *axes == [input(0).len().checked_sub(1)?] => {
                (whole_extent(input(0), frame)? == Extent::Wide).then(|| (vec![Extent::Wide], Extent::Narrow))
            }
            _ => None,
        }
    }
}

/// Whether an array is as large as the frame or has a number for each of its rows.
fn whole_extent(dims: &[usize], frame: Frame) -> Option<Extent> {
    let len = elements(dims);
    if len == frame.rows * frame.width && dims.last() == Some(&frame.width) {
        return Some(Extent::Wide);
    }
    (len == frame.rows).then_some(Extent::Narrow)
}

/// How an array is repeated to one of the sizes `output`, which is `whole`.
fn extent_in(dims: &[usize], output: &[usize], whole: Extent) -> Option<Extent> {
    let missing = output.len().checked_sub(dims.len())?;
    let size = |axis: usize| if axis < missing { 1 } else { dims[axis - missing] };
    let (last, leading) = (output.len().checked_sub(1)?, 0..output.len() - 1);
    if (0..output.len()).all(|axis| size(axis) == output[axis]) {
        return Some(whole);
    }
    if elements(dims) == 1 {
        return Some(Extent::One);
    }
    let has_rows = leading.clone().all(|axis| size(axis) == output[axis]);
    let has_one_row = leading.clone().all(|axis| size(axis) == 1);
    match whole {
        Extent::Wide if size(last) == 1 && has_rows => Some(Extent::Narrow),
        Extent::Wide if size(last) == output[last] && has_one_row => Some(Extent::Row),
        _ => None,
    }
}

/// The program of a block, with the values that it reads and writes.
struct Writer<'a> {
    values: &'a Values<'a>,
    frame: Frame,
    rows: usize,
    graph: Graph,
    /// What a value is in the block, by its root and its extent.
    known: HashMap<(usize, Extent), Value>,
    inputs: Vec<Value>,
    cuts: Vec<Cut>,
}

/// The body of `members`, what it reads, and those of its values that are in `wanted`.
pub(super) fn body_of(
    members: &[&Step],
    steps: &[Step],
    values: &Values<'_>,
    frame: Frame,
    wanted: &HashSet<usize>,
) -> (Body, Vec<Value>, Vec<Value>) {
    let constants = steps.iter().filter_map(|step| match &step.op {
        Op::Constant(constant) => Some((values.roots[step.outputs[0].index()], constant.value)),
        _ => None,
    });
    let constants: HashMap<usize, f64> = constants.collect();
    let rows = (BLOCK / frame.width).clamp(1, frame.rows);
    let mut writer = Writer {
        values,
        frame,
        rows,
        graph: Graph::default(),
        known: HashMap::new(),
        inputs: Vec::new(),
        cuts: Vec::new(),
    };
    let (mut outputs, mut results, mut widths) = (Vec::new(), Vec::new(), Vec::new());
    for step in members {
        let (result, extent) = writer.append(step, &constants);
        if wanted.contains(&values.roots[step.outputs[0].index()]) {
            outputs.push(step.outputs[0]);
            results.push(result);
            widths.push(if extent == Extent::Wide { frame.width } else { 1 });
        }
    }
    let block = Program::new(&writer.graph, &results).expect("all sizes of a block are known");
    let body = Body { block, block_rows: rows, rows: frame.rows, inputs: writer.cuts, outputs: widths };
    (body, writer.inputs, outputs)
}

impl Writer<'_> {
    fn shape(&self, extent: Extent) -> Shape {
        let (rows, width) = (self.rows, self.frame.width);
        Shape::known(&match extent {
            Extent::Wide => [rows, width],
            Extent::Narrow => [rows, 1],
            Extent::Row => [1, width],
            Extent::One => [1, 1],
        })
    }

    /// Appends an operation; returns its result in the block.
    fn append(&mut self, step: &Step, constants: &HashMap<usize, f64>) -> (Value, Extent) {
        let (extents, whole) =
            self.values.extents(step, self.frame).expect("operations of a group are run row by row");
        let inputs: Vec<Value> = step
            .inputs
            .iter()
            .zip(extents)
            .map(|(value, extent)| self.input(*value, extent, constants))
            .collect();
        let shape = self.shape(whole);
        let broadcast = Op::BroadcastTo(BroadcastTo { shape: shape.clone() });
        let op = match &step.op {
            Op::BroadcastTo(_) => broadcast.clone(),
            Op::Reduce(reduce) => Op::Reduce(Reduce { kind: reduce.kind, axes: vec![1], keep_dims: true }),
            other => other.clone(),
        };
        let is_repeated = matches!(op, Op::Unary(_) | Op::Binary(_) | Op::Select(_));
        let own = inputs.iter().map(|value| self.graph.shape(*value).clone());
        // An array of one constant has become a number, so that the result may be smaller than it was.
        let own = own.reduce(|a, b| crate::shape::broadcast("fused", &a, &b).expect("they were one shape"));
        let own = own.filter(|_| is_repeated).unwrap_or_else(|| shape.clone());
        let mut result = self.graph.push(op, &inputs, vec![own.clone()])[0];
        if own != shape {
            result = self.graph.push(broadcast, &[result], vec![shape])[0];
        }
        self.known.insert((self.values.roots[step.outputs[0].index()], whole), result);
        (result, whole)
    }

    /// What an operation of the block reads in place of a value.
    fn input(&mut self, value: Value, extent: Extent, constants: &HashMap<usize, f64>) -> Value {
        let root = self.values.roots[value.index()];
        if let Some(constant) = constants.get(&root) {
            let shape = self.shape(Extent::One);
            let op = Op::Constant(Constant { value: *constant, shape: shape.clone() });
            return *self
                .known
                .entry((root, Extent::One))
                .or_insert_with(|| self.graph.push(op, &[], vec![shape])[0]);
        }
        if let Some(known) = self.known.get(&(root, extent)) {
            return *known;
        }
        let shape = self.shape(extent);
        let binding = self.inputs.len();
        let op = Op::Input(Input { name: format!("input_{binding}"), shape: shape.clone(), binding });
        let own = self.graph.push(op, &[], vec![shape])[0];
        self.inputs.push(value);
        self.cuts.push(match extent {
            Extent::Wide => Cut::Rows(self.frame.width),
            Extent::Narrow => Cut::Rows(1),
            Extent::Row | Extent::One => Cut::Whole,
        });
        self.known.insert((root, extent), own);
        own
    }
}
