//! `timbra status`: health at a glance, from the store alone, so that a dead daemon shows too.

use std::path::Path;

use chrono::{DateTime, Days, Utc};
use chrono_tz::Tz;
use serde_json::{Value, json};

use crate::config::Config;
use crate::daemon::comparison::{self, Changed};
use crate::daemon::reminders::{Reminder, reminders};
use crate::daemon::{clock, compute, post};
use crate::domain::alarm::Alarm;
use crate::domain::civil;
use crate::domain::holders::Holders;
use crate::domain::month::Month;
use crate::store::{OutboxRow, Restored, Store, StoreError};

use super::configuration;
use super::failure::{Done, Ending};
use super::output::print;
use super::screen;
use super::status_alarms;
use super::status_daemon::DaemonLine;
use super::status_mail::MailPicture;
use super::status_malfunctions::Malfunctions;
use super::status_notes;
use super::status_readers::{Readers, shown};
use super::status_watch;

/// How to show it.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  timbra status --json\n  timbra status --alarm\n\nExit code 3 when something needs attention."
)]
pub(super) struct StatusArgs {
    /// Print one JSON object
    #[arg(long)]
    json: bool,
    /// Only look whether the daemon works, and tell people by the ways of [alert] when it does not: once each
    /// day, and when it works again. Prints nothing when all is well; meant for a timer
    #[arg(long, conflicts_with = "json")]
    alarm: bool,
    /// With --alarm: how long it may be stopped before anybody is told
    #[arg(long, value_name = "MINUTES", default_value_t = 15, requires = "alarm")]
    grace: u32,
}

/// What the store says of everything.
struct Picture {
    zone: Tz,
    office: String,
    now: DateTime<Utc>,
    daemon: DaemonLine,
    readers: Readers,
    unmatched: u64,
    months: Vec<MonthLine>,
    changed: Vec<Changed>,
    /// Months that a damaged punch stops.
    damaged: Vec<String>,
    outbox: Vec<OutboxRow>,
    mail: MailPicture,
    reminders: Vec<Reminder>,
    alarms: Vec<Alarm>,
    malfunctions: Malfunctions,
    clashes: Vec<String>,
    held: Option<Restored>,
    notes: Vec<String>,
}

/// A month whose statement has not left.
struct MonthLine {
    agreement: String,
    month: Month,
    /// None: a punch is damaged.
    open_days: Option<usize>,
    latest: DateTime<Utc>,
    deadline: chrono::NaiveDate,
    late: bool,
}

pub(super) fn run(folder: &Path, args: &StatusArgs) -> Ending {
    if args.alarm {
        return status_watch::run(folder, args.grace);
    }
    let config = configuration::load(folder)?;
    let store = Store::open_read_only(&config.store_folder)?;
    let config = configuration::in_force(&store, config)?;
    let picture = picture(&store, &config, clock::now())?;
    let attention = picture.attention();
    if args.json {
        print(format!("{}\n", picture.json(&attention)).as_bytes())?;
    } else {
        print(screen::for_stdout(picture.text(&attention)).as_bytes())?;
    }
    Ok(if attention.is_empty() { Done::Clean } else { Done::Attention })
}

