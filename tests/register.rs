//! The register as a pure fold: what entries mean together, and what is refused.

use chrono::{DateTime, FixedOffset, NaiveDate};
use timbra::domain::agreement::{Agreement, Office, OfficeKind};
use timbra::domain::calendar::PatronDay;
use timbra::domain::civil::{Band, Clocks, TimeOfDay};
use timbra::domain::day::{self, PunchSource};
use timbra::domain::host::Host;
use timbra::domain::ids::{AgreementId, ReaderId};
use timbra::domain::minutes::Minutes;
use timbra::domain::month::Month;
use timbra::domain::month_days::{self, MonthDay, MonthInput, OwnPunch};
use timbra::domain::punch::Direction;
use timbra::domain::register::{Entry, EntryId, Facts, Fate, Kind, Proposal, Refusal, VoidedPunch, check};
use timbra::domain::standing::Standing;

use crate::letters::sample::Sample;

/// An agreement of October 2026 for 3 days a month, agreed on the 5th, 6th and 14th; the home's
/// patron is on the 9th, the host's on the 19th.
pub(crate) struct Office2026 {
    pub(crate) agreement: Agreement,
    pub(crate) host: Host,
}

pub(crate) fn office() -> Office2026 {
    let Sample { mut agreement, mut host, .. } = Sample::new(Vec::new());
    let patron = |day| Some(PatronDay::Fixed { month: 10, day });
    let office = |city: &str, day| Office {
        name: city.to_owned(),
        kind: OfficeKind::Altro,
        city: city.to_owned(),
        patron: patron(day),
    };
    (agreement.home, host.office) = (office("Casa", 9), office("Ospite", 19));
    agreement.days_per_month = 3;
    (agreement.term.start, agreement.term.end) = (date("2026-10-01"), date("2027-01-31"));
    agreement.planned_days = ["2026-10-05", "2026-10-06", "2026-10-14"].map(date).to_vec();
    Office2026 { agreement, host }
}

pub(crate) fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

pub(crate) fn october(day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 10, day).unwrap()
}

fn instant(text: &str) -> DateTime<FixedOffset> {
    DateTime::parse_from_rfc3339(text).unwrap()
}

/// One entry of an author, on 1 October unless said otherwise.
pub(crate) fn entry(id: u64, author: &str, kind: Kind) -> Entry {
    Entry {
        id: EntryId(id),
        at: instant("2026-09-20T10:00:00+02:00").to_utc(),
        author: author.to_owned(),
        for_person: None,
        reference: Some("PEC 1".to_owned()),
        sender: None,
        agreement: AgreementId::new(office().agreement.id.as_str()).unwrap(),
        late: false,
        kind,
    }
}

pub(crate) fn entries(kinds: &[Kind]) -> Vec<Entry> {
    kinds.iter().zip(1..).map(|(kind, id)| entry(id, "anna", kind.clone())).collect()
}

pub(crate) fn plan(days: &[u32]) -> Kind {
    let dates = days.iter().map(|day| october(*day)).collect();
    Kind::Plan { month: Month::parse("2026-10").unwrap(), dates }
}

fn recall(day: u32, new: Option<u32>) -> Kind {
    Kind::Recall { date: october(day), notice_date: date("2026-09-20"), new_date: new.map(october) }
}

pub(crate) fn shift(from: u32, to: u32) -> Kind {
    Kind::Move { from: october(from), to: october(to) }
}

pub(crate) fn undone(of: u64) -> Kind {
    Kind::Undone { of: EntryId(of) }
}

pub(crate) fn absence(day: u32, hours: Option<(&str, &str)>) -> Kind {
    let time = |text| TimeOfDay::parse(text).unwrap();
    let hours = hours.map(|(from, to)| Band { from: time(from), to: time(to) });
    Kind::Absence { date: october(day), hours, credited: true }
}

fn punch(at: &str, direction: Direction) -> Kind {
    Kind::ManualPunch { at: instant(at), direction, reason: None, malfunction: Some(3) }
}

