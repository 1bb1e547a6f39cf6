//! What those see who watch: the page of the personnel office, the figures, the journal, the status.

mod hangs;
mod journal;
mod metrics;
mod page;
mod status;

use chrono::{Duration, NaiveDateTime};

use crate::office::line;

/// The clocks of the host, so many minutes ago.
fn minutes_ago(minutes: i64) -> NaiveDateTime {
    let now = timbra::daemon::clock::now().with_timezone(&chrono_tz::Europe::Rome).naive_local();
    now - Duration::minutes(minutes)
}

/// An entry that a reader saw just now.
fn entry_now(badge: &str) -> String {
    let at = minutes_ago(2);
    line(badge, at.date(), &at.format("%H:%M:%S").to_string(), 0)
}
