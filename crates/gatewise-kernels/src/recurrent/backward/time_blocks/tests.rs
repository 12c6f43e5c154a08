//! All steps are met, and few gradients wait.

use super::*;

#[test]
fn blocks_cover_all_steps_once_from_the_last_to_the_first() {
    for steps in [0, 1, 7, 100, 1000, 100_000] {
        for (chunk_len, units) in [(1, 256), (3, 2048), (4, 8), (11, 8), (11, 256)] {
            let per_step = chunk_len * 4 * units;
            let len = block_len(steps, chunk_len, per_step, false);
            assert!(
                len <= block_len(steps, chunk_len, per_step, true),
                "scratch is made for the longer blocks"
            );
            let is_enough = chunk_len * (len - len.min(1)) <= 256;
            assert!(is_enough || len * per_step <= NEAR_LEN, "a block of {len} steps");
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
