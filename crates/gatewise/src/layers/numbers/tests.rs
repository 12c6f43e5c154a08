use ndarray::array;
use serde_json::json;

use super::*;

#[test]
fn numbers_come_back_from_json_as_they_were() {
    let numbers = [Numbers::from(0.1), [1.0, 0.2].into(), array![[1.0, 2.0], [3.0, 0.3]].into_dyn().into()];
    let written = [json!(0.1), json!([1.0, 0.2]), json!([[1.0, 2.0], [3.0, 0.3]])];
    for (numbers, written) in numbers.iter().zip(written) {
        assert_eq!(numbers.to_json(), written);
        assert_eq!(Numbers::from_json(&written).as_ref(), Some(numbers));
    }
}

#[test]
fn arrays_of_numpy_are_read() {
    let json = json!({"class_name": "__numpy__", "config": {"value": [1.5, -2.0], "dtype": "float64"}});
    assert_eq!(Numbers::from_json(&json), Some([1.5, -2.0].into()));
}

#[test]
fn other_values_are_no_numbers() {
    for json in [json!("a"), json!([1.0, "a"]), json!([[1.0], [1.0, 2.0]]), json!(null), json!([1.0, [2.0]])]
    {
        assert_eq!(Numbers::from_json(&json), None, "{json}");
    }
}
