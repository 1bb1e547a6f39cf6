//! `timbra log AGREEMENT` shows all that happened, in order; `timbra undo ID` takes an entry back.

use std::path::Path;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use serde_json::{Value, json};

use crate::domain::agreement::Agreement;
use crate::domain::civil;
use crate::domain::delivery::State;
use crate::domain::malfunction::{Event, Malfunction, fold};
use crate::domain::register::{EntryId, Facts, Kind};
use crate::store::{OutboxEvent, OutboxRow, SentStatement, Store};

use super::configuration;
use super::entering::{self, Grounds, enter_about};
use super::entry_output;
use super::failure::{Done, Ending, Failure};
use super::malfunction_output;
use super::output::print;

/// Whose register.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  timbra log roma-01")]
pub(super) struct LogArgs {
    /// The agreement: the name of its file without `.toml`
    agreement: String,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// Which entry.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  timbra undo 7 --for \"dott.ssa Livia Finta\"\n\n\
    The entry stays in the log, without effect; undoing the undoing brings it back.")]
pub(super) struct UndoArgs {
    /// Its number
    #[arg(value_name = "ID", value_parser = entering::entry_id)]
    id: EntryId,
    #[command(flatten)]
    grounds: Grounds,
}

pub(super) fn undo(folder: &Path, args: &UndoArgs) -> Ending {
    let config = configuration::load(folder)?;
    enter_about(&config, args.id, Kind::Undone { of: args.id }, &args.grounds)
}

pub(super) fn run(folder: &Path, args: &LogArgs) -> Ending {
    let config = configuration::load(folder)?;
    let store = Store::open_read_only(&config.store_folder)?;
    let config = configuration::with_former(&store, config, (folder, &args.agreement))?;
    let agreement = configuration::agreement(&config, &args.agreement)?;
    let entries = store.register_of(&agreement.id)?;
    let facts = Facts::of(agreement, &entries);
    let mut statements = store.statements()?;
    statements.retain(|statement| statement.agreement == agreement.id.as_str());
    statements.sort_unstable_by_key(|statement| statement.id);
    let messages = messages(&store, agreement)?;
    let purges = store.purges_of(&agreement.id)?;
    let zone = config.host.zone;
    let faults = faults(&store, agreement, zone)?;
    if args.json {
        let shown: Vec<Value> = entries
            .iter()
            .map(|entry| entry_output::object(entry, facts.fate(entry.id), agreement, zone))
            .collect();
        let dates = |days: &mut dyn Iterator<Item = chrono::NaiveDate>| {
            days.map(|day| day.to_string()).collect::<Vec<_>>()
        };
        let forgotten = purges.iter().map(|(at, author, counts)| {
            json!({ "at": at.with_timezone(&zone).to_rfc3339(), "author": author, "contents": counts })
        });
        let object = json!({
            "agreement": agreement.id.as_str(),
            "calendar": dates(&mut agreement.planned_days.iter().copied()),
            "planned": dates(&mut facts.planned_days()),
            "entries": shown,
            "statements": statements.iter().map(|statement| document(statement, zone)).collect::<Vec<_>>(),
            "malfunctions": faults.iter().map(|event| malfunction_output::event_object(event, zone)).collect::<Vec<_>>(),
            "messages": messages.iter().map(|message| steps(message, zone)).collect::<Vec<_>>(),
            "forgotten": forgotten.collect::<Vec<_>>(),
        });
        print(format!("{object}\n").as_bytes())?;
        return Ok(Done::Clean);
    }
    // at one time: what was entered before what was made with it, and that before what became of it
    let mut told: Vec<(DateTime<Utc>, u8, String)> = Vec::new();
    for entry in &entries {
        let line = entry_output::line(entry, facts.fate(entry.id), agreement, zone);
        told.push((entry.at, 0, format!("{line}\n")));
    }
    told.extend(faults.iter().map(|event| (event.at, 0, malfunction_output::event(event, zone, false))));
    told.extend(statements.iter().map(|statement| (statement.generated_at, 1, made(statement, zone))));
    for (row, events) in &messages {
        let told_steps = events.iter().filter(|event| !is_ours(event.state));
        told.extend(told_steps.map(|event| (event.at, 2, step(row, event, zone))));
    }
    for (at, author, counts) in &purges {
        let shown = at.with_timezone(&zone).format("%Y-%m-%d %H:%M");
        told.push((*at, 3, format!("--    {shown}  {author}: all contents were forgotten: {counts}\n")));
    }
    told.sort_by_key(|(at, order, _)| (*at, *order));
    let text = told.into_iter().map(|(.., line)| line).collect::<String>();
    print((calendar(agreement) + &text).as_bytes())?;
    Ok(Done::Clean)
}

/// What was said of the malfunctions that concern an agreement.
fn faults(store: &Store, agreement: &Agreement, zone: Tz) -> Result<Vec<Event>, Failure> {
    let day = |at: DateTime<Utc>| civil::local_time(&at, zone).date();
    let mut events = store.malfunction_events()?;
    let known = fold(&events);
    let concerns = |fault: &Malfunction| fault.concerns(agreement, day);
    events.retain(|event| known.get(&event.number).is_some_and(concerns));
    Ok(events)
}

/// A message and its steps.
type Message = (OutboxRow, Vec<OutboxEvent>);

/// The messages of an agreement with their steps, in the order of queueing.
fn messages(store: &Store, agreement: &Agreement) -> Result<Vec<Message>, Failure> {
    let mut messages = Vec::new();
    for row in store.outbox()?.into_iter().filter(|row| row.agreement == agreement.id.as_str()) {
        let events = store.outbox_events(row.id)?;
        messages.push((row, events));
    }
    messages.sort_unstable_by_key(|(row, _)| row.id);
    Ok(messages)
}

/// A step inside of the house, of which only `timbra outbox show` tells.
fn is_ours(state: State) -> bool {
    matches!(state, State::Planned | State::Sealed | State::Due | State::Claimed | State::HandingOver)
}

/// `--    2026-11-05 08:00  message 12 (statement 2026-10): delivered: ..`
fn step(row: &OutboxRow, event: &OutboxEvent, zone: Tz) -> String {
    let at = event.at.with_timezone(&zone).format("%Y-%m-%d %H:%M");
    let (id, kind, period, state) = (row.id, &row.kind, &row.period, event.state.word());
    format!("--    {at}  message {id} ({kind} {period}): {state}: {}\n", event.detail)
}

fn steps((row, events): &Message, zone: Tz) -> Value {
    let events: Vec<Value> = events
        .iter()
        .map(|event| {
            let at = event.at.with_timezone(&zone).to_rfc3339();
            json!({ "at": at, "state": event.state.code(), "detail": event.detail })
        })
        .collect();
    json!({ "id": row.id, "kind": row.kind, "period": row.period, "recipient": row.recipient, "events": events })
}

/// `--    2026-11-05 08:00  statement n. 12/2026 of 2026-10 was made`
fn made(statement: &SentStatement, zone: Tz) -> String {
    let at = statement.generated_at.with_timezone(&zone).format("%Y-%m-%d %H:%M");
    let (number, month) = (statement.number, &statement.month);
    let by_hand = statement.by_hand.as_ref().map_or_else(String::new, |by_hand| {
        let why = by_hand.why.as_ref().map(|why| format!(" ({why})")).unwrap_or_default();
        format!(" by {}{why}", by_hand.author)
    });
    let withdrawn = if statement.is_withdrawn() { ", and withdrawn before it left" } else { "" };
    let revision = statement.revision;
    format!(
        "--    {at}  statement n. {number} of {month} was made{by_hand}, revision {revision}{withdrawn}\n"
    )
}

fn document(statement: &SentStatement, zone: Tz) -> Value {
    let by_hand = statement.by_hand.as_ref();
    json!({
        "month": statement.month, "revision": statement.revision, "number": statement.number.number,
        "year": statement.number.year, "at": statement.generated_at.with_timezone(&zone).to_rfc3339(),
        "withdrawn": statement.is_withdrawn(), "author": by_hand.map(|by| &by.author),
        "why": by_hand.and_then(|by| by.why.as_ref()),
    })
}

/// The days of the agreement itself, with which everything begins.
fn calendar(agreement: &Agreement) -> String {
    let days: Vec<String> = agreement.planned_days.iter().map(ToString::to_string).collect();
    let days = if days.is_empty() { "no day".to_owned() } else { days.join(", ") };
    let agreed = agreement.clauses.calendar_agreed.as_ref();
    let by = agreed.map(|by| format!(", agreed by {} on {}", by.by, by.on)).unwrap_or_default();
    format!("#0    agreement {}{by}: {days}\n", agreement.reference)
}
