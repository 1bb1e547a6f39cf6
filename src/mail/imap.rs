//! The office's own mailbox, read only: what is in it is proof, not a queue. Nothing is marked as
//! read, moved or deleted, and every step has its limit, because the library has none.

use std::collections::BTreeSet;
use std::future::Future;
use std::path::PathBuf;
use std::time::Duration;

use async_imap::imap_proto::{AttributeValue, MessageSection, Response, SectionPath};
use async_imap::{Client, Session};
use chrono::NaiveDate;
use tokio::time::timeout;

use super::connect::{connect, encrypt};
use super::settings::{Secret, Tls};
use super::tls::{self, Stream};
use crate::domain::delivery::FailureClass;

/// Larger messages are no receipts, in bytes: PEC allows 30 MB for all copies together, and a
/// receipt can hold the original once more encoded.
pub const LARGEST: u32 = 45_000_000;

/// How much longer a whole message may take than a command.
const SLOWER: u32 = 5;

/// How many messages are asked for in one command.
const AT_ONCE: usize = 100;

/// The headers that tell a receipt from other mail.
const HEADERS: &str = "X-RICEVUTA X-TRASPORTO CONTENT-TYPE MESSAGE-ID FROM SUBJECT DATE";

/// A mailbox.
#[derive(Debug, Clone)]
pub struct ImapSettings {
    /// The server's name, which its certificate must bear, or its address.
    pub host: String,
    /// Its TCP port.
    pub port: u16,
    /// How the connection is protected.
    pub tls: Tls,
    /// The login name. Often, but not always, the address.
    pub user: String,
    /// Its password.
    pub password: Option<Secret>,
    /// A PEM file with the only authorities to trust, instead of those of this machine.
    pub ca_file: Option<PathBuf>,
    /// The folder, as the server writes it.
    pub folder: String,
    /// How long any command may take.
    pub limit: Duration,
}

/// Why a mailbox cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ImapError {
    /// The login was refused: it must not be repeated, repeated refusals lock the account.
    #[error("the server refuses the login: {0}")]
    Refused(String),
    /// The server cannot be trusted.
    #[error("the server cannot be trusted: {0}")]
    Untrusted(String),
    /// The folder is not there.
    #[error("the folder cannot be opened: {0}")]
    Folder(String),
    /// No connection, or it broke.
    #[error("{0}")]
    Broken(String),
    /// An answer that makes no sense.
    #[error("the server's answer to {0} makes no sense")]
    Nonsense(&'static str),
    /// No answer in time.
    #[error("no answer to {0} within {1} s")]
    Silent(&'static str, u64),
}

/// What is known of a message before it is fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// Its number in the folder.
    pub uid: u32,
    /// Its size in bytes.
    pub size: u32,
    /// The headers that tell what it is, as they stand.
    pub headers: Vec<u8>,
}

/// An open folder.
#[derive(Debug)]
pub struct Mailbox {
    session: Session<Stream>,
    limit: Duration,
    folder: String,
    /// The numbering of its messages: another one makes every number mean something else.
    pub uid_validity: u32,
}

impl Mailbox {
    /// Connects, logs in, opens the folder read-only.
    pub async fn open(settings: &ImapSettings) -> Result<Self, ImapError> {
        let limit = settings.limit;
        let client = greeted(settings).await?;
        let password = settings.password.as_ref().filter(|secret| !secret.is_empty());
        let password =
            password.ok_or_else(|| ImapError::Refused("there is no password".to_owned()))?.reveal();
        let login = async {
            client.login(&settings.user, password).await.map_err(|(error, _client)| match error {
                // the server is there and the account too: only not now (RFC 5530)
                async_imap::error::Error::No(text) if text.to_ascii_lowercase().contains("unavailable") => {
                    ImapError::Broken(readable(&text))
                }
                async_imap::error::Error::No(text) | async_imap::error::Error::Bad(text) => {
                    ImapError::Refused(readable(&text))
                }
                other => broken("LOGIN", other),
            })
        };
        let mut session = within(limit, "LOGIN", login).await?;
        let examine = async {
            session.examine(&settings.folder).await.map_err(|error| match error {
                async_imap::error::Error::No(text) => ImapError::Folder(readable(&text)),
                other => broken("EXAMINE", other),
            })
        };
        let opened = within(limit, "EXAMINE", examine).await?;
        let uid_validity = opened.uid_validity.ok_or(ImapError::Nonsense("EXAMINE"))?;
        Ok(Self { session, limit, folder: settings.folder.clone(), uid_validity })
    }

