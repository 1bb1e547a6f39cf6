//! `timbra badge issue|return|loss|replace|show`: who held which badge (art. 2 c. 5).

use std::path::{Path, PathBuf};

use chrono::NaiveDate;
use clap::Subcommand;
use serde_json::{Value, json};

use crate::config::Config;
use crate::daemon::clock;
use crate::domain::agreement::Agreement;
use crate::domain::civil;
use crate::domain::ids::ReaderId;
use crate::domain::register::{Badge, BadgeEnd, EntryId, Facts, Held, Kind};
use crate::render::badge_form;
use crate::store::Store;

use super::configuration;
use super::document::{document_file, write_document};
use super::entering::{self, Grounds, enter};
use super::failure::{Done, Ending, Failure};
use super::output::print;

/// What to do.
#[derive(Debug, clap::Args)]
#[command(
    arg_required_else_help = true,
    after_help = "Examples:\n  timbra badge issue roma-01 0001234567 --from 2026-11-02\n  \
    timbra badge replace roma-01 0001234567 0007654321 --on 2026-11-10\n  timbra badge form roma-01 0007654321 --out consegna.pdf\n  timbra badge show roma-01\n\n\
    A badge of the register counts as one of the agreement's file does: its punches are the employee's\n\
    from its first day to its last one, also those that came in before it was entered."
)]
pub(super) struct BadgeArgs {
    #[command(subcommand)]
    command: BadgeCommand,
}

#[derive(Debug, Subcommand)]
enum BadgeCommand {
    /// A badge is given to the employee
    #[command(after_help = "Example:\n  timbra badge issue roma-01 0001234567 --from 2026-11-02")]
    Issue {
        /// The agreement: the name of its file without `.toml`
        agreement: String,
        /// The number as the reader writes it, with its leading zeros
        #[arg(value_parser = number)]
        number: String,
        /// The first day on which its punches are the employee's
        #[arg(long, value_name = "DATE", value_parser = entering::date)]
        from: NaiveDate,
        /// Only at this reader; without it at every one
        #[arg(long, value_name = "ID")]
        reader: Option<String>,
        /// Write the delivery form with the privacy notice, to be signed (.pdf, .html or .txt)
        #[arg(long, value_name = "FILE", value_parser = document_file)]
        form: Option<PathBuf>,
        #[command(flatten)]
        grounds: Grounds,
    },
    /// A badge is given back
    #[command(after_help = "Example:\n  timbra badge return roma-01 0001234567 --on 2027-01-29")]
    Return(EndArgs),
    /// A badge is lost
    #[command(after_help = "Example:\n  timbra badge loss roma-01 0001234567 --on 2026-11-10\n\n\
        Name the last day on which it was surely in the employee's hand.")]
    Loss(EndArgs),
    /// A badge takes the place of another one
    #[command(
        after_help = "Example:\n  timbra badge replace roma-01 0001234567 0007654321 --on 2026-11-10\n\n\
        On that day the punches of both are the employee's."
    )]
    Replace {
        /// The agreement: the name of its file without `.toml`
        agreement: String,
        /// The number of the old one
        #[arg(value_parser = number)]
        old: String,
        /// The number of the new one
        #[arg(value_parser = number)]
        new: String,
        /// The last day of the old one, and the first of the new one
        #[arg(long, value_name = "DATE", value_parser = entering::date)]
        on: NaiveDate,
        /// The new one only at this reader; without it at every one
        #[arg(long, value_name = "ID")]
        reader: Option<String>,
        /// Write the delivery form of the new one (.pdf, .html or .txt)
        #[arg(long, value_name = "FILE", value_parser = document_file)]
        form: Option<PathBuf>,
        #[command(flatten)]
        grounds: Grounds,
    },
    /// Write the delivery form of a badge, with the privacy notice, to be signed
    #[command(after_help = "Example:\n  timbra badge form roma-01 0001234567 --out consegna.pdf")]
    Form {
        /// The agreement: the name of its file without `.toml`
        agreement: String,
        /// The number as the reader writes it
        #[arg(value_parser = number)]
        number: String,
        /// The file: .pdf, .html or .txt
        #[arg(long, value_name = "FILE", value_parser = document_file)]
        out: PathBuf,
    },
    /// List who held what, from when to when
    #[command(after_help = "Example:\n  timbra badge show roma-01")]
    Show {
        /// The agreement: the name of its file without `.toml`
        agreement: String,
        /// Print one JSON object for each badge
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, clap::Args)]
struct EndArgs {
    /// The agreement: the name of its file without `.toml`
    agreement: String,
    /// The number as the reader writes it
    #[arg(value_parser = number)]
    number: String,
    /// The last day on which its punches are the employee's
    #[arg(long, value_name = "DATE", value_parser = entering::date)]
    on: NaiveDate,
    #[command(flatten)]
    grounds: Grounds,
}

