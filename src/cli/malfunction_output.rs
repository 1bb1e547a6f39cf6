//! Malfunctions as people and programs read them.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use serde_json::{Value, json};

use crate::config::Config;
use crate::domain::ids::AgreementId;
use crate::domain::malfunction::{Event, Expected, Malfunction, Step};
use crate::store::MalfunctionNotice;

fn shown(at: DateTime<Utc>, zone: Tz) -> String {
    at.with_timezone(&zone).format("%Y-%m-%d %H:%M").to_string()
}

fn rfc3339(at: DateTime<Utc>, zone: Tz) -> String {
    at.with_timezone(&zone).to_rfc3339()
}

/// open, waiting, over, withdrawn
pub(super) fn state(malfunction: &Malfunction, needs_leave: bool) -> &'static str {
    match malfunction {
        Malfunction { withdrawn: true, .. } => "withdrawn",
        other if !other.may_be_told(needs_leave) => "unconfirmed",
        Malfunction { to: Some(_), .. } => "over",
        _ => "open",
    }
}

/// Each on a line, or as an object.
pub(super) fn list(all: &[Malfunction], config: &Config, as_json: bool) -> String {
    let mut text = String::new();
    for malfunction in all {
        text +=
            &if as_json { format!("{}\n", object(malfunction, config)) } else { line(malfunction, config) };
    }
    text
}

/// `   3  open       network       since 2026-11-03 08:10  expected unknown  rete della sede`
pub(super) fn line(malfunction: &Malfunction, config: &Config) -> String {
    let zone = config.host.zone;
    let end = match (malfunction.to, malfunction.expected) {
        (Some(to), _) => format!("until {}", shown(to, zone)),
        (None, Some(expected)) => format!("expected {expected}"),
        (None, None) => "expected unknown".to_owned(),
    };
    format!(
        "{:>4}  {:<11} {:<12} since {}  {end:<25} {}\n",
        malfunction.number,
        state(malfunction, config.malfunction.needs_leave),
        malfunction.kind.code(),
        shown(malfunction.from, zone),
        malfunction.systems
    )
}

/// As an object.
pub(super) fn object(malfunction: &Malfunction, config: &Config) -> Value {
    let zone = config.host.zone;
    let agreements: Vec<&str> = malfunction.agreements.iter().map(AgreementId::as_str).collect();
    json!({
        "number": malfunction.number, "state": state(malfunction, config.malfunction.needs_leave),
        "kind": malfunction.kind.code(), "systems": malfunction.systems,
        "expected": malfunction.expected.map(|expected| expected.to_string()),
        "from": rfc3339(malfunction.from, zone), "to": malfunction.to.map(|to| rfc3339(to, zone)),
        "agreements": agreements, "cause": malfunction.cause.as_ref().map(ToString::to_string),
        "detected": malfunction.detected, "confirmed": malfunction.confirmed,
        "reported_at": malfunction.reported_at.map(|at| rfc3339(at, zone)), "outages": malfunction.outages,
        "author": malfunction.author,
    })
}

/// What was entered.
pub(super) fn event(event: &Event, zone: Tz, as_json: bool) -> String {
    if as_json { format!("{}\n", event_object(event, zone)) } else { event_line(event, zone) }
}

/// All that is known of one.
pub(super) fn whole(
    malfunction: &Malfunction,
    events: &[Event],
    notices: &[MalfunctionNotice],
    config: &Config,
    as_json: bool,
) -> String {
    let zone = config.host.zone;
    if as_json {
        let mut object = object(malfunction, config);
        object["events"] = events.iter().map(|event| event_object(event, zone)).collect();
        object["notices"] = notices.iter().map(|notice| notice_object(notice, zone)).collect();
        return format!("{object}\n");
    }
    let mut text = line(malfunction, config);
    for said in events {
        text += &event_line(said, zone);
    }
    for notice in notices {
        text += &format!(
            "      {}  notice of what is {}: message {}, {}\n",
            shown(notice.at, zone),
            notice.earlier.matter.code(),
            notice.outbox,
            notice.state.word()
        );
    }
    text
}

/// `M3.7  2026-11-03 08:12  anna: malfunction 3 opened: network, rete della sede, since ..`: the 7th of all
/// that was said of malfunctions. `#7` is an entry of the register.
fn event_line(event: &Event, zone: Tz) -> String {
    let on_behalf = event.for_person.as_ref().map(|person| format!(" for {person}")).unwrap_or_default();
    let below = event.reference.as_ref().map(|reference| format!("\n      ref {reference}"));
    format!(
        "{:<5} {}  {}{on_behalf}: malfunction {} {}{}{}\n",
        format!("M{}.{}", event.number, event.id),
        shown(event.at, zone),
        event.author,
        event.number,
        event.step.word(),
        sentence(event, zone),
        below.unwrap_or_default()
    )
}

fn sentence(event: &Event, zone: Tz) -> String {
    let estimate = |expected: Option<Expected>| {
        expected.map_or_else(|| "unknown".to_owned(), |expected| expected.to_string())
    };
    match &event.step {
        Step::Opened(opening) => {
            let concerned: Vec<&str> = opening.agreements.iter().map(AgreementId::as_str).collect();
            let concerned =
                if concerned.is_empty() { "all agreements".to_owned() } else { concerned.join(", ") };
            format!(
                ": {}, {}, since {}, expected {}, {concerned}",
                opening.kind.code(),
                opening.systems,
                shown(opening.from, zone),
                estimate(opening.expected)
            )
        }
        Step::Updated(change) => {
            let kind = change.kind.map(|kind| kind.code().to_owned());
            let expected = change.expected.map(|expected| format!("expected {}", estimate(expected)));
            let parts: Vec<String> = kind.into_iter().chain(change.systems.clone()).chain(expected).collect();
            format!(": {}", parts.join(", "))
        }
        Step::Restored { at, .. } | Step::Reopened { at } => format!(" at {}", shown(*at, zone)),
        Step::Reported { at } => format!(" by the employee at {}", shown(*at, zone)),
        Step::Confirmed => String::new(),
        Step::Undone { of } => format!(": M{}.{of} does not hold", event.number),
    }
}

/// What was entered, as an object.
pub(super) fn event_object(event: &Event, zone: Tz) -> Value {
    json!({
        "id": event.id, "number": event.number, "at": rfc3339(event.at, zone), "author": event.author,
        "for": event.for_person, "reference": event.reference, "step": event.step.word(),
        "says": sentence(event, zone).trim_start_matches([':', ' ']),
    })
}

fn notice_object(notice: &MalfunctionNotice, zone: Tz) -> Value {
    json!({
        "message": notice.outbox, "at": rfc3339(notice.at, zone), "matter": notice.earlier.matter.code(),
        "state": notice.state.code(), "message_id": notice.message_id,
    })
}