    /// The numbers of the messages that arrived on a day or later, or that have a number from
    /// `from` on.
    pub async fn search(&mut self, since: NaiveDate, from: Option<u32>) -> Result<BTreeSet<u32>, ImapError> {
        let since = since.format("%-d-%b-%Y");
        let query = match from {
            Some(uid) => format!("OR SINCE {since} UID {uid}:*"),
            None => format!("SINCE {since}"),
        };
        let search = async { self.session.uid_search(query).await.map_err(|error| broken("SEARCH", error)) };
        Ok(within(self.limit, "SEARCH", search).await?.into_iter().collect())
    }

    /// The heads of these messages; a message that is gone is left out.
    pub async fn heads(&mut self, uids: &[u32]) -> Result<Vec<Head>, ImapError> {
        let mut heads = Vec::new();
        for some in uids.chunks(AT_ONCE) {
            let set: Vec<String> = some.iter().map(u32::to_string).collect();
            let command =
                format!("UID FETCH {} (UID RFC822.SIZE BODY.PEEK[HEADER.FIELDS ({HEADERS})])", set.join(","));
            self.fetch(command, self.limit, |attributes| {
                let mut head = Head { uid: 0, size: 0, headers: Vec::new() };
                for attribute in attributes {
                    match attribute {
                        AttributeValue::Uid(uid) => head.uid = *uid,
                        AttributeValue::Rfc822Size(size) => head.size = *size,
                        AttributeValue::BodySection {
                            section: Some(SectionPath::Full(MessageSection::Header)),
                            data: Some(data),
                            ..
                        } => head.headers = data.to_vec(),
                        _ => (),
                    }
                }
                // servers also tell of changes that nobody asked for
                if head.uid != 0 && !head.headers.is_empty() {
                    heads.push(head);
                }
            })
            .await?;
        }
        Ok(heads)
    }

    /// The whole message, as it stands; none when it is gone.
    pub async fn message(&mut self, uid: u32) -> Result<Option<Vec<u8>>, ImapError> {
        let mut message = None;
        let command = format!("UID FETCH {uid} (UID BODY.PEEK[])");
        self.fetch(command, self.limit * SLOWER, |attributes| {
            let is_it = attributes
                .iter()
                .any(|attribute| matches!(attribute, AttributeValue::Uid(found) if *found == uid));
            for attribute in attributes {
                if let AttributeValue::BodySection { section: None, data: Some(data), .. } = attribute
                    && is_it
                {
                    message = Some(data.to_vec());
                }
            }
        })
        .await?;
        Ok(message)
    }

    /// How much of its quota is used, in percent, where the server tells.
    pub async fn fullness(&mut self) -> Result<Option<u8>, ImapError> {
        let capabilities =
            async { self.session.capabilities().await.map_err(|error| broken("CAPABILITY", error)) };
        if !within(self.limit, "CAPABILITY", capabilities).await?.has_str("QUOTA") {
            return Ok(None);
        }
        let quota = async { Ok(self.session.get_quota_root(&self.folder).await) };
        // a server may offer quotas and have none for this folder
        let Ok((_, quotas)) = within(self.limit, "GETQUOTAROOT", quota).await? else { return Ok(None) };
        let resources =
            quotas.iter().flat_map(|quota| &quota.resources).filter(|resource| resource.limit > 0);
        let percent = resources.map(|resource| resource.usage.saturating_mul(100) / resource.limit).max();
        Ok(percent.map(|percent| u8::try_from(percent).unwrap_or(u8::MAX)))
    }

    /// Says goodbye, which changes nothing.
    pub async fn close(mut self) {
        drop(timeout(Duration::from_secs(5).min(self.limit), self.session.logout()).await);
    }

