//! The protocol office: sealed statements are handed to it as packages, and what it gives back
//! (registration, signature, receipts) is taken. Its folders may be shares that hang: they are looked
//! at by a task of their own.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio::task::spawn_blocking;
use tokio::time::{Duration, sleep};
use tracing::{error, info, warn};

use crate::config::{Config, protocol};
use crate::domain::delivery::State;
use crate::domain::release::Release;
use crate::mail::package::{self, MESSAGE, PackageFile};
use crate::mail::receipt::{Anchors, Place};
use crate::mail::{NamedPart, named_parts, subject};
use crate::source::{REFUSED, ReturnFolder, ReturnKind, ReturnedEntry, ReturnedFile, read_returned};
use crate::store::{Fate, Kept, OutboxRow, SentStatement, Store, StoreError};

use super::folders::{Intake, shown};
use super::pulse::{Pulse, Worker};
use super::registration::{HANDED, package_name};
use super::{receipts, registration};

/// What to register, for the protocol software.
const FIELDS: &str = "protocollo.json";

/// Counts the changes of that file that a reader must know of.
const SCHEMA_VERSION: u32 = 1;

/// The source of what comes back, as the store names it.
const SOURCE: &str = "protocol office";

/// What to do with a file of a document that this store does not know.
const KEEP_IT: &str = "\
Può essere di prima di un ripristino da una copia di sicurezza: in tal caso conservare il file e avvisare chi gestisce \
timbra (`timbra outbox` elenca i documenti noti).";

/// Above what is wrong with a file, which names its place.
const HOW_TO_WRITE: &str = "\
Il file non si può leggere. Va scritto così, con le virgolette:

    numero = \"0012345\"
    data = 2026-11-06          (se nota)
    registro = \"AOO-PREF-TO\"   (se ce ne sono più d'uno)

Dettagli per il tecnico:";

/// Serves the protocol office until told to stop.
pub(super) async fn serve(intake: Arc<Intake>, pulse: Arc<Pulse>) {
    let pause = Duration::from_secs(u64::from(intake.config.intake.poll_seconds));
    let Some(mut desk) = Desk::new(&intake.config) else { return };
    loop {
        let shared = Arc::clone(&intake);
        let work = pulse.begin(Worker::Desk);
        let done = spawn_blocking(move || {
            desk.once(&shared.config, (shared.clock)());
            desk
        });
        match done.await {
            Ok(same) => desk = same,
            Err(_stopped) => return,
        }
        drop(work);
        tokio::select! {
            () = intake.stop.cancelled() => return,
            () = sleep(pause) => (),
        }
    }
}

/// Both folders, and what was told of them.
#[derive(Debug)]
pub struct Desk {
    returns: Option<ReturnFolder>,
    anchors: Option<Anchors>,
    /// Troubles that stand, so that each is told once.
    told: BTreeSet<String>,
}

impl Desk {
    /// None where no folder is configured.
    pub fn new(config: &Config) -> Option<Self> {
        config.release.folder.as_ref()?;
        let stable = Duration::from_secs(u64::from(config.intake.stable_seconds));
        let returns = config.release.return_folder.as_deref();
        // without usable authorities no receipt is believed, which is safe
        let anchors = config.receipts.ca_file.as_deref().and_then(|file| receipts::authorities(file).ok());
        let returns = returns.map(|path| ReturnFolder::new(path, stable));
        Some(Self { returns, anchors, told: BTreeSet::new() })
    }

    /// One look: hands over what waits, and takes what came back.
    pub fn once(&mut self, config: &Config, now: DateTime<Utc>) {
        let mut troubles = BTreeSet::new();
        let worked = Store::open_existing(&config.store_folder).and_then(|mut store| {
            hand_over(&mut store, config, now, &mut troubles)?;
            self.take_back(&mut store, config, now, &mut troubles)
        });
        if let Err(error) = worked {
            troubles.insert(format!("the outbox cannot be read or written: {error}"));
        }
        for trouble in troubles.difference(&self.told) {
            error!(trouble, "the protocol office cannot be served; trying again");
        }
        self.told = troubles;
    }

