use super::*;

fn window(size: usize, stride: usize, dilation: usize, padding: Padding) -> Window {
    Window { size, stride, dilation, padding }
}

/// The steps of all windows on a sequence, −1 for padding.
fn all(window: Window, steps: usize) -> Vec<Vec<i64>> {
    let number = |step: Option<usize>| step.map_or(-1, |step| step as i64);
    (0..window.count(steps)).map(|index| window.steps(index, steps).map(number).collect()).collect()
}

#[test]
fn without_padding_windows_lie_within_the_sequence() {
    assert_eq!(all(window(3, 1, 1, Padding::Valid), 4), [[0, 1, 2], [1, 2, 3]]);
    assert_eq!(all(window(2, 2, 1, Padding::Valid), 5), [[0, 1], [2, 3]]);
    assert_eq!(all(window(2, 1, 3, Padding::Valid), 5), [[0, 3], [1, 4]]);
    assert_eq!(all(window(2, 5, 1, Padding::Valid), 4), [[0, 1]]);
}

#[test]
fn a_sequence_that_is_too_short_has_no_window() {
    for steps in 0..5 {
        assert_eq!(window(3, 1, 2, Padding::Valid).count(steps), 0);
        assert_eq!(window(5, 3, 1, Padding::Valid).count(steps), 0);
    }
    assert_eq!(window(5, 3, 1, Padding::Valid).count(5), 1);
    assert_eq!(window(3, 1, 2, Padding::Same).count(0), 0);
}

#[test]
fn the_same_padding_is_larger_at_the_end() {
    assert_eq!(all(window(3, 1, 1, Padding::Same), 2), [[-1, 0, 1], [0, 1, -1]]);
    assert_eq!(all(window(2, 1, 1, Padding::Same), 2), [[0, 1], [1, -1]]);
    assert_eq!(all(window(3, 2, 1, Padding::Same), 4), [[0, 1, 2], [2, 3, -1]]);
    assert_eq!(all(window(1, 3, 1, Padding::Same), 4), [[0], [3]]);
}

#[test]
fn causal_windows_end_with_their_own_step() {
    assert_eq!(all(window(2, 1, 2, Padding::Causal), 3), [[-1, 0], [-1, 1], [0, 2]]);
    assert_eq!(all(window(3, 2, 1, Padding::Causal), 3), [[-1, -1, 0], [0, 1, 2]]);
}
