//! The only place where the library reads the environment.

use crate::error::{Error, Result};

/// What the environment says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Environment {
    /// `GATEWISE_THREADS`: how many threads to use; all cores if it is not set.
    pub threads: Option<usize>,
}

impl Environment {
    /// Reads the environment.
    ///
    /// # Errors
    /// If a variable is set to something that it cannot mean.
    pub fn read() -> Result<Self> {
        let threads = std::env::var("GATEWISE_THREADS").ok();
        Ok(Self { threads: threads.as_deref().map(parse_threads).transpose()? })
    }
}

/// A number of threads, at least 1.
fn parse_threads(text: &str) -> Result<usize> {
    let threads = text.trim().parse().ok().filter(|threads| *threads > 0);
    threads.ok_or_else(|| {
        Error::argument("GATEWISE_THREADS", format!("expected a whole number of at least 1, got \"{text}\""))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_of_threads_is_at_least_one() {
        assert_eq!(parse_threads(" 3 ").unwrap(), 3);
        let error = parse_threads("0").unwrap_err();
        assert_eq!(
            error.to_string(),
            "GATEWISE_THREADS: expected a whole number of at least 1, got \"0\""
        );
        assert!(parse_threads("many").is_err());
    }
}
