//! `timbra outbox`: the letters, their states, and the decisions that only a person can take.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use chrono::NaiveDate;

use clap::Subcommand;
use serde_json::json;

use crate::config::Config;
use crate::daemon::release::{NotReleased, approve, withdraw};
use crate::daemon::{bundle, clock, registration};
use crate::domain::delivery::State;
use crate::domain::protocol::Protocol;
use crate::mail::package::{self, MANIFEST};
use crate::store::{Kept, OutboxRow, Store};

use super::author::system_user;
use super::configuration;
use super::entering;
use super::failure::{Done, Ending, Failure};
use super::held;
use super::outbox_address;
use super::outbox_resume;
use super::output::{print, talk};

/// What to do with the outbox.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  timbra outbox\n  timbra outbox show 7\n  timbra outbox show 7 --bundle /tmp/prova-7\n  timbra outbox approve 7\n  \
    timbra outbox protocol 7 0012345 --date 2026-11-06\n  \
    timbra outbox retry 7\n  timbra outbox withdraw 7 --why \"manca una timbratura\"\n  \
    timbra outbox close 7 --why \"risulta consegnata, PEC del 6 novembre\"\n  \
    timbra outbox readdress 7 --to protocollo@sede.example\n  \
    timbra outbox close 7 --misdirected --why \"inviata a un altro ufficio\"\n  timbra outbox resume"
)]
pub(super) struct OutboxArgs {
    #[command(subcommand)]
    command: Option<OutboxCommand>,
    /// Print JSON, one object for each message
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum OutboxCommand {
    /// List all messages (the default)
    List,
    /// Show one message: every step, and the bytes as sealed; or write its proof into a folder
    Show {
        /// Its number
        id: i64,
        /// Write the message, its attachments, receipts, dialogues and steps there, with a list of
        /// SHA-256 that `sha256sum -c manifest.sha256` accepts
        #[arg(long, value_name = "DIR")]
        bundle: Option<PathBuf>,
    },
    /// Send a blocked or uncertain message again: the same bytes, the same Message-ID
    Retry {
        /// Its number
        id: i64,
    },
    /// Let a sealed message go; for the officers named in [release]
    Approve {
        /// Its number
        id: i64,
    },
    /// Take back a message that has not left
    Withdraw {
        /// Its number
        id: i64,
        /// Why
        #[arg(long, value_parser = entering::words)]
        why: String,
    },
    /// Enter the number under which the protocol office registered a message
    Protocol {
        /// The message
        id: i64,
        /// The number of the registration
        #[arg(value_parser = entering::words)]
        number: String,
        /// Its day
        #[arg(long, value_parser = entering::date)]
        date: Option<NaiveDate>,
        /// Its register
        #[arg(long, value_parser = entering::words)]
        register: Option<String>,
    },
    /// Settle a message by hand
    Close {
        /// Its number
        id: i64,
        /// Why, and on what evidence
        #[arg(long)]
        why: String,
        /// It went to somebody who should not have it: opens a record for the data protection officer
        #[arg(long)]
        misdirected: bool,
    },
    /// Send the same document to a corrected address, under a new Message-ID; no amendment
    Readdress {
        /// The number of the message that went to the wrong one
        id: i64,
        /// The corrected address
        #[arg(long, value_name = "ADDRESS")]
        to: String,
    },
    /// Let letters leave again after a restore; what is uncertain goes on waiting for a decision
    Resume {
        /// Also where months have no statement in this store, or packages wait for the protocol office: they are
        /// made and sent
        #[arg(long)]
        yes: bool,
    },
    /// End the record of a misdirected message, once the data protection officer has decided
    Settle {
        /// The number of the message
        id: i64,
        /// What was decided
        #[arg(long, value_parser = entering::words)]
        why: String,
    },
}

pub(super) fn run(folder: &Path, args: &OutboxArgs) -> Ending {
    let config = configuration::load(folder)?;
    match args.command.as_ref().unwrap_or(&OutboxCommand::List) {
        OutboxCommand::List => {
            let store = Store::open_read_only(&config.store_folder)?;
            list(&store.outbox()?, &store.protocols()?, args.json)
        }
        OutboxCommand::Show { id, bundle } => {
            let store = Store::open_read_only(&config.store_folder)?;
            match bundle {
                Some(folder) => write_bundle(&store, &config, *id, folder),
                None => show(&store, *id),
            }
        }
        OutboxCommand::Retry { id } => {
            let mut store = Store::open_existing(&config.store_folder)?;
            let state = store.outbox_row(*id)?.ok_or_else(|| unknown(*id))?.state;
            if !state.may_be_retried() {
                return Err(not_retried(*id, state));
            }
            let ending = decide(&mut store, *id, State::Due, &format!("sent again by {}", system_user()))?;
            held::note(&store, config.host.zone)?;
            Ok(ending)
        }
        OutboxCommand::Approve { id } => {
            let mut store = Store::open_existing(&config.store_folder)?;
            let done = approve(&mut store, &config, (*id, &system_user()), clock::now())?;
            let held = done.is_ok() && held::note(&store, config.host.zone)?;
            released(*id, done, if held { "it is approved" } else { "it leaves now" })
        }
        OutboxCommand::Withdraw { id, why } => {
            let mut store = Store::open_existing(&config.store_folder)?;
            let kind = store.outbox_row(*id)?.map(|row| row.kind);
            let done = withdraw(&mut store, (*id, &system_user(), why), clock::now())?;
            let next = match kind.as_deref() {
                Some("statement") => {
                    "the next one is made when its month changes, on its latest day, or by `timbra send`"
                }
                Some("report") => "it is withdrawn; another one leaves by `timbra report --send`",
                _ => "it is withdrawn",
            };
            released(*id, done, next)
        }
        OutboxCommand::Protocol { id, number, date, register } => {
            let mut store = Store::open_existing(&config.store_folder)?;
            register_message(&mut store, &config, *id, Protocol::new(number, *date, register.as_deref()))
        }
        OutboxCommand::Resume { yes } => {
            outbox_resume::resume(&mut Store::open_existing(&config.store_folder)?, &config, *yes)
        }
        OutboxCommand::Readdress { id, to } => outbox_address::readdress(&config, *id, to),
        OutboxCommand::Settle { id, why } => outbox_address::settle(&config.store_folder, *id, why),
        OutboxCommand::Close { id, why, misdirected: true } => {
            outbox_address::misdirected(&config.store_folder, *id, why)
        }
        OutboxCommand::Close { id, why, misdirected: false } => {
            let mut store = Store::open_existing(&config.store_folder)?;
            decide(&mut store, *id, State::ClosedByHand, &format!("closed by {}: {why}", system_user()))
        }
    }
}

fn list(rows: &[OutboxRow], protocols: &HashMap<i64, Protocol>, as_json: bool) -> Ending {
    let mut text = String::new();
    for row in rows {
        let protocol = protocols.get(&row.id);
        if as_json {
            let object = json!({
                "id": row.id, "kind": row.kind, "agreement": row.agreement, "month": row.period, "revision": row.revision,
                "state": row.state.code(), "attempts": row.attempts, "message_id": row.message_id,
                "release": row.release.code(), "release_at": row.release_at.map(|at| at.to_rfc3339()),
                "protocol": protocol.map(Protocol::number),
                "not_before": row.not_before.to_rfc3339(), "deadline": row.deadline.to_rfc3339(), "detail": row.detail,
            });
            text += &format!("{object}\n");
        } else {
            text += &format!(
                "{:>4}  {:<9} {:<20} {}  r{}  {:<10} {}{}\n",
                row.id,
                row.kind,
                row.agreement,
                row.period,
                row.revision,
                row.state.word(),
                protocol.map_or_else(String::new, |protocol| format!("prot. {protocol}; ")),
                row.detail
            );
        }
    }
    print(text.as_bytes())?;
    let waiting = rows.iter().any(|row| row.state.needs_a_person());
    Ok(if waiting { Done::Attention } else { Done::Clean })
}

fn show(store: &Store, id: i64) -> Ending {
    let Some(message) = store.outbox_message(id)? else { return Err(no_bytes(store, id)?) };
    for event in store.outbox_events(id)? {
        talk(&format!("{}  {:<14} {}", event.at.to_rfc3339(), event.state.code(), event.detail));
    }
    print(&message)?;
    Ok(Done::Clean)
}

/// There is no such message, or its bytes were forgotten.
fn no_bytes(store: &Store, id: i64) -> Result<Failure, Failure> {
    Ok(match store.outbox_row(id)? {
        None => unknown(id),
        Some(row) => {
            let agreement = row.agreement;
            Failure::new(format!("the bytes of message {id} were forgotten with the contents of {agreement}"))
                .hint(format!("`timbra log {agreement}` says when, and by whom"))
        }
    })
}

fn write_bundle(store: &Store, config: &Config, id: i64, folder: &Path) -> Ending {
    if let Some(event) = store.verify_outbox()? {
        return Err(Failure::new(format!(
            "event {event} of the outbox is not as it was written: this is no proof"
        ))
        .hint("restore the store from a backup, and find out who changed it"));
    }
    let Some(files) = bundle::files(store, config, id)? else { return Err(no_bytes(store, id)?) };
    package::write(folder, &files).map_err(|error| {
        Failure::new(format!("the bundle cannot be written to {}: {error}", folder.display()))
            .hint("name a folder that is not there yet, or is empty")
    })?;
    talk(&format!(
        "{} files in {}; check them there by: sha256sum -c {MANIFEST}",
        files.len(),
        folder.display()
    ));
    Ok(Done::Clean)
}

fn decide(store: &mut Store, id: i64, to: State, why: &str) -> Ending {
    let row = store.outbox_row(id)?.ok_or_else(|| unknown(id))?;
    let now = clock::now();
    if store.move_message(id, to, Some(now), why, now)? {
        talk(&format!("message {id} was {}, it is {} now", row.state.word(), to.word()));
        return Ok(Done::Clean);
    }
    Err(Failure::new(format!("message {id} is {}: it cannot become {}", row.state.word(), to.word())))
}

fn register_message(store: &mut Store, config: &Config, id: i64, protocol: Option<Protocol>) -> Ending {
    let protocol = protocol.ok_or_else(|| Failure::usage("write 1 to 64 characters on one line"))?;
    let now = clock::now();
    if let Some(refusal) = registration::refusal(store, config, id, &protocol, now)? {
        return Err(Failure::new(format!("message {id} {refusal}")));
    }
    match store.keep_protocol(id, (&protocol, &format!("entered by {}", system_user())), now)? {
        None => Err(unknown(id)),
        Some(Kept::Differs(known)) => {
            Err(Failure::new(format!("message {id} is registered as {known} already")))
        }
        Some(Kept::Used(other)) => Err(Failure::new(format!(
            "{protocol} is the registration of message {other} already, which is another document"
        ))
        .hint("is it the right number? where the office has several registers, name it with --register")),
        Some(Kept::Now | Kept::Before) => {
            talk(&format!("message {id} is registered as {protocol}"));
            Ok(Done::Clean)
        }
    }
}

fn released(id: i64, done: Result<(), NotReleased>, what: &str) -> Ending {
    match done {
        Ok(()) => {
            talk(&format!("message {id}: {what}"));
            Ok(Done::Clean)
        }
        Err(refusal @ NotReleased::Unknown(_)) => {
            Err(Failure::new(refusal.to_string()).hint("`timbra outbox` lists them"))
        }
        Err(refusal @ NotReleased::NoOfficer(_)) => Err(Failure::new(refusal.to_string())
            .hint("timbra.toml names who may: [release] with officers = [\"anna\"]")),
        Err(refusal) => Err(Failure::new(refusal.to_string())),
    }
}

fn not_retried(id: i64, state: State) -> Failure {
    let failure = Failure::new(format!(
        "message {id} is {}: only what is blocked or uncertain is sent again",
        state.word()
    ));
    match state {
        State::Sealed => failure.hint(format!("an officer lets it go: `timbra outbox approve {id}`")),
        _ => failure.hint(format!("`timbra outbox show {id}` tells what became of it")),
    }
}

fn unknown(id: i64) -> Failure {
    Failure::new(format!("there is no message {id}")).hint("`timbra outbox` lists them")
}