fn picture(store: &Store, config: &Config, now: DateTime<Utc>) -> Result<Picture, StoreError> {
    let today = civil::local_time(&now, config.host.zone).date();
    let holders = Holders::new(&config.agreements);
    let since = today - Days::new(u64::from(config.retention.unmatched_days));
    let (mut months, mut damaged) = (Vec::new(), Vec::new());
    for pending in post::pending(store, config, now)? {
        let days = compute::month_if_sound(store, config, pending.agreement, pending.month)?;
        if days.as_ref().is_some_and(Vec::is_empty) && !pending.agreement.statement.nil {
            continue; // no statement was agreed for a month without days
        }
        if days.is_none() {
            damaged.push(format!("{} {}", pending.agreement.id, pending.month));
        }
        months.push(MonthLine {
            agreement: pending.agreement.id.to_string(),
            month: pending.month,
            open_days: days.map(|days| days.iter().filter(|day| day.is_open()).count()),
            latest: pending.latest,
            deadline: pending.schedule.deadline,
            late: now >= pending.latest,
        });
    }
    let compared = comparison::changed(store, config, now)?;
    damaged.extend(compared.damaged);
    Ok(Picture {
        zone: config.host.zone,
        office: config.host.office.name.clone(),
        now,
        daemon: DaemonLine::of(store, config)?,
        readers: Readers::new(store, config, now)?,
        unmatched: store.count_unmatched((Some(since), None), |badge, reader, date| {
            holders.is_held(badge, reader, date)
        })?,
        months,
        changed: compared.changed,
        damaged,
        outbox: store.outbox()?,
        mail: MailPicture::of(store)?,
        reminders: reminders(store, config, now)?,
        alarms: status_alarms::alarms(store, config, now)?,
        malfunctions: Malfunctions::of(store, config, now)?,
        clashes: status_notes::clashes(config),
        held: store.letters_held()?,
        notes: status_notes::notes(store, config, today)?,
    })
}

impl Picture {
    /// What needs a person.
    fn attention(&self) -> Vec<String> {
        let mut needs: Vec<String> = self.daemon.attention().into_iter().collect();
        needs.extend(self.readers.attention());
        for line in self.months.iter().filter(|line| line.late && line.open_days.is_some()) {
            needs.push(format!(
                "the statement {} {} should have left: is the daemon running?",
                line.agreement, line.month
            ));
        }
        for line in &self.months {
            let Some(open_days @ 1..) = line.open_days else { continue };
            let noun = if open_days == 1 { "day" } else { "days" };
            needs.push(format!("{} {}: {open_days} {noun} to regularise", line.agreement, line.month));
        }
        needs.extend(self.damaged.iter().map(|what| {
            format!(
                "{what}: a punch cannot be read, and nothing leaves of this month: `timbra verify` names it; stop timbra \
                 and restore the last backup"
            )
        }));
        for changed in self.changed.iter().filter(|changed| changed.leaves_at.is_none()) {
            let Changed { agreement, month, number, .. } = changed;
            needs.push(if let Some(withdrawn) = &changed.withdrawn {
                format!(
                    "{agreement} {month}: statement n. {number} holds no more, and {withdrawn}: `timbra send {agreement} \
                     {month}`"
                )
            } else if changed.drifted.drift.held {
                format!(
                    "{agreement} {month}: statement n. {number} holds no more since the configuration or the \
                     program changed: put it back, or `timbra send {agreement} {month} --why ..`"
                )
            } else {
                format!(
                    "{agreement} {month}: statement n. {number} holds no more: `timbra send {agreement} {month}`"
                )
            });
        }
        needs.extend(self.reminders.iter().map(ToString::to_string));
        needs.extend(self.clashes.iter().cloned());
        if let Some(Restored { made_at, restored_at }) = self.held {
            needs.push(format!(
                "restored at {} from the backup of {}: no letter leaves until `timbra outbox resume`",
                self.instant(Some(restored_at)),
                self.instant(Some(made_at))
            ));
        }
        needs.extend(self.mail.attention());
        needs.extend(self.malfunctions.attention());
        needs.extend(status_alarms::attention(&self.alarms));
        for row in &self.outbox {
            if row.state.needs_a_person() {
                needs.push(format!(
                    "message {} ({} {}) is {}: {}",
                    row.id,
                    row.agreement,
                    row.period,
                    row.state.word(),
                    row.detail
                ));
            }
        }
        needs
    }

