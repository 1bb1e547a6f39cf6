//! What the home offices are to be told next of a malfunction: once what is new, and together what
//! comes together.

use chrono::{DateTime, TimeDelta, Utc};

use super::Malfunction;

macro_rules! matters {
    ($($(#[$doc:meta])* $variant:ident $code:literal,)*) => {
        /// What a notice tells.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Matter {
            $($(#[$doc])* $variant,)*
        }

        impl Matter {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The word of the store and of JSON.
            pub fn code(self) -> &'static str {
                match self { $(Self::$variant => $code,)* }
            }
        }
    };
}

matters! {
    /// There is a fault.
    Opened "opened",
    /// Something is known better.
    Updated "updated",
    /// It is over.
    Restored "restored",
    /// There was a fault, and it is over already.
    Combined "combined",
    /// What was told to be over is not.
    Reopened "reopened",
    /// What was told was a mistake.
    Withdrawn "withdrawn",
}

impl Matter {
    /// The matter of a stored word.
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|matter| matter.code() == code)
    }

    /// True when it says that the fault is over.
    fn is_end(self) -> bool {
        matches!(self, Self::Restored | Self::Combined | Self::Withdrawn)
    }
}

/// What became of a notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sent {
    /// It was handed over.
    Left,
    /// It waits, and can be taken back: the number of its message.
    Waiting(i64),
    /// Nobody can say at this moment.
    UnderWay,
    /// The server refused it: nothing has left, and the same is not tried again.
    Refused,
    /// It was taken back.
    Cancelled,
}

/// A notice that was made before for the same home office.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Earlier {
    /// What it tells.
    pub matter: Matter,
    /// Its facts, as [`Malfunction::facts`] gives them.
    pub facts: String,
    /// What became of it.
    pub sent: Sent,
}

/// What to do now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// All is told, or waits to be told.
    Nothing,
    /// Look again soon.
    Wait,
    /// Take that message back; nothing takes its place yet.
    Retract(i64),
    /// Make a notice.
    Tell {
        /// Of this.
        matter: Matter,
        /// In the place of a message that waits.
        instead_of: Option<i64>,
    },
}

impl Malfunction {
    /// All that a notice tells of it, in a text that changes when there is something new to tell.
    pub fn facts(&self) -> String {
        let expected = self.expected.map_or_else(|| "unknown".to_owned(), |expected| expected.to_string());
        let to = self.to.map_or_else(|| "open".to_owned(), |to| to.to_rfc3339());
        let (kind, systems, from) = (self.kind.code(), &self.systems, self.from.to_rfc3339());
        // once it is over nobody waits for its end
        let expected = if self.to.is_some() { "over" } else { &expected };
        format!("kind={kind}\nsystems={systems}\nexpected={expected}\nfrom={from}\nto={to}\n")
    }

    /// True while an end that the daemon saw may be none: the fault may begin again and be the same.
    pub fn may_flap(&self, flapping: TimeDelta, now: DateTime<Utc>) -> bool {
        self.detected && !self.closed_by_hand && self.to.is_some_and(|to| now - to < flapping)
    }
}

/// What a home office is to be told next. `earlier` are the notices made for it, in order. Without
/// `may_begin` a home office that was told nothing is told nothing; one that was told hears the rest.
pub fn next(
    malfunction: &Malfunction,
    earlier: &[Earlier],
    may_begin: bool,
    flapping: TimeDelta,
    now: DateTime<Utc>,
) -> Next {
    let waiting = match earlier.last().map(|last| last.sent) {
        Some(Sent::UnderWay) => return Next::Wait,
        Some(Sent::Waiting(message)) => Some(message),
        _ => None,
    };
    let left = earlier.iter().rfind(|notice| notice.sent == Sent::Left);
    let retract = || waiting.map_or(Next::Nothing, Next::Retract);
    if !may_begin && left.is_none() {
        return retract();
    }
    if malfunction.withdrawn {
        return match left {
            Some(left) if left.matter != Matter::Withdrawn => {
                Next::Tell { matter: Matter::Withdrawn, instead_of: waiting }
            }
            _ => retract(),
        };
    }
    let facts = malfunction.facts();
    if malfunction.may_flap(flapping, now) {
        // a notice of what has ended must not leave any more
        let stale = earlier.last().is_some_and(|last| last.facts != facts);
        return waiting.filter(|_| stale).map_or(Next::Wait, Next::Retract);
    }
    let current = earlier.iter().rfind(|notice| notice.sent != Sent::Cancelled);
    if current.is_some_and(|current| current.facts == facts) {
        return Next::Nothing;
    }
    if left.is_some_and(|left| left.facts == facts) {
        return retract();
    }
    let matter = match (left.map(|left| left.matter.is_end()), malfunction.to.is_some()) {
        (None, false) => Matter::Opened,
        (None, true) => Matter::Combined,
        (Some(false), true) => Matter::Restored,
        (Some(true), false) => Matter::Reopened,
        (Some(false), false) | (Some(true), true) => Matter::Updated,
    };
    Next::Tell { matter, instead_of: waiting }
}

#[cfg(test)]
mod tests {
    use super::super::{Event, Opening, Step};
    use super::super::{MalfunctionKind, fold};
    use super::*;

    const FLAPPING: TimeDelta = TimeDelta::minutes(30);

