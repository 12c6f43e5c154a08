use super::*;
use crate::recurrent::chunks::{OWN_LINES, own_lines};
use crate::simd::lanes;

/// Hands over h and c.
const STATES: Exchange = Exchange { rows: 1, may_dismiss: true, has_cells: true };

#[test]
fn the_parts_of_a_meeting_fit_into_its_scratch_and_share_no_line() {
    for units in [2, 3, 4, 5, 33].map(|blocks| blocks * lanes()).into_iter().flat_map(|n| [n, n + 1]) {
        for batch in 1..4 {
            let sizes = Sizes { batch, steps: 1, features: 1, units };
            let mut scratch = vec![0.0; Meeting::max_len(batch * units) + OWN_LINES];
            let scratch = &mut own_lines(&mut scratch)[..Meeting::max_len(batch * units)];
            let work = Work { sizes, gates: 4, block: lanes() };
            let meeting = Meeting::new(&work, STATES, scratch);
            let states = [meeting.after(0), meeting.after(1)];
            let mut lines: Vec<_> = (states.iter())
                .flat_map(|state| [state.h[LEADER], state.h[FOLLOWER], state.c])
                .flat_map(|part| part.chunks(LINES))
                .map(|line| line.as_ptr().addr())
                .collect();
            assert!(lines.iter().all(|line| line % (LINES * size_of::<f32>()) == 0));
            let count = lines.len();
            lines.sort_unstable();
            lines.dedup();
            assert_eq!(lines.len(), count, "{sizes:?}");
        }
    }
}

#[test]
fn each_side_gets_what_the_other_has_put() {
    let sizes = Sizes { batch: 3, steps: 1, features: 1, units: 3 * lanes() + 1 };
    let mut scratch = vec![f32::NAN; Meeting::max_len(3 * sizes.units)];
    let work = Work { sizes, gates: 4, block: lanes() };
    let meeting = Meeting::new(&work, STATES, &mut scratch);
    let numbers: Vec<f32> = (0..3 * sizes.units).map(|n| n as f32).collect();
    let h = meeting.after(0).h;
    let mut got = vec![-1.0; numbers.len()];
    for (side, share) in [LEADER, FOLLOWER].into_iter().zip(work.shares()) {
        meeting.put(h[side], &numbers, side);
        got.fill(-1.0);
        meeting.get(h[side], &mut got, side);
        for (place, (&got, &number)) in got.iter().zip(&numbers).enumerate() {
            let expected = if share.contains(&(place % sizes.units)) { number } else { -1.0 };
            assert_eq!(got, expected, "side {side}, place {place}");
        }
    }
}

/// Neither side may be dismissed.
const PARTS: Exchange = Exchange { rows: 1, may_dismiss: false, has_cells: false };

/// A thread of each side, of which one panics in its first step; the other one takes all of `STEPS`.
fn assert_comes_to_its_end(side_that_panics: usize) {
    const STEPS: usize = 9;
    let sizes = Sizes { batch: 1, steps: STEPS, features: 1, units: 2 * lanes() };
    let mut scratch = vec![0.0; Meeting::max_len(sizes.units)];
    let work = Work { sizes, gates: 4, block: lanes() };
    let meeting = Meeting::new(&work, PARTS, &mut scratch);
    let panic_in_first =
        |side: usize, step: usize| assert!(side != side_that_panics || step > 0, "on purpose");
    let (leader, follower) = std::thread::scope(|scope| {
        let leader = scope.spawn(|| {
            let _presence = meeting.leader_is_there();
            let mut h = vec![0.0; sizes.units];
            while !meeting.is_shared(0, &h, &[], || {}) {
                std::thread::yield_now();
            }
            for step in 0..STEPS {
                panic_in_first(LEADER, step);
                assert!(meeting.leader_exchange(step, &mut h, &mut []));
            }
            meeting.end(STEPS, &mut []);
        });
        let follower = scope.spawn(|| {
            let _presence = meeting.follower_is_there();
            let mut h = vec![0.0; sizes.units];
            // If the leader has panicked already there is nothing left to do.
            let first_step = meeting.come().unwrap_or(STEPS);
            for step in first_step..STEPS {
                panic_in_first(FOLLOWER, step);
                assert!(meeting.follower_exchange(step, &mut h, &[]));
            }
        });
        (leader.join(), follower.join())
    });
    assert_eq!(
        [leader.is_err(), follower.is_err()],
        [side_that_panics == LEADER, side_that_panics == FOLLOWER]
    );
}

#[test]
fn a_side_comes_to_its_end_if_the_other_one_panics() {
    assert_comes_to_its_end(LEADER);
    assert_comes_to_its_end(FOLLOWER);
}
