use super::*;

fn allowed(expression: &str) -> bool {
    let licences = ["MIT", "Apache-2.0", "Apache-2.0 WITH LLVM-exception", "Unicode-3.0"].map(str::to_owned);
    is_allowed(expression, &licences).unwrap()
}

#[test]
fn one_allowed_licence_of_several_is_enough() {
    assert!(allowed("MIT"));
    assert!(allowed("GPL-3.0-only OR MIT"));
    assert!(allowed("Unlicense/MIT"));
    assert!(!allowed("GPL-3.0-only"));
}

#[test]
fn every_licence_joined_by_and_is_needed() {
    assert!(allowed("(MIT OR GPL-2.0-only) AND Unicode-3.0"));
    assert!(!allowed("MIT AND GPL-2.0-only"));
}

#[test]
fn and_binds_tighter_than_or() {
    assert!(allowed("MIT OR GPL-2.0-only AND GPL-3.0-only"));
    assert!(!allowed("(MIT OR GPL-2.0-only) AND GPL-3.0-only"));
}

#[test]
fn an_exception_belongs_to_its_licence() {
    assert!(allowed("Apache-2.0 WITH LLVM-exception"));
    assert!(!allowed("MIT WITH LLVM-exception"));
}

#[test]
fn malformed_expressions_are_errors() {
    for expression in ["", "MIT OR", "OR MIT", "(MIT", "MIT Apache-2.0", "MIT)"] {
        assert!(is_allowed(expression, &["MIT".to_owned()]).is_err(), "{expression}");
    }
}