    fn text(&self, attention: &[String]) -> String {
        let mut text = format!("timbra at {}, {}\n", self.office, self.instant(Some(self.now)));
        text += if attention.is_empty() { "ALL IS WELL\n" } else { "NEEDS ATTENTION\n" };
        for need in attention {
            text += &format!("  {need}\n");
        }
        text += &self.daemon.text();
        text += &format!("READERS\n{}", self.readers.text());
        let noun = if self.unmatched == 1 { "punch" } else { "punches" };
        text += &format!("  {} {noun} of badges that nobody holds\n", self.unmatched);
        text += "STATEMENTS TO SEND\n";
        for line in &self.months {
            text += &format!(
                "  {:<20} {}  open days {:>2}  leaves by {}  deadline {}\n",
                line.agreement,
                line.month,
                line.open_days.map_or_else(|| "?".to_owned(), |count| count.to_string()),
                self.instant(Some(line.latest)),
                line.deadline
            );
        }
        if self.months.is_empty() {
            text += "  none\n";
        }
        text += "AMENDMENTS TO SEND\n";
        for changed in &self.changed {
            let when = match (changed.waits_for, changed.leaves_at) {
                (_, None) => {
                    let withdrawn = changed.withdrawn.as_ref();
                    withdrawn.map_or_else(|| "by hand".to_owned(), |by| format!("by hand: {by}"))
                }
                (Some(message), Some(_)) => format!("when message {message} has left"),
                (None, Some(at)) => format!("at {} unless it changes", self.instant(Some(at))),
            };
            text += &format!(
                "  {:<20} {}  statement n. {}  cells that differ {:>2}  leaves {when}\n",
                changed.agreement, changed.month, changed.number, changed.drifted.cells
            );
        }
        if self.changed.is_empty() {
            text += "  none\n";
        }
        text += "OUTBOX\n";
        let mut states: Vec<(&str, usize)> = Vec::new();
        for row in &self.outbox {
            match states.iter_mut().find(|(word, _)| *word == row.state.word()) {
                Some((_, count)) => *count += 1,
                None => states.push((row.state.word(), 1)),
            }
        }
        let states: Vec<String> = states.iter().map(|(word, count)| format!("{count} {word}")).collect();
        text +=
            &if states.is_empty() { "  empty\n".to_owned() } else { format!("  {}\n", states.join(", ")) };
        text += &self.mail.text(self.zone);
        text += &self.malfunctions.text();
        text += &status_alarms::text(&self.alarms);
        if !self.notes.is_empty() {
            text += "NOTES\n";
            self.notes.iter().for_each(|note| text += &format!("  {note}\n"));
        }
        text
    }

    fn json(&self, attention: &[String]) -> Value {
        let instant = |at: Option<DateTime<Utc>>| at.map(|at| at.with_timezone(&self.zone).to_rfc3339());
        let months: Vec<Value> = self
            .months
            .iter()
            .map(|line| {
                json!({
                    "agreement": line.agreement, "month": line.month.to_string(), "open_days": line.open_days,
                    "leaves_by": instant(Some(line.latest)), "deadline": line.deadline.to_string(), "late": line.late,
                })
            })
            .collect();
        let outbox: Vec<Value> = self
            .outbox
            .iter()
            .map(|row| {
                json!({
                    "id": row.id, "agreement": row.agreement, "month": row.period, "state": row.state.code(),
                    "attempts": row.attempts,
                })
            })
            .collect();
        let amendments: Vec<Value> = self
            .changed
            .iter()
            .map(|changed| {
                json!({
                    "agreement": changed.agreement, "month": changed.month.to_string(),
                    "number": changed.number.number, "year": changed.number.year, "cells": changed.drifted.cells,
                    "held": changed.drifted.drift.held, "leaves_at": instant(changed.leaves_at),
                    "waits_for": changed.waits_for, "withdrawn": changed.withdrawn,
                })
            })
            .collect();
        json!({
            "daemon": self.daemon.json(), "readers": self.readers.json(), "clock_steps": self.readers.steps(),
            "unmatched": self.unmatched, "statements": months,
            "amendments": amendments, "outbox": outbox, "receipts": self.mail.json(self.zone),
            "malfunctions": self.malfunctions.json(), "alarms": status_alarms::json(&self.alarms),
            "letters_held": self.held.is_some(), "attention": attention, "notes": self.notes,
        })
    }

    fn instant(&self, at: Option<DateTime<Utc>>) -> String {
        shown(self.zone, at)
    }
}