pub(super) fn run(folder: &Path, args: &BadgeArgs) -> Ending {
    let config = configuration::load(folder)?;
    let (agreement, kind, grounds, form) = match &args.command {
        BadgeCommand::Issue { agreement, number, from, reader, form, grounds } => {
            let badge = badge(&config, number, reader.as_deref())?;
            let form = form.as_ref().map(|form| (number, form));
            (agreement, Kind::BadgeIssued { badge, from: *from }, grounds, form)
        }
        BadgeCommand::Return(end) => (&end.agreement, end.kind(BadgeEnd::Returned), &end.grounds, None),
        BadgeCommand::Loss(end) => (&end.agreement, end.kind(BadgeEnd::Lost), &end.grounds, None),
        BadgeCommand::Replace { agreement, old, new, on, reader, form, grounds } => {
            let form = form.as_ref().map(|form| (new, form));
            let new = badge(&config, new, reader.as_deref())?;
            (agreement, Kind::BadgeReplaced { old: old.clone(), new, on: *on }, grounds, form)
        }
        BadgeCommand::Form { agreement, number, out } => {
            write_form(&config, configuration::agreement(&config, agreement)?, number, out)?;
            return Ok(Done::Clean);
        }
        BadgeCommand::Show { agreement, json } => {
            return show(&config, configuration::agreement(&config, agreement)?, *json);
        }
    };
    let agreement = configuration::agreement(&config, agreement)?;
    let done = enter(&config, agreement, kind, grounds, false)?;
    if let Some((number, form)) = form {
        let id = &agreement.id;
        let again =
            format!("the entry stands; write the form by `timbra badge form {id} {number} --out FILE`");
        write_form(&config, agreement, number, form).map_err(|failure| failure.hint(again))?;
    }
    Ok(done)
}

/// Writes the form of the last holding of a badge.
fn write_form(config: &Config, agreement: &Agreement, number: &str, out: &Path) -> Result<(), Failure> {
    let store = Store::open_read_only(&config.store_folder)?;
    let entries = store.register_of(&agreement.id)?;
    let facts = Facts::of(agreement, &entries);
    let held = facts.badges().iter().rfind(|held| held.holding.number == number).ok_or_else(|| {
        Failure::new(format!("badge {number} is none of {}", agreement.id))
            .hint("`timbra badge show AGREEMENT` lists who held what")
    })?;
    let today = civil::local_time(&clock::now(), config.host.zone).date();
    let months = config.retention.agreement_months;
    let paper = badge_form(agreement, &config.host, &held.holding, months, today);
    let id = format!("consegna-badge/{}/{number}/{}", agreement.id, held.holding.valid_from);
    write_document(out, &paper, &id, config.host.zone)
}

impl EndArgs {
    fn kind(&self, how: BadgeEnd) -> Kind {
        Kind::BadgeEnded { number: self.number.clone(), how, on: self.on }
    }
}

/// 1 to 64 characters, as in the agreement's file.
fn number(text: &str) -> Result<String, String> {
    let text = text.trim();
    let plain = !text.is_empty() && text.len() <= 64 && !text.chars().any(char::is_control);
    if plain { Ok(text.to_owned()) } else { Err("write 1 to 64 characters on one line".to_owned()) }
}

fn badge(config: &Config, number: &str, reader: Option<&str>) -> Result<Badge, Failure> {
    let known = |name: &str| config.declared_readers.iter().find(|reader| reader.as_str() == name).cloned();
    let reader = reader.map(|name| {
        known(name).ok_or_else(|| {
            let all: Vec<&str> = config.declared_readers.iter().map(ReaderId::as_str).collect();
            Failure::usage(format!("there is no reader `{name}`"))
                .hint(format!("the readers are: {}", all.join(", ")))
        })
    });
    Ok(Badge { number: number.to_owned(), reader: reader.transpose()? })
}

fn show(config: &Config, agreement: &Agreement, json: bool) -> Ending {
    let store = Store::open_read_only(&config.store_folder)?;
    let entries = store.register_of(&agreement.id)?;
    let facts = Facts::of(agreement, &entries);
    let lines = facts.badges().iter().map(|held| {
        if json { format!("{}\n", object(agreement, held)) } else { format!("{}\n", line(agreement, held)) }
    });
    print(lines.collect::<String>().as_bytes())?;
    Ok(Done::Clean)
}

/// `0001234567  2026-09-01 to 2026-11-10  dott.ssa Anna Esempio; by the agreement; lost (#7)`
fn line(agreement: &Agreement, held: &Held<'_>) -> String {
    let (holding, employee) = (&held.holding, &agreement.employee);
    let mut text = format!(
        "{}  {} to {}  {} {} {}",
        holding.number,
        holding.valid_from,
        holding.valid_to,
        employee.title.italian(),
        employee.given_name,
        employee.family_name
    );
    if let Some(reader) = &holding.reader {
        text += &format!("; at reader {reader} only");
    }
    text += &held
        .issued
        .map_or_else(|| "; by the agreement".to_owned(), |entry| format!("; issued {}", entry.id));
    if let Some(entry) = held.ended {
        text += &format!("; {} {}", ending(&entry.kind), entry.id);
    }
    text
}

fn ending(kind: &Kind) -> &'static str {
    match kind {
        Kind::BadgeEnded { how: BadgeEnd::Lost, .. } => "lost",
        Kind::BadgeReplaced { .. } => "replaced",
        Kind::Withdrawn { .. } => "withdrawal",
        _ => "returned",
    }
}

fn object(agreement: &Agreement, held: &Held<'_>) -> Value {
    let number = |entry: EntryId| entry.0;
    json!({
        "agreement": agreement.id.as_str(), "badge": held.holding.number,
        "reader": held.holding.reader.as_ref().map(ReaderId::as_str),
        "from": held.holding.valid_from.to_string(), "to": held.holding.valid_to.to_string(),
        "issued_by": held.issued.map(|entry| number(entry.id)),
        "ended_by": held.ended.map(|entry| number(entry.id)),
        "ended": held.ended.map(|entry| ending(&entry.kind)),
    })
}
