//! How a command ends: the exit codes, and errors that say what happened and what to do.

use std::fmt;
use std::process::ExitCode;

use crate::store::StoreError;

/// A command that did what it was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Done {
    /// Exit code 0.
    Clean,
    /// Exit code 3: done, but something needs a person's attention.
    Attention,
}

/// A command that did not.
#[derive(Debug)]
pub struct Failure {
    usage: bool,
    message: String,
    hints: Vec<String>,
}

/// How a command ends.
pub type Ending = Result<Done, Failure>;

impl Failure {
    /// Exit code 1: it could not be done.
    pub fn new(message: impl Into<String>) -> Self {
        Self { usage: false, message: message.into(), hints: Vec::new() }
    }

    /// Exit code 2: it was asked wrongly.
    pub fn usage(message: impl Into<String>) -> Self {
        Self { usage: true, message: message.into(), hints: Vec::new() }
    }

    /// Adds what to do about it.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }
}

/// The store says itself what happened and what to do.
impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::new(error.to_string())
    }
}

/// The message, then one line for each hint.
impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error: {}", self.message)?;
        self.hints.iter().try_for_each(|hint| write!(f, "\n  = {hint}"))
    }
}

/// 0 done, 1 failed, 2 wrong usage, 3 done but something needs attention.
pub(super) fn exit_code(ending: &Ending) -> ExitCode {
    ExitCode::from(match ending {
        Ok(Done::Clean) => 0,
        Err(failure) if failure.usage => 2,
        Err(_) => 1,
        Ok(Done::Attention) => 3,
    })
}
