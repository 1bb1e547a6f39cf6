//! The readers as `timbra status` shows them: what they delivered, and the state of their ports.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use serde_json::{Value, json};

use crate::config::Config;
use crate::store::{ClockStep, Gap, PortState, ReaderState, Store, StoreError};

/// How far back it is told when nobody listened to a reader.
const GAPS: TimeDelta = TimeDelta::days(31);

/// So many of these stand on the screen, the last ones.
const GAPS_SHOWN: usize = 3;

/// All readers of the configuration.
pub(super) struct Readers {
    zone: Tz,
    lines: Vec<ReaderLine>,
    /// When the clock that stamps what comes over ports was set.
    steps: Vec<ClockStep>,
}

struct ReaderLine {
    id: String,
    state: Option<ReaderState>,
    /// Of a reader on a port; absent while nobody ever tried to open it.
    port: Option<PortState>,
    /// It shares its port with others and has to be asked.
    polled: bool,
    /// Rows in quarantine.
    held: u64,
    /// When nobody listened to it: what was shown to it then will not come.
    gaps: Vec<Gap>,
}

impl Readers {
    pub(super) fn new(store: &Store, config: &Config, now: DateTime<Utc>) -> Result<Self, StoreError> {
        let gaps = store.gaps_since(now - GAPS)?;
        let mut held: HashMap<String, u64> = store.held_counts()?.into_iter().collect();
        let (mut states, mut ports) = (store.readers()?, store.ports()?);
        let polled: Vec<&str> =
            config.buses.iter().flat_map(|bus| &bus.readers).map(|one| one.id().as_str()).collect();
        ports.retain(|port| {
            let serial = config.serials.iter().any(|serial| serial.id().as_str() == port.reader);
            serial || polled.contains(&port.reader.as_str())
        });
        let mut line = |id: &str| ReaderLine {
            id: id.to_owned(),
            state: states.iter().position(|state| state.name == id).map(|found| states.swap_remove(found)),
            port: ports.iter().position(|port| port.reader == id).map(|found| ports.swap_remove(found)),
            polled: polled.contains(&id),
            held: held.remove(id).unwrap_or_default(),
            gaps: gaps.iter().filter(|gap| gap.reader == id).cloned().collect(),
        };
        let lines = config.readers().map(|reader| line(reader.id.as_str())).collect();
        Ok(Self { zone: config.host.zone, lines, steps: store.clock_steps(now - GAPS, now)? })
    }

    /// What needs a person.
    pub(super) fn attention(&self) -> Vec<String> {
        let mut needs = Vec::new();
        for ReaderLine { id, state, port, polled, held, .. } in &self.lines {
            match port {
                Some(port) if port.state == "gone" && *polled => {
                    let since = shown(self.zone, Some(port.since));
                    needs.push(format!("reader {id} cannot be used since {since}: {}", port.detail));
                }
                Some(port) if port.state == "gone" => {
                    let since = shown(self.zone, Some(port.since));
                    needs.push(format!("the port of reader {id} is gone since {since}: {}", port.detail));
                }
                Some(port) if port.state == "stopped" => {
                    let since = shown(self.zone, Some(port.since));
                    needs
                        .push(format!("nobody listens to reader {id} since {since}: is the daemon running?"));
                }
                Some(port) if !port.detail.is_empty() => needs.push(format!("reader {id}: {}", port.detail)),
                _ if state.as_ref().is_none_or(|state| state.last_seen.is_none()) => {
                    needs.push(format!("reader {id} has never delivered anything"));
                }
                _ => (),
            }
            if *held > 0 {
                needs.push(if *held == 1 {
                    format!("1 row of reader {id} is in quarantine")
                } else {
                    format!("{held} rows of reader {id} are in quarantine")
                });
            }
        }
        needs
    }

    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        for ReaderLine { id, state, port, held, gaps, .. } in &self.lines {
            let seen = shown(self.zone, state.as_ref().and_then(|state| state.last_seen));
            let covered = shown(self.zone, state.as_ref().and_then(|state| state.covered_until));
            text +=
                &format!("  {id:<20} last seen {seen:<16}  covered until {covered:<16}  quarantine {held}\n");
            if let Some(PortState { path, state, since, counts, .. }) = port {
                text += &format!(
                    "  {:<20} {path} {state} since {}: {} read, {} repeats, {} rejected",
                    "",
                    shown(self.zone, Some(*since)),
                    counts.reads,
                    counts.repeats,
                    counts.rejected
                );
                if counts.unkept > 0 {
                    text += &format!(" ({} not kept)", counts.unkept);
                }
                if counts.lost > 0 {
                    text += &format!(", {} LOST", counts.lost);
                }
                text += "\n";
            }
            for Gap { begun, ended, reason, .. } in gaps.iter().rev().take(GAPS_SHOWN).rev() {
                let begun = shown(self.zone, Some(*begun));
                let ended = ended.map_or_else(|| "now".to_owned(), |ended| shown(self.zone, Some(ended)));
                text += &format!("  {:<20} nobody listened {begun} to {ended}: {reason}\n", "");
            }
        }
        for step in self.steps.iter().rev().take(GAPS_SHOWN).rev() {
            let (at, seconds) = (shown(self.zone, Some(step.after)), step.by.num_seconds());
            text += &format!(
                "  the clock was set on {at}, by {seconds:+} s: punches around it may have a wrong time\n"
            );
        }
        text
    }

    /// When the clock was set, as JSON.
    pub(super) fn steps(&self) -> Value {
        let local = |at: DateTime<Utc>| at.with_timezone(&self.zone).to_rfc3339();
        let steps = self.steps.iter().map(|step| {
            json!({ "before": local(step.before), "after": local(step.after), "seconds": step.by.num_seconds() })
        });
        steps.collect()
    }

    pub(super) fn json(&self) -> Value {
        let instant = |at: Option<DateTime<Utc>>| at.map(|at| at.with_timezone(&self.zone).to_rfc3339());
        let lines = self.lines.iter().map(|line| {
            json!({
                "id": line.id,
                "last_seen": instant(line.state.as_ref().and_then(|state| state.last_seen)),
                "covered_until": instant(line.state.as_ref().and_then(|state| state.covered_until)),
                "quarantine": line.held,
                "gaps": line.gaps.iter().map(|gap| json!({
                    "from": instant(Some(gap.begun)), "to": instant(gap.ended), "reason": gap.reason,
                })).collect::<Vec<_>>(),
                "port": line.port.as_ref().map(|port| json!({
                    "path": port.path, "state": port.state, "since": instant(Some(port.since)),
                    "detail": port.detail, "reads": port.counts.reads, "repeats": port.counts.repeats,
                    "rejected": port.counts.rejected, "unkept": port.counts.unkept, "lost": port.counts.lost,
                })),
            })
        });
        lines.collect()
    }
}

/// An instant in the civil time of the site.
pub(super) fn shown(zone: Tz, at: Option<DateTime<Utc>>) -> String {
    at.map_or_else(|| "never".to_owned(), |at| at.with_timezone(&zone).format("%Y-%m-%d %H:%M").to_string())
}
