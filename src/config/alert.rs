//! `[alert]`: who is told when a statement does not leave or does not arrive, over ways of their own.
//! The journal and `timbra status` always tell.

use std::path::{Path, PathBuf};

use crate::mail::{Address, Transport};

use super::mail::{self, MailPart};
use super::node::Value;
use super::section::Section;
use super::values::{mailbox, path};

/// `[alert]`
#[derive(Debug, Clone, Default)]
pub struct AlertPart {
    /// A folder that gets one text for each alarm.
    pub folder: Option<PathBuf>,
    /// A program and its arguments: it gets the text on its standard input.
    pub command: Option<Vec<String>>,
    /// Ordinary mail.
    pub mail: Option<AlertMail>,
}

/// `[alert.smtp]`
#[derive(Debug, Clone)]
pub struct AlertMail {
    /// The sender and the server; the password file or the credential `alert-smtp-password`.
    pub mail: MailPart,
    /// Who gets it: one message each.
    pub to: Vec<Address>,
}

/// Reads `[alert]`; an absent table is no way at all. `mail` is what alarms must not depend on.
pub(super) fn read(root: &Section<'_>, folder: &Path, mail: Option<&MailPart>) -> AlertPart {
    let part = root.section("alert").map(|section| {
        let part = AlertPart {
            folder: path(&section, "folder", folder),
            command: command(&section),
            mail: section.section("smtp").and_then(|smtp| alert_mail(smtp, folder, mail)),
        };
        section.finish();
        part
    });
    let part = part.unwrap_or_default();
    // a way with errors is written, and has been complained about
    let broken =
        part.mail.is_none() && root.section("alert").is_some_and(|alert| alert.node("smtp").is_some());
    if !broken {
        warn_of_one_way(root, &part, mail);
    }
    part
}

fn command(section: &Section<'_>) -> Option<Vec<String>> {
    let words = section.list("command", "a text in quotes", |value| match value {
        Value::Text(text) if !text.contains('\0') => Some(text.clone()),
        _ => None,
    })?;
    if words.first().is_some_and(|program| Path::new(program).is_absolute()) {
        return Some(words);
    }
    let hint = "write command = [\"/usr/local/bin/avvisa\", \"argument\"]; no shell reads it";
    section.complain(
        &section.span_of("command"),
        "`command` does not begin with the whole path of a program",
        hint,
    );
    None
}

fn alert_mail(section: Section<'_>, folder: &Path, sender: Option<&MailPart>) -> Option<AlertMail> {
    let from = mailbox(&section, "from").or_else(|| sender.map(|mail| mail.settings().from.clone()));
    let to = section.list("to", "a mail address like \"ufficio@example.it\"", |value| {
        value.as_text().and_then(|text| Address::parse(text).ok())
    });
    let to = section.required("to", "[\"informatica@ufficio.example.it\"]", to.filter(|to| !to.is_empty()));
    let (server, password_file) = mail::server(&section, folder);
    section.finish();
    let settings = sender?.settings();
    let settings = crate::mail::MailSettings {
        transport: Transport::Smtp(Box::new(server?)),
        from: from?,
        reply_to: None,
        ..settings.clone()
    };
    Some(AlertMail { mail: MailPart { settings, password_file, password_expires: None }, to: to? })
}

/// An alarm about mail that does not leave must not need that mail.
fn warn_of_one_way(root: &Section<'_>, part: &AlertPart, mail: Option<&MailPart>) {
    let Some(Transport::Smtp(server)) = mail.map(|mail| &mail.settings().transport) else { return };
    if part.folder.is_some() || part.command.is_some() {
        return;
    }
    let hint = "write in [alert] a folder, a command, or an [alert.smtp] of another server";
    match part.mail.as_ref().map(|alert| &alert.mail.settings().transport) {
        None => {
            let message = "when mail does not leave, nobody is told but the journal and `timbra status`";
            root.warn(&root.span_of("mail"), message, hint);
        }
        Some(Transport::Smtp(other)) if other.host == server.host => {
            let message =
                format!("every alarm would travel by {}, the very server that may fail", server.host);
            root.warn(&root.span_of("alert"), &message, hint);
        }
        Some(_) => (),
    }
}
