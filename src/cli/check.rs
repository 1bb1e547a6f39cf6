//! `timbra check`: reads the whole configuration and tells every problem of every file in one go.

use std::path::Path;

use serde_json::json;

use crate::config::problem::{Problem, Severity};
use crate::config::{Config, Loaded, load};
use crate::daemon::receipts::authorities;
use crate::daemon::secret;
use crate::mail::imap::ImapSettings;
use crate::mail::{Tls, Transport};
use crate::render;

use super::failure::{Done, Ending, Failure};
use super::output::print;
use super::unit;

/// What to print.
#[derive(Debug, clap::Args)]
#[command(after_help = "Exit codes: 0 no problem, 3 warnings only, 1 errors.\n\n\
                        Example:\n  timbra check\n  timbra --config ./config check --json")]
pub(super) struct CheckArgs {
    /// Print the problems as a JSON array
    #[arg(long)]
    json: bool,
}

pub(super) fn check(folder: &Path, args: &CheckArgs) -> Ending {
    let Loaded { config, mut problems } = all(folder);
    problems.extend(config.iter().flat_map(|config| secrets(config, folder)));
    problems.extend(config.iter().flat_map(|config| unit::unusable_folders(config, folder)));
    if args.json {
        print(format!("{:#}\n", as_json(&problems)).as_bytes())?;
    } else {
        print(as_text(config.as_ref(), &problems).as_bytes())?;
    }
    let hint = if config.is_some() {
        "timbra runs with what has no errors and leaves out the rest"
    } else {
        "timbra does not start until timbra.toml is in order"
    };
    ending(&problems, folder, hint)
}

/// The configuration with every problem of every file.
pub(super) fn all(folder: &Path) -> Loaded {
    with_names(load(folder), folder)
}

/// The same of what was loaded otherwise.
pub(super) fn with_names(loaded: Loaded, folder: &Path) -> Loaded {
    let Loaded { config, mut problems } = loaded;
    problems.extend(config.iter().flat_map(|config| undrawable_names(config, folder)));
    Loaded { config, problems }
}

/// How a check of `place` ends.
pub(super) fn ending(problems: &[Problem], place: &Path, hint: &str) -> Ending {
    let count = |severity| problems.iter().filter(|problem| problem.severity == severity).count();
    match (count(Severity::Error), count(Severity::Warning)) {
        (0, 0) => Ok(Done::Clean),
        (0, _) => Ok(Done::Attention),
        (errors, warnings) => {
            let warnings =
                if warnings == 0 { String::new() } else { format!(" and {}", many(warnings, "warning")) };
            let message = format!("{}{warnings} in {}", many(errors, "error"), place.display());
            Err(Failure::new(message).hint(hint))
        }
    }
}

/// Files for secrets that hold none.
fn secrets(config: &Config, folder: &Path) -> Vec<Problem> {
    let told = secret::faults(config).into_iter().map(|(key, file, fault)| {
        let message = format!("{key} is {}: {fault}", file.display());
        let hint = "write the secret into a plain file of one line that only the service can read";
        Problem::of_file(&folder.join("timbra.toml"), message).hint(hint).warning()
    });
    told.collect()
}

/// Names with letters that the typeface of the PDF lacks.
fn undrawable_names(config: &Config, folder: &Path) -> Vec<Problem> {
    let host = &config.host;
    let mut names = vec![&host.office.name, &host.responsible];
    names.extend(host.contacts().map(|contact| &contact.name));
    let mut files = vec![("timbra.toml".into(), names)];
    for agreement in &config.agreements {
        let (employee, contacts) = (&agreement.employee, agreement.home_contacts.iter());
        let mut names = vec![&employee.given_name, &employee.family_name, &agreement.home.name];
        names.extend(contacts.map(|contact| &contact.name));
        files.push((format!("agreements/{}.toml", agreement.id), names));
    }
    let told = files.into_iter().filter_map(|(file, names)| {
        let letters: String = names.into_iter().map(|name| render::undrawable(name)).collect();
        let message = format!("the PDF has no letters `{letters}`: it would print a question mark for each");
        let hint = "write the name in Latin letters, as the identity document transcribes it";
        (!letters.is_empty()).then(|| Problem::of_file(&folder.join(file), message).hint(hint).warning())
    });
    told.collect()
}

/// One object for each problem.
pub(super) fn as_json(problems: &[Problem]) -> serde_json::Value {
    let rows = problems.iter().map(|problem| {
        json!({
            "severity": match problem.severity {
                Severity::Error => "error",
                Severity::Warning => "warning",
            },
            "file": problem.path.display().to_string(),
            "line": problem.place.as_ref().map(|place| place.line),
            "column": problem.place.as_ref().map(|place| place.column),
            "message": problem.message,
            "hint": problem.hint,
        })
    });
    rows.collect()
}

