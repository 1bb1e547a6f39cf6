//! Delivery policy: what becomes of a sealed message after each attempt to hand it over. Pure; the
//! transport says what happened, the store keeps the state, this file decides.
//!
//! SMTP can lose the reply after the server has taken the message (RFC 1047), so there is a third
//! answer beside "yes" and "no": *uncertain*. It is never tried again blindly.

use std::fmt;

use chrono::{DateTime, TimeDelta, Utc};

pub use effect::{Answer, Concern, Effect};
pub use state::State;

mod effect;
mod state;

/// Where in the dialogue with the server an attempt ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Phase {
    /// Before any connection: the message or the settings are unusable.
    Preparation,
    /// Name resolution and the TCP connection.
    Connect,
    /// The TLS handshake.
    Tls,
    /// The server's greeting.
    Banner,
    /// `EHLO`
    Hello,
    /// `STARTTLS`
    StartTls,
    /// `AUTH`
    Auth,
    /// `MAIL FROM`
    Sender,
    /// `RCPT TO`
    Recipient,
    /// `DATA`
    Data,
    /// While the text of the message was on its way, before its final dot.
    Payload,
    /// The final dot and the reply to it.
    FinalDot,
    /// Writing to a folder instead of a server.
    Folder,
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Preparation => "before connecting",
            Self::Connect => "connecting",
            Self::Tls => "TLS handshake",
            Self::Banner => "greeting",
            Self::Hello => "EHLO",
            Self::StartTls => "STARTTLS",
            Self::Auth => "AUTH",
            Self::Sender => "MAIL FROM",
            Self::Recipient => "RCPT TO",
            Self::Data => "DATA",
            Self::Payload => "message text",
            Self::FinalDot => "final dot",
            Self::Folder => "folder",
        })
    }
}

/// What a failure calls for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FailureClass {
    /// It will pass: try again after a while, without limit.
    Transient,
    /// The login was refused. Nothing may be sent on this mailbox until the configuration is read
    /// anew: repeated refusals lock the account.
    Account,
    /// The server cannot be trusted: certificate, or no encryption offered. Never sent in clear.
    Tls,
    /// The server refused this message or this recipient. The same bytes would be refused again.
    Permanent,
    /// The message breaks a rule of ours (size, characters); it should not have been sealed.
    Policy,
}

impl FailureClass {
    /// The word used in the store and in JSON.
    pub fn code(self) -> &'static str {
        match self {
            Self::Transient => "transient",
            Self::Account => "account",
            Self::Tls => "tls",
            Self::Permanent => "permanent",
            Self::Policy => "policy",
        }
    }
}

/// One attempt that surely handed nothing over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// What it calls for.
    pub class: FailureClass,
    /// Where it happened.
    pub phase: Phase,
    /// The server's reply, or what happened instead of one. Never holds a password.
    pub reply: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} ({})", self.phase, self.reply, self.class.code())
    }
}

/// The verdict on one attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The server took responsibility (RFC 5321, 6.1).
    Accepted {
        /// Its reply, for the record: often the queue number there.
        reply: String,
    },
    /// Surely not handed over.
    NotSent(Failure),
    /// The message went out whole and no reply came that could be understood: it may or may not be
    /// there.
    Uncertain {
        /// What happened instead of a reply.
        why: String,
    },
}

/// What a person must be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Alarm {
    /// The login was refused: stop all sending on this mailbox until the configuration is read anew.
    MailboxSuspended,
    /// The server's certificate or encryption is not in order.
    Tls,
    /// The message waits for a person.
    Blocked,
    /// It is not known whether the message arrived: look for a receipt, ask the recipient.
    Uncertain,
}

/// What to do with a message after an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Next {
    /// Its new state.
    pub state: State,
    /// The earliest instant of the next attempt. `None` with [`State::Due`]: as soon as the mailbox
    /// is no longer suspended.
    pub not_before: Option<DateTime<Utc>>,
    /// Whom to wake, if anybody.
    pub alarm: Option<Alarm>,
}

/// Minutes to wait after the first, second ... failed attempt; the last one repeats.
const BACKOFF: [i32; 6] = [1, 2, 5, 10, 15, 30];

/// Minutes between attempts while the server cannot be trusted.
const TLS_PAUSE: i64 = 30;

/// Decides what follows an attempt.
///
/// `attempt` counts from 1 and includes the one just made; `now` is the instant it ended; `jitter`
/// lies in 0 to 1 and spreads the pause over +-20 %, so that many messages do not come back at once.
pub fn next(outcome: &Outcome, attempt: u32, now: DateTime<Utc>, jitter: f64) -> Next {
    let settled = |state, alarm| Next { state, not_before: None, alarm };
    match outcome {
        Outcome::Accepted { .. } => settled(State::SmtpAccepted, None),
        Outcome::Uncertain { .. } => settled(State::Uncertain, Some(Alarm::Uncertain)),
        Outcome::NotSent(failure) => match failure.class {
            FailureClass::Transient => {
                let not_before = now.checked_add_signed(backoff(attempt, jitter));
                Next { state: State::Due, not_before, alarm: None }
            }
            FailureClass::Account => settled(State::Due, Some(Alarm::MailboxSuspended)),
            FailureClass::Tls => {
                let not_before = now.checked_add_signed(TimeDelta::minutes(TLS_PAUSE));
                Next { state: State::Due, not_before, alarm: Some(Alarm::Tls) }
            }
            FailureClass::Permanent | FailureClass::Policy => settled(State::Blocked, Some(Alarm::Blocked)),
        },
    }
}

