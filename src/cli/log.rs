//! `timbra log AGREEMENT` shows the register in order; `timbra undo ID` takes an entry back.

use std::path::Path;

use chrono_tz::Tz;
use serde_json::{Value, json};

use crate::domain::agreement::Agreement;
use crate::domain::register::{EntryId, Facts, Kind};
use crate::store::{SentStatement, Store};

use super::configuration;
use super::entering::{self, Grounds, enter_about};
use super::entry_output;
use super::failure::{Done, Ending};
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
    let agreement = configuration::agreement(&config, &args.agreement)?;
    let store = Store::open_read_only(&config.store_folder)?;
    let entries = store.register_of(&agreement.id)?;
    let facts = Facts::of(agreement, &entries);
    let mut statements = store.statements()?;
    statements.retain(|statement| statement.agreement == agreement.id.as_str());
    statements.sort_by_key(|statement| statement.id);
    let zone = config.host.zone;
    if args.json {
        let shown: Vec<Value> = entries
            .iter()
            .map(|entry| entry_output::object(entry, facts.fate(entry.id), agreement, zone))
            .collect();
        let dates = |days: &mut dyn Iterator<Item = chrono::NaiveDate>| {
            days.map(|day| day.to_string()).collect::<Vec<_>>()
        };
        let object = json!({
            "agreement": agreement.id.as_str(),
            "calendar": dates(&mut agreement.planned_days.iter().copied()),
            "planned": dates(&mut facts.planned_days()),
            "entries": shown,
            "statements": statements.iter().map(|statement| document(statement, zone)).collect::<Vec<_>>(),
        });
        print(format!("{object}\n").as_bytes())?;
        return Ok(Done::Clean);
    }
    let mut text = calendar(agreement);
    // what was sent stands between the entries that it knew and those that it did not
    let mut made = statements.iter().peekable();
    for entry in &entries {
        while let Some(statement) = made.next_if(|statement| statement.generated_at < entry.at) {
            text += &sent(statement, zone);
        }
        text += &format!("{}\n", entry_output::line(entry, facts.fate(entry.id), agreement, zone));
    }
    made.for_each(|statement| text += &sent(statement, zone));
    print(text.as_bytes())?;
    Ok(Done::Clean)
}

/// `--    2026-11-05 08:00  statement n. 12/2026 of 2026-10 was made`
fn sent(statement: &SentStatement, zone: Tz) -> String {
    let at = statement.generated_at.with_timezone(&zone).format("%Y-%m-%d %H:%M");
    let (number, month) = (statement.number, &statement.month);
    let withdrawn = if statement.is_withdrawn() { ", and withdrawn before it left" } else { "" };
    let revision = statement.revision;
    format!("--    {at}  statement n. {number} of {month} was made, revision {revision}{withdrawn}\n")
}

fn document(statement: &SentStatement, zone: Tz) -> Value {
    json!({
        "month": statement.month, "revision": statement.revision, "number": statement.number.number,
        "year": statement.number.year, "at": statement.generated_at.with_timezone(&zone).to_rfc3339(),
        "withdrawn": statement.is_withdrawn(),
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
