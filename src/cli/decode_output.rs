//! How decoded rows are shown: a table for eyes, JSON Lines for scripts.

use std::sync::Arc;

use chrono::{DateTime, FixedOffset};
use chrono_tz::Tz;
use serde::Serialize;

use crate::decode::format::Format;
use crate::decode::{Outcome, Reading, Row};
use crate::domain::civil::device_instant;
use crate::domain::reader::DirectionRule;
use crate::hex;

use super::failure::Done;

/// How many rows came out of each kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub(super) struct Counts {
    pub(super) events: u64,
    pub(super) rejected: u64,
    pub(super) skipped: u64,
}

impl Counts {
    /// The line that ends the output.
    pub(super) fn summary(&self, as_json: bool) -> String {
        let Self { events, rejected, skipped } = self;
        let mut text = String::new();
        if as_json {
            json(&mut text, self);
        } else {
            let noun = if *events == 1 { "event" } else { "events" };
            text = format!("{events} {noun}, {rejected} rejected, {skipped} skipped\n");
        }
        text
    }

    /// Nothing but rejects needs attention.
    pub(super) fn ending(&self) -> Done {
        let nothing_else = self.events == 0 && self.skipped == 0;
        if self.rejected > 0 && nothing_else { Done::Attention } else { Done::Clean }
    }
}

#[derive(Serialize)]
struct Event<'a> {
    line: u64,
    badge: &'a str,
    at: String,
    direction: Option<String>,
    direction_raw: Option<&'a str>,
    reason: Option<&'a str>,
    raw: &'a str,
}

#[derive(Serialize)]
struct Reject<'a> {
    line: u64,
    error: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    raw: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    raw_hex: Option<String>,
}

/// What only a site knows: which way its readers count, and where they stand.
#[derive(Debug)]
pub(super) struct Site {
    pub(super) directions: DirectionRule,
    pub(super) zone: Tz,
}

impl Default for Site {
    fn default() -> Self {
        Self { directions: DirectionRule::default(), zone: chrono_tz::Europe::Rome }
    }
}

/// The rows as text, until somebody takes it.
pub(super) struct Shown {
    json: bool,
    site: Site,
    format: Arc<Format>,
    counts: Counts,
    text: String,
}

impl Shown {
    pub(super) fn new(json: bool, format: Arc<Format>, site: Site) -> Self {
        Self { json, site, format, counts: Counts::default(), text: String::new() }
    }

    /// The text so far, and forgets it.
    pub(super) fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.text).into_bytes()
    }

    /// Adds a row.
    pub(super) fn row(&mut self, row: &Row<'_>) {
        let first = self.counts.events + self.counts.rejected == 0;
        if first && !self.json && row.outcome != Outcome::Skipped {
            self.title();
        }
        match row.outcome {
            Outcome::Skipped => self.counts.skipped += 1,
            Outcome::Punch(reading) => {
                self.counts.events += 1;
                match instant(&reading, self.site.zone) {
                    Some(at) => self.event(row, &reading, at),
                    None => self.reject(row, "the time is out of range"),
                }
            }
            Outcome::Reject(error) => {
                self.counts.rejected += 1;
                self.reject(row, error);
            }
        }
    }

    fn event(&mut self, row: &Row<'_>, reading: &Reading<'_>, at: DateTime<FixedOffset>) {
        let format_says = self.format.direction(reading.direction);
        let direction = self.site.directions.direction(reading.direction, format_says);
        let event = Event {
            line: row.line,
            badge: reading.badge,
            at: at.to_rfc3339(),
            direction: direction.map(|direction| direction.to_string()),
            direction_raw: self.format.has_direction().then_some(reading.direction),
            reason: reading.reason.map(|code| self.format.reason(code)),
            raw: row.text.unwrap_or_default(),
        };
        if self.json {
            json(&mut self.text, &event);
            return;
        }
        let direction = event.direction.as_deref().unwrap_or("?");
        let raw = event.direction_raw.filter(|raw| !raw.is_empty()).unwrap_or("-");
        let reason = event.reason.unwrap_or_default();
        let Event { line, badge, at, .. } = &event;
        let table = format!("{line:>6}  {badge:<14}  {at}  {direction:<9}  {raw:<9}  {reason}");
        self.line(table.trim_end());
    }

    fn reject(&mut self, row: &Row<'_>, error: &str) {
        let raw_hex = row.text.is_none().then(|| hex::lower(row.raw));
        if self.json {
            json(&mut self.text, &Reject { line: row.line, error, raw: row.text, raw_hex });
            return;
        }
        let raw = row.text.map_or_else(|| raw_hex.unwrap_or_default(), |text| text.replace('\t', "\\t"));
        let shown: String = raw.chars().take(100).collect();
        self.line(&format!("{:>6}  REJECTED: {error}: {shown}", row.line));
    }

    fn title(&mut self) {
        let title = format!(
            "{:>6}  {:<14}  {:<25}  {:<9}  {:<9}  {}",
            "line", "badge", "at", "direction", "as sent", "reason"
        );
        self.line(&title);
    }

    fn line(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }

    /// Adds the summary and gives its numbers.
    pub(super) fn summary(&mut self) -> Counts {
        let summary = self.counts.summary(self.json);
        self.text.push_str(&summary);
        self.counts
    }
}

pub(super) fn json(text: &mut String, object: &impl Serialize) {
    // texts, numbers and null: this cannot fail
    text.push_str(&serde_json::to_string(object).unwrap_or_default());
    text.push('\n');
}

fn instant(reading: &Reading<'_>, zone: Tz) -> Option<DateTime<FixedOffset>> {
    let local = DateTime::from_timestamp(reading.local, 0)?.naive_utc();
    let offset = reading.offset_minutes.and_then(|minutes| FixedOffset::east_opt(i32::from(minutes) * 60));
    Some(device_instant(local, offset, zone))
}
