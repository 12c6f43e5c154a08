use super::*;

#[test]
fn every_number_comes_once_in_either_order() {
    let order = |step, weights| in_turn(4, step, weights).collect::<Vec<_>>();
    for (step, weights) in [(0, 1 << 20), (1, 1 << 10), (2, 1 << 20)] {
        assert_eq!(order(step, weights), [0, 1, 2, 3]);
    }
    assert_eq!(order(1, 1 << 20), [3, 2, 1, 0]);
    assert_eq!(in_turn(0, 1, 1 << 20).count(), 0);
}
