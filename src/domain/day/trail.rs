//! How each number of a day came about: the same steps in English and Italian.

use crate::domain::minutes::Minutes;

/// One step of the computation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Which rule of the day it is.
    pub rule: &'static str,
    /// The parameter of the profile or the fact of the context that decided, as `key = value`.
    pub because: String,
    /// The minutes before.
    pub before: Minutes,
    /// The minutes after.
    pub after: Minutes,
}