/// All problems, then what there is.
fn as_text(config: Option<&Config>, problems: &[Problem]) -> String {
    let mut lines: Vec<String> = problems.iter().map(|problem| format!("{problem}\n")).collect();
    if let Some(config) = config {
        lines.extend(summary(config));
    }
    lines.join("\n") + "\n"
}

fn summary(config: &Config) -> Vec<String> {
    let mut lines = vec![format!("host        {} ({})", config.host.office.name, config.host.zone)];
    lines.push(format!("store       {}", config.store_folder.display()));
    lines.push(match &config.mail.settings().transport {
        Transport::Directory(folder) => format!("mail        as files into {}", folder.display()),
        Transport::Smtp(smtp) => {
            let from = &config.mail.settings().from;
            let tls = match smtp.tls {
                Tls::Implicit => "TLS",
                Tls::StartTls => "STARTTLS",
                Tls::None => "without TLS",
            };
            format!("mail        {from} by {}:{} ({tls})", smtp.host, smtp.port)
        }
    });
    lines.extend(receipts(config));
    lines.extend(credentials(config));
    lines.push(format!("readers     {}", config.readers().count()));
    for reader in &config.folders {
        let path = &reader.folder.path;
        let note = if path.is_dir() { "" } else { " (note: this folder does not exist yet)" };
        let id = reader.id();
        lines.push(format!("  {id}: {}, format {}{note}", path.display(), reader.format_name));
    }
    for reader in &config.serials {
        let (id, path, name) = (reader.id(), &reader.port.path, reader.wire.protocol.name());
        let note = if path.exists() { "" } else { " (note: this port is not there now)" };
        lines.push(format!("  {id}: {}, protocol {name}{note}", path.display()));
    }
    for bus in &config.buses {
        let path = &bus.port.path;
        let note = if path.exists() { "" } else { " (note: this port is not there now)" };
        for reader in &bus.readers {
            let (id, address) = (reader.id(), reader.address);
            let way = if reader.key.is_some() { "secure channel" } else { "in clear" };
            lines.push(format!("  {id}: {}, OSDP address {address}, {way}{note}", path.display()));
        }
    }
    lines.push(format!("agreements  {}", config.agreements.len()));
    for agreement in &config.agreements {
        let (term, days) = (agreement.term, agreement.planned_days.len());
        let days = many(days, "planned day");
        let to = &agreement.statement.to;
        lines.push(format!("  {}: {} to {}, {days}, statement to {to}", agreement.id, term.start, term.end));
    }
    let names = |names: Vec<&String>| names.iter().map(|name| name.as_str()).collect::<Vec<_>>().join(", ");
    lines.push(format!("profiles    {}", names(config.profiles.iter().collect())));
    lines.push(format!("formats     {}", names(config.formats.iter().collect())));
    lines
}

/// The secrets that systemd hands over.
fn credentials(config: &Config) -> Option<String> {
    let names: Vec<String> =
        secret::needed(config).into_iter().filter_map(|(_, place)| place.err()).collect();
    let note = "note: a changed one needs a restart of the service, a reload does not read it";
    (!names.is_empty()).then(|| format!("credentials {} ({note})", names.join(", ")))
}

/// Where receipts come from, and by whom they must be signed.
fn receipts(config: &Config) -> Vec<String> {
    let part = &config.receipts;
    let mut sources: Vec<String> = Vec::new();
    if let Some(folder) = &part.folder {
        let note = if folder.is_dir() { "" } else { " (note: this folder does not exist yet)" };
        sources.push(format!("{}{note}", folder.display()));
    }
    if let Some(imap) = &part.imap {
        let ImapSettings { host, port, folder, .. } = &imap.settings;
        sources.push(format!("{folder} at {host}:{port}"));
    }
    if sources.is_empty() {
        return Vec::new();
    }
    let signed = match &part.ca_file {
        None => "signed by anybody (note: `receipts.ca_file` would name the authorities)".to_owned(),
        Some(path) => match authorities(path) {
            Ok(_) => format!("signed under {}", path.display()),
            Err(reason) => format!("NONE IS READ: receipts.ca_file cannot be used ({reason})"),
        },
    };
    vec![format!("receipts    {}, {signed}", sources.join(" and "))]
}

/// `1 error`, `2 errors`
pub(super) fn many(count: usize, thing: &str) -> String {
    if count == 1 { format!("1 {thing}") } else { format!("{count} {thing}s") }
}
