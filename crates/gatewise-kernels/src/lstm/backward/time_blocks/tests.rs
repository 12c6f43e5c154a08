//! All steps are met, and few gradients wait.

use super::*;

#[test]
fn blocks_cover_all_steps_once_from_the_last_to_the_first() {
    for steps in [0, 1, 7, 100, 1000, 100_000] {
        for units in [8, 256] {
            let len = block_len(steps, 11, units, false);
            assert!(len <= block_len(steps, 11, units, true));
            assert!(len <= 24 || 11 * len * 4 * units <= NEAR_LEN, "a block of {len} steps");
            let mut end = steps;
            for block in blocks(steps, len) {
                assert_eq!(block.end, end);
                assert!(block.len() <= len);
                end = block.start;
            }
            assert_eq!(end, 0);
        }
    }
}
