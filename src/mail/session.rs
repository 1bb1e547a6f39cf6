//! A server that has been reached, has introduced itself, knows who we are.

use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;

use super::certificate::CertificateEnds;
use super::connect;
use super::dialogue::{Break, Dialogue};
use super::login::login;
use super::record::Record;
use super::reply::Reply;
use super::settings::{SmtpSettings, Tls};
use super::tls::{self, Stream};
use crate::domain::delivery::{Failure, FailureClass, Phase, classify};

/// An open session.
#[derive(Debug)]
pub(super) struct Session {
    /// The lines.
    pub(super) dialogue: Dialogue<Stream>,
    /// What it can do: its last reply to `EHLO`.
    pub(super) hello: Reply,
    /// True when a password may be said here.
    pub(super) private: bool,
    /// True when a message was refused half-way: the server must be told to forget it.
    pub(super) unsettled: bool,
    /// When the certificates end that it rests on.
    pub(super) ends: CertificateEnds,
}

impl Session {
    /// Connects, encrypts, introduces us, logs in.
    pub(super) async fn open(settings: &SmtpSettings, record: &Record) -> Result<Self, Failure> {
        let told = |failure: Failure| {
            record.note(&failure.to_string());
            failure
        };
        let mut session = reach(settings, record).await.map_err(told)?;
        match login(&mut session, settings).await {
            Ok(()) => Ok(session),
            Err(failure) => {
                session.quit(settings).await;
                Err(told(failure))
            }
        }
    }

    /// Takes leave. It changes nothing, whatever comes.
    pub(super) async fn quit(mut self, settings: &SmtpSettings) {
        drop(self.dialogue.command("QUIT", settings.limits.quit).await);
    }
}

async fn reach(settings: &SmtpSettings, record: &Record) -> Result<Session, Failure> {
    let limits = &settings.limits;
    let trusted = match settings.tls {
        Tls::None => None,
        Tls::Implicit | Tls::StartTls => {
            let trusted = tls::parameters(&settings.host, settings.ca_file.as_deref());
            Some(trusted.map_err(|reply| failure(FailureClass::Tls, Phase::Preparation, reply))?)
        }
    };
    let connection = connect(settings).await?;
    let unnamed = |error: std::io::Error| failure(FailureClass::Transient, Phase::Connect, error.to_string());
    let name = literal(connection.local_addr().map_err(unnamed)?.ip());
    let peer = connection.peer_addr().map_err(unnamed)?;
    record.note(&format!("connected to {} ({peer})", settings.host));
    let record = || record.clone();
    match (settings.tls, trusted) {
        (Tls::Implicit, Some((parameters, authority))) => {
            let stream = encrypt(connection, parameters, limits.tls).await?;
            let mut dialogue = Dialogue::new(stream, record());
            greeting(&mut dialogue, limits.banner).await?;
            protected(dialogue, &name, authority, settings).await
        }
        (Tls::StartTls, Some((parameters, authority))) => {
            let mut plain = Dialogue::new(connection, record());
            greeting(&mut plain, limits.banner).await?;
            let offered = hello(&mut plain, &name, limits.hello).await?;
            let refused = |reply: &str| failure(FailureClass::Tls, Phase::StartTls, reply.to_owned());
            if offered.extension("STARTTLS").is_none() {
                return Err(refused("the server does not offer STARTTLS; nothing is sent in clear"));
            }
            let reply = said(Phase::StartTls, plain.command("STARTTLS", limits.hello).await)?;
            if !reply.is_positive() {
                return Err(refusal(Phase::StartTls, &reply));
            }
            let connection = plain.into_stream();
            let connection =
                connection.ok_or_else(|| refused("the server spoke between STARTTLS and TLS"))?;
            let stream = encrypt(connection, parameters, limits.tls).await?;
            protected(Dialogue::new(stream, record()), &name, authority, settings).await
        }
        _ => {
            let mut dialogue = Dialogue::new(Stream::Plain(connection), record());
            greeting(&mut dialogue, limits.banner).await?;
            let hello = hello(&mut dialogue, &name, limits.hello).await?;
            let private = peer.ip().is_loopback();
            Ok(Session { dialogue, hello, private, unsettled: false, ends: CertificateEnds::default() })
        }
    }
}

/// Introduces us under TLS.
async fn protected(
    mut dialogue: Dialogue<Stream>,
    name: &str,
    authority: Option<chrono::DateTime<chrono::Utc>>,
    settings: &SmtpSettings,
) -> Result<Session, Failure> {
    let hello = hello(&mut dialogue, name, settings.limits.hello).await?;
    let ends = CertificateEnds { server: dialogue.stream().certificate_end(), authority };
    Ok(Session { dialogue, hello, private: true, unsettled: false, ends })
}

async fn connect(settings: &SmtpSettings) -> Result<TcpStream, Failure> {
    let connection = connect::connect(&settings.host, settings.port, settings.limits.connect).await;
    connection.map_err(|reply| failure(FailureClass::Transient, Phase::Connect, reply))
}

async fn encrypt(
    connection: TcpStream,
    parameters: lettre::transport::smtp::client::TlsParameters,
    limit: Duration,
) -> Result<Stream, Failure> {
    let stream = connect::encrypt(connection, parameters, limit).await;
    stream.map_err(|(class, reply)| failure(class, Phase::Tls, reply))
}

async fn greeting<S>(dialogue: &mut Dialogue<S>, limit: Duration) -> Result<(), Failure>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let reply = said(Phase::Banner, dialogue.reply(limit).await)?;
    if reply.is_positive() { Ok(()) } else { Err(refusal(Phase::Banner, &reply)) }
}

async fn hello<S>(dialogue: &mut Dialogue<S>, name: &str, limit: Duration) -> Result<Reply, Failure>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let reply = said(Phase::Hello, dialogue.command(&format!("EHLO {name}"), limit).await)?;
    if reply.is_positive() { Ok(reply) } else { Err(refusal(Phase::Hello, &reply)) }
}

/// What a reply that is not the hoped-for one calls for.
pub(super) fn refusal(phase: Phase, reply: &Reply) -> Failure {
    failure(classify(phase, reply.code, &reply.text()), phase, reply.to_string())
}

/// Nothing was handed over yet, so silence and a broken line are only a pause.
pub(super) fn said(phase: Phase, answer: Result<Reply, Break>) -> Result<Reply, Failure> {
    answer.map_err(|why| failure(FailureClass::Transient, phase, why.to_string()))
}

pub(super) fn failure(class: FailureClass, phase: Phase, reply: String) -> Failure {
    Failure { class, phase, reply }
}

/// Our name for `EHLO`: the address literal of RFC 5321, 4.1.3, which needs no DNS to be true.
fn literal(address: std::net::IpAddr) -> String {
    match address {
        std::net::IpAddr::V4(address) => format!("[{address}]"),
        std::net::IpAddr::V6(address) => format!("[IPv6:{address}]"),
    }
}
