use super::*;

#[test]
fn a_number_of_threads_is_at_least_one() {
    assert_eq!(parse_threads(" 3 ").unwrap(), 3);
    let error = parse_threads("0").unwrap_err();
    assert_eq!(error.to_string(), "GATEWISE_THREADS: expected a whole number of at least 1, got \"0\"");
    assert!(parse_threads("many").is_err());
}

#[test]
fn an_instruction_set_is_one_that_the_cpu_has() {
    assert_eq!(parse_instruction_set("generic").unwrap(), InstructionSet::Generic);
    let error = parse_instruction_set("mmx").unwrap_err().to_string();
    assert!(error.starts_with("GATEWISE_ISA: expected one of generic"), "{error}");
    assert!(error.ends_with("got \"mmx\""), "{error}");
}