/// How long to wait after attempt number `attempt`.
fn backoff(attempt: u32, jitter: f64) -> TimeDelta {
    let row = usize::try_from(attempt.saturating_sub(1)).unwrap_or(usize::MAX).min(BACKOFF.len() - 1);
    let minutes = BACKOFF.get(row).copied().unwrap_or(1);
    let spread = if jitter.is_finite() { 0.8 + 0.4 * jitter.clamp(0.0, 1.0) } else { 1.0 };
    #[expect(clippy::cast_possible_truncation, reason = "at most 36 minutes")]
    let milliseconds = (f64::from(minutes) * 60_000.0 * spread).round() as i64;
    TimeDelta::milliseconds(milliseconds)
}

/// The state of a row found at start-up.
///
/// A claim that nobody holds any more handed nothing over, because handing over has its own state;
/// a message that was being handed over when the daemon died may have arrived. `same_boot` says that
/// the row's boot id is the one of the running daemon: then the claim is alive and stays.
pub fn recover(state: State, same_boot: bool) -> State {
    match state {
        State::Claimed if !same_boot => State::Due,
        State::HandingOver if !same_boot => State::Uncertain,
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn not_sent(class: FailureClass) -> Outcome {
        Outcome::NotSent(Failure { class, phase: Phase::Recipient, reply: "451 later".to_owned() })
    }

    #[test]
    fn each_outcome_has_its_consequence() {
        let now: DateTime<Utc> = "2026-11-02T08:00:00Z".parse().unwrap();
        let accepted = Outcome::Accepted { reply: "250 queued".to_owned() };
        let uncertain = Outcome::Uncertain { why: "connection closed".to_owned() };
        let transient = not_sent(FailureClass::Transient);
        let tls = not_sent(FailureClass::Tls);
        let account = not_sent(FailureClass::Account);
        let permanent = not_sent(FailureClass::Permanent);
        let policy = not_sent(FailureClass::Policy);
        // outcome, attempt, jitter, state, seconds to wait, alarm
        let rows = [
            (&accepted, 1, 0.5, State::SmtpAccepted, None, None),
            (&uncertain, 1, 0.5, State::Uncertain, None, Some(Alarm::Uncertain)),
            (&transient, 1, 0.5, State::Due, Some(60), None),
            (&transient, 1, 0.0, State::Due, Some(48), None),
            (&transient, 1, 1.0, State::Due, Some(72), None),
            (&transient, 2, 0.5, State::Due, Some(120), None),
            (&transient, 3, 0.5, State::Due, Some(300), None),
            (&transient, 4, 0.5, State::Due, Some(600), None),
            (&transient, 5, 0.5, State::Due, Some(900), None),
            (&transient, 6, 0.5, State::Due, Some(1800), None),
            (&transient, 7, 0.5, State::Due, Some(1800), None),
            (&transient, u32::MAX, 1.0, State::Due, Some(2160), None),
            (&transient, 0, 0.5, State::Due, Some(60), None),
            (&transient, 1, f64::NAN, State::Due, Some(60), None),
            (&tls, 1, 0.0, State::Due, Some(1800), Some(Alarm::Tls)),
            (&tls, 9, 1.0, State::Due, Some(1800), Some(Alarm::Tls)),
            (&account, 1, 0.5, State::Due, None, Some(Alarm::MailboxSuspended)),
            (&permanent, 1, 0.5, State::Blocked, None, Some(Alarm::Blocked)),
            (&policy, 1, 0.5, State::Blocked, None, Some(Alarm::Blocked)),
        ];
        for (outcome, attempt, jitter, state, seconds, alarm) in rows {
            let not_before = seconds.map(|seconds| now + TimeDelta::seconds(seconds));
            let expected = Next { state, not_before, alarm };
            assert_eq!(next(outcome, attempt, now, jitter), expected, "{outcome:?} {attempt} {jitter}");
            assert!(State::HandingOver.may_become(state), "{state:?}");
        }
    }

    #[test]
    fn a_restart_forgets_claims_and_doubts_hand_overs() {
        for state in State::ALL {
            assert_eq!(recover(*state, true), *state);
            let expected = match state {
                State::Claimed => State::Due,
                State::HandingOver => State::Uncertain,
                other => *other,
            };
            assert_eq!(recover(*state, false), expected);
            assert!(*state == expected || state.may_become(expected), "{state:?}");
        }
    }

    #[test]
    fn a_failure_is_one_line() {
        let failure = Failure {
            class: FailureClass::Permanent,
            phase: Phase::Recipient,
            reply: "550 5.1.1 unknown".to_owned(),
        };
        assert_eq!(failure.to_string(), "RCPT TO: 550 5.1.1 unknown (permanent)");
    }
}
