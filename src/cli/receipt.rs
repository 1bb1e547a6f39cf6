//! `timbra receipt FILE`: what one receipt says, and whether it is believed. Touches no store.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use serde_json::json;

use crate::config::{self, Config};
use crate::daemon::receipts;
use crate::domain::delivery::Effect;
use crate::mail::receipt::{self, Anchors, Judgement, Place, Receipt};

use super::failure::{Done, Ending, Failure};
use super::language::Language;
use super::output::{print, talk};
use super::receipt_text;

/// Larger files are no receipts, in bytes.
const LARGEST: u64 = 100_000_000;

/// The first bytes of a message are headers.
const HEAD: usize = 1000;

const HELP: &str = "\
Reads a PEC receipt, a bounce, or any other message as a file, and judges it as `timbra run` judges
files: without a valid signature of a provider nothing counts. The authorities that certify providers
are those of `receipts.ca_file`, or of --ca; without any, a signature is only checked against the
certificate that comes with it.

With --json one object: kind (the X-Ricevuta value, dsn, envelope or none), message_id (of our message,
without brackets), recipients, error (null for \"nessuno\"), detail, at, effect (accepted, delivered,
refused, undelivered, warning, expired, or null), trusted, signature (valid, broken, missing or
unchecked), why.

Exit codes: 0 nothing to do, 1 the file cannot be read, 2 wrong usage, 3 a person should look.

Examples:
  timbra receipt consegna.eml
  timbra receipt consegna.eml --json --ca agid-ca.pem";

/// Which file.
#[derive(Debug, clap::Args)]
#[command(after_help = HELP)]
pub(super) struct ReceiptArgs {
    /// The message as a file (.eml)
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Authorities that certify PEC providers, in PEM, instead of those of the configuration
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
    /// The language [default: that of the locale]
    #[arg(long, value_enum)]
    lang: Option<Language>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

pub(super) fn run(folder: &Path, args: &ReceiptArgs) -> Ending {
    let anchors = match &args.ca {
        Some(path) => Some(anchors(path)?),
        None => configured(folder)
            .and_then(|config| config.receipts.ca_file)
            .as_deref()
            .map(anchors)
            .transpose()?,
    };
    let raw = bytes(&args.file)?;
    let receipt = receipt::read(&raw, anchors.as_ref());
    let judged = receipt.judge(Place::File);
    if args.json {
        print(format!("{}\n", object(&receipt, &judged)).as_bytes())?;
    } else {
        print(receipt_text::told(&receipt, &judged, Language::chosen(args.lang)).as_bytes())?;
    }
    Ok(if judged.concern.is_some() { Done::Attention } else { Done::Clean })
}

fn object(receipt: &Receipt, judged: &Judgement) -> serde_json::Value {
    let effect = judged.effect.filter(|effect| *effect != Effect::Contested);
    json!({
        "kind": receipt.kind.code(),
        "message_id": receipt.message_id,
        "recipients": receipt.recipients.iter().map(|to| to.address.as_str()).collect::<Vec<_>>(),
        "error": receipt.error,
        "detail": receipt.detail,
        "at": receipt.at.map(|at| at.to_rfc3339()),
        "effect": effect.map(Effect::code),
        "trusted": judged.trusted,
        "signature": receipt.signature.verdict.code(),
        "why": judged.why,
    })
}

/// The configuration, where there is one: a receipt can be looked at without.
fn configured(folder: &Path) -> Option<Config> {
    if !folder.join("timbra.toml").exists() {
        return None;
    }
    let config = config::load(folder).config;
    if config.is_none() {
        talk(
            "note: the configuration cannot be used; `timbra check` says why. The receipt is judged without it",
        );
    }
    config
}

/// The authorities in a file.
pub(super) fn anchors(path: &Path) -> Result<Anchors, Failure> {
    receipts::authorities(path)
        .map_err(|reason| Failure::new(format!("the authorities cannot be used: {reason}")))
}

/// The bytes of a message in a file.
pub(super) fn bytes(path: &Path) -> Result<Vec<u8>, Failure> {
    let unreadable = |error: std::io::Error| Failure::new(format!("cannot read {}: {error}", path.display()));
    let mut raw = Vec::new();
    let file = File::open(path).map_err(unreadable)?;
    let size = file.take(LARGEST + 1).read_to_end(&mut raw).map_err(unreadable)?;
    if size as u64 > LARGEST {
        return Err(Failure::new(format!("{} is larger than any receipt", path.display())));
    }
    if raw.trim_ascii().is_empty() {
        return Err(Failure::new(format!("{} is empty: there is no message in it", path.display())));
    }
    if raw.iter().take(HEAD).any(|byte| *byte == 0) {
        return Err(Failure::new(format!(
            "{} is no message: there are NUL bytes in its head",
            path.display()
        ))
        .hint("save the message with all its headers, as .eml"));
    }
    Ok(raw)
}
