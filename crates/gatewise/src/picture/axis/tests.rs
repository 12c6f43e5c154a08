use super::*;

fn labels(axis: &Axis) -> Vec<String> {
    axis.marks.iter().map(|mark| axis.format_ext(mark)).collect()
}

#[test]
fn marks_are_round() {
    assert_eq!(labels(&Axis::linear(0.03, 0.94, 5)), ["0.2", "0.4", "0.6", "0.8"]);
    assert_eq!(labels(&Axis::linear(-1.0, 1.0, 4)), ["-1.0", "-0.5", "0.0", "0.5", "1.0"]);
    assert_eq!(labels(&Axis::whole(1.0, 3.0, 10)), ["1", "2", "3"]);
    assert_eq!(labels(&Axis::whole(1.0, 120.0, 6)), ["20", "40", "60", "80", "100", "120"]);
    assert_eq!(labels(&Axis::logarithmic(0.09, 6.0, 8)), ["0.1", "0.2", "0.5", "1", "2", "5"]);
    assert_eq!(labels(&Axis::logarithmic(1e-8, 10.0, 6)), ["1e-8", "1e-6", "1e-4", "0.01", "1"]);
    assert_eq!(labels(&Axis::logarithmic(0.21, 0.45, 6)), ["0.25", "0.3", "0.35", "0.4", "0.45"]);
}

#[test]
fn places_follow_the_scale() {
    let axis = Axis::logarithmic(1.0, 100.0, 5);
    assert_eq!([1.0, 10.0, 100.0].map(|value| axis.map(&value, (0, 200))), [0, 100, 200]);
    let axis = Axis::linear(0.0, 10.0, 5);
    assert_eq!([0.0, 2.5, 10.0].map(|value| axis.map(&value, (100, 0))), [100, 75, 0]);
}

#[test]
fn numbers_that_cannot_be_shown_do_not_stretch_the_axis() {
    let axis = Axis::around(&[1.0, f64::NAN, f64::INFINITY, 3.0], false, 5);
    assert!(axis.ends().0 < 1.0 && axis.ends().1 > 3.0 && axis.ends().1 < 4.0);
    assert!(!axis.can_show(f64::NAN) && axis.can_show(-1.0));
    let axis = Axis::around(&[0.0, -1.0, 0.5], true, 5);
    assert!(axis.ends().0 > 0.2 && !axis.can_show(0.0));
    assert_eq!(Axis::around(&[], false, 5).ends(), (0.5, 1.5));
    assert_eq!(Axis::around(&[2.0, 2.0], false, 5).ends(), (1.5, 2.5));
}
