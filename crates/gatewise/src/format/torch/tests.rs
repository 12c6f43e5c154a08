use std::collections::BTreeMap;

use ndarray::Array;
use safetensors::tensor::TensorView;

use super::*;
use crate::Sequential;
use crate::layers::{Dense, Input, LayerOptions};

/// Numbers that differ by row and by column.
fn numbers(shape: &[usize], salt: usize) -> ArrayD<f32> {
    let len = shape.iter().product::<usize>();
    let value = |i: usize| ((i * 37 + salt * 101) % 97) as f32 / 97.0 - 0.5;
    Array::from_iter((0..len).map(value)).into_shape_with_order(shape).unwrap()
}

fn write(path: &Path, weights: &BTreeMap<String, ArrayD<f32>>) {
    let bytes: BTreeMap<&String, Vec<u8>> = weights
        .iter()
        .map(|(name, array)| (name, array.iter().flat_map(|number| number.to_le_bytes()).collect()))
        .collect();
    let views = weights.iter().map(|(name, array)| {
        (name.clone(), TensorView::new(Dtype::F32, array.shape().to_vec(), &bytes[name]).unwrap())
    });
    std::fs::write(path, safetensors::serialize(views, None).unwrap()).unwrap();
}

/// The weights of a PyTorch layer.
fn torch(gates: usize, units: usize, features: usize, suffix: &str) -> BTreeMap<String, ArrayD<f32>> {
    BTreeMap::from([
        (format!("weight_ih_{suffix}"), numbers(&[gates * units, features], 1)),
        (format!("weight_hh_{suffix}"), numbers(&[gates * units, units], 2)),
        (format!("bias_ih_{suffix}"), numbers(&[gates * units], 3)),
        (format!("bias_hh_{suffix}"), numbers(&[gates * units], 4)),
    ])
}

fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + (-x).exp())
}

/// `W x + b` for one gate.
fn product(w: &ArrayD<f32>, b: &ArrayD<f32>, x: &[f32], row: usize) -> f32 {
    x.iter().enumerate().map(|(column, x)| w[[row, column]] * x).sum::<f32>() + b[[row]]
}

/// PyTorch's equations of the LSTM, written out.
fn torch_lstm(
    weights: &BTreeMap<String, ArrayD<f32>>,
    suffix: &str,
    xs: &[Vec<f32>],
    units: usize,
) -> Vec<f32> {
    let [w, r, bi, bh] =
        ["weight_ih_", "weight_hh_", "bias_ih_", "bias_hh_"].map(|name| &weights[&format!("{name}{suffix}")]);
    let (mut h, mut c) = (vec![0.0; units], vec![0.0; units]);
    for x in xs {
        let z = |gate: usize, unit: usize| {
            let row = gate * units + unit;
            product(w, bi, x, row) + product(r, bh, &h, row)
        };
        let gates: Vec<[f32; 4]> =
            (0..units).map(|unit| [z(0, unit), z(1, unit), z(2, unit), z(3, unit)]).collect();
        for (unit, [i, f, g, o]) in gates.into_iter().enumerate() {
            c[unit] = sigmoid(f) * c[unit] + sigmoid(i) * g.tanh();
            h[unit] = sigmoid(o) * c[unit].tanh();
        }
    }
    h
}

/// PyTorch's equations of the GRU, written out.
fn torch_gru(weights: &BTreeMap<String, ArrayD<f32>>, xs: &[Vec<f32>], units: usize) -> Vec<f32> {
    let [w, r, bi, bh] =
        ["weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0"].map(|name| &weights[name]);
    let mut h = vec![0.0; units];
    for x in xs {
        let parts = |gate: usize, unit: usize| {
            let row = gate * units + unit;
            (product(w, bi, x, row), product(r, bh, &h, row))
        };
        h = (0..units)
            .map(|unit| {
                let [(ri, rh), (zi, zh), (ni, nh)] = [parts(0, unit), parts(1, unit), parts(2, unit)];
                let (reset, update) = (sigmoid(ri + rh), sigmoid(zi + zh));
                let new = (ni + reset * nh).tanh();
                (1.0 - update) * new + update * h[unit]
            })
            .collect();
    }
    h
}

