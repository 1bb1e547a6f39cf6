//! The one place that asks what time it is.

use chrono::{DateTime, Utc};

/// Whoever is asked for the time: the wall clock, or the fixed one of the demonstration.
pub type Clock = fn() -> DateTime<Utc>;

/// The wall clock.
#[expect(clippy::disallowed_methods, reason = "the clock has to be read somewhere: here and nowhere else")]
pub fn now() -> DateTime<Utc> {
    Utc::now()
}
