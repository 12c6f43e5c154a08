use super::*;

fn row(name: &'static str, result: Result<Outcome>) -> Row {
    Row { name, title: "a step", time: Duration::ZERO, result: Some(result) }
}

fn report(rows: Vec<Row>) -> Report {
    Report { rows, tally: Tally::default() }
}

#[test]
fn what_was_not_checked_is_told_and_counted() {
    let passed = row("test", Ok(Outcome::Passed));
    let left = row("targets", Ok(Outcome::NotChecked("no library for wasm32".into())));
    let report = report(vec![passed, left]);
    let text = report.to_string();
    assert!(text.contains("NOT CHECKED: no library for wasm32"), "{text}");
    assert!(text.contains("1 of the steps not checked"), "{text}");
    assert!(!report.failed());
}

#[test]
fn nothing_is_said_of_checks_when_all_were_made() {
    let text = report(vec![row("test", Ok(Outcome::Passed))]).to_string();
    assert!(!text.contains("not checked"), "{text}");
}

#[test]
fn a_failed_step_is_to_be_run_again() {
    let report = report(vec![row("docs", Err(anyhow::anyhow!("a dead link")))]);
    assert!(report.failed());
    let text = report.to_string();
    assert!(text.contains("a dead link") && text.contains("--only docs"), "{text}");
}
