use super::*;

#[test]
fn the_peak_is_read_in_bytes() {
    let status = "Name:\tpython\nVmPeak:\t  20000 kB\nVmHWM:\t    8124 kB\nVmRSS:\t    8000 kB\n";
    assert_eq!(high_water_mark(status), Some(8124 * 1024));
}

#[test]
fn a_process_that_has_ended_has_no_peak() {
    assert_eq!(high_water_mark("Name:\tpython\nState:\tZ (zombie)\n"), None);
    assert_eq!(high_water_mark(""), None);
}

#[test]
fn a_program_that_fails_is_an_error() {
    let mut command = Command::new(std::env::current_exe().unwrap());
    let error = peak(command.arg("--no-such-option").stderr(Stdio::null())).err().expect("it fails");
    assert!(error.to_string().contains("ended with"), "{error}");
}
