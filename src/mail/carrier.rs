//! A way out that keeps its connection from one message of a burst to the next. Each message is an
//! attempt of its own, with its own record and its own verdict, exactly as over a fresh connection.

use super::certificate::CertificateEnds;
use super::record::Record;
use super::session::Session;
use super::settings::SmtpSettings;
use super::smtp::{After, hand_over};
use super::{BeforePayload, Outgoing, Transport, directory, unfit};
use crate::domain::delivery::{Failure, FailureClass, Outcome, Phase};

/// One attempt that ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// The verdict.
    pub outcome: Outcome,
    /// What was said, line by line, without secrets and without the message.
    pub dialogue: String,
    /// When the certificates end that the connection rested on.
    pub ends: CertificateEnds,
}

/// A way out.
#[derive(Debug)]
pub struct Carrier {
    transport: Transport,
    session: Option<Session>,
}

impl Carrier {
    /// Nothing is opened before the first message.
    pub fn new(transport: Transport) -> Self {
        Self { transport, session: None }
    }

    /// Makes one attempt. It ends within the limits of the settings and never panics on what a
    /// server says.
    pub async fn attempt(&mut self, message: &Outgoing<'_>, before_payload: BeforePayload<'_>) -> Attempt {
        let record = Record::new();
        let outcome = if let Some(reply) = unfit(message.bytes) {
            let class = FailureClass::Policy;
            Outcome::NotSent(Failure { class, phase: Phase::Preparation, reply: reply.to_owned() })
        } else {
            match &self.transport {
                Transport::Directory(folder) => directory::attempt(folder, message, before_payload).await,
                Transport::Smtp(settings) => {
                    attempt(&mut self.session, settings, message, &record, before_payload).await
                }
            }
        };
        let ends = self.session.as_ref().map(|session| session.ends).unwrap_or_default();
        Attempt { outcome, dialogue: record.text(), ends }
    }

    /// Takes leave of the server, if one is still connected.
    pub async fn close(&mut self) {
        if let (Some(session), Transport::Smtp(settings)) = (self.session.take(), &self.transport) {
            session.quit(settings).await;
        }
    }
}

/// Makes the attempt, over the session that is there or over a new one.
async fn attempt(
    kept: &mut Option<Session>,
    settings: &SmtpSettings,
    message: &Outgoing<'_>,
    record: &Record,
    before_payload: BeforePayload<'_>,
) -> Outcome {
    if let Some(mut session) = kept.take() {
        session.dialogue.record_in(record.clone());
        record.note("over the connection of the message before");
        let verdict = hand_over(&mut session, settings, message, before_payload).await;
        match verdict.after {
            After::InStep => *kept = Some(session),
            After::Lost => (),
            // a server may close a connection that has carried enough: that is no failure
            After::Over => record.note("this connection has ended; a new one is made"),
        }
        if verdict.after != After::Over {
            return verdict.outcome;
        }
    }
    match Session::open(settings, record).await {
        Ok(mut session) => {
            let verdict = hand_over(&mut session, settings, message, before_payload).await;
            if verdict.after == After::InStep {
                *kept = Some(session);
            }
            verdict.outcome
        }
        Err(failure) => Outcome::NotSent(failure),
    }
}