    fn at(minutes: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_793_865_600 + minutes * 60, 0).unwrap()
    }

    /// A fault from minute 0, found by the daemon or not, with an end or not.
    fn fault(detected: bool, to: Option<i64>) -> Malfunction {
        let opening = Opening {
            kind: MalfunctionKind::Network,
            systems: "rete".to_owned(),
            expected: None,
            from: at(0),
            agreements: Vec::new(),
            cause: None,
            detected,
        };
        let step = Step::Opened(opening);
        let author = "anna".to_owned();
        let event = Event { id: 1, number: 1, at: at(0), author, for_person: None, reference: None, step };
        Malfunction { to: to.map(at), ..fold(&[event]).remove(&1).unwrap() }
    }

    #[test]
    fn r_2_6_3_each_home_office_hears_what_is_new_once_and_together() {
        use Matter::{Combined, Opened, Reopened, Restored, Updated, Withdrawn};
        use Sent::{Cancelled, Left, Refused, UnderWay, Waiting};
        let open = fault(false, None);
        let over = fault(false, Some(60));
        let better = Malfunction { systems: "switch".to_owned(), ..open.clone() };
        let mistake = Malfunction { withdrawn: true, ..open.clone() };
        let told = |of: &Malfunction, matter, sent| Earlier { matter, facts: of.facts(), sent };
        let tell = |matter, instead_of| Next::Tell { matter, instead_of };
        let rows = [
            (&open, vec![], tell(Opened, None)),
            (&over, vec![], tell(Combined, None)),
            (&mistake, vec![], Next::Nothing),
            // told, or about to be
            (&open, vec![told(&open, Opened, Left)], Next::Nothing),
            (&open, vec![told(&open, Opened, Waiting(7))], Next::Nothing),
            (&open, vec![told(&open, Opened, Refused)], Next::Nothing),
            (&open, vec![told(&open, Opened, Cancelled)], tell(Opened, None)),
            // something new
            (&better, vec![told(&open, Opened, Left)], tell(Updated, None)),
            (&over, vec![told(&open, Opened, Left)], tell(Restored, None)),
            (&over, vec![told(&open, Opened, Refused)], tell(Combined, None)),
            // before the first left: one message for all of it
            (&better, vec![told(&open, Opened, Waiting(7))], tell(Opened, Some(7))),
            (&over, vec![told(&open, Opened, Waiting(7))], tell(Combined, Some(7))),
            (&over, vec![told(&open, Opened, UnderWay)], Next::Wait),
            (&mistake, vec![told(&open, Opened, Waiting(7))], Next::Retract(7)),
            // after it left
            (
                &over,
                vec![told(&open, Opened, Left), told(&better, Updated, Waiting(8))],
                tell(Restored, Some(8)),
            ),
            (&open, vec![told(&open, Opened, Left), told(&better, Updated, Waiting(8))], Next::Retract(8)),
            (&open, vec![told(&open, Opened, Left), told(&over, Restored, Left)], tell(Reopened, None)),
            (&over, vec![told(&open, Opened, Left), told(&over, Restored, Left)], Next::Nothing),
            (&mistake, vec![told(&open, Opened, Left)], tell(Withdrawn, None)),
            (&mistake, vec![told(&open, Opened, Left), told(&open, Withdrawn, Left)], Next::Nothing),
        ];
        for (malfunction, earlier, expected) in rows {
            assert_eq!(next(malfunction, &earlier, true, FLAPPING, at(120)), expected, "{earlier:?}");
        }
    }

    #[test]
    fn r_2_6_3_what_may_begin_again_is_not_told_to_be_over() {
        let (open, over) = (fault(true, None), fault(true, Some(60)));
        let told = |sent| vec![Earlier { matter: Matter::Opened, facts: open.facts(), sent }];
        let combined = Next::Tell { matter: Matter::Combined, instead_of: None };
        let restored = Next::Tell { matter: Matter::Restored, instead_of: None };
        for (earlier, minute, expected) in [
            (vec![], 89, Next::Wait),
            (vec![], 90, combined),
            (told(Sent::Left), 89, Next::Wait),
            (told(Sent::Left), 90, restored),
            (told(Sent::Waiting(7)), 61, Next::Retract(7)),
            (told(Sent::Cancelled), 90, combined),
        ] {
            assert_eq!(next(&over, &earlier, true, FLAPPING, at(minute)), expected, "{earlier:?} {minute}");
        }
        // began again: as if it had never ended
        assert_eq!(next(&open, &told(Sent::Left), true, FLAPPING, at(70)), Next::Nothing);
        // a person's word counts at once
        let by_hand = Malfunction { closed_by_hand: true, ..over };
        assert_eq!(next(&by_hand, &told(Sent::Left), true, FLAPPING, at(61)), restored);
    }

    #[test]
    fn r_2_6_3_without_leave_nothing_begins_and_what_was_told_is_told_to_its_end() {
        use Sent::{Cancelled, Left, UnderWay, Waiting};
        let (open, over) = (fault(true, None), fault(true, Some(60)));
        let mistake = Malfunction { withdrawn: true, ..open.clone() };
        let told = |sent| vec![Earlier { matter: Matter::Opened, facts: open.facts(), sent }];
        let tell = |matter| Next::Tell { matter, instead_of: None };
        for (malfunction, earlier, expected) in [
            (&open, vec![], Next::Nothing),
            (&open, told(Waiting(7)), Next::Retract(7)),
            (&open, told(UnderWay), Next::Wait),
            (&over, told(Cancelled), Next::Nothing),
            (&open, told(Left), Next::Nothing),
            (&over, told(Left), tell(Matter::Restored)),
            (&mistake, told(Left), tell(Matter::Withdrawn)),
        ] {
            assert_eq!(next(malfunction, &earlier, false, FLAPPING, at(120)), expected, "{earlier:?}");
        }
    }
}
