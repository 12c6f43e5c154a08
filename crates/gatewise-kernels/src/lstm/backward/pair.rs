//! The way back of one chunk of samples on two threads that share the units.

use std::ops::Range;
use std::sync::Mutex;

use super::carried::Carried;
use super::run::StepsBack;
use crate::lstm::{GATES, Sizes};
use crate::parallel::{join, num_threads};
use crate::recurrent::chunks::{own_lines, take};
use crate::recurrent::pair::{Exchange, Meeting, Work};
use crate::simd::{Isa, SimdOp, lanes, run};

/// Where a second thread may come to help.
pub(super) struct Pair<'a> {
    pub meeting: Meeting<'a>,
    /// Where the leader puts the follower's part.
    handed: Mutex<Option<Carried<'a>>>,
}

impl<'a> Pair<'a> {
    /// Gives the follower its part.
    pub fn hand_over(&self, far: &mut Option<Carried<'a>>) {
        *self.handed.lock().expect("nobody panics with it") = far.take();
    }
}

/// The threads hand each other the gradients by z.
const EXCHANGE: Exchange = Exchange { rows: GATES, may_dismiss: false, has_cells: false };

/// Whether there is more than one thread.
pub(super) fn has_threads() -> bool {
    num_threads() > 1
}

/// How many numbers of scratch [`run_on_two`] needs beside the parts; none where it is never called.
pub(super) fn scratch_len(sizes: &Sizes) -> usize {
    Work { sizes: *sizes, gates: GATES, block: lanes() }.scratch_len(EXCHANGE.rows, 0)
}

/// Takes both parts through the steps, with a second thread if one comes in time; both have ended when it returns.
pub(super) fn run_on_two<'a>(
    work: &Work,
    near: Carried<'a>,
    far: Option<Carried<'a>>,
    steps: &Range<usize>,
    scratch: &'a mut [f32],
) {
    let Sizes { batch, units, .. } = work.sizes;
    let mut scratch = own_lines(scratch);
    let scratch = take(&mut scratch, Meeting::max_len(EXCHANGE.rows * batch * units));
    let pair = Pair { meeting: Meeting::new(work, EXCHANGE, scratch), handed: Mutex::new(None) };
    let follower = FollowerRun { pair: &pair, steps: steps.clone() };
    let leader = StepsBack { near, far, pair: Some(&pair), steps: steps.clone() };
    join(|| run(leader), || run(follower));
}

/// The follower's part.
struct FollowerRun<'a, 'b> {
    pair: &'b Pair<'a>,
    steps: Range<usize>,
}

impl SimdOp for FollowerRun<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn eval<I: Isa>(self, isa: I) {
        let Self { pair, steps } = self;
        let _presence = pair.meeting.follower_is_there();
        let Some(num_before) = pair.meeting.come() else { return };
        let part = pair.handed.lock().expect("nobody panics with it").take();
        let mut part = part.expect("the leader hands it over before it lets the follower in");
        let mut used: usize =
            steps.clone().rev().take(num_before).map(|number| part.used_rows(number).len()).sum();
        for (num_done, number) in steps.clone().rev().enumerate().skip(num_before) {
            let rows = part.used_rows(number);
            part.step(isa, number, rows, part.kept.slots(steps.len(), num_done, used));
            pair.meeting.follower_exchange(num_done, part.d_z_rows, &[]);
            part.multiply(number, rows);
            used += rows.len();
        }
    }
}
