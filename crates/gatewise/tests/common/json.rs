//! Comparing configurations.

use serde_json::Value as Json;

/// Where two values differ, a line for each place. Numbers are the same if they are the same `f32`, which is what
/// Keras computes in and therefore what some of its configurations have been through.
pub fn differences(got: &Json, expected: &Json) -> Vec<String> {
    let mut lines = Vec::new();
    compare("", got, expected, &mut lines);
    lines
}

fn compare(place: &str, got: &Json, expected: &Json, lines: &mut Vec<String>) {
    match (got, expected) {
        (Json::Object(a), Json::Object(b)) => {
            for key in a.keys().chain(b.keys().filter(|key| !a.contains_key(*key))) {
                let place = format!("{place}/{key}");
                match (a.get(key), b.get(key)) {
                    (Some(a), Some(b)) => compare(&place, a, b, lines),
                    (Some(a), None) => lines.push(format!("{place}: {a} is too much")),
                    _ => lines.push(format!("{place}: is missing")),
                }
            }
        }
        (Json::Array(a), Json::Array(b)) if a.len() == b.len() => {
            let pairs = a.iter().zip(b).enumerate();
            pairs.for_each(|(index, (a, b))| compare(&format!("{place}/{index}"), a, b, lines));
        }
        (Json::Number(a), Json::Number(b)) if narrow(a) == narrow(b) => {}
        _ if got == expected => {}
        _ => lines.push(format!("{place}: {got}, expected {expected}")),
    }
}

fn narrow(number: &serde_json::Number) -> Option<f32> {
    number.as_f64().map(|number| number as f32)
}

/// Fails if two configurations differ.
pub fn assert_same(what: &str, got: &Json, expected: &Json) {
    let lines = differences(got, expected);
    assert!(lines.is_empty(), "{what}:\n{}", lines.join("\n"));
}
