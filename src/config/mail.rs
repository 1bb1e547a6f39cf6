//! `[mail]`: the sender and the way out. The password itself is never here: the service reads it
//! from a file, or from the credential `smtp-password` of systemd.

use std::path::{Path, PathBuf};

use chrono::NaiveDate;

use crate::mail::message_id::is_host_name;
use crate::mail::{Address, Limits, MailSettings, Secret, SmtpSettings, Tls, Transport};

use super::section::Section;
use super::values::{count, line, mailbox, path, required_line, size};

/// `[mail]`: the settings, all but the password.
#[derive(Debug, Clone)]
pub struct MailPart {
    pub(super) settings: MailSettings,
    /// The file with the password of the mail server; without one, a credential of systemd.
    pub password_file: Option<PathBuf>,
    /// The day on which the password ends, as PEC providers have it.
    pub password_expires: Option<NaiveDate>,
}

impl MailPart {
    /// The settings without the password.
    pub fn settings(&self) -> &MailSettings {
        &self.settings
    }

    /// True when a login name is written: then a password is needed.
    pub fn needs_password(&self) -> bool {
        matches!(&self.settings.transport, Transport::Smtp(smtp) if smtp.user.is_some())
    }

    /// The settings with the password that the service read.
    pub fn with_password(&self, password: Secret) -> MailSettings {
        let mut settings = self.settings.clone();
        if let Transport::Smtp(smtp) = &mut settings.transport {
            smtp.password = Some(password);
        }
        settings
    }
}

/// Reads `[mail]`. `store` is where mail goes while no folder is named.
pub(super) fn read(section: Section<'_>, folder: &Path, store: &Path) -> Option<MailPart> {
    let from = section.required("from", "\"presenze@ufficio.example.it\"", mailbox(&section, "from"));
    let reply_to = mailbox(&section, "reply_to");
    let domain = section.read("message_id_domain", "a domain like \"ufficio.example.it\"", |value| {
        value.as_text().and_then(|text| is_host_name(text).then(|| text.to_owned()))
    });
    let smtp = section.choice("transport", &[("directory", false), ("smtp", true)]).unwrap_or(false);
    let directory = section.section("directory").and_then(|section| {
        let directory = path(&section, "folder", folder);
        section.finish();
        directory
    });
    let server = section.section("smtp");
    if smtp && server.is_none() {
        section.required("smtp", "{ host = \"smtp.example.it\", tls = \"starttls\" }", None::<()>);
    }
    let server = server.map(|server| server_part(server, folder));
    section.finish();
    let from: Address = from?;
    let own = || from.as_str().rsplit('@').next().unwrap_or_default().to_owned();
    let domain = domain.unwrap_or_else(own);
    let mut largest_message = MailSettings::LARGEST_MESSAGE;
    let (mut password_file, mut password_expires) = (None, None);
    let transport = if smtp {
        let server = server??;
        largest_message = server.largest_message.unwrap_or(largest_message);
        (password_file, password_expires) = (server.password_file, server.password_expires);
        Transport::Smtp(Box::new(server.settings))
    } else {
        Transport::Directory(directory.unwrap_or_else(|| store.join("mail")))
    };
    let settings = MailSettings { transport, from, reply_to, message_id_domain: domain, largest_message };
    Some(MailPart { settings, password_file, password_expires })
}

/// `[mail.smtp]`
struct Server {
    settings: SmtpSettings,
    password_file: Option<PathBuf>,
    password_expires: Option<NaiveDate>,
    largest_message: Option<usize>,
}

fn server_part(section: Section<'_>, folder: &Path) -> Option<Server> {
    let largest_message = size(&section, "max_message_size").and_then(|size| usize::try_from(size).ok());
    let password_expires = section.date("password_expires");
    let (settings, password_file) = server(&section, folder);
    section.finish();
    Some(Server { settings: settings?, password_file, password_expires, largest_message })
}

/// The keys of any mail server: the settings without the password, and the file that holds it.
pub(super) fn server(section: &Section<'_>, folder: &Path) -> (Option<SmtpSettings>, Option<PathBuf>) {
    let host = required_line(section, "host", "\"smtp.example.it\"");
    let modes = [("implicit", Tls::Implicit), ("starttls", Tls::StartTls), ("none", Tls::None)];
    let tls =
        section.required("tls", "\"implicit\", \"starttls\" or \"none\"", section.choice("tls", &modes));
    let port = count(section, "port", 1..=65535);
    let user = line(section, "user");
    let password_file = path(section, "password_file", folder);
    let ca_file = path(section, "ca_file", folder);
    if password_file.is_some() && user.is_none() {
        let message = "`password_file` has no effect without `user`";
        section.warn(&section.span_of("password_file"), message, "write the login name: user = \"...\"");
    }
    let limits = Limits::default();
    let settings = host.zip(tls).map(|(host, tls)| {
        let port = port.unwrap_or(match tls {
            Tls::Implicit => 465,
            Tls::StartTls => 587,
            Tls::None => 25,
        });
        SmtpSettings { host, port, tls, user, password: None, ca_file, limits }
    });
    (settings, password_file)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::node::Node;
    use crate::config::problem::SourceText;
    use crate::config::section::Reading;

    #[test]
    fn a_domain_is_one_that_a_message_id_can_bear() {
        let label = "x".repeat(49);
        for (domain, errors) in [
            ("ufficio.example".to_owned(), 0),
            (format!("{label}.{label}"), 0),
            (format!("{label}.{label}.{label}"), 1),
            ("-a.example".to_owned(), 1),
            ("a..example".to_owned(), 1),
        ] {
            let text = format!("from = \"a@b.example\"\nmessage_id_domain = \"{domain}\"\n");
            let source = SourceText::new(Path::new("t"), text);
            let (node, problems) = Node::from_toml(&source);
            let reading = Reading::new(&source, problems);
            read(Section::root(&reading, &node), Path::new(""), Path::new(""));
            assert_eq!(reading.errors(), errors, "{domain}");
        }
    }
}
