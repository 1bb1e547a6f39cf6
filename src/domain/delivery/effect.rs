//! What a receipt does to a message of the outbox. Receipts come late, twice and in any order; the
//! good news wins, and nothing is undone by bad news that is older.

use super::State;

/// What a receipt says of a message, if it is believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Effect {
    /// PEC "accettazione": the sender's provider took it.
    Accepted,
    /// PEC "avvenuta consegna".
    Delivered,
    /// PEC "non accettazione".
    Refused,
    /// PEC "mancata consegna", or a bounce of ordinary mail.
    Undelivered,
    /// Not delivered so far; it may still be.
    Warning,
    /// Not delivered within 24 hours.
    Expired,
    /// The protocol desk of the other office refuses what was delivered.
    Contested,
}

/// What becomes of the message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Answer {
    /// It moves to this state.
    Move(State),
    /// Nothing new: a duplicate, or news that later news has overtaken.
    Nothing,
    /// An attempt is under way: ask again when it has ended.
    Later,
    /// The receipt cannot be true of a message that stands there: a person must look.
    Contradiction,
}

impl Effect {
    /// All of them.
    pub const ALL: &[Self] = &[
        Self::Accepted,
        Self::Delivered,
        Self::Refused,
        Self::Undelivered,
        Self::Warning,
        Self::Expired,
        Self::Contested,
    ];

    /// The stable word used in the store and in JSON.
    pub fn code(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Delivered => "delivered",
            Self::Refused => "refused",
            Self::Undelivered => "undelivered",
            Self::Warning => "warning",
            Self::Expired => "expired",
            Self::Contested => "contested",
        }
    }

    /// The effect of a stored word.
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|effect| effect.code() == code)
    }

    /// The state it leads to; a warning leads nowhere.
    pub fn state(self) -> Option<State> {
        match self {
            Self::Accepted => Some(State::PecAccepted),
            Self::Delivered => Some(State::Delivered),
            Self::Refused => Some(State::Refused),
            Self::Undelivered => Some(State::Undelivered),
            Self::Warning => None,
            Self::Expired => Some(State::Expired),
            Self::Contested => Some(State::Contested),
        }
    }

    /// What becomes of a message that stands at `state`.
    pub fn on(self, state: State) -> Answer {
        match state {
            State::Claimed | State::HandingOver => return Answer::Later,
            State::Planned | State::Sealed | State::Cancelled => return Answer::Contradiction,
            State::ClosedByHand => return Answer::Nothing,
            _ => (),
        }
        let Some(to) = self.state() else { return Answer::Nothing };
        if state.may_become(to) {
            return Answer::Move(to);
        }
        let overtaken = match self {
            // whatever came after an acceptance, there was one; but no refusal goes with it
            Self::Accepted => state != State::Refused,
            Self::Expired => {
                matches!(state, State::Expired | State::Undelivered | State::Delivered | State::Contested)
            }
            _ => state == to || (self == Self::Delivered && state == State::Contested),
        };
        if overtaken { Answer::Nothing } else { Answer::Contradiction }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn good_news_wins_and_duplicates_do_nothing() {
        use State::*;
        // standing at, effect, what becomes of it
        let rows = [
            (SmtpAccepted, Effect::Accepted, Answer::Move(PecAccepted)),
            (Uncertain, Effect::Accepted, Answer::Move(PecAccepted)),
            (Uncertain, Effect::Delivered, Answer::Move(Delivered)),
            (SmtpAccepted, Effect::Delivered, Answer::Move(Delivered)), // before the acceptance
            (Delivered, Effect::Accepted, Answer::Nothing),             // after it
            (PecAccepted, Effect::Accepted, Answer::Nothing),
            (PecAccepted, Effect::Warning, Answer::Nothing),
            (PecAccepted, Effect::Expired, Answer::Move(Expired)),
            (Expired, Effect::Delivered, Answer::Move(Delivered)),
            (Undelivered, Effect::Delivered, Answer::Move(Delivered)),
            (Delivered, Effect::Expired, Answer::Nothing),
            (Undelivered, Effect::Expired, Answer::Nothing),
            (Delivered, Effect::Delivered, Answer::Nothing),
            (Delivered, Effect::Undelivered, Answer::Contradiction),
            (Delivered, Effect::Refused, Answer::Contradiction),
            (Refused, Effect::Accepted, Answer::Contradiction),
            (Refused, Effect::Delivered, Answer::Contradiction),
            (Delivered, Effect::Contested, Answer::Move(Contested)),
            (PecAccepted, Effect::Contested, Answer::Move(Contested)),
            (Contested, Effect::Delivered, Answer::Nothing),
            (Due, Effect::Accepted, Answer::Move(PecAccepted)), // it had left after all
            (Blocked, Effect::Delivered, Answer::Move(Delivered)),
            (HandingOver, Effect::Accepted, Answer::Later),
            (Claimed, Effect::Delivered, Answer::Later),
            (Cancelled, Effect::Delivered, Answer::Contradiction),
            (ClosedByHand, Effect::Delivered, Answer::Nothing),
        ];
        for (state, effect, expected) in rows {
            assert_eq!(effect.on(state), expected, "{effect:?} on {state:?}");
        }
    }

    #[test]
    fn every_move_is_a_step_that_the_states_allow() {
        for state in State::ALL {
            for effect in Effect::ALL {
                if let Answer::Move(to) = effect.on(*state) {
                    assert!(
                        state.may_become(to) && effect.on(to) == Answer::Nothing,
                        "{effect:?} on {state:?}"
                    );
                }
            }
        }
        assert!(Effect::ALL.iter().all(|effect| Effect::parse(effect.code()) == Some(*effect)));
    }
}
