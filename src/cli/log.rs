//! `timbra log AGREEMENT` shows the register in order; `timbra undo ID` takes an entry back.

use std::path::Path;

use serde_json::{Value, json};

use crate::domain::agreement::Agreement;
use crate::domain::register::{EntryId, Facts, Kind};
use crate::store::Store;

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
    let zone = config.host.zone;
    if args.json {
        let shown: Vec<Value> =
            entries.iter().map(|entry| entry_output::object(entry, facts.fate(entry.id), zone)).collect();
        let dates = |days: &mut dyn Iterator<Item = chrono::NaiveDate>| {
            days.map(|day| day.to_string()).collect::<Vec<_>>()
        };
        let object = json!({
            "agreement": agreement.id.as_str(),
            "calendar": dates(&mut agreement.planned_days.iter().copied()),
            "planned": dates(&mut facts.planned_days()),
            "entries": shown,
        });
        print(format!("{object}\n").as_bytes())?;
        return Ok(Done::Clean);
    }
    let mut text = calendar(agreement);
    for entry in &entries {
        text += &format!("{}\n", entry_output::line(entry, facts.fate(entry.id), zone));
    }
    print(text.as_bytes())?;
    Ok(Done::Clean)
}

/// The days of the agreement itself, with which everything begins.
fn calendar(agreement: &Agreement) -> String {
    let days: Vec<String> = agreement.planned_days.iter().map(ToString::to_string).collect();
    let days = if days.is_empty() { "no day".to_owned() } else { days.join(", ") };
    let agreed = agreement.clauses.calendar_agreed.as_ref();
    let by = agreed.map(|by| format!(", agreed by {} on {}", by.by, by.on)).unwrap_or_default();
    format!("#0    agreement {}{by}: {days}\n", agreement.reference)
}
