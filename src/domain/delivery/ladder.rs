//! The ladder towards the agreed day: how late a message is, who must know, and what to do while
//! there is still time. Pure, and computed from what the store keeps, so that a command can climb it
//! when the daemon is dead.
//!
//! A message that is on its way is nobody's concern. Half an hour without the provider's acceptance
//! is noted, two hours are told, a day without delivery calls for a person; so does the approach of
//! the agreed day, and then every hour.

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;

use super::super::alarm::Level;
use super::super::calendar::OfficeDays;
use super::super::civil;
use super::State;

/// Without acceptance for so long: something is slow.
const SLOW: TimeDelta = TimeDelta::minutes(30);

/// Without acceptance for so long: a person should look.
const LATE: TimeDelta = TimeDelta::hours(2);

/// Without delivery for so long. The provider gives up after the same time (RFC 6109, 3.1.6).
const LOST: TimeDelta = TimeDelta::hours(24);

/// The hour at which an office opens, for the calendar of what people can still do.
const OPENING: TimeDelta = TimeDelta::hours(8);

/// What is known of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Where it stands.
    pub state: State,
    /// Certified mail is done when it is delivered, other mail when the server has taken it.
    pub certified: bool,
    /// When it was first to leave.
    pub due_since: DateTime<Utc>,
    /// The end of the agreed day.
    pub deadline: DateTime<Utc>,
    /// False when nobody reads receipts: then a server's word is all that will ever be known.
    pub watched: bool,
}

/// Why somebody must know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Cause {
    /// It has not left, or nobody has confirmed that it has.
    NotAccepted,
    /// It was accepted, but not delivered.
    NotDelivered,
    /// A server or a provider refused it: by itself it will not arrive.
    Refused,
    /// The agreed day is near, and there is no proof of delivery.
    Deadline,
    /// The agreed day is over.
    Over,
    /// It left, and nobody reads the receipts that would prove its delivery.
    Unproven,
}

/// A rung of the ladder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rung {
    /// How much it matters.
    pub level: Level,
    /// Why.
    pub cause: Cause,
    /// What tells one telling from the next: the cause, and near the agreed day also the hour.
    pub occasion: String,
}

/// The calendar in which people act.
#[derive(Debug, Clone, Copy)]
pub struct Calendar {
    /// The working days of the host.
    pub office: OfficeDays,
    /// Its time zone.
    pub zone: Tz,
}

impl Calendar {
    /// From this instant the agreed day is near: 24 hours before it ends, but not later than the
    /// opening of the working day before it, when there is somebody to tell.
    fn near(self, deadline: DateTime<Utc>) -> DateTime<Utc> {
        let day = civil::local_time(&(deadline - TimeDelta::seconds(1)), self.zone).date();
        let before = self.office.before(day, 1);
        let opening = civil::start_of_day(before, self.zone).to_utc() + OPENING;
        opening.min(deadline - LOST)
    }
}

/// The last instant at which a first sending is safe. Bad news may take 24 hours to come, and then a
/// person needs the agreed day itself, from its opening, to mend it.
pub fn last_safe(deadline: DateTime<Utc>) -> DateTime<Utc> {
    deadline - (TimeDelta::hours(24) - OPENING) - LOST
}

/// The rung on which a message stands now; none when all is well.
pub fn rung(progress: &Progress, now: DateTime<Utc>, calendar: Calendar) -> Option<Rung> {
    let Progress { state, certified, due_since, deadline, watched } = *progress;
    let (accepted, refused) = match state {
        State::SmtpAccepted if !certified => return None,
        // an objection is told for its own reason, by whoever received it
        State::Delivered | State::Contested | State::Cancelled | State::ClosedByHand => return None,
        State::PecAccepted => (true, false),
        State::Refused | State::Undelivered | State::Expired => (false, true),
        _ => (false, false),
    };
    let age = now - due_since;
    // what leaves late has its two hours too
    let near = age >= LATE && now >= calendar.near(deadline);
    let unproven = !watched && state == State::SmtpAccepted;
    let (level, cause) = if unproven {
        if !near && age < LOST {
            return None;
        }
        (Level::Orange, Cause::Unproven)
    } else if near && now >= deadline {
        (Level::Red, Cause::Over)
    } else if near {
        (Level::Red, Cause::Deadline)
    } else if refused {
        (Level::Red, Cause::Refused)
    } else if state == State::Blocked {
        // a server's refusal can be mended and sent again, a provider's cannot
        (if age < LOST { Level::Orange } else { Level::Red }, Cause::Refused)
    } else if age >= LOST {
        (Level::Red, if accepted { Cause::NotDelivered } else { Cause::NotAccepted })
    } else if accepted {
        return None;
    } else if age >= LATE {
        (Level::Orange, Cause::NotAccepted)
    } else if age >= SLOW {
        (Level::Yellow, Cause::NotAccepted)
    } else {
        return None;
    };
    Some(Rung { level, cause, occasion: occasion(cause, now, calendar.zone) })
}

