use super::*;

fn order(capacity: usize, seed: u64, pass: usize) -> Vec<usize> {
    let mut buffer = ShuffleBuffer::new(capacity, seed);
    buffer.start(pass);
    let mut numbers = 0..20;
    let mut order = Vec::new();
    while let Some(number) = buffer.next(|| Ok(numbers.next())).unwrap() {
        order.push(number);
    }
    order
}

#[test]
fn every_sample_comes_once_and_none_comes_before_the_buffer_has_it() {
    let got = order(5, 1, 0);
    assert_ne!(got, (0..20).collect::<Vec<_>>());
    let mut sorted = got.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, (0..20).collect::<Vec<_>>());
    assert!(got.iter().enumerate().all(|(place, number)| *number < place + 5));
}

#[test]
fn the_order_depends_on_seed_and_pass_alone() {
    assert_eq!(order(5, 1, 2), order(5, 1, 2));
    assert_ne!(order(5, 1, 2), order(5, 1, 3));
    assert_ne!(order(5, 1, 2), order(5, 2, 2));
}

#[test]
fn a_buffer_of_one_or_none_keeps_the_order() {
    for capacity in [0, 1] {
        assert_eq!(order(capacity, 1, 0), (0..20).collect::<Vec<_>>());
    }
}

#[test]
fn a_buffer_for_more_than_all_mixes_all() {
    let got = order(100, 1, 0);
    assert!(got.iter().take(5).any(|number| *number >= 10));
    assert_eq!(got.len(), 20);
}
