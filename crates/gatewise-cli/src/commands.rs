//! The commands, a file each.

pub mod forecast;

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// The command did what it was asked.
    Done,
    /// The command did its work, and the answer to its question is no.
    No,
}
