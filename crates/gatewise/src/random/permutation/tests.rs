use super::*;

fn key(seed: u64, step: u64) -> RandomKey {
    RandomKey { seed, stream: 3, step }
}

#[test]
fn every_number_comes_once() {
    for n in [0, 1, 2, 7, 1000] {
        let mut order = permutation(n, key(1, 0));
        order.sort_unstable();
        assert_eq!(order, (0..n).collect::<Vec<_>>());
    }
}

#[test]
fn the_same_key_gives_the_same_order_and_another_step_another_order() {
    assert_eq!(permutation(50, key(1, 0)), permutation(50, key(1, 0)));
    assert_ne!(permutation(50, key(1, 0)), permutation(50, key(1, 1)));
    assert_ne!(permutation(50, key(1, 0)), permutation(50, key(2, 0)));
}

#[test]
fn all_orders_of_four_are_equally_frequent() {
    const ROUNDS: u64 = 24_000;
    let mut counts = std::collections::HashMap::new();
    for step in 0..ROUNDS {
        *counts.entry(permutation(4, key(9, step))).or_insert(0_u64) += 1;
    }
    assert_eq!(counts.len(), 24);
    // Each count is binomial: 1000 expected with a deviation of 31; five of them on either side.
    assert!(counts.values().all(|count| (845..=1155).contains(count)), "{counts:?}");
}

#[test]
fn the_order_of_a_key_stays_the_same_for_ever() {
    insta::assert_snapshot!(format!("{:?}", permutation(12, key(42, 5))), @"[4, 11, 6, 7, 2, 8, 1, 3, 5, 9, 0, 10]");
}