//
#[test]
fn entries_fold_into_the_agreed_days() {
    let rows: [(&[Kind], &[u32], &[u32]); 12] = [
        (&[], &[5, 6, 14], &[]),
        (&[plan(&[7, 8])], &[7, 8], &[]),
        (&[plan(&[7, 8]), plan(&[])], &[], &[]),
        (&[plan(&[7, 8]), undone(1)], &[5, 6, 14], &[]),
        (&[plan(&[7, 8]), undone(1), undone(2)], &[7, 8], &[]),
        (&[recall(5, None)], &[6, 14], &[5]),
        (&[recall(5, Some(12))], &[6, 12, 14], &[5]),
        (&[recall(5, Some(12)), undone(1)], &[5, 6, 14], &[]),
        (&[recall(5, Some(12)), plan(&[5, 6])], &[5, 6], &[]),
        (&[shift(5, 12)], &[6, 12, 14], &[]),
        (&[shift(5, 12), recall(12, Some(13))], &[6, 13, 14], &[12]),
        (&[shift(7, 12), recall(8, None)], &[5, 6, 14], &[]), // neither was agreed
    ];
    let office = office();
    for (kinds, planned, recalled) in rows {
        let mut entries = entries(kinds);
        entries.reverse(); // the order of their numbers decides, not that of arrival
        let facts = Facts::of(&office.agreement, &entries);
        let days = |days: &[u32]| days.iter().map(|day| october(*day)).collect::<Vec<_>>();
        assert_eq!(facts.planned_days().collect::<Vec<_>>(), days(planned), "{kinds:?}");
        let all = (1..=31).map(october).filter(|date| facts.recalled(*date).is_some());
        assert_eq!(all.collect::<Vec<_>>(), days(recalled), "{kinds:?}");
    }
}

//
#[test]
fn a_new_date_is_told_while_it_is_agreed() {
    let office = office();
    for (kinds, new_date) in [
        (vec![recall(5, Some(12))], Some(october(12))),
        (vec![recall(5, Some(12)), shift(12, 13)], None),
        (vec![recall(5, Some(12)), plan(&[6, 14])], None),
    ] {
        let entries = entries(&kinds);
        let facts = Facts::of(&office.agreement, &entries);
        assert_eq!(facts.recalled(october(5)).unwrap().new_date, new_date, "{kinds:?}");
    }
}

#[test]
fn each_entry_knows_what_became_of_it() {
    let one = EntryId(1);
    let entered = punch("2026-10-05T08:00:00+02:00", Direction::In);
    let confirmed = Kind::PunchConfirmed { of: one };
    let voided = Kind::PunchVoided { punch: VoidedPunch::Entered(one), malfunction: None };
    let rows = [
        (vec![plan(&[7])], "anna", Fate::InForce),
        (vec![plan(&[7]), plan(&[8])], "anna", Fate::Replaced(EntryId(2))),
        (vec![plan(&[7]), undone(1)], "anna", Fate::Undone(EntryId(2))),
        (vec![shift(7, 8)], "anna", Fate::WithoutEffect),
        (vec![absence(5, None), Kind::AbsenceRevoked { of: one }], "anna", Fate::Revoked(EntryId(2))),
        (vec![entered.clone()], "anna", Fate::Pending),
        (vec![entered.clone(), confirmed.clone()], "anna", Fate::Pending), // by the author: not confirmed
        (vec![entered.clone(), confirmed.clone()], "bruno", Fate::Confirmed(EntryId(2))),
        (vec![entered, confirmed, voided], "bruno", Fate::Voided(EntryId(3))),
    ];
    let office = office();
    for (kinds, second, fate) in rows {
        let mut entries = entries(&kinds);
        entries.iter_mut().skip(1).for_each(|entry| second.clone_into(&mut entry.author));
        assert_eq!(Facts::of(&office.agreement, &entries).fate(one), fate, "{kinds:?} by {second}");
    }
}

/// What is entered, at which time, after which entries; `late` accepts days that have begun.
pub(crate) fn refused(before: &[Kind], kind: Kind, now: &str, late: bool) -> Result<bool, Refusal> {
    let office = office();
    let entries = entries(before);
    let next = entries.len() as u64 + 1;
    let mut entry = entry(next, "anna", kind);
    entry.at = instant(now).to_utc();
    entry.reference = None;
    check(&Proposal {
        agreement: &office.agreement,
        host: &office.host,
        entries: &entries,
        entry: &entry,
        others: &[],
        accept_late: late,
    })
}

