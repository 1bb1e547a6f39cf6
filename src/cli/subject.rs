//! `timbra subject EMPLOYEE`: all data about one coworker, to be handed to them on request.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::config::Config;
use crate::daemon::subject::Namesakes;
use crate::daemon::{clock, subject};
use crate::domain::agreement::Agreement;
use crate::domain::ids::ReaderId;
use crate::domain::register::Facts;
use crate::mail::package::{self, PackageFile};
use crate::store::Store;

use super::configuration;
use super::entry_output;
use super::failure::{Done, Ending, Failure};
use super::output::{print, talk};

/// Who.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  timbra subject roma-01 --out /tmp/dati-roma-01\n  \
    timbra subject M000001\n\n\
    All agreements of that person are included: those with the same number at the home office, or the same\n\
    name. A name that several people bear is refused, with the choices. With --out the messages as sent and\n\
    the statements go along, with a list of SHA-256.")]
pub(super) struct SubjectArgs {
    /// An agreement, the number that the home office gave ("matricola"), or "Given Family"
    #[arg(value_name = "EMPLOYEE")]
    employee: String,
    /// Write everything into this folder instead of the data to the screen
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

pub(super) fn run(folder: &Path, args: &SubjectArgs) -> Ending {
    let config = configuration::load(folder)?;
    let store = Store::open_read_only(&config.store_folder)?;
    let config = configuration::in_force(&store, config)?;
    let agreements = subject::agreements_of(&config, &args.employee)
        .map_err(|namesakes| several(&args.employee, &namesakes))?;
    if agreements.is_empty() {
        return Err(Failure::usage(format!("nobody is known as `{}`", args.employee))
            .hint("write an agreement, the number at the home office, or \"Given Family\""));
    }
    let mut told = Vec::new();
    for agreement in &agreements {
        told.push(object(&store, &config, agreement)?);
    }
    let at = clock::now().with_timezone(&config.host.zone);
    let today = at.date_naive();
    let at = at.to_rfc3339();
    let data = format!("{:#}\n", json!({ "at": at, "host": config.host.office.name, "agreements": told }));
    let Some(out) = &args.out else {
        print(data.as_bytes())?;
        return Ok(Done::Clean);
    };
    let mut files = subject::files(&store, &config, &agreements, today)?;
    files.push(PackageFile { path: "dati.json".to_owned(), bytes: data.into_bytes() });
    files.sort_unstable_by(|one, other| one.path.cmp(&other.path));
    package::write(out, &files).map_err(|error| {
        Failure::new(format!("cannot write {}: {error}", out.display()))
            .hint("the folder must be new or empty, and the one above it must be there")
    })?;
    talk(&format!("written: {} ({} files); LEGGIMI.txt says what they are", out.display(), files.len()));
    Ok(Done::Clean)
}

/// Which of them is meant, only the reader knows.
fn several(employee: &str, namesakes: &Namesakes<'_>) -> Failure {
    let choices: Vec<String> = namesakes
        .0
        .iter()
        .map(|one| format!("{} ({})", one.id, one.employee.home_id.as_deref().unwrap_or("no number")))
        .collect();
    Failure::usage(format!("several people are known as `{employee}`: {}", choices.join(", ")))
        .hint("write the agreement or the number of the one who is meant; where there is no number, add home_id to the agreement's file")
}

/// All that is known of one agreement, but for the bytes of messages.
fn object(store: &Store, config: &Config, agreement: &Agreement) -> Result<Value, Failure> {
    let zone = config.host.zone;
    let entries = store.register_of(&agreement.id)?;
    let facts = Facts::of(agreement, &entries);
    let register: Vec<Value> = entries
        .iter()
        .map(|entry| entry_output::object(entry, facts.fate(entry.id), agreement, zone))
        .collect();
    let punches: Vec<Value> = subject::punches(store, agreement)?
        .iter()
        .map(|(punch, raw)| {
            json!({
                "at": punch.local.format("%Y-%m-%dT%H:%M:%S").to_string(), "badge": punch.badge,
                "direction_raw": punch.direction_raw, "reader": punch.reader.as_str(),
                "batch": punch.provenance.batch, "line": punch.provenance.line,
                "raw": raw.as_deref().map(String::from_utf8_lossy),
            })
        })
        .collect();
    let badges: Vec<Value> = agreement
        .badges
        .iter()
        .map(|held| {
            json!({
                "number": held.number, "reader": held.reader.as_ref().map(ReaderId::as_str),
                "valid_from": held.valid_from.to_string(), "valid_to": held.valid_to.to_string(),
            })
        })
        .collect();
    let messages: Vec<Value> = store
        .outbox()?
        .iter()
        .filter(|row| row.agreement == agreement.id.as_str())
        .map(|row| {
            json!({
                "id": row.id, "kind": row.kind, "period": row.period, "revision": row.revision,
                "recipient": row.recipient, "message_id": row.message_id, "state": row.state.code(),
            })
        })
        .collect();
    let employee = &agreement.employee;
    Ok(json!({
        "agreement": agreement.id.as_str(), "reference": agreement.reference,
        "employee": {
            "title": employee.title.italian(), "given_name": employee.given_name,
            "family_name": employee.family_name, "home_id": employee.home_id,
            "email": employee.email,
        },
        "home": agreement.home.name,
        "term": { "start": agreement.term.start.to_string(), "end": agreement.term.end.to_string() },
        "badges": badges, "register": register, "punches": punches, "messages": messages,
    }))
}
