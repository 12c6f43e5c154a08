use super::*;

#[test]
fn lists_of_any_length_keep_their_entries_in_order() {
    for len in 0..6 {
        let expected: Vec<usize> = (0..len).collect();
        let mut few: Few<usize> = (0..len).collect();
        assert_eq!(*few, expected);
        few.iter_mut().for_each(|entry| *entry += 1);
        assert_eq!(few.into_iter().collect::<Vec<_>>(), (1..=len).collect::<Vec<_>>());
    }
    assert!(Few::<usize>::default().is_empty());
}
