use super::*;

fn chosen(selection: &Selection) -> Vec<&'static str> {
    choose(selection).unwrap().iter().map(|step| step.name).collect()
}

#[test]
fn names_of_steps_are_unique() {
    let mut names: Vec<_> = STEPS.iter().map(|step| step.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), STEPS.len());
}

#[test]
fn only_keeps_the_order_of_steps_and_drops_repeats() {
    let words = ["docs", "format", "docs"].map(str::to_owned).to_vec();
    assert_eq!(chosen(&Selection::Only(words)), ["format", "docs"]);
}

#[test]
fn from_takes_the_rest() {
    assert_eq!(chosen(&Selection::From("examples".into())), ["examples", "forecast", "calls"]);
}

#[test]
fn an_unknown_step_is_named_in_the_error() {
    let error = choose(&Selection::From("clipy".into())).err().expect("no such step");
    assert!(error.to_string().contains("`clipy`"));
}
