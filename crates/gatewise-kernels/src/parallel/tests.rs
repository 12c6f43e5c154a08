use std::panic::catch_unwind;
use std::thread::current;

use super::*;
use crate::testing::on_threads;

/// Whether two functions are called by this thread, one after the other.
fn join_stays_here() -> bool {
    let here = current().id();
    let mut ids = [None; 2];
    let [first, second] = &mut ids;
    // The first one takes so long that another thread has time to take the second.
    let slow = || {
        *first = Some(current().id());
        std::thread::sleep(std::time::Duration::from_millis(50));
    };
    join(slow, || *second = Some(current().id()));
    ids.iter().all(|id| *id == Some(here))
}

#[test]
fn work_stays_in_the_calling_thread_if_it_must() {
    on_threads(2, || {
        assert_eq!(num_threads(), 2);
        assert!(!join_stays_here(), "nobody helps");
        in_calling_thread(|| {
            assert_eq!(num_threads(), 1);
            assert!(join_stays_here());
            in_calling_thread(|| assert!(is_in_calling_thread()));
            assert!(is_in_calling_thread());
        });
        assert!(!is_in_calling_thread());
    });
}

#[test]
fn a_panic_does_not_keep_later_work_in_the_calling_thread() {
    let result = catch_unwind(|| in_calling_thread(|| panic!("as it must")));
    assert!(result.is_err() && !is_in_calling_thread());
}
