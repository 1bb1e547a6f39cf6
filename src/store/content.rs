//! What an entry of the register says, as text: `key=value`, one a line. Stable for ever: the store
//! outlives the program, and the chain covers these very bytes.

use std::fmt::Display;
use std::str::FromStr;

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveDateTime};

use crate::domain::checklist::Item;
use crate::domain::civil::{Band, TimeOfDay};
use crate::domain::ids::ReaderId;
use crate::domain::minutes::Minutes;
use crate::domain::month::Month;
use crate::domain::punch::Direction;
use crate::domain::register::{Badge, BadgeEnd, EntryId, Kind, VoidedPunch};

/// How a device's civil time is written.
const LOCAL: &str = "%Y-%m-%dT%H:%M:%S";

/// The text of what an entry says.
pub(super) fn encode(kind: &Kind) -> String {
    let mut lines = Lines::default();
    match kind {
        Kind::Plan { month, dates } => {
            lines.push("month", month);
            for date in dates {
                lines.push("date", date);
            }
        }
        Kind::Absence { date, hours, credited } => {
            lines.push("date", date);
            lines.maybe("from", hours.map(|hours| hours.from));
            lines.maybe("to", hours.map(|hours| hours.to));
            lines.push("credited", credited);
        }
        Kind::Recall { date, notice_date, new_date } => {
            lines.push("date", date);
            lines.push("notice", notice_date);
            lines.maybe("new_date", *new_date);
        }
        Kind::Move { from, to } => {
            lines.push("from", from);
            lines.push("to", to);
        }
        Kind::ServiceAuthorized { date, end } => {
            lines.push("date", date);
            lines.maybe("end", *end);
        }
        Kind::HolidayWorkAuthorized { date }
        | Kind::ContestOpened { date }
        | Kind::ContestClosed { date } => lines.push("date", date),
        Kind::EarlyEntryAuthorized { date, from } => {
            lines.push("date", date);
            lines.push("from", from);
        }
        Kind::OvertimeAuthorized { date, minutes } => {
            lines.push("date", date);
            lines.push("minutes", minutes.0);
        }
        Kind::ManualPunch { at, direction, reason, malfunction } => {
            lines.push("at", at.to_rfc3339());
            lines.push("direction", direction);
            lines.maybe("reason", reason.as_ref());
            lines.maybe("malfunction", *malfunction);
        }
        Kind::AbsenceRevoked { of } | Kind::PunchConfirmed { of } | Kind::Undone { of } => {
            lines.push("of", of.0);
        }
        Kind::PunchVoided { punch, malfunction } => {
            match punch {
                VoidedPunch::Entered(of) => lines.push("of", of.0),
                VoidedPunch::Read { local, badge, direction_raw, reader } => {
                    lines.push("local", local.format(LOCAL));
                    lines.push("badge", badge);
                    lines.push("direction", direction_raw);
                    lines.push("reader", reader);
                }
            }
            lines.maybe("malfunction", *malfunction);
        }
        Kind::BadgeIssued { badge, from } => {
            lines.push("number", &badge.number);
            lines.maybe("reader", badge.reader.as_ref());
            lines.push("from", from);
        }
        Kind::BadgeEnded { number, how: _, on } => {
            lines.push("number", number);
            lines.push("on", on);
        }
        Kind::BadgeReplaced { old, new, on } => {
            lines.push("old", old);
            lines.push("number", &new.number);
            lines.maybe("reader", new.reader.as_ref());
            lines.push("on", on);
        }
        Kind::Withdrawn { last_day } => lines.push("last_day", last_day),
        Kind::ProfileChanged { profile, from } => {
            lines.push("profile", profile);
            lines.push("from", from);
        }
        Kind::ItemProvided { item, on } => {
            lines.push("item", item.code());
            lines.push("on", on);
        }
        Kind::ItemCleared { item } => lines.push("item", item.code()),
    }
    lines.into_text()
}

