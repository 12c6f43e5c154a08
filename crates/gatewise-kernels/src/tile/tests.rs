use super::parts;

#[test]
fn parts_cover_everything_and_are_nearly_equal() {
    for max_len in 1..9 {
        for len in 0..40 {
            let cut: Vec<_> = parts(len, max_len).collect();
            let mut next = 0;
            for &(first, count) in &cut {
                assert_eq!(first, next);
                assert!(count <= max_len && count >= len / cut.len());
                next += count;
            }
            assert_eq!(next, len);
        }
    }
}
