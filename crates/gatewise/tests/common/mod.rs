//! Reading the values that real Keras computed (see `fixtures/README.md`), and comparing with them.

#![allow(dead_code, missing_docs)]

pub mod json;

use std::path::PathBuf;

use ndarray::{ArrayD, IxDyn};
use safetensors::{Dtype, SafeTensors};
use serde_json::Value as Json;

/// A group of cases with their arrays.
pub struct Group {
    cases: Vec<Json>,
    bytes: Vec<u8>,
}

/// One case: its description and its arrays by short name.
pub struct Case<'a> {
    pub json: &'a Json,
    arrays: SafeTensors<'a>,
}

/// A file of the fixtures.
pub fn path(file: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fixtures").join(file)
}

/// Reads the cases of a group that has no arrays.
pub fn read_cases(name: &str) -> Vec<Json> {
    let text = std::fs::read_to_string(path(&format!("{name}.json"))).expect("the fixture is there");
    serde_json::from_str(&text).expect("the fixture is a list of cases")
}

impl Group {
    /// Reads `fixtures/<name>.json` and `fixtures/<name>.safetensors`.
    pub fn read(name: &str) -> Self {
        let cases = read_cases(name);
        let bytes = std::fs::read(path(&format!("{name}.safetensors"))).expect("the arrays are there");
        Self { cases, bytes }
    }

    pub fn cases(&self) -> impl Iterator<Item = Case<'_>> {
        self.cases.iter().map(|json| Case {
            json,
            arrays: SafeTensors::deserialize(&self.bytes).expect("the arrays can be read"),
        })
    }
}

impl Case<'_> {
    pub fn name(&self) -> &str {
        self.json["name"].as_str().expect("a case has a name")
    }

    /// Whether the case has this array.
    pub fn has(&self, tensor: &str) -> bool {
        self.json["tensors"].get(tensor).is_some()
    }

    /// An array in double precision, whatever it is stored in.
    pub fn f64(&self, tensor: &str) -> ArrayD<f64> {
        let key = format!("{}/{tensor}", self.name());
        let view = self.arrays.tensor(&key).unwrap_or_else(|_| panic!("{key} is not in the fixture"));
        let data = view.data();
        let words = |bytes: &[u8]| -> [u8; 4] { bytes.try_into().expect("four bytes") };
        let values: Vec<f64> = match view.dtype() {
            Dtype::F32 => data.chunks_exact(4).map(|b| f64::from(f32::from_le_bytes(words(b)))).collect(),
            Dtype::I32 => data.chunks_exact(4).map(|b| f64::from(i32::from_le_bytes(words(b)))).collect(),
            Dtype::F64 => {
                data.chunks_exact(8).map(|b| f64::from_le_bytes(b.try_into().expect("eight bytes"))).collect()
            }
            Dtype::I64 => data
                .chunks_exact(8)
                .map(|b| i64::from_le_bytes(b.try_into().expect("eight bytes")) as f64)
                .collect(),
            Dtype::BOOL => data.iter().map(|b| f64::from(*b)).collect(),
            other => panic!("{key} is stored as {other:?}"),
        };
        ArrayD::from_shape_vec(IxDyn(view.shape()), values).expect("the shape fits")
    }

    /// An array in single precision.
    pub fn f32(&self, tensor: &str) -> ArrayD<f32> {
        self.f64(tensor).mapv(|x| x as f32)
    }
}

/// The largest difference of two arrays, relative to the larger of 1 and the largest expected number: a small element
/// of a sum of large terms is no more exact than they are.
pub fn max_difference(got: &ArrayD<f64>, expected: &ArrayD<f64>) -> f64 {
    assert_eq!(got.shape(), expected.shape(), "shapes differ");
    let finite = expected.iter().filter(|x| x.is_finite());
    let scale = finite.fold(1.0, |largest: f64, x| largest.max(x.abs()));
    let differences = got.iter().zip(expected).map(|(got, expected)| {
        if got.is_nan() && expected.is_nan() || got == expected {
            0.0
        } else {
            (got - expected).abs() / scale
        }
    });
    // A NaN on one side only must not be lost in a maximum.
    differences.fold(0.0, |worst: f64, d| if d.is_nan() { f64::INFINITY } else { worst.max(d) })
}

/// Fails if two arrays differ by more than `tolerance`, relative to the larger of 1 and the largest expected number.
pub fn assert_close(what: &str, got: &ArrayD<f64>, expected: &ArrayD<f64>, tolerance: f64) {
    let worst = max_difference(got, expected);
    assert!(worst <= tolerance, "{what}: differs by {worst:e}, allowed are {tolerance:e}\n{got}\n{expected}");
}

/// Numbers in double precision.
pub fn widen(array: &ArrayD<f32>) -> ArrayD<f64> {
    array.mapv(f64::from)
}