/// What a text says; none when it makes no sense.
pub(super) fn decode(kind: &str, text: &str) -> Option<Kind> {
    let fields = Fields::read(text)?;
    let date = || fields.one::<NaiveDate>("date");
    let of = || fields.one("of").map(EntryId);
    let badge = || {
        let reader = fields.text("reader").map(ReaderId::new).transpose().ok()?;
        Some(Badge { number: fields.text("number")?.to_owned(), reader })
    };
    let ended = |how| {
        Some(Kind::BadgeEnded { number: fields.text("number")?.to_owned(), how, on: fields.one("on")? })
    };
    let item = || Item::parse(fields.text("item")?);
    Some(match kind {
        "plan" => Kind::Plan {
            month: Month::parse(fields.text("month")?)?,
            dates: fields.all("date").map(|date| date.parse().ok()).collect::<Option<_>>()?,
        },
        "absence" => {
            let hours = fields.time("from").ok()?.zip(fields.time("to").ok()?);
            let hours = hours.map(|(from, to)| Band { from, to });
            Kind::Absence { date: date()?, hours, credited: fields.one("credited")? }
        }
        "absence_revoked" => Kind::AbsenceRevoked { of: of()? },
        "recall" => Kind::Recall {
            date: date()?,
            notice_date: fields.one("notice")?,
            new_date: fields.maybe("new_date").ok()?,
        },
        "move" => Kind::Move { from: fields.one("from")?, to: fields.one("to")? },
        "service" => Kind::ServiceAuthorized { date: date()?, end: fields.time("end").ok()? },
        "holiday_work" => Kind::HolidayWorkAuthorized { date: date()? },
        "early_entry" => Kind::EarlyEntryAuthorized { date: date()?, from: fields.time("from").ok()?? },
        "overtime" => Kind::OvertimeAuthorized { date: date()?, minutes: Minutes(fields.one("minutes")?) },
        "punch" => Kind::ManualPunch {
            at: fields.one::<DateTime<FixedOffset>>("at")?,
            direction: match fields.text("direction")? {
                "in" => Direction::In,
                "out" => Direction::Out,
                _ => return None,
            },
            reason: fields.maybe("reason").ok()?,
            malfunction: fields.maybe("malfunction").ok()?,
        },
        "punch_confirmed" => Kind::PunchConfirmed { of: of()? },
        "punch_voided" => {
            let punch = match fields.text("local") {
                None => VoidedPunch::Entered(of()?),
                Some(local) => VoidedPunch::Read {
                    local: NaiveDateTime::parse_from_str(local, LOCAL).ok()?,
                    badge: fields.text("badge")?.to_owned(),
                    direction_raw: fields.text("direction")?.to_owned(),
                    reader: ReaderId::new(fields.text("reader")?).ok()?,
                },
            };
            Kind::PunchVoided { punch, malfunction: fields.maybe("malfunction").ok()? }
        }
        "badge_issued" => Kind::BadgeIssued { badge: badge()?, from: fields.one("from")? },
        "badge_returned" => ended(BadgeEnd::Returned)?,
        "badge_lost" => ended(BadgeEnd::Lost)?,
        "badge_replaced" => {
            Kind::BadgeReplaced { old: fields.text("old")?.to_owned(), new: badge()?, on: fields.one("on")? }
        }
        "withdrawn" => Kind::Withdrawn { last_day: fields.one("last_day")? },
        "profile_changed" => {
            Kind::ProfileChanged { profile: fields.text("profile")?.to_owned(), from: fields.one("from")? }
        }
        "contest_opened" => Kind::ContestOpened { date: date()? },
        "contest_closed" => Kind::ContestClosed { date: date()? },
        "item_provided" => Kind::ItemProvided { item: item()?, on: fields.one("on")? },
        "item_cleared" => Kind::ItemCleared { item: item()? },
        "undone" => Kind::Undone { of: of()? },
        _ => return None,
    })
}

/// What is written, while it is.
#[derive(Default)]
pub(super) struct Lines(String);

impl Lines {
    /// All lines.
    pub(super) fn into_text(self) -> String {
        self.0
    }

    pub(super) fn push(&mut self, key: &str, value: impl Display) {
        let value = value.to_string().replace('\\', r"\\").replace('\n', r"\n");
        self.0 += &format!("{key}={value}\n");
    }

    pub(super) fn maybe(&mut self, key: &str, value: Option<impl Display>) {
        if let Some(value) = value {
            self.push(key, value);
        }
    }
}

/// The lines read back.
pub(super) struct Fields(Vec<(String, String)>);

/// A value that may be absent, but must make sense when it is there.
pub(super) type Maybe<T> = Result<Option<T>, ()>;

impl Fields {
    pub(super) fn read(text: &str) -> Option<Self> {
        let pair = |line: &str| line.split_once('=').map(|(key, value)| (key.to_owned(), unescape(value)));
        text.lines().map(pair).collect::<Option<_>>().map(Self)
    }

    pub(super) fn all(&self, key: &'static str) -> impl Iterator<Item = &str> {
        self.0.iter().filter(move |(name, _)| name == key).map(|(_, value)| value.as_str())
    }

