//! Weights of recurrent layers in the arrangements of Keras 1 and of the layers for cuDNN.
//!
//! ```text
//! Keras 1, LSTM    12 arrays: W, U, b of the gates i, c, f, o     →  kernel, recurrent_kernel, bias of i, f, c, o
//! Keras 1, GRU     9 arrays: W, U, b of the gates z, r, h         →  kernel, recurrent_kernel, bias
//! CuDNNLSTM        kernel, recurrent_kernel, bias [8 units]       →  bias [4 units], the sum of both halves
//! CuDNNGRU         kernel, recurrent_kernel, bias [6 units]       →  bias [2, 3 units]
//! ```
//!
//! The kernels for cuDNN have for each gate a block that was written row by row and is to be read column by column, and
//! recurrent kernels a block that is to be transposed (Keras 2, `saving/legacy/hdf5_format.py`,
//! `preprocess_weights_for_loading`).

use super::{Array, Converter, Error, Filling, Layer, Result, Source, Variable, in_order, name_of, weights};

/// The fillings of a layer's weights if they are in one of these arrangements.
pub(super) fn arrange<'a>(
    layer: &dyn Layer,
    arrays: &[(String, &'a Array)],
    converter: &mut Converter,
) -> Result<Option<Vec<Filling<'a>>>> {
    let variables = in_order(layer);
    let has_cells = variables.iter().any(|variable| variable.path().ends_with("recurrent_kernel"));
    if converter.major() >= 3 || !has_cells {
        return Ok(None);
    }
    // Models inside, Bidirectional, TimeDistributed: cell by cell, in the order of the file.
    let mut fillings = Vec::new();
    let (mut variables, mut arrays) = (variables.as_slice(), arrays);
    let mut is_arranged = false;
    while let Some(first) = variables.first() {
        let cell = cell_of(variables);
        let (taken, used) = match cell {
            Some(cell) => match old_cell(layer, cell, arrays)? {
                Some((filled, used, note)) => {
                    converter.note(note);
                    is_arranged = true;
                    fillings.extend(filled);
                    (cell.len(), used)
                }
                None => {
                    if arrays.len() < cell.len() {
                        return Ok(None);
                    }
                    fillings.extend(plain(cell, arrays)?);
                    (cell.len(), cell.len())
                }
            },
            None => {
                let Some(one) = arrays.get(..1) else { return Ok(None) };
                fillings.extend(plain(std::slice::from_ref(first), one)?);
                (1, 1)
            }
        };
        (variables, arrays) = (&variables[taken..], &arrays[used..]);
    }
    if arrays.is_empty() && is_arranged { Ok(Some(fillings)) } else { Ok(None) }
}

/// The weights of the cell that the list begins with.
fn cell_of(variables: &[Variable]) -> Option<&[Variable]> {
    let second = variables.get(1)?;
    if !second.path().ends_with("/recurrent_kernel") {
        return None;
    }
    let has_bias = variables.get(2).is_some_and(|third| third.path().ends_with("/bias"));
    Some(&variables[..if has_bias { 3 } else { 2 }])
}

fn plain<'a>(variables: &[Variable], arrays: &[(String, &'a Array)]) -> Result<Vec<Filling<'a>>> {
    let pair = |(variable, (path, array)): (&Variable, &(String, &'a Array))| {
        // What does not fit is reported where no arrangement is tried.
        weights::check(path, variable, array)?;
        Ok(Filling { variable: variable.clone(), source: Source::Array(array) })
    };
    variables.iter().zip(arrays).map(pair).collect()
}

type Arranged<'a> = Option<(Vec<Filling<'a>>, usize, &'static str)>;

fn old_cell<'a>(
    layer: &dyn Layer,
    cell: &[Variable],
    arrays: &[(String, &'a Array)],
) -> Result<Arranged<'a>> {
    let [kernel, recurrent, ..] = cell else { return Ok(None) };
    let units = recurrent.shape()[0];
    let gates = recurrent.shape()[1] / units.max(1);
    let shape = |index: usize| arrays.get(index).map(|(_, array)| array.shape()).transpose();
    let sizes = |shape: &[usize]| shape.iter().map(|&size| size as u64).collect::<Vec<u64>>();
    let is_keras_1 = gates > 1
        && arrays.len() >= 3 * gates
        && shape(0)? == Some(sizes(&[kernel.shape()[0], units]))
        && kernel.shape() != [kernel.shape()[0], units];
    if is_keras_1 {
        return keras_1(layer, cell, &arrays[..3 * gates], gates).map(Some);
    }
    let bias = shape(2)?;
    let is_cudnn = cell.len() == 3 && gates > 2 && bias == Some(vec![(2 * gates * units) as u64]);
    if is_cudnn {
        return cudnn(cell, &arrays[..3], gates, units).map(Some);
    }
    Ok(None)
}

