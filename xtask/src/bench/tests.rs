use super::*;

#[test]
fn a_turn_is_filled_by_few_long_repeats_or_by_many_short_ones() {
    assert_eq!(repeats(2.0), 1);
    assert_eq!(repeats(0.4), 3);
    assert_eq!(repeats(0.01), 30);
    assert_eq!(repeats(1e-6), MOST_REPEATS);
}
