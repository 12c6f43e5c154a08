//! Numbers of readable length.

use super::decimals;

#[test]
fn numbers_show_about_four_digits() {
    let shown: Vec<String> = [12_345.678, -432.15, 45.678, 1.23456, 0.012_345]
        .iter()
        .map(|n| format!("{n:.*}", decimals(*n)))
        .collect();
    assert_eq!(shown, ["12346", "-432.1", "45.68", "1.235", "0.01235"]);
}