/// Reads an array after its shape was checked.
fn read(path: &str, array: &Array, shape: &[usize]) -> Result<Vec<f32>> {
    let expected: Vec<u64> = shape.iter().map(|&size| size as u64).collect();
    let got = array.shape()?;
    if got != expected || array.element_type()? != super::super::h5::ElementType::Float32 {
        let text = format!("expected float32 {expected:?}, got {:?} {got:?}", array.element_type()?);
        return Err(Error::format(format!("array \"{path}\""), text));
    }
    let mut numbers = vec![0.0; shape.iter().product()];
    array.read(&mut numbers)?;
    Ok(numbers)
}

/// Puts blocks `[rows, width]` side by side.
fn side_by_side(blocks: &[Vec<f32>], rows: usize, width: usize) -> Vec<f32> {
    let row = |row: usize| blocks.iter().flat_map(move |block| &block[row * width..(row + 1) * width]);
    (0..rows).flat_map(row).copied().collect()
}

fn keras_1<'a>(
    layer: &dyn Layer,
    cell: &[Variable],
    arrays: &[(String, &'a Array)],
    gates: usize,
) -> Result<(Vec<Filling<'a>>, usize, &'static str)> {
    // The places of the gates i, f, c, o among i, c, f, o; those of z, r, h are the same.
    let order: &[usize] = if gates == 4 { &[0, 2, 1, 3] } else { &[0, 1, 2] };
    if cell.len() != 3 || gates > 4 {
        let text = "the weights of Keras 1 are those of a layer with a bias, which this one has not";
        return Err(Error::format(name_of(layer), text));
    }
    let mut fillings = Vec::new();
    for (part, variable) in cell.iter().enumerate() {
        let units = variable.shape()[variable.shape().len() - 1] / gates;
        let rows = if part == 2 { 1 } else { variable.shape()[0] };
        let shape: &[usize] = if part == 2 { &[units] } else { &[rows, units] };
        let block = |gate: &usize| {
            let (path, array) = &arrays[3 * gate + part];
            read(path, array, shape)
        };
        let blocks: Vec<Vec<f32>> = order.iter().map(block).collect::<Result<_>>()?;
        let numbers = side_by_side(&blocks, rows, units);
        if numbers.len() != variable.len() {
            let text = "the bias of Keras 1 has one part, that of `reset_after=True` two";
            return Err(Error::format(name_of(layer), text));
        }
        fillings.push(Filling { variable: variable.clone(), source: Source::Numbers(numbers) });
    }
    Ok((fillings, arrays.len(), "weights of Keras 1, gate by gate, put together"))
}

fn cudnn<'a>(
    cell: &[Variable],
    arrays: &[(String, &'a Array)],
    gates: usize,
    units: usize,
) -> Result<(Vec<Filling<'a>>, usize, &'static str)> {
    let features = cell[0].shape()[0];
    let kernel = read(&arrays[0].0, arrays[0].1, &[features, gates * units])?;
    let recurrent = read(&arrays[1].0, arrays[1].1, &[units, gates * units])?;
    let bias = read(&arrays[2].0, arrays[2].1, &[2 * gates * units])?;
    let split = |numbers: &[f32], rows: usize, gate: usize| -> Vec<f32> {
        let row = |row: usize| &numbers[(row * gates + gate) * units..(row * gates + gate + 1) * units];
        (0..rows).flat_map(row).copied().collect()
    };
    let reread = |block: &[f32], rows: usize| -> Vec<f32> {
        (0..rows).flat_map(|row| (0..units).map(move |column| block[column * rows + row])).collect()
    };
    let anew = |numbers: &[f32], rows: usize| {
        let blocks: Vec<Vec<f32>> =
            (0..gates).map(|gate| reread(&split(numbers, rows, gate), rows)).collect();
        side_by_side(&blocks, rows, units)
    };
    let bias = if cell[2].shape().len() == 1 {
        let (left, right) = bias.split_at(gates * units);
        left.iter().zip(right).map(|(a, b)| a + b).collect()
    } else {
        bias
    };
    let numbers = [anew(&kernel, features), anew(&recurrent, units), bias];
    let fill = |(variable, numbers): (&Variable, Vec<f32>)| Filling {
        variable: variable.clone(),
        source: Source::Numbers(numbers),
    };
    let fillings: Vec<Filling<'a>> = cell.iter().zip(numbers).map(fill).collect();
    if fillings.iter().any(|filling| match &filling.source {
        Source::Numbers(numbers) => numbers.len() != filling.variable.len(),
        Source::Array(_) => false,
    }) {
        let text = "weights of a layer for cuDNN fit only `reset_after=True`";
        return Err(Error::format(cell[2].path(), text));
    }
    Ok((fillings, 3, "weights of a layer for cuDNN arranged for the plain layer"))
}
