//! The states of a message in the outbox and the steps between them.

macro_rules! states {
    ($($(#[$doc:meta])* $variant:ident $code:literal $people:literal => [$($to:ident)*],)*) => {
        /// Where a message in the outbox stands.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum State {
            $($(#[$doc])* $variant,)*
        }

        impl State {
            /// All of them, in the order of a message's life.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The stable word used in the store and in JSON.
            pub fn code(self) -> &'static str {
                match self { $(Self::$variant => $code,)* }
            }

            /// The word for people.
            pub fn word(self) -> &'static str {
                match self { $(Self::$variant => $people,)* }
            }

            /// The states that may follow this one. Every other step is a defect and must be
            /// refused by whoever keeps the row.
            pub fn followers(self) -> &'static [Self] {
                match self { $(Self::$variant => &[$(Self::$to),*],)* }
            }
        }
    };
}

states! {
    /// The document is known to be needed; its bytes do not exist yet.
    Planned "planned" "planned" => [Sealed Cancelled ClosedByHand],
    /// The bytes exist and never change again.
    Sealed "sealed" "sealed" => [Due HandedOut Cancelled ClosedByHand],
    /// Given to the protocol office as a package: it registers and sends. What it gives back says how
    /// that went.
    HandedOut "handed_out" "with the protocol office"
        => [SmtpAccepted PecAccepted Delivered Refused Undelivered Expired Contested ClosedByHand],
    /// To be sent, now or at its `not_before`. A receipt shows that an earlier attempt had left. In a store
    /// that comes out of a backup nobody knows whether it has left since.
    Due "due" "due"
        => [Claimed Uncertain PecAccepted Delivered Refused Undelivered Expired Contested Cancelled ClosedByHand],
    /// An attempt is under way; nothing was handed over.
    Claimed "claimed" "sending" => [Due Blocked HandingOver Uncertain Cancelled ClosedByHand],
    /// The text of the message is on its way. Written before its first byte leaves, so that a
    /// crash from here on is seen as a doubt.
    HandingOver "handing_over" "sending" => [SmtpAccepted Due Blocked Uncertain],
    /// The server took responsibility. The end of the road for ordinary mail; PEC goes on. It
    /// becomes uncertain when the expected receipt does not come.
    SmtpAccepted "smtp_accepted" "sent"
        => [PecAccepted Delivered Refused Undelivered Expired Contested Uncertain ClosedByHand],
    /// It may have arrived. Receipts resolve it, or a person, or one deliberate second sending.
    Uncertain "uncertain" "uncertain"
        => [SmtpAccepted PecAccepted Delivered Refused Undelivered Expired Contested Due ClosedByHand],
    /// Refused for good: waits for a person, or for a receipt that knows better.
    Blocked "blocked" "blocked"
        => [Due PecAccepted Delivered Refused Undelivered Expired Contested Cancelled ClosedByHand],
    /// PEC "accettazione": the sender's provider took it.
    PecAccepted "pec_accepted" "accepted"
        => [Delivered Refused Undelivered Expired Contested ClosedByHand],
    /// PEC "avvenuta consegna": it lies in the recipient's mailbox. A person closes it when it went
    /// to somebody who should not have it.
    Delivered "delivered" "delivered" => [Contested ClosedByHand],
    /// The protocol desk of the other office refuses it ("eccezione").
    Contested "contested_by_protocol" "rejected by their protocol desk" => [ClosedByHand],
    /// PEC "non accettazione": the sender's provider refused it.
    Refused "refused" "refused" => [ClosedByHand],
    /// PEC "mancata consegna". A late delivery receipt still wins.
    Undelivered "undelivered" "not delivered" => [Delivered Contested ClosedByHand],
    /// No delivery within 24 hours (second "preavviso"). A late delivery receipt still wins.
    Expired "expired" "expired" => [Delivered Undelivered Contested ClosedByHand],
    /// Withdrawn before anything left.
    Cancelled "cancelled" "cancelled" => [],
    /// Settled by a person outside this daemon, with the evidence on record.
    ClosedByHand "closed_by_hand" "closed by hand" => [],
}

impl State {
    /// The state of a stored code.
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|state| state.code() == code)
    }

    /// True when the step to `next` is allowed.
    pub fn may_become(self, next: Self) -> bool {
        self.followers().contains(&next)
    }

    /// True while nothing has left the house for good.
    pub fn is_inside(self) -> bool {
        use State::{Blocked, Claimed, Due, HandingOver, Planned, Sealed};
        matches!(self, Planned | Sealed | Due | Claimed | HandingOver | Blocked)
    }

    /// True when it goes no further without a person.
    pub fn needs_a_person(self) -> bool {
        matches!(
            self,
            Self::Blocked
                | Self::Uncertain
                | Self::Refused
                | Self::Undelivered
                | Self::Expired
                | Self::Contested
        )
    }

    /// True when a person may have it sent again: not what waits to be let go, nor what is under way.
    pub fn may_be_retried(self) -> bool {
        matches!(self, Self::Blocked | Self::Uncertain)
    }

    /// True when nothing can change any more.
    pub fn is_final(self) -> bool {
        self.followers().is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_stable_and_read_back() {
        let codes: Vec<&str> = State::ALL.iter().map(|state| state.code()).collect();
        assert_eq!(
            codes.join(" "),
            "planned sealed handed_out due claimed handing_over smtp_accepted uncertain blocked pec_accepted \
             delivered contested_by_protocol refused undelivered expired cancelled closed_by_hand"
        );
        for state in State::ALL {
            assert_eq!(State::parse(state.code()), Some(*state));
        }
        assert_eq!(State::parse("sent"), None);
        assert_eq!(State::parse(""), None);
    }

    #[test]
    fn the_dangerous_steps_do_not_exist() {
        use State::*;
        // from, to, allowed
        let rows = [
            (Claimed, SmtpAccepted, false), // never without the doubt on record
            (Claimed, HandingOver, true),
            (HandingOver, Claimed, false),
            (HandingOver, Cancelled, false), // wait for its outcome
            (HandingOver, Due, true),        // an explicit 4xx
            (Uncertain, Claimed, false),     // only by way of a decision
            (Uncertain, Due, true),
            (Uncertain, Cancelled, false), // it may have left
            (SmtpAccepted, Due, false),
            (SmtpAccepted, Delivered, true), // receipts come in any order
            (Expired, Delivered, true),
            (Undelivered, Delivered, true),
            (Delivered, Undelivered, false),
            (Sealed, Planned, false),
            (Blocked, Due, true),
            (Delivered, Contested, true),
            (Delivered, Due, false), // the document leaves again only as another message
            (Contested, Delivered, false),
        ];
        for (from, to, allowed) in rows {
            assert_eq!(from.may_become(to), allowed, "{from:?} -> {to:?}");
        }
        for state in State::ALL {
            assert!(!state.may_become(*state), "{state:?}");
            let hand = state.may_become(ClosedByHand);
            assert_eq!(hand, !state.is_final() && *state != HandingOver, "{state:?}");
        }
    }

    #[test]
    fn every_state_is_reached_and_leads_to_an_end() {
        for state in State::ALL {
            assert!(*state == State::Planned || State::ALL.iter().any(|s| s.may_become(*state)), "{state:?}");
            let mut reached = vec![*state];
            let mut at = 0;
            while let Some(from) = reached.get(at).copied() {
                for to in from.followers() {
                    if !reached.contains(to) {
                        reached.push(*to);
                    }
                }
                at += 1;
            }
            assert!(reached.iter().any(|s| s.is_final()), "{state:?}");
        }
    }
}
