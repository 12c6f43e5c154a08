use super::*;

fn tally(lines: &[&str]) -> Tally {
    let mut tally = Tally::default();
    for line in lines {
        tally.read_line(line);
    }
    tally
}

#[test]
fn sums_over_test_programs() {
    let tally = tally(&[
        "test result: ok. 3 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s",
        "test result: FAILED. 4 passed; 2 failed; 0 ignored; 0 measured; 1 filtered out; finished in 0.01s",
    ]);
    assert_eq!((tally.passed, tally.failed), (7, 2));
    assert_eq!(tally.lines.len(), 2);
}

#[test]
fn passes_over_other_lines() {
    let tally = tally(&["test tests::sums ... ok", "running 3 tests", "", "test result: a riddle"]);
    assert_eq!((tally.passed, tally.failed), (0, 0));
}

#[test]
fn keeps_no_line_of_a_program_without_tests() {
    let tally = tally(&["test result: ok. 0 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out"]);
    assert!(tally.lines.is_empty());
}
