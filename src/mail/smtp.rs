//! One attempt over a fresh connection, step by step, and its verdict.
//!
//! The line between "not sent" and "uncertain" is the final dot: before it is written the server
//! cannot have a whole message; after it only an explicit reply counts.

use std::time::Duration;

use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;

use super::dialogue::{Break, Dialogue};
use super::reply::Reply;
use super::settings::{SmtpSettings, Tls};
use super::tls::{self, Stream};
use super::{BeforePayload, Outgoing};
use crate::domain::delivery::{Failure, FailureClass, Outcome, Phase};

use super::login::login;

/// Makes the attempt. See [`Transport::attempt`](super::Transport::attempt).
pub(super) async fn attempt(
    settings: &SmtpSettings,
    message: &Outgoing<'_>,
    before_payload: BeforePayload<'_>,
) -> Outcome {
    match open(settings).await {
        Ok(mut session) => {
            let verdict = hand_over(&mut session, settings, message, before_payload).await;
            if verdict.in_step {
                // courtesy; the verdict stands whatever comes
                drop(session.dialogue.command("QUIT", settings.limits.quit).await);
            }
            verdict.outcome
        }
        Err(failure) => Outcome::NotSent(failure),
    }
}

/// A server that has introduced itself.
#[derive(Debug)]
pub(super) struct Session {
    /// The lines.
    pub(super) dialogue: Dialogue<Stream>,
    /// What it can do: its last reply to `EHLO`.
    pub(super) hello: Reply,
    /// True when a password may be said here.
    pub(super) private: bool,
}

/// An outcome, and whether the server still listens for a command.
struct Verdict {
    outcome: Outcome,
    in_step: bool,
}

/// Connects, encrypts, introduces us.
async fn open(settings: &SmtpSettings) -> Result<Session, Failure> {
    let limits = &settings.limits;
    let parameters = match settings.tls {
        Tls::None => None,
        Tls::Implicit | Tls::StartTls => {
            let trusted = tls::parameters(&settings.host, settings.ca_file.as_deref());
            Some(trusted.map_err(|reply| failure(FailureClass::Tls, Phase::Preparation, reply))?)
        }
    };
    let connection = connect(settings).await?;
    let unnamed = |error: std::io::Error| failure(FailureClass::Transient, Phase::Connect, error.to_string());
    let name = literal(connection.local_addr().map_err(unnamed)?.ip());
    let local = connection.peer_addr().map_err(unnamed)?.ip().is_loopback();
    match (settings.tls, parameters) {
        (Tls::Implicit, Some(parameters)) => {
            let stream = encrypt(connection, parameters, limits.tls).await?;
            let mut dialogue = Dialogue::new(stream);
            greeting(&mut dialogue, limits.banner).await?;
            let hello = hello(&mut dialogue, &name, limits.hello).await?;
            Ok(Session { dialogue, hello, private: true })
        }
        (Tls::StartTls, Some(parameters)) => {
            let mut plain = Dialogue::new(connection);
            greeting(&mut plain, limits.banner).await?;
            let offered = hello(&mut plain, &name, limits.hello).await?;
            let refused = |reply: &str| failure(FailureClass::Tls, Phase::StartTls, reply.to_owned());
            if offered.extension("STARTTLS").is_none() {
                return Err(refused("the server does not offer STARTTLS; nothing is sent in clear"));
            }
            let reply = said(Phase::StartTls, plain.command("STARTTLS", limits.hello).await)?;
            if !reply.is_positive() {
                // RFC 3207: 454 is temporary; anything else means no encryption here
                let temporary = (400..500).contains(&reply.code);
                let class = if temporary { FailureClass::Transient } else { FailureClass::Tls };
                return Err(failure(class, Phase::StartTls, reply.to_string()));
            }
            let connection = plain.into_stream();
            let connection =
                connection.ok_or_else(|| refused("the server spoke between STARTTLS and TLS"))?;
            let mut dialogue = Dialogue::new(encrypt(connection, parameters, limits.tls).await?);
            let hello = hello(&mut dialogue, &name, limits.hello).await?;
            Ok(Session { dialogue, hello, private: true })
        }
        _ => {
            let mut dialogue = Dialogue::new(Stream::Plain(connection));
            greeting(&mut dialogue, limits.banner).await?;
            let hello = hello(&mut dialogue, &name, limits.hello).await?;
            Ok(Session { dialogue, hello, private: local })
        }
    }
}