/// The rung of a statement that is no message yet, though it should have left at `latest`.
pub fn unsent(
    latest: DateTime<Utc>,
    deadline: DateTime<Utc>,
    now: DateTime<Utc>,
    calendar: Calendar,
) -> Option<Rung> {
    if now < latest {
        return None;
    }
    let state = State::Planned;
    let progress = Progress { state, certified: true, due_since: latest, deadline, watched: true };
    rung(&progress, now, calendar)
}

/// Near the agreed day red is told every hour, afterwards once a day.
fn occasion(cause: Cause, now: DateTime<Utc>, zone: Tz) -> String {
    let local = civil::local_time(&now, zone);
    let code = cause.code();
    match cause {
        Cause::Deadline => format!("{code} {}", local.format("%Y-%m-%d %H")),
        Cause::Over => format!("{code} {}", local.format("%Y-%m-%d")),
        _ => code.to_owned(),
    }
}

impl Cause {
    /// The word of JSON, and of the occasion of its alarm.
    pub fn code(self) -> &'static str {
        match self {
            Self::NotAccepted => "not_accepted",
            Self::NotDelivered => "not_delivered",
            Self::Refused => "refused",
            Self::Deadline => "deadline",
            Self::Over => "over",
            Self::Unproven => "unproven",
        }
    }

    /// True when an occasion is one of this cause.
    pub fn is_of(self, occasion: &str) -> bool {
        occasion.split(' ').next() == Some(self.code())
    }

    /// True when it is told again and again.
    pub fn is_repeated(self) -> bool {
        matches!(self, Self::Deadline | Self::Over)
    }

    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::NotAccepted, Self::NotDelivered, Self::Refused, Self::Deadline, Self::Over, Self::Unproven];

    /// What has happened, and what to do, in Italian. `message` is absent for a statement that is no
    /// message yet.
    pub fn italian(self, message: Option<i64>) -> String {
        let Some(id) = message else {
            return match self {
                Self::Over => {
                    "il termine concordato è passato e il prospetto non è stato nemmeno composto. ".to_owned()
                        + UNSENT
                }
                _ => {
                    "il prospetto doveva essere già partito e non è stato nemmeno composto. ".to_owned()
                        + UNSENT
                }
            };
        };
        let by_hand = format!(
            "Consegnare a mano dalla webmail PEC con i file sigillati (timbra outbox show {id} --bundle CARTELLA li \
             estrae, con le istruzioni), telefonare alla sede di lavoro, poi registrare: timbra outbox close {id} --why \"...\"."
        );
        match self {
            Self::NotAccepted => format!(
                "il messaggio {id} non risulta ancora accettato dal gestore. Si continua a tentare; \
                 timbra outbox show {id} mostra i tentativi."
            ),
            Self::Unproven => format!(
                "il messaggio {id} è partito, ma timbra non legge le ricevute ([receipts] manca): verificare nella casella \
                 PEC la ricevuta di consegna, poi registrarla: timbra outbox close {id} --why \"...\"."
            ),
            Self::NotDelivered => {
                format!("il messaggio {id} è accettato ma da 24 ore non risulta consegnato. {by_hand}")
            }
            Self::Refused => {
                format!(
                    "il messaggio {id} è stato rifiutato o non consegnato: da solo non arriverà. {by_hand}"
                )
            }
            Self::Deadline => format!(
                "il termine concordato è vicino e non c'è prova che il messaggio {id} sia stato consegnato. {by_hand}"
            ),
            Self::Over => format!(
                "il termine concordato è passato e non c'è prova che il messaggio {id} sia stato consegnato. {by_hand}"
            ),
        }
    }
}

/// What to do about a statement that is no message.
const UNSENT: &str = "Verificare che timbra sia in funzione (systemctl status timbra), che l'orologio del sistema sia giusto \
     e che timbra check non segnali errori.";

#[cfg(test)]
mod tests {
    use super::*;

    /// Due on Thursday 5 November 2026 at 08:00 in Rome, agreed day Tuesday 10 November.
    fn at(text: &str) -> DateTime<Utc> {
        let local: chrono::NaiveDateTime = format!("2026-11-{text}:00").parse().unwrap();
        civil::device_instant(local, None, chrono_tz::Europe::Rome).to_utc()
    }

    const CALENDAR: Calendar =
        Calendar { office: OfficeDays { patron: None }, zone: chrono_tz::Europe::Rome };