    /// Runs a command that fetches and gives each answer to `take`.
    async fn fetch(
        &mut self,
        command: String,
        limit: Duration,
        mut take: impl FnMut(&[AttributeValue<'_>]),
    ) -> Result<(), ImapError> {
        let id = async { self.session.run_command(command).await.map_err(|error| broken("FETCH", error)) };
        let id = within(limit, "FETCH", id).await?;
        loop {
            let next = async {
                self.session
                    .read_response()
                    .await
                    .map_err(|error| broken("FETCH", async_imap::error::Error::Io(error)))
            };
            let Some(answer) = within(limit, "FETCH", next).await? else {
                return Err(ImapError::Broken("the server closed the connection".to_owned()));
            };
            match answer.parsed() {
                Response::Fetch(_, attributes) => take(attributes),
                Response::Done { tag, status, .. } if *tag == id => {
                    let fine = matches!(status, async_imap::imap_proto::Status::Ok);
                    return if fine { Ok(()) } else { Err(ImapError::Nonsense("FETCH")) };
                }
                _ => (),
            }
        }
    }
}

/// Connects, encrypts, hears the greeting.
async fn greeted(settings: &ImapSettings) -> Result<Client<Stream>, ImapError> {
    let limit = settings.limit;
    let parameters = match settings.tls {
        Tls::None => None,
        Tls::Implicit | Tls::StartTls => {
            let trusted = tls::parameters(&settings.host, settings.ca_file.as_deref());
            Some(trusted.map_err(ImapError::Untrusted)?.0)
        }
    };
    let connection = connect(&settings.host, settings.port, limit).await.map_err(ImapError::Broken)?;
    let refused = |(class, reply): (FailureClass, String)| match class {
        FailureClass::Tls => ImapError::Untrusted(reply),
        _ => ImapError::Broken(reply),
    };
    match (settings.tls, parameters) {
        (Tls::Implicit, Some(parameters)) => {
            let stream = encrypt(connection, parameters, limit).await.map_err(refused)?;
            greeting(Client::new(stream), limit).await
        }
        (Tls::StartTls, Some(parameters)) => {
            let mut client = greeting(Client::new(connection), limit).await?;
            let start = async {
                client.run_command_and_check_ok("STARTTLS", None).await.map_err(|error| match error {
                    async_imap::error::Error::No(text) | async_imap::error::Error::Bad(text) => {
                        ImapError::Untrusted(format!("it does not offer STARTTLS: {}", readable(&text)))
                    }
                    other => broken("STARTTLS", other),
                })
            };
            within(limit, "STARTTLS", start).await?;
            // what the server said in clear after that is dropped with the client
            let stream = encrypt(client.into_inner(), parameters, limit).await.map_err(refused)?;
            Ok(Client::new(stream))
        }
        _ => {
            let local = connection.peer_addr().is_ok_and(|address| address.ip().is_loopback());
            if !local {
                let reason = "the connection is not encrypted; the password was not sent";
                return Err(ImapError::Refused(reason.to_owned()));
            }
            greeting(Client::new(Stream::Plain(connection)), limit).await
        }
    }
}

async fn greeting<S>(mut client: Client<S>, limit: Duration) -> Result<Client<S>, ImapError>
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + std::fmt::Debug + Send,
{
    let heard = async {
        let heard = client.read_response().await;
        heard.map_err(|error| broken("its greeting", async_imap::error::Error::Io(error)))
    };
    match within(limit, "its greeting", heard).await? {
        None => Err(ImapError::Broken("the server closed the connection".to_owned())),
        Some(answer) => match answer.parsed() {
            Response::Data { status: async_imap::imap_proto::Status::Bye, outcome } => {
                Err(ImapError::Broken(readable(outcome.information.as_deref().unwrap_or("BYE"))))
            }
            _ => Ok(client),
        },
    }
}

async fn within<T>(
    limit: Duration,
    what: &'static str,
    step: impl Future<Output = Result<T, ImapError>>,
) -> Result<T, ImapError> {
    timeout(limit, step).await.unwrap_or(Err(ImapError::Silent(what, limit.as_secs())))
}

/// The library's errors hold what the server sent, which may be mail: none of it goes on.
fn broken(what: &'static str, error: async_imap::error::Error) -> ImapError {
    use async_imap::error::Error;
    match error {
        Error::Io(error) if error.kind() == std::io::ErrorKind::Other => ImapError::Nonsense(what),
        Error::Io(error) => ImapError::Broken(error.to_string()),
        Error::ConnectionLost => ImapError::Broken("the server closed the connection".to_owned()),
        Error::No(text) | Error::Bad(text) => ImapError::Broken(format!("{what}: {}", readable(&text))),
        _ => ImapError::Nonsense(what),
    }
}

/// At most 200 characters that do no harm on a terminal, in quotes: what the server says does not go into the
/// journal.
fn readable(text: &str) -> String {
    let text: String = text.chars().filter(|c| !c.is_control()).take(200).collect();
    format!("\"{text}\"")
}
