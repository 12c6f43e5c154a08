//! The only place where the library reads the environment.

use std::sync::OnceLock;

use gatewise_kernels::InstructionSet;

use crate::error::{Error, Result};

/// What the environment says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Environment {
    /// `GATEWISE_THREADS`: how many threads to use; all cores if it is not set.
    pub threads: Option<usize>,
    /// `GATEWISE_ISA`: the instruction set of the kernels; the widest that the CPU has if it is not set.
    pub instruction_set: Option<InstructionSet>,
}

impl Environment {
    /// The environment as it was at the first call, which also sets the kernels' instruction set and, where a number of threads
    /// is asked for, keeps them from using others than those of the library's own pool.
    ///
    /// # Errors
    /// If a variable is set to something that it cannot mean.
    pub fn get() -> Result<Self> {
        static ENVIRONMENT: OnceLock<Result<Environment>> = OnceLock::new();
        ENVIRONMENT.get_or_init(|| Self::read().inspect(Self::apply)).clone()
    }

    fn read() -> Result<Self> {
        let threads = std::env::var("GATEWISE_THREADS").ok();
        let instruction_set = std::env::var("GATEWISE_ISA").ok();
        Ok(Self {
            threads: threads.as_deref().map(parse_threads).transpose()?,
            instruction_set: instruction_set.as_deref().map(parse_instruction_set).transpose()?,
        })
    }

    fn apply(&self) {
        if let Some(set) = self.instruction_set {
            set.choose();
        }
        if self.threads.is_some() {
            gatewise_kernels::stay_in_calling_thread();
        }
    }
}

/// A number of threads, at least 1.
fn parse_threads(text: &str) -> Result<usize> {
    let threads = text.trim().parse().ok().filter(|threads| *threads > 0);
    threads.ok_or_else(|| {
        Error::argument("GATEWISE_THREADS", format!("expected a whole number of at least 1, got \"{text}\""))
    })
}

/// An instruction set that this CPU has.
fn parse_instruction_set(text: &str) -> Result<InstructionSet> {
    let available = || InstructionSet::ALL.into_iter().filter(|set| set.is_available());
    available().find(|set| set.name() == text.trim()).ok_or_else(|| {
        let names: Vec<&str> = available().map(InstructionSet::name).collect();
        Error::argument("GATEWISE_ISA", format!("expected one of {}, got \"{text}\"", names.join(", ")))
    })
}

#[cfg(test)]
mod tests;
