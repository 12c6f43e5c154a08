use super::*;

#[test]
fn the_model_of_the_first_cpu_is_read() {
    let info = "processor\t: 0\nmodel name\t: Some CPU, 2.0 GHz\nflags\t: fma\n";
    assert_eq!(model_name(info).as_deref(), Some("Some CPU  2.0 GHz"));
    assert_eq!(model_name("processor\t: 0\n"), None);
}
