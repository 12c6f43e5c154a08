//! The length of trainings.

use super::Schedule;

#[test]
fn few_windows_get_many_epochs_before_a_choice() {
    let schedule = Schedule::new(85, 100);
    assert_eq!(schedule, Schedule { validation_windows: 17, epochs_before_choice: 13, patience: 20 });
}

#[test]
fn many_windows_may_stop_from_the_first_epoch() {
    let schedule = Schedule::new(3000, 100);
    assert_eq!(schedule, Schedule { validation_windows: 300, epochs_before_choice: 0, patience: 5 });
}

#[test]
fn at_least_one_epoch_may_always_be_chosen() {
    for epochs in 1..20 {
        assert!(Schedule::new(16, epochs).epochs_before_choice < epochs);
    }
}