/// Connects to the first address that answers.
async fn connect(settings: &SmtpSettings) -> Result<TcpStream, Failure> {
    let transient = |reply| failure(FailureClass::Transient, Phase::Connect, reply);
    let any = async {
        let unknown = |error| format!("cannot resolve {}: {error}", settings.host);
        let addresses = lookup_host((settings.host.as_str(), settings.port)).await.map_err(unknown)?;
        let mut last = format!("{} has no address", settings.host);
        for address in addresses {
            match TcpStream::connect(address).await {
                Ok(connection) => return Ok(connection),
                Err(error) => last = format!("{address}: {error}"),
            }
        }
        Err(last)
    };
    let limit = settings.limits.connect;
    let connection = timeout(limit, any).await.unwrap_or_else(|_| Err(Break::Silence(limit).to_string()));
    let connection = connection.map_err(transient)?;
    // a dialogue of short lines waits 40 ms per line otherwise
    connection.set_nodelay(true).map_err(|error| transient(error.to_string()))?;
    Ok(connection)
}

async fn encrypt(
    connection: TcpStream,
    parameters: lettre::transport::smtp::client::TlsParameters,
    limit: Duration,
) -> Result<Stream, Failure> {
    let silence = |_| Err((FailureClass::Transient, Break::Silence(limit).to_string()));
    let stream = timeout(limit, tls::encrypt(connection, parameters)).await.unwrap_or_else(silence);
    stream.map_err(|(class, reply)| failure(class, Phase::Tls, reply))
}

/// A server that does not want to talk now, with whatever code, may want to later.
async fn greeting<S>(dialogue: &mut Dialogue<S>, limit: Duration) -> Result<(), Failure>
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
{
    let reply = said(Phase::Banner, dialogue.reply(limit).await)?;
    if reply.is_positive() {
        return Ok(());
    }
    Err(failure(FailureClass::Transient, Phase::Banner, reply.to_string()))
}

async fn hello<S>(dialogue: &mut Dialogue<S>, name: &str, limit: Duration) -> Result<Reply, Failure>
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
{
    let reply = said(Phase::Hello, dialogue.command(&format!("EHLO {name}"), limit).await)?;
    if reply.is_positive() {
        return Ok(reply);
    }
    Err(failure(FailureClass::Transient, Phase::Hello, reply.to_string()))
}

async fn hand_over(
    session: &mut Session,
    settings: &SmtpSettings,
    message: &Outgoing<'_>,
    before_payload: BeforePayload<'_>,
) -> Verdict {
    if let Err(failure) = prepare(session, settings, message).await {
        return Verdict { outcome: Outcome::NotSent(failure), in_step: true };
    }
    // from here on the server waits for text and takes no command: no QUIT, just close
    let lost = |outcome| Verdict { outcome, in_step: false };
    if let Err(reply) = before_payload() {
        return lost(not_sent(FailureClass::Transient, Phase::Payload, reply));
    }
    let dialogue = &mut session.dialogue;
    if let Err(why) = dialogue.text(message.bytes, settings.limits.block).await {
        return lost(stopped(dialogue.interjection().await.unwrap_or(Err(why))));
    }
    // a server that has given up already must not make a doubt of it
    if let Some(answer) = dialogue.interjection().await {
        return lost(stopped(answer));
    }
    match dialogue.command(".", settings.limits.final_dot).await {
        Ok(reply) if reply.is_positive() => {
            Verdict { outcome: Outcome::Accepted { reply: reply.to_string() }, in_step: true }
        }
        Ok(reply) if reply.is_refusal() => {
            Verdict { outcome: Outcome::NotSent(refusal(Phase::FinalDot, &reply)), in_step: true }
        }
        Ok(reply) => lost(Outcome::Uncertain { why: format!("the final dot was answered {reply}") }),
        Err(why) => lost(Outcome::Uncertain { why: format!("after the final dot: {why}") }),
    }
}