fn steps(features: usize) -> Vec<Vec<f32>> {
    (0..5).map(|t| (0..features).map(|f| ((t * 3 + f * 5) % 7) as f32 / 7.0 - 0.4).collect()).collect()
}

fn batch(xs: &[Vec<f32>]) -> ArrayD<f32> {
    Array::from_shape_fn((1, xs.len(), xs[0].len()), |(_, t, f)| xs[t][f]).into_dyn()
}

fn assert_near(got: &[f32], expected: &[f32]) {
    assert_eq!(got.len(), expected.len());
    for (a, b) in got.iter().zip(expected) {
        assert!((a - b).abs() < 1e-5, "{got:?} {expected:?}");
    }
}

fn layers(model: &Sequential) -> Vec<&dyn Layer> {
    model.layers().iter().map(|layer| &**layer).collect()
}

#[test]
fn an_lstm_of_two_directions_computes_what_the_equations_of_pytorch_say() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("torch.safetensors");
    let mut weights = torch(4, 3, 2, "l0");
    weights.extend(torch(4, 3, 2, "l0_reverse").into_iter().map(|(name, array)| (name, array * 0.7)));
    let prefixed = weights.iter().map(|(name, array)| (format!("encoder.{name}"), array.clone())).collect();
    write(&path, &prefixed);
    let mut model = Sequential::new();
    model.add(Input::new([None, Some(2)])).unwrap().add(Bidirectional::new(Lstm::new(3))).unwrap();
    load_torch_weights(&layers(&model), &path, "encoder.").unwrap();
    let xs = steps(2);
    let back: Vec<Vec<f32>> = xs.iter().rev().cloned().collect();
    let expected =
        [torch_lstm(&weights, "l0", &xs, 3), torch_lstm(&weights, "l0_reverse", &back, 3)].concat();
    let got = model.predict(&batch(&xs)).unwrap();
    assert_near(got.as_slice().unwrap(), &expected);
}

#[test]
fn a_gru_computes_what_the_equations_of_pytorch_say() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("torch.safetensors");
    let weights = torch(3, 3, 2, "l0");
    write(&path, &weights);
    let mut model = Sequential::new();
    model.add(Input::new([None, Some(2)])).unwrap().add(Gru::new(3)).unwrap();
    load_torch_weights(&layers(&model), &path, "").unwrap();
    let xs = steps(2);
    let got = model.predict(&batch(&xs)).unwrap();
    assert_near(got.as_slice().unwrap(), &torch_gru(&weights, &xs, 3));
}

#[test]
fn what_does_not_fit_is_named_and_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("torch.safetensors");
    let mut model = Sequential::new();
    model.add(Input::new([None, Some(2)])).unwrap();
    model.add(Lstm::new(3).return_sequences(true)).unwrap().add(Lstm::new(3)).unwrap();
    let before = model.get_weights();
    let error = |weights: &BTreeMap<String, ArrayD<f32>>, layers: &[&dyn Layer]| {
        write(&path, weights);
        load_torch_weights(layers, &path, "").unwrap_err().to_string()
    };
    let one = torch(4, 3, 2, "l0");
    assert!(error(&one, &layers(&model)).ends_with("weight \"weight_ih_l1\": it is not in the file"));
    let mut both = one.clone();
    both.extend(torch(4, 3, 3, "l1"));
    assert!(error(&both, &layers(&model)[..1]).contains("\"bias_hh_l1\": no layer was given for it"));
    let mut wide = both.clone();
    wide.insert("weight_ih_l1".into(), numbers(&[12, 4], 5));
    let text = error(&wide, &layers(&model));
    assert!(text.contains("lstm_1/lstm_cell/kernel"), "{text}");
    let gru = torch(3, 3, 2, "l0");
    assert!(error(&gru, &layers(&model)[..1]).contains("expected F32 [12, …], got F32 [9, 2]"));
    let mut dense = Sequential::new();
    dense.add(Input::new([Some(2)])).unwrap().add(Dense::new(1).with_name("d")).unwrap();
    assert!(error(&one, &layers(&dense)).contains("d: expected LSTM, GRU or Bidirectional, got Dense"));
    assert_eq!(model.get_weights(), before);
}
