use super::Chunks;

/// A mask of samples that use so many of their steps.
fn mask(lengths: &[usize], steps: usize) -> Vec<f32> {
    let used = |&length: &usize| (0..steps).map(move |step| if step < length { 1.0 } else { 0.0 });
    lengths.iter().flat_map(used).collect()
}

#[test]
fn chunks_cover_the_batch_in_order() {
    for batch in 0..40 {
        for len in 1..=batch.max(1) {
            let lengths: Vec<usize> = (0..batch).map(|sample| sample * sample % 7).collect();
            let even = Chunks::of(batch, len);
            for chunks in [even, even.balance(Some(&mask(&lengths, 7)), 7), even.joined(2)] {
                let mut next = 0;
                for (number, (first, count)) in chunks.within(0..batch).enumerate() {
                    assert_eq!((first, chunks.starting_at(first)), (next, number), "{chunks:?}");
                    assert!((1..=chunks.len).contains(&count), "{chunks:?}");
                    next = first + count;
                }
                assert_eq!(next, batch, "{chunks:?}");
                assert_eq!(chunks.within(0..batch).count(), chunks.count(), "{chunks:?}");
            }
        }
    }
}

#[test]
fn without_a_mask_and_with_equal_lengths_two_chunks_stay_even() {
    let even = Chunks::of(32, 16);
    assert_eq!(even.balance(None, 10), even);
    for length in [0, 5, 10] {
        let chunks = even.balance(Some(&mask(&[length; 32], 10)), 10);
        assert_eq!(chunks.start(1), if length == 0 { 20 } else { 16 }, "{length}");
    }
}

#[test]
fn two_chunks_have_as_many_used_steps_as_room_allows() {
    // Sixteen short samples and sixteen long ones: the half of the steps is among the long ones.
    let lengths: Vec<usize> = (0..32).map(|sample| if sample < 16 { 6 } else { 10 }).collect();
    let chunks = Chunks::of(32, 16).balance(Some(&mask(&lengths, 10)), 10);
    assert_eq!(chunks.start(1), 19, "114 of 256 steps before it, 128 with three of the long ones");
    // So short that all of them would belong to the first.
    let lengths: Vec<usize> = (0..32).map(|sample| if sample < 24 { 1 } else { 10 }).collect();
    let chunks = Chunks::of(32, 16).balance(Some(&mask(&lengths, 10)), 10);
    assert_eq!(chunks.start(1), 20, "a quarter more than half of the samples");
}

#[test]
fn the_halves_of_four_chunks_are_cut_evenly() {
    let lengths: Vec<usize> = (0..32).map(|sample| if sample < 16 { 6 } else { 10 }).collect();
    let chunks = Chunks::of(32, 8).balance(Some(&mask(&lengths, 10)), 10);
    let starts: Vec<usize> = (0..=4).map(|chunk| chunks.start(chunk)).collect();
    assert_eq!(starts, [0, 9, 19, 25, 32]);
    assert_eq!(chunks.len, 10);
    assert_eq!(chunks.joined(2).within(0..32).collect::<Vec<_>>(), [(0, 19), (19, 13)]);
}

#[test]
fn many_chunks_stay_even() {
    let lengths: Vec<usize> = (0..32).collect();
    let even = Chunks::of(32, 3);
    assert_eq!(even.balance(Some(&mask(&lengths, 31)), 31), even);
}
