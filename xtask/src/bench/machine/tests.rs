use super::*;

#[test]
fn the_model_of_the_first_cpu_is_read() {
    let info = "processor\t: 0\nmodel name\t: Some CPU, 2.0 GHz\nflags\t: fma\n";
    assert_eq!(model(info).as_deref(), Some("Some CPU  2.0 GHz"));
    assert_eq!(model("processor\t: 0\n"), None);
}

#[test]
fn a_name_without_a_generation_is_followed_by_the_numbers_of_the_model() {
    let info = |name: &str| format!("cpu family\t: 25\nmodel\t\t: 1\nmodel name\t: {name}\n");
    assert_eq!(model(&info("AMD EPYC")).as_deref(), Some("AMD EPYC family 25 model 1"));
    assert_eq!(model(&info("AMD EPYC 7B13")).as_deref(), Some("AMD EPYC 7B13"));
}
