//! How reads of a serial port are shown: a table for eyes, JSON Lines for scripts.

use std::collections::BTreeMap;

use chrono::DateTime;
use serde::Serialize;

use crate::decode::wire::settings::WireSettings;
use crate::decode::wire::{Frame, WireOutcome, WireRead};
use crate::domain::civil::device_instant;
use crate::hex;

use super::decode_output::{Counts, Site, json};

#[derive(Serialize)]
struct Event<'a> {
    offset: u64,
    badge: &'a str,
    renderings: BTreeMap<&'static str, String>,
    at: Option<String>,
    direction: Option<String>,
    direction_raw: Option<&'a str>,
    reason: Option<&'a str>,
    raw: String,
}

#[derive(Serialize)]
struct Reject<'a> {
    offset: u64,
    error: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    raw: Option<String>,
}

/// The frames as text, until somebody takes it.
pub(super) struct ShownFrames {
    json: bool,
    site: Site,
    has_direction: bool,
    counts: Counts,
    text: String,
}

impl ShownFrames {
    pub(super) fn new(json: bool, settings: &WireSettings, site: Site) -> Self {
        let has_direction = settings.protocol.has_direction();
        Self { json, site, has_direction, counts: Counts::default(), text: String::new() }
    }

    /// The text so far, and forgets it.
    pub(super) fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.text).into_bytes()
    }

    /// Adds a frame.
    pub(super) fn frame(&mut self, frame: &Frame<'_>) {
        let first = self.counts.events + self.counts.rejected == 0;
        if first && !self.json && frame.outcome != WireOutcome::Skipped {
            let (badge, at) = ("badge", "at");
            self.line(&format!(
                "{:>8}  {badge:<14}  {at:<25}  {:<9}  {:<7}  raw",
                "offset", "direction", "as sent"
            ));
        }
        match frame.outcome {
            WireOutcome::Skipped => self.counts.skipped += 1,
            WireOutcome::Read(read) => {
                self.counts.events += 1;
                self.event(frame, &read);
            }
            WireOutcome::Reject(error) => {
                self.counts.rejected += 1;
                self.reject(frame, error);
            }
        }
    }

    fn event(&mut self, frame: &Frame<'_>, read: &WireRead<'_>) {
        let local = read.local.and_then(|local| DateTime::from_timestamp(local, 0));
        let at = local.map(|local| device_instant(local.naive_utc(), None, self.site.zone).to_rfc3339());
        let direction = self.site.directions.direction(read.direction, None);
        let direction = direction.map(|direction| direction.to_string());
        let direction_raw = self.has_direction.then_some(read.direction);
        let raw = hex::lower(frame.raw);
        let (offset, badge) = (frame.offset, read.badge);
        if self.json {
            let renderings = read.card.renderings().map(|(name, _, number)| (name, number)).collect();
            let reason = read.reason;
            json(
                &mut self.text,
                &Event { offset, badge, renderings, at, direction, direction_raw, reason, raw },
            );
            return;
        }
        let (at, direction) = (at.as_deref().unwrap_or("-"), direction.as_deref().unwrap_or("?"));
        let word = direction_raw.filter(|word| !word.is_empty()).unwrap_or("-");
        self.line(&format!("{offset:>8}  {badge:<14}  {at:<25}  {direction:<9}  {word:<7}  {raw}"));
    }

    fn reject(&mut self, frame: &Frame<'_>, error: &str) {
        let offset = frame.offset;
        let raw = (!frame.raw.is_empty()).then(|| hex::lower(frame.raw));
        if self.json {
            json(&mut self.text, &Reject { offset, error, raw });
            return;
        }
        let raw =
            raw.map(|raw| format!(": {}", raw.chars().take(100).collect::<String>())).unwrap_or_default();
        self.line(&format!("{offset:>8}  REJECTED: {error}{raw}"));
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