    fn climbed(state: State, certified: bool, now: &str) -> String {
        let progress =
            Progress { state, certified, due_since: at("05T08:00"), deadline: at("11T00:00"), watched: true };
        rung(&progress, at(now), CALENDAR).map_or_else(String::new, |rung| {
            let Rung { level, cause, occasion } = rung;
            assert!(cause.is_of(&occasion));
            let again = occasion.strip_prefix(cause.code()).unwrap();
            format!("{} {cause:?}{again}", level.code())
        })
    }

    #[test]
    fn the_ladder_is_climbed_in_time() {
        use State::*;
        for (state, certified, now, expected) in [
            (Due, true, "05T08:29", ""),
            (Due, true, "05T08:30", "yellow NotAccepted"),
            (SmtpAccepted, true, "05T08:30", "yellow NotAccepted"),
            (SmtpAccepted, false, "05T08:30", ""), // ordinary mail is done
            (Due, false, "05T08:30", "yellow NotAccepted"),
            (Uncertain, true, "05T09:59", "yellow NotAccepted"),
            (Uncertain, true, "05T10:00", "orange NotAccepted"),
            (HandingOver, true, "05T10:00", "orange NotAccepted"),
            (Due, true, "06T08:00", "red NotAccepted"),
            (PecAccepted, true, "06T07:59", ""),
            (PecAccepted, true, "06T08:00", "red NotDelivered"),
            (Delivered, true, "12T08:00", ""),
            (ClosedByHand, true, "12T08:00", ""),
            (Blocked, true, "05T08:01", "orange Refused"),
            (Blocked, true, "06T08:00", "red Refused"),
            (Refused, true, "05T08:01", "red Refused"),
            (Undelivered, true, "05T08:01", "red Refused"),
            (Expired, true, "06T09:00", "red Refused"),
            // the working day before the agreed day, from its opening, and then every hour
            (PecAccepted, true, "09T07:59", "red NotDelivered"),
            (PecAccepted, true, "09T08:00", "red Deadline 2026-11-09 08"),
            (Undelivered, true, "10T16:59", "red Deadline 2026-11-10 16"),
            (Undelivered, true, "11T00:00", "red Over 2026-11-11"),
            (Undelivered, true, "12T09:00", "red Over 2026-11-12"),
            (SmtpAccepted, false, "12T09:00", ""),
        ] {
            assert_eq!(climbed(state, certified, now), expected, "{state:?} {certified} {now}");
        }
    }

    #[test]
    fn what_leaves_late_climbs_by_its_age_first() {
        let climbed = |state, watched, now: &str| {
            let progress = Progress {
                state,
                certified: true,
                due_since: at("12T08:00"),
                deadline: at("11T00:00"),
                watched,
            };
            rung(&progress, at(now), CALENDAR).map(|rung| (rung.level, rung.cause))
        };
        let due = |now| climbed(State::Due, true, now);
        assert_eq!(due("12T08:29"), None);
        assert_eq!(due("12T08:30"), Some((Level::Yellow, Cause::NotAccepted)));
        assert_eq!(due("12T10:00"), Some((Level::Red, Cause::Over)));
        // where nobody reads receipts, a person is asked once to look for them
        let unwatched = |now| climbed(State::SmtpAccepted, false, now);
        assert_eq!(unwatched("12T09:59"), None);
        assert_eq!(unwatched("12T10:00"), Some((Level::Orange, Cause::Unproven)));
        assert_eq!(climbed(State::Due, false, "12T10:00"), Some((Level::Red, Cause::Over)));
    }

    #[test]
    fn before_a_weekend_there_is_somebody_to_tell() {
        // agreed day Monday 9 November: Friday is the last day with people in the office
        let near = CALENDAR.near(at("10T00:00"));
        assert_eq!(near, at("06T08:00"));
        // Tuesday: Monday
        assert_eq!(CALENDAR.near(at("11T00:00")), at("09T08:00"));
    }

    #[test]
    fn a_statement_that_was_not_even_made_climbs_too() {
        let unsent =
            |now: &str| unsent(at("05T08:00"), at("11T00:00"), at(now), CALENDAR).map(|rung| rung.level);
        assert_eq!(unsent("04T08:00"), None);
        assert_eq!(unsent("05T08:10"), None);
        assert_eq!(unsent("05T08:30"), Some(Level::Yellow));
        assert_eq!(unsent("05T10:00"), Some(Level::Orange));
        assert_eq!(unsent("09T08:00"), Some(Level::Red));
    }

    #[test]
    fn the_last_safe_instant_leaves_a_day_for_bad_news_and_one_to_mend_it() {
        assert_eq!(last_safe(at("11T00:00")), at("09T08:00"));
    }

    #[test]
    fn every_rung_says_what_to_do() {
        for cause in Cause::ALL {
            assert!(cause.italian(Some(7)).contains("timbra outbox"), "{cause:?}");
            assert!(cause.italian(None).contains("timbra check"), "{cause:?}");
        }
    }
}
