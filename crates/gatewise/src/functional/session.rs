//! Names and random numbers of layers that are called before there is a model.

use std::cell::RefCell;
use std::collections::HashMap;

use crate::initializers::InitializerRandom;
use crate::random;
use crate::serialization::snake_case;

thread_local! {
    /// Of this thread, so that models which are described on several threads at once do not meet.
    static SESSION: RefCell<Session> = RefCell::default();
}

#[derive(Default)]
struct Session {
    seed: Option<u64>,
    /// Seeds and streams of weights that were handed out.
    draws: u64,
    /// How many names of each kind were given.
    names: HashMap<String, usize>,
}

/// Fixes the random numbers of what is described on this thread from now on, as Keras's `set_random_seed`: the fresh
/// weights of layers that are called on symbolic values, and the seeds of models that are given none.
///
/// Without it they come from the system's entropy.
pub fn set_random_seed(seed: u64) {
    SESSION.with_borrow_mut(|session| {
        session.seed = Some(seed);
        session.draws = 0;
    });
}

/// Lets the names of layers on this thread begin again with `lstm`, `dense`, …, as Keras's `clear_session`.
pub fn clear_session() {
    SESSION.with_borrow_mut(|session| session.names.clear());
}

/// `lstm` for the first layer of a class, then `lstm_1`, ….
pub(crate) fn free_name(class_name: &str) -> String {
    let base = snake_case(class_name);
    SESSION.with_borrow_mut(|session| {
        let count = session.names.entry(base.clone()).or_default();
        *count += 1;
        if *count == 1 { base } else { format!("{base}_{}", *count - 1) }
    })
}

/// Random numbers for the weights of the next layer.
pub(crate) fn next_random() -> InitializerRandom {
    let (seed, draw) = next();
    InitializerRandom::new(seed, draw)
}

/// The seed of the next model.
pub(crate) fn next_seed() -> u64 {
    let (seed, draw) = next();
    // Weights take their numbers from streams of the seed itself; a model's are a seed apart.
    seed.wrapping_add(draw.wrapping_mul(0x9E37_79B9_7F4A_7C15))
}

fn next() -> (u64, u64) {
    SESSION.with_borrow_mut(|session| {
        let seed = *session.seed.get_or_insert_with(random::seed_from_entropy);
        let draw = session.draws;
        session.draws += 1;
        (seed, draw)
    })
}
