//! Numbers of steps at both ends of a sequence.

use serde_json::{Value as Json, json};

/// How many steps at the beginning and at the end of a sequence: one number for both, or a pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Ends {
    /// Steps at the beginning.
    pub before: usize,
    /// Steps at the end.
    pub after: usize,
}

impl Ends {
    /// Both, as Keras writes them.
    pub(super) fn to_json(self) -> Json {
        json!([self.before, self.after])
    }
}

impl From<usize> for Ends {
    fn from(steps: usize) -> Self {
        Self { before: steps, after: steps }
    }
}

impl From<(usize, usize)> for Ends {
    fn from((before, after): (usize, usize)) -> Self {
        Self { before, after }
    }
}
