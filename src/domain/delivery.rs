//! Delivery policy: what becomes of a sealed message after each attempt to hand it over. Pure; the
//! transport says what happened, the store keeps the state, this file decides.
//!
//! SMTP can lose the reply after the server has taken the message (RFC 1047), so there is a third
//! answer beside "yes" and "no": *uncertain*. It is never tried again blindly.

use chrono::TimeDelta;

use super::alarm::AlarmKind;

pub use concern::{Concern, received_subject};
pub use effect::{Answer, Effect};
pub use outcome::{Failure, FailureClass, Outcome, Phase, codes};
pub use refusal::classify;
pub use state::State;

mod concern;
pub mod doubt;
mod effect;
pub mod ladder;
mod outcome;
mod refusal;
mod state;
pub mod words;

/// What to do with a message after an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Next {
    /// Its new state.
    pub state: State,
    /// How long to wait before the next attempt. `None` with [`State::Due`]: as soon as the mailbox
    /// is no longer suspended.
    pub pause: Option<TimeDelta>,
    /// What a person must be told, if anything. [`AlarmKind::Login`] also stops all sending on this
    /// mailbox until the configuration is read anew.
    pub alarm: Option<AlarmKind>,
}

/// Minutes to wait after the first, second ... failed attempt; the last one repeats.
const BACKOFF: [i32; 6] = [1, 2, 5, 10, 15, 30];

/// Minutes between attempts while the server cannot be trusted.
const TLS_PAUSE: i64 = 30;

/// No pause is longer: thirty minutes and a fifth.
pub const LONGEST_PAUSE: TimeDelta = TimeDelta::minutes(36);

/// Decides what follows an attempt.
///
/// `attempt` counts from 1 and includes the one just made; `jitter` lies in 0 to 1 and spreads the
/// pause over +-20 %, so that many messages do not come back at once.
pub fn next(outcome: &Outcome, attempt: u32, jitter: f64) -> Next {
    let settled = |state, alarm| Next { state, pause: None, alarm };
    match outcome {
        Outcome::Accepted { .. } => settled(State::SmtpAccepted, None),
        Outcome::Uncertain { .. } => settled(State::Uncertain, Some(AlarmKind::Doubt)),
        Outcome::NotSent(failure) => match failure.class {
            FailureClass::Transient => {
                Next { state: State::Due, pause: Some(backoff(attempt, jitter)), alarm: None }
            }
            FailureClass::Account => settled(State::Due, Some(AlarmKind::Login)),
            FailureClass::Tls => {
                let pause = Some(TimeDelta::minutes(TLS_PAUSE));
                Next { state: State::Due, pause, alarm: Some(AlarmKind::Tls) }
            }
            FailureClass::Permanent | FailureClass::Policy => {
                settled(State::Blocked, Some(AlarmKind::Blocked))
            }
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
            (&uncertain, 1, 0.5, State::Uncertain, None, Some(AlarmKind::Doubt)),
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
            (&tls, 1, 0.0, State::Due, Some(1800), Some(AlarmKind::Tls)),
            (&tls, 9, 1.0, State::Due, Some(1800), Some(AlarmKind::Tls)),
            (&account, 1, 0.5, State::Due, None, Some(AlarmKind::Login)),
            (&permanent, 1, 0.5, State::Blocked, None, Some(AlarmKind::Blocked)),
            (&policy, 1, 0.5, State::Blocked, None, Some(AlarmKind::Blocked)),
        ];
        for (outcome, attempt, jitter, state, seconds, alarm) in rows {
            let pause = seconds.map(TimeDelta::seconds);
            let expected = Next { state, pause, alarm };
            assert_eq!(next(outcome, attempt, jitter), expected, "{outcome:?} {attempt} {jitter}");
            assert!(pause <= Some(LONGEST_PAUSE));
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