    fn take_back(
        &mut self,
        store: &mut Store,
        config: &Config,
        now: DateTime<Utc>,
        troubles: &mut BTreeSet<String>,
    ) -> Result<(), StoreError> {
        let Some(folder) = &mut self.returns else { return Ok(()) };
        let returned = match folder.scan(Instant::now()) {
            Ok(returned) => returned,
            // it is made when the first package is given back
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
            Err(error) => {
                troubles.insert(format!("the return folder cannot be read: {error}"));
                return Ok(());
            }
        };
        let mut aside = |entry: &ReturnedEntry, refused: Option<&str>| {
            let done = match refused {
                None => folder.taken(entry),
                Some(why) => folder.refused(entry, why),
            };
            let file = shown(&entry.path);
            // what stands below the first line quotes the file
            let refused = refused.map(|why| why.lines().next().unwrap_or_default());
            match (done, refused) {
                (Ok(()), None) => (),
                (Ok(()), Some(why)) => {
                    warn!(
                        file,
                        why,
                        "a file of the protocol office cannot be used; it is in `{REFUSED}`, with the reason"
                    );
                }
                (Err(error), None) => drop(troubles.insert(format!("{file} cannot be moved aside: {error}"))),
                (Err(error), Some(why)) => {
                    troubles.insert(format!("{file} cannot be used ({why}) nor moved aside: {error}"));
                }
            }
        };
        for (entry, why) in &returned.refused {
            aside(entry, Some(&why.to_string()));
        }
        for file in returned.ready {
            let refused = take(store, config, self.anchors.as_ref(), &file, now)?.err();
            aside(&file.entry, refused.as_deref());
        }
        Ok(())
    }
}

/// Hands every package that waits to the protocol office. A folder that is not there, or full, keeps
/// the others waiting too: they are tried again.
fn hand_over(
    store: &mut Store,
    config: &Config,
    now: DateTime<Utc>,
    troubles: &mut BTreeSet<String>,
) -> Result<(), StoreError> {
    let Some(folder) = &config.release.folder else { return Ok(()) };
    if store.letters_held()?.is_some() {
        return Ok(());
    }
    let mut sealed = store.outbox_sealed()?;
    sealed.retain(|row| row.release == Release::External);
    if sealed.is_empty() {
        return Ok(());
    }
    let statements = store.statements()?;
    for row in sealed {
        let of_row = |sent: &&SentStatement| sent.messages.iter().any(|message| message.0 == row.id);
        let (Some(statement), Some(bytes)) = (statements.iter().find(of_row), store.outbox_message(row.id)?)
        else {
            continue;
        };
        match package(folder, config, (&row, statement), bytes) {
            Ok(name) => {
                let detail = format!("{HANDED}{name}");
                if store.move_message(row.id, State::HandedOut, None, &detail, now)? {
                    let (id, agreement, month) = (row.id, &row.agreement, &row.period);
                    info!(id, agreement, month, package = name, "package handed to the protocol office");
                }
            }
            Err(reason) => {
                troubles.insert(reason);
            }
        }
    }
    Ok(())
}

fn package(
    folder: &Path,
    config: &Config,
    (row, statement): (&OutboxRow, &SentStatement),
    bytes: Vec<u8>,
) -> Result<String, String> {
    let subject = subject(&bytes).ok_or_else(|| format!("message {} cannot be taken apart", row.id))?;
    let file = |part: NamedPart| (PackageFile { path: part.name, bytes: part.bytes }, part.media_type);
    let attachments: Vec<_> = named_parts(&bytes).into_iter().map(file).collect();
    let message = PackageFile { path: MESSAGE.to_owned(), bytes };
    let name = package_name(statement.number, &Sha256::digest(&message.bytes));
    let fields = fields(config, (row, statement), (&name, &subject), (&message, &attachments));
    let mut files: Vec<PackageFile> = attachments.into_iter().map(|(file, _)| file).collect();
    files.push(PackageFile { path: FIELDS.to_owned(), bytes: format!("{fields:#}\n").into_bytes() });
    files.push(message);
    package::hand_over(folder, &name, &files).map_err(|error| error.to_string())?;
    Ok(name)
}

