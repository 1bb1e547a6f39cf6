//! `timbra checklist AGREEMENT [set|clear ITEM]`: what the host provides (art. 3), since when, and who said so.

use std::path::Path;

use chrono::NaiveDate;
use clap::Subcommand;
use serde_json::{Value, json};

use crate::config::Config;
use crate::domain::agreement::Agreement;
use crate::domain::checklist::Item;
use crate::domain::register::{Entry, Facts, Kind};
use crate::store::Store;

use super::configuration;
use super::entering::{self, Grounds, enter};
use super::failure::{Done, Ending};
use super::output::print;

/// What to do; without a command the list is shown.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  timbra checklist roma-01\n  \
    timbra checklist roma-01 set pc --on 2026-08-31 --for \"ing. Ada Modello\"\n  timbra checklist roma-01 clear pc\n\n\
    The items are pc, printer, connection, access, security. Nothing waits for the list.")]
pub(super) struct ChecklistArgs {
    /// The agreement: the name of its file without `.toml`
    agreement: String,
    /// Print one JSON object for each item
    #[arg(long)]
    json: bool,
    #[command(subcommand)]
    command: Option<ChecklistCommand>,
}

#[derive(Debug, Subcommand)]
enum ChecklistCommand {
    /// Something is there
    #[command(after_help = "Example:\n  timbra checklist roma-01 set printer --on 2026-08-31")]
    Set {
        /// pc, printer, connection, access or security
        #[arg(value_parser = item)]
        item: Item,
        /// Since when
        #[arg(long, value_name = "DATE", value_parser = entering::date)]
        on: NaiveDate,
        #[command(flatten)]
        grounds: Grounds,
    },
    /// Something is there no more
    #[command(after_help = "Example:\n  timbra checklist roma-01 clear printer")]
    Clear {
        /// pc, printer, connection, access or security
        #[arg(value_parser = item)]
        item: Item,
        #[command(flatten)]
        grounds: Grounds,
    },
}

fn item(text: &str) -> Result<Item, String> {
    Item::parse(text).ok_or_else(|| format!("write one of: {}", Item::ALL.map(Item::code).join(", ")))
}

pub(super) fn run(folder: &Path, args: &ChecklistArgs) -> Ending {
    let config = configuration::load(folder)?;
    let agreement = configuration::agreement(&config, &args.agreement)?;
    match &args.command {
        None => show(&config, agreement, args.json),
        Some(ChecklistCommand::Set { item, on, grounds }) => {
            enter(&config, agreement, Kind::ItemProvided { item: *item, on: *on }, grounds, false)
        }
        Some(ChecklistCommand::Clear { item, grounds }) => {
            enter(&config, agreement, Kind::ItemCleared { item: *item }, grounds, false)
        }
    }
}

fn show(config: &Config, agreement: &Agreement, json: bool) -> Ending {
    let store = Store::open_read_only(&config.store_folder)?;
    let entries = store.register_of(&agreement.id)?;
    let facts = Facts::of(agreement, &entries);
    let shown = Item::ALL.map(|item| {
        let provided = facts.provided(item);
        if json { format!("{}\n", object(item, provided)) } else { line(item, provided) }
    });
    print(shown.concat().as_bytes())?;
    Ok(Done::Clean)
}

fn line(item: Item, provided: Option<(NaiveDate, &Entry)>) -> String {
    let since = provided.map_or_else(
        || "MISSING".to_owned(),
        |(on, entry)| format!("since {on}, {} ({})", who(entry), entry.id),
    );
    format!("{:<11} {:<48} {since}\n", item.code(), item.english())
}

/// The person who answers for it, or else the system user.
fn who(entry: &Entry) -> &str {
    entry.for_person.as_deref().unwrap_or(&entry.author)
}

fn object(item: Item, provided: Option<(NaiveDate, &Entry)>) -> Value {
    json!({
        "item": item.code(), "on": provided.map(|(on, _)| on.to_string()),
        "who": provided.map(|(_, entry)| who(entry)), "entry": provided.map(|(_, entry)| entry.id.0),
    })
}