/// The server ended the matter before the final dot.
fn stopped(answer: Result<Reply, Break>) -> Outcome {
    match answer {
        Ok(reply) if reply.is_refusal() => Outcome::NotSent(refusal(Phase::Payload, &reply)),
        Ok(reply) => not_sent(FailureClass::Transient, Phase::Payload, reply.to_string()),
        Err(why) => not_sent(FailureClass::Transient, Phase::Payload, why.to_string()),
    }
}

/// Login, sender, recipient, up to the server's "go ahead".
async fn prepare(
    session: &mut Session,
    settings: &SmtpSettings,
    message: &Outgoing<'_>,
) -> Result<(), Failure> {
    let limits = &settings.limits;
    login(session, settings).await?;
    let size = message.bytes.len();
    let announced = session.hello.extension("SIZE");
    let mut sender = format!("MAIL FROM:<{}>", message.from);
    if let Some(words) = announced {
        let largest = words.first().and_then(|word| word.parse::<usize>().ok()).unwrap_or(0);
        if largest > 0 && size > largest {
            let reply = format!("the message has {size} bytes, the server takes at most {largest}");
            return Err(failure(FailureClass::Permanent, Phase::Sender, reply));
        }
        sender = format!("{sender} SIZE={size}");
    }
    let recipient = format!("RCPT TO:<{}>", message.to);
    let steps = [(Phase::Sender, sender, limits.sender), (Phase::Recipient, recipient, limits.recipient)];
    for (phase, line, limit) in steps {
        let reply = said(phase, session.dialogue.command(&line, limit).await)?;
        if !reply.is_positive() {
            return Err(refusal(phase, &reply));
        }
    }
    let reply = said(Phase::Data, session.dialogue.command("DATA", limits.data).await)?;
    if reply.code == 354 { Ok(()) } else { Err(refusal(Phase::Data, &reply)) }
}

/// What a reply that is not the hoped-for one calls for, after the greetings.
pub(super) fn refusal(phase: Phase, reply: &Reply) -> Failure {
    let class = match (reply.code, phase) {
        // RFC 4954, 6: 432 a new password is due, 530 login needed, 534 too weak, 535 wrong, 538 not in clear
        (432 | 530 | 534 | 535 | 538, _) | (500..600, Phase::Auth) => FailureClass::Account,
        (500..600, _) => FailureClass::Permanent,
        _ => FailureClass::Transient,
    };
    failure(class, phase, reply.to_string())
}

/// Nothing was handed over yet, so silence and a broken line are only a pause.
pub(super) fn said(phase: Phase, answer: Result<Reply, Break>) -> Result<Reply, Failure> {
    answer.map_err(|why| failure(FailureClass::Transient, phase, why.to_string()))
}

pub(super) fn failure(class: FailureClass, phase: Phase, reply: String) -> Failure {
    Failure { class, phase, reply }
}

fn not_sent(class: FailureClass, phase: Phase, reply: String) -> Outcome {
    Outcome::NotSent(failure(class, phase, reply))
}

/// Our name for `EHLO`: the address literal of RFC 5321, 4.1.3, which needs no DNS to be true.
fn literal(address: std::net::IpAddr) -> String {
    match address {
        std::net::IpAddr::V4(address) => format!("[{address}]"),
        std::net::IpAddr::V6(address) => format!("[IPv6:{address}]"),
    }
}
