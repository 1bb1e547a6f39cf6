//! `timbra inbox`: what came back, and the rest of the mail in the box, which is only listed.

use std::path::{Path, PathBuf};

use clap::Subcommand;
use serde_json::{Value, json};

use crate::config::Config;
use crate::daemon::{clock, receipts};
use crate::domain::delivery::{Concern, Effect};
use crate::mail::receipt::Place;
use crate::store::{Fate, Received, Store};

use super::author::system_user;
use super::configuration;
use super::entering;
use super::failure::{Done, Ending, Failure};
use super::output::{print, talk};
use super::receipt;

/// What to do with what came in.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Receipts are kept with their bytes; of other mail only who, when and the start of the \
    subject,\nfor 21 days.\n\nExit code 3 when something needs a person.\n\nExamples:\n  timbra inbox\n  \
    timbra inbox show 7\n  timbra inbox settle 7 --why \"falsa, segnalata al gestore\"\n  \
    timbra inbox take consegna.eml"
)]
pub(super) struct InboxArgs {
    #[command(subcommand)]
    command: Option<InboxCommand>,
    /// Print JSON, one object for each message
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum InboxCommand {
    /// List what came in (the default)
    List,
    /// Show what one message says, and its bytes where they are kept
    Show {
        /// Its number
        id: i64,
    },
    /// Say that a person has looked at it: its alarm is over
    Settle {
        /// Its number
        id: i64,
        /// What was found and done
        #[arg(long, value_parser = entering::words)]
        why: String,
    },
    /// Take a receipt that was saved by hand, as the daemon takes files
    Take {
        /// The message as a file (.eml)
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
}

pub(super) fn run(folder: &Path, args: &InboxArgs) -> Ending {
    let config = configuration::load(folder)?;
    match args.command.as_ref().unwrap_or(&InboxCommand::List) {
        InboxCommand::List => {
            let store = Store::open_read_only(&config.store_folder)?;
            list(&store.received()?, args.json)
        }
        InboxCommand::Show { id } => {
            let store = Store::open_read_only(&config.store_folder)?;
            show(&store, *id, args.json)
        }
        InboxCommand::Settle { id, why } => {
            let mut store = Store::open_existing(&config.store_folder)?;
            if store.settle_received(*id, (&system_user(), why), clock::now())? {
                talk(&format!("message {id} of the inbox is settled"));
                return Ok(Done::Clean);
            }
            Err(Failure::new(format!("message {id} of the inbox needs nobody"))
                .hint("`timbra inbox` shows which do"))
        }
        InboxCommand::Take { file } => take(&config, file),
    }
}

/// True while it waits for a person.
pub(super) fn is_open(received: &Received) -> bool {
    received.settled_at.is_none() && received.concern.is_some_and(|concern| !concern.is_of_message())
}

fn list(all: &[Received], as_json: bool) -> Ending {
    let mut text = String::new();
    for received in all {
        if as_json {
            text += &format!("{}\n", object(received));
            continue;
        }
        let about = received.outbox.map_or("-".to_owned(), |id| format!("#{id}"));
        let effect = received.effect.map_or("-", Effect::code);
        let note = match received.concern {
            Some(concern) if is_open(received) => format!("LOOK: {}", concern.code()),
            Some(concern) => concern.code().to_owned(),
            None => received.subject.clone().unwrap_or_default(),
        };
        text += &format!(
            "{:>4}  {}  {:<26} {about:>5}  {effect:<11} {note}\n",
            received.id,
            received.seen_at.format("%Y-%m-%d %H:%M"),
            received.kind,
        );
    }
    print(text.as_bytes())?;
    Ok(if all.iter().any(is_open) { Done::Attention } else { Done::Clean })
}

fn object(received: &Received) -> Value {
    json!({
        "id": received.id, "kind": received.kind, "source": received.source,
        "seen_at": received.seen_at.to_rfc3339(), "sent_at": received.sent_at.map(|at| at.to_rfc3339()),
        "from": received.from, "subject": received.subject, "message_id": received.message_id,
        "outbox": received.outbox, "error": received.error, "detail": received.detail, "at": received.at,
        "signature": received.signature, "trusted": received.trusted,
        "effect": received.effect.map(Effect::code), "concern": received.concern.map(Concern::code),
        "open": is_open(received), "why": received.why,
    })
}

fn show(store: &Store, id: i64, as_json: bool) -> Ending {
    let all = store.received()?;
    let received = all.iter().find(|received| received.id == id).ok_or_else(|| {
        Failure::new(format!("there is no message {id} in the inbox")).hint("`timbra inbox` lists them")
    })?;
    if as_json {
        print(format!("{}\n", object(received)).as_bytes())?;
        return Ok(Done::Clean);
    }
    let about = received.outbox.map(|id| format!(" about message {id} of the outbox")).unwrap_or_default();
    talk(&format!("{}{about}, from {}", received.kind, received.from.as_deref().unwrap_or("nobody")));
    talk(&format!("signature {}, {}", received.signature, received.why));
    match store.received_message(id)? {
        Some(bytes) => print(&bytes)?,
        None => talk("its bytes are not kept: it is about no message of ours"),
    }
    Ok(Done::Clean)
}

fn take(config: &Config, file: &Path) -> Ending {
    let anchors = config.receipts.ca_file.as_deref().map(receipt::anchors).transpose()?;
    let raw = receipt::bytes(file)?;
    let mut store = Store::open_existing(&config.store_folder)?;
    let reception =
        receipts::take(&mut store, anchors.as_ref(), Place::File, ("by hand", None), &raw, clock::now())?;
    let (id, about) = (reception.id, reception.outbox.unwrap_or_default());
    talk(&match reception.fate {
        Fate::Known => format!("it was taken before, as message {id} of the inbox"),
        Fate::Moved { from, to } => {
            format!("message {about} of the outbox was {}, it is {} now", from.word(), to.word())
        }
        Fate::Waits => {
            format!("message {about} of the outbox is on its way just now; it counts when that has ended")
        }
        Fate::Kept => format!("it is kept as message {id} of the inbox; no state has changed"),
        Fate::Listed => "it is about no message of ours".to_owned(),
    });
    Ok(if reception.concern.is_some() { Done::Attention } else { Done::Clean })
}
