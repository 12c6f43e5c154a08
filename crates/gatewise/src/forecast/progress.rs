//! What a forecast tells while it is at work.

use std::fmt;
use std::sync::Arc;

/// Something that happened.
#[derive(Debug, Clone, PartialEq)]
pub enum Progress {
    /// A sentence on what is done next or was decided.
    Message(String),
    /// An epoch of training is over.
    Epoch {
        /// Which fit.
        fit: FitProgress,
        /// The part of this fit that is done, 0 to 1; it jumps when training stops early.
        done: f64,
        /// The mean training loss of the epoch.
        loss: f64,
    },
}

/// The place of a fit among all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FitProgress {
    /// Number of the fit, from 1.
    pub number: usize,
    /// Fits in all.
    pub of: usize,
}

/// Receives [`Progress`]; cheap to copy.
#[derive(Clone)]
pub struct Observer(Arc<dyn Fn(&Progress) + Send + Sync>);

impl Observer {
    /// An observer that calls `receive`.
    pub fn new(receive: impl Fn(&Progress) + Send + Sync + 'static) -> Self {
        Self(Arc::new(receive))
    }

    /// An observer that takes no notice.
    pub fn silent() -> Self {
        Self::new(|_| {})
    }

    pub(super) fn tell(&self, progress: &Progress) {
        (self.0)(progress);
    }

    pub(super) fn say(&self, sentence: impl Into<String>) {
        self.tell(&Progress::Message(sentence.into()));
    }
}

impl fmt::Debug for Observer {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Observer")
    }
}
