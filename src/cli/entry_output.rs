//! Entries of the register as people and programs read them.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use serde_json::{Map, Value, json};

use crate::domain::register::{Entry, Fate, Kind, VoidedPunch};

/// `#3  2026-10-01 10:00  anna  recall 2026-10-05, ...`, and below it what it rests on.
pub(super) fn line(entry: &Entry, fate: Fate, zone: Tz) -> String {
    let at = entry.at.with_timezone(&zone).format("%Y-%m-%d %H:%M");
    let on_behalf = entry.for_person.as_ref().map(|person| format!(" for {person}")).unwrap_or_default();
    let late = if entry.late { " (late)" } else { "" };
    let mut line = format!(
        "{:<5} {at}  {}{on_behalf}: {}{late}",
        entry.id.to_string(),
        entry.author,
        sentence(&entry.kind, zone)
    );
    let rests_on = entry.reference.as_ref().map(|reference| format!("ref {reference}"));
    let became = match (fate, fate.by()) {
        (Fate::InForce, _) => None,
        (Fate::Pending, _) => Some("to be confirmed by another system user".to_owned()),
        (fate, Some(by)) => Some(format!("{} by {by}", fate.word())),
        (_, None) => Some("without effect: what it speaks of was changed".to_owned()),
    };
    let below: Vec<String> = rests_on.into_iter().chain(became).collect();
    if !below.is_empty() {
        line += &format!("\n      {}", below.join("; "));
    }
    line
}

/// What an entry says, in words.
fn sentence(kind: &Kind, zone: Tz) -> String {
    match kind {
        Kind::Plan { month, dates } if dates.is_empty() => format!("plan {month}: no coworking day"),
        Kind::Plan { month, dates } => {
            let dates: Vec<String> = dates.iter().map(ToString::to_string).collect();
            format!("plan {month}: {}", dates.join(", "))
        }
        Kind::Absence { date, hours, credited } => {
            let hours =
                hours.map_or_else(|| "the whole day".to_owned(), |band| format!("{}-{}", band.from, band.to));
            let settled = if *credited { "credited" } else { "to be made up" };
            format!("absence {date}, {hours}, {settled}")
        }
        Kind::AbsenceRevoked { of } => format!("absence {of} revoked"),
        Kind::Recall { date, notice_date, new_date } => {
            let instead =
                new_date.map_or_else(|| "no new date".to_owned(), |date| format!("new date {date}"));
            format!("recall {date}, notice given on {notice_date}, {instead}")
        }
        Kind::Move { from, to } => format!("move {from} to {to}"),
        Kind::ServiceAuthorized { date, end } => {
            let end = end.map(|end| format!(", ended at {end}")).unwrap_or_default();
            format!("service exits of {date} authorised{end}")
        }
        Kind::HolidayWorkAuthorized { date } => format!("holiday work on {date} authorised"),
        Kind::EarlyEntryAuthorized { date, from } => format!("entry on {date} authorised from {from}"),
        Kind::OvertimeAuthorized { date, minutes } => format!("overtime of {minutes} on {date} authorised"),
        Kind::ManualPunch { at, direction, reason, malfunction } => {
            let reason = reason.as_ref().map(|reason| format!(" ({reason})")).unwrap_or_default();
            let at = at.with_timezone(&zone).format("%Y-%m-%d %H:%M%:z");
            format!("punch {at} {direction}{reason}{}", because(*malfunction))
        }
        Kind::PunchConfirmed { of } => format!("punch {of} confirmed"),
        Kind::PunchVoided { punch, malfunction } => {
            let punch = match punch {
                VoidedPunch::Entered(of) => of.to_string(),
                VoidedPunch::Read { local, reader, .. } => format!("of {local} at reader {reader}"),
            };
            format!("punch {punch} voided{}", because(*malfunction))
        }
        Kind::Undone { of } => format!("entry {of} undone"),
    }
}

fn because(malfunction: Option<u32>) -> String {
    malfunction.map(|number| format!(", malfunction {number}")).unwrap_or_default()
}

/// The entry with all that it says.
pub(super) fn object(entry: &Entry, fate: Fate, zone: Tz) -> Value {
    let instant = |at: DateTime<Utc>| at.with_timezone(&zone).to_rfc3339();
    let mut object = Map::new();
    let head = json!({
        "id": entry.id.0, "at": instant(entry.at), "author": entry.author, "for": entry.for_person,
        "ref": entry.reference, "agreement": entry.agreement.as_str(), "late": entry.late,
        "kind": entry.kind.word(), "state": fate.word(), "state_by": fate.by().map(|by| by.0),
    });
    for part in [head, content(&entry.kind, zone)] {
        if let Value::Object(part) = part {
            object.extend(part);
        }
    }
    Value::Object(object)
}

/// What an entry says, as keys of its object.
fn content(kind: &Kind, zone: Tz) -> Value {
    match kind {
        Kind::Plan { month, dates } => {
            let dates: Vec<String> = dates.iter().map(ToString::to_string).collect();
            json!({ "month": month.to_string(), "dates": dates })
        }
        Kind::Absence { date, hours, credited } => json!({
            "date": date.to_string(), "from": hours.map(|hours| hours.from.to_string()),
            "to": hours.map(|hours| hours.to.to_string()), "credited": credited,
        }),
        Kind::AbsenceRevoked { of } | Kind::PunchConfirmed { of } | Kind::Undone { of } => {
            json!({ "of": of.0 })
        }
        Kind::Recall { date, notice_date, new_date } => json!({
            "date": date.to_string(), "notice_date": notice_date.to_string(),
            "new_date": new_date.map(|date| date.to_string()),
        }),
        Kind::Move { from, to } => json!({ "date": from.to_string(), "new_date": to.to_string() }),
        Kind::ServiceAuthorized { date, end } => {
            json!({ "date": date.to_string(), "end": end.map(|end| end.to_string()) })
        }
        Kind::HolidayWorkAuthorized { date } => json!({ "date": date.to_string() }),
        Kind::EarlyEntryAuthorized { date, from } => {
            json!({ "date": date.to_string(), "from": from.to_string() })
        }
        Kind::OvertimeAuthorized { date, minutes } => {
            json!({ "date": date.to_string(), "minutes": minutes.0 })
        }
        Kind::ManualPunch { at, direction, reason, malfunction } => json!({
            "punch_at": at.with_timezone(&zone).to_rfc3339(), "direction": direction.to_string(),
            "reason": reason, "malfunction": malfunction,
        }),
        Kind::PunchVoided { punch, malfunction } => match punch {
            VoidedPunch::Entered(of) => json!({ "of": of.0, "malfunction": malfunction }),
            // the badge is not told: the agreement says whose it is
            VoidedPunch::Read { local, direction_raw, reader, .. } => json!({
                "of": null, "local": local.format("%Y-%m-%dT%H:%M:%S").to_string(), "direction_raw": direction_raw,
                "reader": reader.as_str(), "malfunction": malfunction,
            }),
        },
    }
}
