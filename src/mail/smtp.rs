//! One message handed over in an open session, step by step, and the verdict.
//!
//! The line between "not sent" and "uncertain" is the final dot: before it is written the server
//! cannot have a whole message; after it only an explicit reply counts.

use super::dialogue::Break;
use super::reply::Reply;
use super::session::{Session, failure, refusal};
use super::settings::SmtpSettings;
use super::{BeforePayload, Outgoing};
use crate::domain::delivery::{Failure, FailureClass, Outcome, Phase};

/// An outcome, and what became of the session.
#[derive(Debug)]
pub(super) struct Verdict {
    pub(super) outcome: Outcome,
    pub(super) after: After,
}

/// What became of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum After {
    /// The server listens for the next command.
    InStep,
    /// It ended before it could take the message, which says nothing about the message: another
    /// session may.
    Over,
    /// It ended, or must end, with the attempt: the server may still wait for text.
    Lost,
}

/// Hands a message over.
pub(super) async fn hand_over(
    session: &mut Session,
    settings: &SmtpSettings,
    message: &Outgoing<'_>,
    before_payload: BeforePayload<'_>,
) -> Verdict {
    if let Err((failure, after)) = prepare(session, settings, message).await {
        session.unsettled = true;
        return Verdict { outcome: Outcome::NotSent(failure), after };
    }
    // from here on the server waits for text and takes no command: no QUIT, just close
    let lost = |outcome| Verdict { outcome, after: After::Lost };
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
    let in_step = |outcome| Verdict { outcome, after: After::InStep };
    match dialogue.command(".", settings.limits.final_dot).await {
        Ok(reply) if reply.is_positive() => in_step(Outcome::Accepted { reply: reply.to_string() }),
        Ok(reply) if reply.is_refusal() => {
            let after = if reply.code == 421 { After::Lost } else { After::InStep };
            Verdict { outcome: Outcome::NotSent(refusal(Phase::FinalDot, &reply)), after }
        }
        Ok(reply) => lost(Outcome::Uncertain {
            why: format!("the final dot was answered {}: \"{}\"", reply.code, reply.text()),
        }),
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

/// Sender, recipient, up to the server's "go ahead".
async fn prepare(
    session: &mut Session,
    settings: &SmtpSettings,
    message: &Outgoing<'_>,
) -> Result<(), (Failure, After)> {
    let limits = &settings.limits;
    let size = message.bytes.len();
    let mut sender = format!("MAIL FROM:<{}>", message.from);
    if let Some(words) = session.hello.extension("SIZE") {
        let largest = words.first().and_then(|word| word.parse::<usize>().ok()).unwrap_or(0);
        if largest > 0 && size > largest {
            let reply = format!("the message has {size} bytes, the server takes at most {largest}");
            return Err((failure(FailureClass::Permanent, Phase::Sender, reply), After::InStep));
        }
        sender = format!("{sender} SIZE={size}");
    }
    let mut steps = Vec::with_capacity(4);
    if session.unsettled {
        steps.push((Phase::Sender, "RSET".to_owned(), limits.sender));
    }
    steps.push((Phase::Sender, sender, limits.sender));
    steps.push((Phase::Recipient, format!("RCPT TO:<{}>", message.to), limits.recipient));
    steps.push((Phase::Data, "DATA".to_owned(), limits.data));
    for (phase, line, limit) in steps {
        let reply = match session.dialogue.command(&line, limit).await {
            Ok(reply) => reply,
            Err(why) => {
                // silence costs its whole limit: once is enough for one attempt
                let after = if matches!(why, Break::Silence(_)) { After::Lost } else { After::Over };
                return Err((failure(FailureClass::Transient, phase, why.to_string()), after));
            }
        };
        let expected = if phase == Phase::Data { reply.code == 354 } else { reply.is_positive() };
        if !expected {
            let after = if reply.code == 421 { After::Over } else { After::InStep };
            return Err((refusal(phase, &reply), after));
        }
    }
    session.unsettled = false;
    Ok(())
}

fn not_sent(class: FailureClass, phase: Phase, reply: String) -> Outcome {
    Outcome::NotSent(failure(class, phase, reply))
}
