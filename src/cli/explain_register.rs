//! What the register says of an explained day: who decided what, and on which message.

use chrono::{DateTime, FixedOffset, NaiveDate};
use serde_json::{Value, json};

use crate::domain::day::Leave;
use crate::domain::register::{Entry, Facts};

/// What an entry decided on the day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ruling {
    /// It is an agreed day.
    Planned,
    /// The home manager required presence at home, with notice on a day, and gave another day.
    Recalled(NaiveDate, Option<NaiveDate>),
    /// It was moved to another day.
    Moved(NaiveDate),
    /// An absence was communicated.
    Absence(Leave),
    /// A punch was entered by hand.
    PunchEntered(DateTime<FixedOffset>),
    /// Another person confirmed it.
    PunchConfirmed(DateTime<FixedOffset>),
    /// A punch was voided.
    PunchVoided(DateTime<FixedOffset>),
    /// The employee contests the day.
    Contested,
    /// The term ended before it, by the withdrawal, on a day.
    Withdrawn(NaiveDate),
}

/// A ruling and the entry that made it.
#[derive(Debug, Clone)]
pub(super) struct Decided {
    pub(super) ruling: Ruling,
    pub(super) entry: Entry,
    /// The sender of its message was neither manager nor substitute.
    pub(super) unauthorised: bool,
}

/// The rulings on a date, in the order of the register. `voided` are its punches that an entry voids.
pub(super) fn rulings(
    facts: &Facts<'_>,
    is_unauthorised: impl Fn(&Entry) -> bool,
    date: NaiveDate,
    voided: Vec<(DateTime<FixedOffset>, &Entry)>,
) -> Vec<Decided> {
    let mut all: Vec<(Ruling, &Entry)> = Vec::new();
    all.extend(facts.planned_by(date).map(|entry| (Ruling::Planned, entry)));
    let recalled = facts.recalled(date);
    all.extend(recalled.map(|found| (Ruling::Recalled(found.notice_date, found.new_date), found.entry)));
    all.extend(facts.moved(date).map(|(entry, to)| (Ruling::Moved(to), entry)));
    all.extend(facts.leaves(date).iter().map(|(entry, leave)| (Ruling::Absence(*leave), *entry)));
    for punch in facts.entered_punches().iter().filter(|punch| punch.at.date_naive() == date) {
        all.push((Ruling::PunchEntered(punch.at), punch.entry));
        all.extend(punch.confirmed.map(|entry| (Ruling::PunchConfirmed(punch.at), entry)));
    }
    all.extend(facts.contested(date).map(|entry| (Ruling::Contested, entry)));
    let last_day = facts.term().end;
    let withdrawal = facts.withdrawal().filter(|_| date > last_day);
    all.extend(withdrawal.map(|entry| (Ruling::Withdrawn(last_day), entry)));
    all.extend(voided.into_iter().map(|(at, entry)| (Ruling::PunchVoided(at), entry)));
    all.sort_unstable_by_key(|(_, entry)| entry.id);
    let decided = |(ruling, entry): (Ruling, &Entry)| Decided {
        ruling,
        entry: entry.clone(),
        unauthorised: is_unauthorised(entry),
    };
    all.into_iter().map(decided).collect()
}

impl Decided {
    /// The ruling as a sentence.
    pub(super) fn told(&self, italian: bool) -> String {
        let date = |date: NaiveDate| date.format(if italian { "%d/%m/%Y" } else { "%Y-%m-%d" }).to_string();
        let say = |english: &str, in_italian: &str| if italian { in_italian } else { english }.to_owned();
        let ruling = match self.ruling {
            Ruling::Planned => say("agreed day", "giorno concordato"),
            Ruling::Recalled(notice, new) => {
                let mut text =
                    format!("{} {}", say("recalled, notice of", "revocato, preavviso del"), date(notice));
                if let Some(new) = new {
                    text += &format!(", {} {}", say("new day", "nuovo giorno"), date(new));
                }
                text
            }
            Ruling::Moved(to) => format!("{} {}", say("moved to", "spostato al"), date(to)),
            Ruling::Absence(leave) => absence(leave, italian),
            Ruling::PunchEntered(at) => {
                format!(
                    "{} {}",
                    say("punch entered by hand,", "timbratura inserita a mano,"),
                    at.format("%H:%M")
                )
            }
            Ruling::PunchConfirmed(at) => {
                format!("{} {}", say("punch confirmed,", "timbratura confermata,"), at.format("%H:%M"))
            }
            Ruling::PunchVoided(at) => {
                format!("{} {}", say("punch voided,", "timbratura annullata,"), at.format("%H:%M:%S"))
            }
            Ruling::Contested => say("contested by the employee", "contestata dal lavoratore"),
            Ruling::Withdrawn(last) => {
                format!("{} {}", say("withdrawal, last day", "recesso, ultimo giorno"), date(last))
            }
        };
        let entry = &self.entry;
        let mut text = format!(
            "{ruling} ({} {}, {} {}",
            say("entry", "voce"),
            entry.id,
            say("entered by", "inserita da"),
            entry.author
        );
        if let Some(person) = &entry.for_person {
            text += &format!(", {} {person}", say("for", "per"));
        }
        if let Some(reference) = &entry.reference {
            text += &format!(", {} {reference}", say("ref", "rif."));
        }
        if let Some(sender) = &entry.sender {
            text += &format!(", {} {sender}", say("from", "mittente"));
        }
        if self.unauthorised {
            text += &say(", sender not authorised on that day", ", mittente non autorizzato alla data");
        }
        if entry.late {
            text += &say(", late", ", tardiva");
        }
        text + ")"
    }

    /// The ruling as data.
    pub(super) fn json(&self) -> Value {
        json!({
            "entry": self.entry.id.0,
            "says": self.told(false),
            "author": self.entry.author,
            "for": self.entry.for_person,
            "reference": self.entry.reference,
            "from_person": self.entry.sender,
            "unauthorised": self.unauthorised,
            "at": self.entry.at.to_rfc3339(),
            "late": self.entry.late,
        })
    }
}

fn absence(leave: Leave, italian: bool) -> String {
    let credited = |credited| match (credited, italian) {
        (true, true) => "riconosciuta",
        (true, false) => "credited",
        (false, true) => "da recuperare",
        (false, false) => "to be made up",
    };
    match (leave, italian) {
        (Leave::FullDay { credited: done }, true) => format!("assenza, tutto il giorno, {}", credited(done)),
        (Leave::FullDay { credited: done }, false) => format!("absence, the whole day, {}", credited(done)),
        (Leave::Hourly { from, to, credited: done }, true) => {
            format!("assenza dalle {from} alle {to}, {}", credited(done))
        }
        (Leave::Hourly { from, to, credited: done }, false) => {
            format!("absence from {from} to {to}, {}", credited(done))
        }
    }
}
