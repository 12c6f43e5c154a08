use ndarray::arr2;

use super::*;
use crate::keras_tests::common::{path, read_cases};

fn bytes(text: &str, data: &[u8]) -> Vec<u8> {
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((text.len() as u16).to_le_bytes());
    bytes.extend(text.as_bytes());
    bytes.extend(data);
    bytes
}

fn of(descr: &str, shape: &str, data: &[u8]) -> Vec<u8> {
    bytes(&format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}"), data)
}

#[test]
fn archives_of_numpy_are_read_with_names_in_their_order() {
    for file in ["stored", "packed", "in_order"] {
        let arrays = read_npz(path(&format!("npz/{file}.npz"))).unwrap();
        let cases = read_cases("npz");
        let cases: Vec<_> =
            cases.iter().filter(|case| case["name"].as_str().unwrap().starts_with(file)).collect();
        assert!(arrays.len() == cases.len() && !cases.is_empty());
        for ((name, array), case) in arrays.iter().zip(cases) {
            assert_eq!(case["name"], format!("{file}/{name}"));
            assert_eq!(serde_json::json!(array.shape()), case["shape"], "{name}");
            let expected = case["values"].as_array().unwrap().iter().map(|text| text.as_str().unwrap());
            let expected: Vec<f32> = expected.map(|text| text.parse().unwrap()).collect();
            assert_eq!(array.iter().copied().collect::<Vec<f32>>(), expected, "{name}");
        }
    }
}

#[test]
fn what_is_written_is_read_back_in_bits() {
    let folder = tempfile::tempdir().unwrap();
    for shape in [vec![], vec![3], vec![2, 0], vec![2, 3], vec![1, 2, 3, 4]] {
        let count: usize = shape.iter().product();
        let numbers = (0..count).map(|i| i as f32 / 7.0 - 1.0).collect();
        let array = ArrayD::from_shape_vec(shape.clone(), numbers).unwrap();
        let path = folder.path().join("x.npy");
        write_npy(&path, &array).unwrap();
        assert_eq!(read_npy(&path).unwrap(), array, "{shape:?}");
        let start = std::fs::read(&path).unwrap().len() - 4 * count;
        assert_eq!(start % ALIGNMENT, 0, "{shape:?}");
    }
}

#[test]
fn arrays_that_do_not_lie_row_by_row_are_written_row_by_row() {
    let array = arr2(&[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]);
    let turned = array.t().to_owned().into_dyn();
    assert_eq!(parse("x", &npy_bytes(&turned)).unwrap(), turned);
    assert_eq!(parse("x", &npy_bytes(&turned)).unwrap()[[2, 1]], 6.0);
}

#[test]
fn two_arrays_of_one_name_are_refused() {
    let (folder, array) = (tempfile::tempdir().unwrap(), ArrayD::zeros(vec![2]));
    let path = folder.path().join("x.npz");
    let error = write_npz(&path, &[("a", &array), ("b", &array), ("a", &array)]).unwrap_err();
    assert!(error.to_string().ends_with("x.npz: two arrays have the name \"a\""), "{error}");
    assert!(!path.exists());
}

#[test]
fn files_that_hold_something_else_are_refused_by_what_is_wrong() {
    let large = (1_i64 << 24) + 1;
    let cases = [
        (b"PK".to_vec(), "x: expected a .npy file, which begins with \\x93NUMPY"),
        (
            of("<c8", "(1,)", &[0; 8]),
            "x: expected real numbers (f2, f4, f8, i1 to i8, u1 to u8, b1), got \"<c8\"; convert it with \
             `x.astype(\"float32\")`",
        ),
        (
            of("<f4", "(3, 2)", &[0; 23]),
            "x: the file is cut off: expected numbers of 4 bytes for [3, 2], got 23 bytes",
        ),
        (
            of("<f8", "(9999999999, 9999999999)", &[0; 8]),
            "x: the file is cut off: expected numbers of 8 bytes for [9999999999, 9999999999], got 8 bytes",
        ),
        (
            of("<i8", "(2,)", &[1_i64.to_le_bytes(), large.to_le_bytes()].concat()),
            "x: expected numbers that float32 holds, whole ones up to 2^24, got 16777217 at position 1 of [2]",
        ),
        (
            of("<f8", "(1,)", &1e39_f64.to_le_bytes()),
            "x: expected numbers that float32 holds, whole ones up to 2^24, got 1000000000000000000000000000000000000000 \
             at position 0 of [1]",
        ),
    ];
    for (bytes, expected) in cases {
        assert_eq!(parse("x", &bytes).unwrap_err().to_string(), expected);
    }
}

#[test]
fn nan_and_infinity_are_numbers_and_decimals_are_rounded() {
    let data: Vec<u8> =
        [f64::NAN, f64::INFINITY, 0.1].iter().flat_map(|number| number.to_le_bytes()).collect();
    let array = parse("x", &of("<f8", "(3,)", &data)).unwrap();
    assert!(array[0].is_nan() && array[1] == f32::INFINITY && array[2] == 0.1);
}

#[test]
fn no_start_of_a_file_is_taken_for_a_whole_one() {
    let whole = of("<f4", "(2, 2)", &[1; 16]);
    assert!(parse("x", &whole).is_ok());
    (0..whole.len()).for_each(|len| assert!(parse("x", &whole[..len]).is_err(), "{len} bytes"));
}
