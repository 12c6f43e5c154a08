use super::*;

#[test]
fn a_turn_is_filled_by_few_long_repeats_or_by_many_short_ones() {
    assert_eq!(Turn::of(2.0), Turn { warm_up: 0, timed: 1 });
    assert_eq!(Turn::of(0.4), Turn { warm_up: 1, timed: 3 });
    assert_eq!(Turn::of(0.01), Turn { warm_up: 10, timed: 30 });
    assert_eq!(Turn::of(1e-6), Turn { warm_up: MOST_REPEATS, timed: MOST_REPEATS });
}
