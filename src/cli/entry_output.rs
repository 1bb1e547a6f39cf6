//! Entries of the register as people and programs read them.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use serde_json::{Map, Value, json};

use crate::domain::agreement::Agreement;
use crate::domain::civil;
use crate::domain::register::{Badge, BadgeEnd, Entry, EntryId, Fate, Kind, VoidedPunch};

/// False when the sender of an entry was neither manager nor substitute on the day of the entry; none
/// when nobody knows.
pub(super) fn is_authorised(entry: &Entry, agreement: &Agreement, zone: Tz) -> Option<bool> {
    let on = civil::local_time(&entry.at, zone).date();
    agreement.clauses.authorises(entry.sender.as_ref()?, on)
}

/// `#3  2026-10-01 10:00  anna  recall 2026-10-05, ...`, and below it what it rests on.
pub(super) fn line(entry: &Entry, fate: Fate, agreement: &Agreement, zone: Tz) -> String {
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
    let sent_by = entry.sender.as_ref().map(|sender| match is_authorised(entry, agreement, zone) {
        Some(false) => {
            format!("from {sender}, not authorised on that day (mittente non autorizzato alla data)")
        }
        _ => format!("from {sender}"),
    });
    let became = match (fate, fate.by()) {
        (Fate::InForce, _) => None,
        (Fate::Pending, _) => Some("to be confirmed by another system user".to_owned()),
        (fate, Some(by)) => Some(format!("{} by {by}", fate.word())),
        (_, None) => Some("without effect: what it speaks of was changed".to_owned()),
    };
    let below: Vec<String> = rests_on.into_iter().chain(sent_by).chain(became).collect();
    if !below.is_empty() {
        line += &format!("\n      {}", below.join("; "));
    }
    line
}

/// `#7: punch ...`; of an undoing, what it had taken back too.
pub(super) fn said(of: EntryId, entries: &[Entry], zone: Tz) -> String {
    let kind = entries.iter().find(|entry| entry.id == of).map(|entry| &entry.kind);
    match kind {
        // an entry speaks of earlier ones only
        Some(Kind::Undone { of: earlier }) if *earlier < of => {
            format!("{of}: the undoing of {}", said(*earlier, entries, zone))
        }
        Some(kind) => format!("{of}: {}", sentence(kind, zone)),
        None => of.to_string(),
    }
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
        Kind::BadgeIssued { badge, from } => format!("badge {} issued from {from}", shown(badge)),
        Kind::BadgeEnded { number, how: BadgeEnd::Returned, on } => {
            format!("badge {number} returned on {on}")
        }
        Kind::BadgeEnded { number, how: BadgeEnd::Lost, on } => format!("badge {number} lost on {on}"),
        Kind::BadgeReplaced { old, new, on } => format!("badge {old} replaced by {} on {on}", shown(new)),
        Kind::Withdrawn { last_day } => format!("withdrawal, last day {last_day}"),
        Kind::ProfileChanged { profile, from } => format!("profile {profile} from {from}"),
        Kind::ContestOpened { date } => format!("{date} contested by the employee"),
        Kind::ContestClosed { date } => format!("contest of {date} settled"),
        Kind::ItemProvided { item, on } => format!("{} there since {on}", item.english()),
        Kind::ItemCleared { item } => format!("{} there no more", item.english()),
        Kind::Undone { of } => format!("entry {of} undone"),
    }
}

fn shown(badge: &Badge) -> String {
    let only = badge.reader.as_ref().map(|reader| format!(" (at reader {reader} only)")).unwrap_or_default();
    format!("{}{only}", badge.number)
}

fn because(malfunction: Option<u32>) -> String {
    malfunction.map(|number| format!(", malfunction {number}")).unwrap_or_default()
}

/// The entry with all that it says.
pub(super) fn object(entry: &Entry, fate: Fate, agreement: &Agreement, zone: Tz) -> Value {
    let instant = |at: DateTime<Utc>| at.with_timezone(&zone).to_rfc3339();
    let mut object = Map::new();
    let head = json!({
        "id": entry.id.0, "at": instant(entry.at), "author": entry.author, "for": entry.for_person,
        "ref": entry.reference, "from_person": entry.sender,
        "from_authorised": is_authorised(entry, agreement, zone), "agreement": entry.agreement.as_str(), "late": entry.late,
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
        Kind::HolidayWorkAuthorized { date }
        | Kind::ContestOpened { date }
        | Kind::ContestClosed { date } => json!({ "date": date.to_string() }),
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
        Kind::BadgeIssued { badge, from } => json!({
            "badge": badge.number, "reader": badge.reader.as_ref().map(ToString::to_string),
            "from": from.to_string(),
        }),
        Kind::BadgeEnded { number, on, .. } => json!({ "badge": number, "on": on.to_string() }),
        Kind::BadgeReplaced { old, new, on } => json!({
            "old_badge": old, "badge": new.number, "reader": new.reader.as_ref().map(ToString::to_string),
            "on": on.to_string(),
        }),
        Kind::Withdrawn { last_day } => json!({ "last_day": last_day.to_string() }),
        Kind::ProfileChanged { profile, from } => json!({ "profile": profile, "from": from.to_string() }),
        Kind::ItemProvided { item, on } => json!({ "item": item.code(), "on": on.to_string() }),
        Kind::ItemCleared { item } => json!({ "item": item.code() }),
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
