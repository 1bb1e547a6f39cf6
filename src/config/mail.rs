//! `[mail]`: the sender and the way out. The password itself is never here: the service reads it
//! from a file, or from the credential `smtp-password` of systemd.

use std::path::{Path, PathBuf};

use crate::mail::message_id::is_host_name;
use crate::mail::{Address, Limits, MailSettings, Secret, SmtpSettings, Tls, Transport};

use super::section::Section;
use super::values::{count, line, mailbox, path, required_line, size};

/// `[mail]`: the settings, all but the password.
#[derive(Debug, Clone)]
pub struct MailPart {
    settings: MailSettings,
    /// The file with the password of the mail server; without one, the credential `smtp-password`.
    pub password_file: Option<PathBuf>,
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
    let (transport, password_file, largest) = if smtp {
        let server = server??;
        (Transport::Smtp(Box::new(server.settings)), server.password_file, server.largest_message)
    } else {
        (Transport::Directory(directory.unwrap_or_else(|| store.join("mail"))), None, None)
    };
    let largest_message = largest.unwrap_or(MailSettings::LARGEST_MESSAGE);
    let settings = MailSettings { transport, from, reply_to, message_id_domain: domain, largest_message };
    Some(MailPart { settings, password_file })
}

/// `[mail.smtp]`
struct Server {
    settings: SmtpSettings,
    password_file: Option<PathBuf>,
    largest_message: Option<usize>,
}

fn server_part(section: Section<'_>, folder: &Path) -> Option<Server> {
    let host = required_line(&section, "host", "\"smtp.example.it\"");
    let modes = [("implicit", Tls::Implicit), ("starttls", Tls::StartTls), ("none", Tls::None)];
    let tls =
        section.required("tls", "\"implicit\", \"starttls\" or \"none\"", section.choice("tls", &modes));
    let port = count(&section, "port", 1..=65535);
    let user = line(&section, "user");
    let password_file = path(&section, "password_file", folder);
    let ca_file = path(&section, "ca_file", folder);
    let largest_message = size(&section, "max_message_size").and_then(|size| usize::try_from(size).ok());
    if password_file.is_some() && user.is_none() {
        let message = "`password_file` has no effect without `user`";
        section.warn(&section.span_of("password_file"), message, "write the login name: user = \"...\"");
    }
    section.finish();
    let tls = tls?;
    let port = port.unwrap_or(match tls {
        Tls::Implicit => 465,
        Tls::StartTls => 587,
        Tls::None => 25,
    });
    let limits = Limits::default();
    let settings = SmtpSettings { host: host?, port, tls, user, password: None, ca_file, limits };
    Some(Server { settings, password_file, largest_message })
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
