use super::*;

/// The three vectors of `philox4x32 10` in Random123's file `kat_vectors`.
const KNOWN_ANSWERS: [([u32; 4], [u32; 2], [u32; 4]); 3] = [
    ([0; 4], [0; 2], [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]),
    ([u32::MAX; 4], [u32::MAX; 2], [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]),
    (
        [0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344],
        [0xa409_3822, 0x299f_31d0],
        [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1],
    ),
];

#[test]
fn known_answers_of_random123_are_met() {
    for (counter, key, answer) in KNOWN_ANSWERS {
        assert_eq!(philox4x32(counter, key), answer);
    }
}

#[test]
fn one_bit_of_counter_or_key_changes_about_half_of_the_bits() {
    let distance = |a: [u32; 4], b: [u32; 4]| -> u32 {
        a.iter().zip(b).map(|(left, right)| (left ^ right).count_ones()).sum()
    };
    let base = philox4x32([1, 2, 3, 4], [5, 6]);
    for bit in 0..32 {
        for changed in [
            philox4x32([1 ^ (1 << bit), 2, 3, 4], [5, 6]),
            philox4x32([1, 2, 3, 4 ^ (1 << bit)], [5, 6]),
            philox4x32([1, 2, 3, 4], [5 ^ (1 << bit), 6]),
        ] {
            // 64 of 128 bits are expected with a deviation of 5.7; five of them on either side.
            assert!((36..=92).contains(&distance(base, changed)), "bit {bit}");
        }
    }
}