/// What the protocol software needs to register the package: the fields of the "segnatura" (Allegato 6
/// of the `AgID` guidelines) that are known here. No name of a person but the responsible one.
fn fields(
    config: &Config,
    (row, statement): (&OutboxRow, &SentStatement),
    (package, subject): (&str, &str),
    (message, attachments): (&PackageFile, &[(PackageFile, String)]),
) -> Value {
    let (host, number) = (&config.host, statement.number);
    let agreement = config.agreements.iter().find(|agreement| agreement.id.as_str() == row.agreement);
    let file = |file: &PackageFile, media_type: &str| {
        json!({
            "name": file.path, "media_type": media_type, "bytes": file.bytes.len(), "sha256": file.sha256(),
        })
    };
    json!({
        "schema_version": SCHEMA_VERSION,
        "package": package,
        "document": {
            "number": number.number, "year": number.year, "revision": statement.revision, "month": row.period,
            "made_at": statement.generated_at.with_timezone(&host.zone).to_rfc3339(),
            "made_by": "generazione automatica da dati di rilevazione delle presenze",
        },
        "subject": subject,
        "reference": agreement.map(|agreement| agreement.reference.as_str()),
        "sender": {
            "office": host.office.name, "responsible": host.responsible,
            "address": config.mail.settings().from.as_str(),
        },
        "recipient": {
            "office": agreement.map(|agreement| agreement.home.name.as_str()),
            "channel": row.channel.code(), "address": row.recipient,
        },
        "deadline": row.deadline.with_timezone(&host.zone).to_rfc3339(),
        "reserved": true,
        "message_id": row.message_id.trim_matches(['<', '>']),
        "message": file(message, "message/rfc822"),
        "attachments": attachments.iter().map(|(one, media_type)| file(one, media_type)).collect::<Vec<_>>(),
    })
}

/// Takes one file that came back. An error says why it cannot be used.
fn take(
    store: &mut Store,
    config: &Config,
    anchors: Option<&Anchors>,
    file: &ReturnedFile,
    now: DateTime<Utc>,
) -> Result<Result<(), String>, StoreError> {
    let Some((id, message_id)) = store.message_of(file.number)? else {
        return Ok(Err(format!("timbra non conosce alcun documento n. {}. {KEEP_IT}", file.number)));
    };
    let package = registration::package_of(store, id, file.number)?;
    if !registration::is_of_package(&file.entry.name, &package) {
        return Ok(Err(format!(
            "il documento n. {} è nel pacchetto {package}: il nome di questo file deve cominciare così. Se il \
             pacchetto da cui viene si chiama altrimenti, è un altro documento con lo stesso numero. {KEEP_IT}",
            file.number
        )));
    }
    // its name says that the office has it: it was handed over after the backup that this store comes from
    let waits = store
        .outbox_row(id)?
        .is_some_and(|row| row.state == State::Sealed && row.release == Release::External);
    if waits {
        store.move_message(id, State::HandedOut, None, &format!("{HANDED}{package}"), now)?;
    }
    let bytes = match read_returned(file) {
        Ok(bytes) => bytes,
        Err(error) => return Ok(Err(error.to_string())),
    };
    let name = file.entry.name.as_str();
    match file.kind {
        ReturnKind::Protocol => {
            let text = String::from_utf8_lossy(&bytes);
            let registered = match protocol::read(Path::new(&file.entry.name), &text) {
                Ok(registered) => registered,
                Err(complaints) => return Ok(Err(format!("{HOW_TO_WRITE}\n{complaints}"))),
            };
            if let Some(refusal) = registration::refusal(store, config, id, &registered, now)? {
                return Ok(Err(refusal.italian()));
            }
            let kept = store.keep_protocol(id, (&registered, "says the protocol office"), now)?;
            if let Some(Kept::Differs(known)) = kept {
                return Ok(Err(format!("il documento è già registrato con il numero {known}")));
            }
            if let Some(Kept::Used(other)) = kept {
                return Ok(Err(format!(
                    "il numero {registered} è già quello di un altro documento (messaggio {other} di timbra): \
                     correggere il numero, o indicare il registro se ce ne sono più d'uno"
                )));
            }
            info!(message = id, "the protocol office registered a document");
        }
        ReturnKind::Signature => {
            store.keep_evidence(id, name, &bytes, now)?;
            info!(message = id, file = name, "a signature is kept with its document");
        }
        ReturnKind::Receipt => {
            let bare = message_id.trim_matches(['<', '>']);
            if !receipts::tells_of_a_message(&bytes) {
                return Ok(Err(
                    "il file non è una ricevuta: depositare il messaggio del gestore, in formato .eml"
                        .to_owned(),
                ));
            }
            let found = (SOURCE, Some(name));
            let taken = receipts::take_about(store, (anchors, Place::File), found, (&bytes, bare), now)?;
            if taken.fate == Fate::Listed {
                return Ok(Err("la ricevuta non riguarda questo documento".to_owned()));
            }
        }
    }
    Ok(Ok(()))
}
