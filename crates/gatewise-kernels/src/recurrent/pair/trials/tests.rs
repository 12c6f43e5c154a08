//! The quicker way is taken, and tried again.

use super::*;

/// How many of so many calls of one size go to two threads, where calls take so long alone and with a second thread.
fn shared(trials: &Trials, calls: u64, [alone, with_second]: [u64; 2]) -> u64 {
    let mut count = 0;
    for _ in 0..calls {
        let attempt = trials.next(1000);
        trials.remember(attempt, if attempt.with_second { with_second } else { alone });
        count += u64::from(attempt.with_second);
    }
    count
}

#[test]
fn the_quicker_way_is_taken_but_for_trials() {
    assert_eq!(shared(&Trials::new(), PERIOD, [100, 60]), PERIOD - TRIAL);
    assert_eq!(shared(&Trials::new(), PERIOD, [60, 100]), TRIAL);
}

#[test]
fn a_change_is_noticed_by_the_next_trial() {
    let trials = Trials::new();
    assert_eq!(shared(&trials, PERIOD, [100, 60]), PERIOD - TRIAL);
    assert_eq!(shared(&trials, PERIOD, [60, 100]), TRIAL);
}

#[test]
fn another_size_has_a_trial_of_its_own() {
    let trials = Trials::new();
    assert_eq!(shared(&trials, PERIOD / 2, [60, 100]), TRIAL);
    assert!(trials.next(2000).with_second, "a trial begins with two threads");
}