    pub(super) fn text(&self, key: &str) -> Option<&str> {
        self.0.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str())
    }

    pub(super) fn one<T: FromStr>(&self, key: &str) -> Option<T> {
        self.text(key)?.parse().ok()
    }

    pub(super) fn maybe<T: FromStr>(&self, key: &str) -> Maybe<T> {
        self.text(key).map(|value| value.parse().map_err(|_| ())).transpose()
    }

    /// As [`Self::maybe`], for a time of day.
    fn time(&self, key: &str) -> Maybe<TimeOfDay> {
        self.text(key).map(|value| TimeOfDay::parse(value).ok_or(())).transpose()
    }
}

fn unescape(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    let mut characters = value.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => match characters.next() {
                Some('n') => text.push('\n'),
                Some(other) => text.push(other),
                None => (),
            },
            other => text.push(other),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn time(text: &str) -> TimeOfDay {
        TimeOfDay::parse(text).unwrap()
    }

    #[test]
    fn every_kind_comes_back_as_it_was() {
        let date = day("2026-10-06");
        let of = EntryId(7);
        let badge = |reader: Option<&str>| Badge {
            number: "0007".to_owned(),
            reader: reader.map(|reader| ReaderId::new(reader).unwrap()),
        };
        let kinds = [
            Kind::Plan { month: Month::of(date), dates: vec![date, day("2026-10-07")] },
            Kind::Plan { month: Month::of(date), dates: Vec::new() },
            Kind::Absence { date, hours: None, credited: true },
            Kind::Absence {
                date,
                hours: Some(Band { from: time("09:00"), to: time("24:00") }),
                credited: false,
            },
            Kind::AbsenceRevoked { of },
            Kind::Recall { date, notice_date: day("2026-10-01"), new_date: None },
            Kind::Recall { date, notice_date: day("2026-10-01"), new_date: Some(day("2026-10-08")) },
            Kind::Move { from: date, to: day("2026-10-08") },
            Kind::ServiceAuthorized { date, end: None },
            Kind::ServiceAuthorized { date, end: Some(time("15:30")) },
            Kind::HolidayWorkAuthorized { date },
            Kind::EarlyEntryAuthorized { date, from: time("07:00") },
            Kind::OvertimeAuthorized { date, minutes: Minutes(90) },
            Kind::ManualPunch {
                at: DateTime::parse_from_rfc3339("2026-10-25T02:30:00+01:00").unwrap(),
                direction: Direction::Out,
                reason: Some("a=b\\n\nc\\".to_owned()),
                malfunction: Some(3),
            },
            Kind::PunchConfirmed { of },
            Kind::PunchVoided { punch: VoidedPunch::Entered(of), malfunction: None },
            Kind::PunchVoided {
                punch: VoidedPunch::Read {
                    local: date.and_hms_opt(8, 2, 11).unwrap(),
                    badge: "0005".to_owned(),
                    direction_raw: String::new(),
                    reader: ReaderId::new("ingresso").unwrap(),
                },
                malfunction: Some(1),
            },
            Kind::Undone { of },
            Kind::BadgeIssued { badge: badge(None), from: date },
            Kind::BadgeIssued { badge: badge(Some("ingresso")), from: date },
            Kind::BadgeEnded { number: "0005".to_owned(), how: BadgeEnd::Returned, on: date },
            Kind::BadgeEnded { number: "0005".to_owned(), how: BadgeEnd::Lost, on: date },
            Kind::BadgeReplaced { old: "0005".to_owned(), new: badge(Some("ingresso")), on: date },
            Kind::Withdrawn { last_day: date },
            Kind::ProfileChanged { profile: "4x9h".to_owned(), from: date },
            Kind::ContestOpened { date },
            Kind::ContestClosed { date },
            Kind::ItemProvided { item: Item::Access, on: date },
            Kind::ItemCleared { item: Item::Access },
        ];
        for kind in kinds {
            let text = encode(&kind);
            assert_eq!(decode(kind.word(), &text).as_ref(), Some(&kind), "{text}");
        }
    }

    #[test]
    fn nonsense_is_no_entry() {
        for (kind, text) in [
            ("plan", "date=2026-10-06\n"),
            ("absence", "date=2026-13-06\ncredited=true\n"),
            ("absence", "date=2026-10-06\nfrom=9\nto=10:00\ncredited=true\n"),
            ("undone", "of=x\n"),
            ("undone", "of\n"),
            ("unheard_of", "of=1\n"),
        ] {
            assert_eq!(decode(kind, text), None, "{kind}: {text}");
        }
    }
}