//
#[test]
fn what_cannot_stand_is_refused_with_the_reason() {
    let punched = punch("2026-10-05T08:00:00+02:00", Direction::In);
    let notice = |notice| Kind::Recall { date: october(5), notice_date: date(notice), new_date: None };
    let rows: Vec<(Vec<Kind>, Kind, &str)> = vec![
        (vec![], plan(&[4]), "2026-10-04 cannot be a coworking day: it is a national holiday"),
        (vec![], plan(&[11]), "it is a Sunday"),
        (vec![], plan(&[10]), "owes no hours on that day"),
        (vec![], plan(&[9]), "it is the patron day of the home office"),
        (vec![], plan(&[19]), "the host is closed on its patron day"),
        (vec![], plan(&[5, 6, 7, 8]), "would have 4 agreed days; the agreement grants 3"),
        (vec![], plan(&[7, 7]), "2026-10-07 is written twice"),
        (
            vec![],
            Kind::Plan { month: Month::parse("2027-02").unwrap(), dates: vec![] },
            "2027-02 lies outside the term",
        ),
        (
            vec![],
            Kind::Plan { month: Month::parse("2026-11").unwrap(), dates: vec![october(7)] },
            "does not lie in 2026-11",
        ),
        (vec![], shift(7, 8), "2026-10-07 is not a planned day"),
        (vec![], shift(5, 6), "2026-10-06 is already planned"),
        (vec![], shift(5, 11), "it is a Sunday"),
        (vec![], Kind::Move { from: october(5), to: date("2026-11-05") }, "different months"),
        (vec![], recall(7, None), "2026-10-07 is not a planned day"),
        (vec![recall(5, None)], recall(5, None), "2026-10-05 is not a planned day"),
        (vec![], notice("2026-10-06"), "cannot be later than the recalled day"),
        (vec![], notice("2026-10-03"), "cannot be of a day to come"),
        (vec![], absence(7, None), "2026-10-07 is not a planned day"),
        (vec![], absence(5, Some(("11:00", "11:00"))), "has no length"),
        (
            vec![absence(5, None)],
            absence(5, Some(("09:00", "11:00"))),
            "has an absence at that time already (#1)",
        ),
        (vec![absence(5, Some(("09:00", "11:00")))], absence(5, Some(("10:00", "12:00"))), "already (#1)"),
        (vec![plan(&[7])], Kind::AbsenceRevoked { of: EntryId(1) }, "is no absence"),
        (vec![], undone(1), "is no entry"),
        (vec![plan(&[7]), undone(1)], undone(1), "#1 holds no more: undone by #2"),
        (vec![], punched.clone(), "before its time has come"),
        (
            vec![punched],
            Kind::PunchConfirmed { of: EntryId(1) },
            "#1 was entered by anna, who cannot confirm it",
        ),
        (
            vec![],
            Kind::PunchVoided { punch: VoidedPunch::Entered(EntryId(1)), malfunction: None },
            "neither is given",
        ),
        (vec![], Kind::ServiceAuthorized { date: date("2027-02-01"), end: None }, "outside the term"),
        (
            vec![],
            Kind::ServiceAuthorized { date: october(25), end: TimeOfDay::parse("02:30") },
            "exists twice",
        ),
        (vec![plan(&[7]), shift(7, 8)], undone(1), ""),
    ];
    for (before, kind, reason) in rows {
        let result = refused(&before, kind.clone(), "2026-10-01T10:00:00+02:00", false);
        match result {
            Err(refusal) => {
                assert!(!reason.is_empty() && refusal.to_string().contains(reason), "{kind:?}: {refusal}");
                assert!(!refusal.hint().is_empty());
            }
            Ok(_) => assert!(reason.is_empty(), "{kind:?} was taken"),
        }
    }
}

//
#[test]
fn days_that_have_begun_need_a_word_and_are_marked() {
    let rows = [
        (plan(&[5, 6, 7]), "2026-10-01T10:00:00+02:00", Ok(false), Ok(false)),
        (plan(&[5, 6, 7]), "2026-10-07T00:00:00+02:00", Err(7), Ok(true)),
        (plan(&[5, 6, 7]), "2026-10-06T23:59:59+02:00", Ok(false), Ok(false)),
        (plan(&[6, 14]), "2026-10-05T10:00:00+02:00", Err(5), Ok(true)), // takes a begun day out
        (shift(5, 12), "2026-10-05T10:00:00+02:00", Err(5), Ok(true)),
        (shift(14, 7), "2026-10-07T10:00:00+02:00", Err(7), Ok(true)),
        (recall(5, None), "2026-10-05T10:00:00+02:00", Ok(true), Ok(true)), // may reach the host late
        (recall(14, Some(7)), "2026-10-07T10:00:00+02:00", Err(7), Ok(true)),
        (absence(5, None), "2026-10-05T10:00:00+02:00", Ok(true), Ok(true)),
        (absence(6, None), "2026-10-05T10:00:00+02:00", Ok(false), Ok(false)),
    ];
    for (kind, now, strict, accepted) in rows {
        let strict = strict.map_err(|day| Refusal::Begun(october(day)));
        assert_eq!(refused(&[], kind.clone(), now, false), strict, "{kind:?} at {now}");
        assert_eq!(refused(&[], kind.clone(), now, true), accepted, "{kind:?} at {now}, --late");
    }
}

pub(crate) fn read(at: &str, direction: Direction) -> OwnPunch {
    let at = instant(at);
    OwnPunch {
        at,
        date: at.date_naive(),
        direction: Some(direction),
        toggle: false,
        reason: None,
        source: PunchSource::Reader,
        voided: None,
    }
}

pub(crate) fn days(entries: &[Entry], punches: &[OwnPunch]) -> Vec<MonthDay> {
    let office = office();
    let month = Month::parse("2026-10").unwrap();
    let (first, last) = month_days::dates_needed(month);
    let input = MonthInput {
        agreement: &office.agreement,
        host: &office.host,
        facts: &Facts::of(&office.agreement, entries),
        month,
        clocks: &Clocks::over(first, last, office.host.zone),
        punches,
        covered_until: Some(instant("2026-11-02T08:00:00+01:00")),
    };
    month_days::days_of_month(&input, day::compute)
}

//
#[test]
fn days_have_a_standing_and_somebody_who_decided() {
    let entries = entries(&[
        recall(5, Some(12)),
        shift(6, 7),
        absence(14, None),
        Kind::OvertimeAuthorized { date: october(12), minutes: Minutes(60) },
    ]);
    let punches =
        [read("2026-10-06T08:00:00+02:00", Direction::In), read("2026-10-21T08:00:00+02:00", Direction::In)];
    let told: Vec<(u32, Standing, Option<u64>, &str, bool)> = days(&entries, &punches)
        .iter()
        .map(|day| {
            let decision = day.calendar.decided_by.decision();
            let entry = decision.map(|decision| decision.entry.0);
            let number = chrono::Datelike::day(&day.date);
            (number, day.calendar.standing, entry, day.calendar.decided_by.code(), day.planned)
        })
        .collect();
    assert_eq!(
        told,
        [
            (5, Standing::Recalled, Some(1), "register", true),
            (6, Standing::Moved, Some(2), "register", false),
            (7, Standing::Planned, Some(2), "register", true),
            (12, Standing::Planned, Some(1), "register", true),
            (14, Standing::Absent, Some(3), "register", true),
            (21, Standing::NotPlanned, None, "nobody", false),
        ]
    );
}

//
#[test]
fn entered_punches_join_once_confirmed_and_voided_ones_are_left_out() {
    let mut stray = read("2026-10-05T12:00:00+02:00", Direction::Out);
    let read = read("2026-10-05T08:00:00+02:00", Direction::In);
    let entered = entry(1, "anna", punch("2026-10-05T14:00:00+02:00", Direction::Out));
    let confirmed = entry(2, "bruno", Kind::PunchConfirmed { of: EntryId(1) });
    stray.voided = Some(EntryId(3));

    let first = |entries: &[Entry]| days(entries, &[read.clone(), stray.clone()])[0].clone();
    let pending = first(std::slice::from_ref(&entered));
    assert_eq!((pending.day.presence, pending.day.status.code()), (Some(Minutes(0)), "incomplete"));
    assert!(pending.is_open());
    let whole = first(&[entered, confirmed]);
    assert_eq!((whole.day.presence, whole.day.status.code()), (Some(Minutes(360)), "ok"));
    assert_eq!((whole.calendar.malfunctions.as_slice(), whole.calendar.voided.len()), ([3].as_slice(), 1));
    assert!(whole.day.punches[1].manual);
}

#[test]
fn a_punch_that_waits_makes_no_day_and_hides_no_exit_of_the_next_morning() {
    let waiting = entry(1, "anna", punch("2026-10-21T08:00:00+02:00", Direction::In));
    assert!(days(&[waiting], &[]).iter().all(|day| day.date != october(21)));

    let night = entry(1, "anna", punch("2026-10-07T00:30:00+02:00", Direction::Out));
    let punches =
        [read("2026-10-06T20:00:00+02:00", Direction::In), read("2026-10-07T02:00:00+02:00", Direction::Out)];
    let day = days(&[night], &punches).into_iter().find(|day| day.date == october(6)).unwrap();
    assert_eq!(day.day.presence, Some(Minutes(360)));
}

#[test]
fn an_entry_touches_the_months_of_what_it_speaks_of() {
    let entries = entries(&[shift(5, 12), undone(1), undone(2)]);
    let months = |kind: &Kind| {
        let all = ["2026-09", "2026-10", "2026-11"];
        all.into_iter()
            .filter(|month| kind.touches(Month::parse(month).unwrap(), &entries))
            .collect::<Vec<_>>()
    };
    assert_eq!(months(&undone(3)), ["2026-10"]);
    assert_eq!(months(&undone(9)), Vec::<&str>::new());
    assert_eq!(months(&Kind::Withdrawn { last_day: october(20) }), ["2026-10", "2026-11"]);
    let voided = VoidedPunch::Read {
        local: october(5).and_hms_opt(8, 0, 0).unwrap(),
        badge: "5".to_owned(),
        direction_raw: "0".to_owned(),
        reader: ReaderId::new("ingresso").unwrap(),
    };
    assert_eq!(months(&Kind::PunchVoided { punch: voided, malfunction: None }), ["2026-10"]);
}
