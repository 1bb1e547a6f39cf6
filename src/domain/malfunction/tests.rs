use super::*;

fn at(minutes: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_793_865_600 + minutes * 60, 0).unwrap()
}

fn opening() -> Step {
    Step::Opened(Opening {
        kind: MalfunctionKind::Network,
        systems: "rete della sede".to_owned(),
        expected: None,
        from: at(0),
        agreements: Vec::new(),
        cause: None,
        detected: true,
    })
}

/// The steps as the events 1, 2, ... of malfunction 1.
fn events(steps: &[Step]) -> Vec<Event> {
    let event = |(index, step): (usize, &Step)| Event {
        id: index as u64 + 1,
        number: 1,
        at: at(100),
        author: "anna".to_owned(),
        for_person: None,
        reference: None,
        step: step.clone(),
    };
    steps.iter().enumerate().map(event).collect()
}

fn updated(systems: &str) -> Step {
    Step::Updated(Change { systems: Some(systems.to_owned()), ..Change::default() })
}

fn expected(text: &str) -> Step {
    Step::Updated(Change { expected: Some(Some(text.parse().unwrap())), ..Change::default() })
}

fn expected_at_first(text: &str) -> Step {
    let Step::Opened(opening) = opening() else { unreachable!() };
    Step::Opened(Opening { expected: Some(text.parse().unwrap()), ..opening })
}

fn restored(minutes: i64, detected: bool) -> Step {
    Step::Restored { at: at(minutes), detected }
}

#[test]
fn r_2_6_3_what_holds_is_the_fold_of_what_was_said() {
    // steps after the opening; then: open, systems, end, outages, withdrawn
    type Expected<'a> = (bool, &'a str, Option<i64>, u32, bool);
    let rows: &[(&[Step], Expected<'_>)] = &[
        (&[], (true, "rete della sede", None, 1, false)),
        (&[updated("switch")], (true, "switch", None, 1, false)),
        (&[restored(30, true)], (false, "rete della sede", Some(30), 1, false)),
        (&[restored(30, true), Step::Reopened { at: at(40) }], (true, "rete della sede", None, 2, false)),
        (
            &[restored(30, true), Step::Reopened { at: at(40) }, restored(50, true)],
            (false, "rete della sede", Some(50), 2, false),
        ),
        (&[restored(30, false), Step::Undone { of: 2 }], (true, "rete della sede", None, 1, false)),
        (&[updated("switch"), Step::Undone { of: 2 }], (true, "rete della sede", None, 1, false)),
        (&[Step::Undone { of: 1 }], (false, "rete della sede", None, 1, true)),
    ];
    for (steps, expected) in rows {
        let all: Vec<Step> = std::iter::once(opening()).chain(steps.iter().cloned()).collect();
        let folded = &fold(&events(&all))[&1];
        let minutes = folded.to.map(|to| (to - at(0)).num_minutes());
        let found = (folded.is_open(), folded.systems.as_str(), minutes, folded.outages, folded.withdrawn);
        assert_eq!(found, *expected, "{steps:?}");
    }
}

#[test]
fn what_cannot_be_is_refused() {
    let rows: &[(&[Step], Step, Result<(), Refusal>)] = &[
        (&[], opening(), Ok(())),
        (&[], restored(30, false), Err(Refusal::Unknown(1))),
        (&[opening()], restored(30, false), Ok(())),
        (&[opening()], restored(-1, false), Err(Refusal::BeforeItBegan(1))),
        (&[opening()], restored(102, false), Err(Refusal::Future)),
        (&[opening(), restored(30, true)], restored(40, false), Err(Refusal::Closed(1))),
        (&[opening()], updated("rete della sede"), Err(Refusal::Nothing(1))),
        (&[opening()], Step::Updated(Change::default()), Err(Refusal::Nothing(1))),
        (&[opening()], updated("switch"), Ok(())),
        (&[opening()], Step::Confirmed, Ok(())),
        (&[opening(), Step::Confirmed], Step::Confirmed, Err(Refusal::NoLeave(1, "it has one"))),
        (&[opening(), Step::Undone { of: 1 }], restored(30, false), Err(Refusal::Withdrawn(1))),
        (&[opening()], Step::Reported { at: at(102) }, Err(Refusal::Future)),
        // it began on 2026-11-05 at 09:00
        (&[], expected_at_first("2026-11-04"), Err(Refusal::ExpectedBefore)),
        (&[], expected_at_first("2026-11-05"), Ok(())),
        (&[opening()], expected("2026-11-05 08:59"), Err(Refusal::ExpectedBefore)),
        (&[opening()], expected("2026-11-05 09:00"), Ok(())),
        (&[opening()], expected("2036-11-04"), Ok(())),
        (&[opening()], expected("2036-11-05"), Err(Refusal::ExpectedLate)),
        (&[opening()], expected("9999-12-31"), Err(Refusal::ExpectedLate)),
    ];
    for (before, step, expected) in rows {
        let known = fold(&events(before));
        let checked = check(1, known.get(&1), step, at(100), chrono_tz::Europe::Rome);
        assert_eq!(checked, *expected, "{before:?} {step:?}");
    }
}

#[test]
fn the_last_that_stands_is_taken_back_first() {
    for (steps, expected) in [
        (vec![opening()], Some(1)),
        (vec![opening(), updated("switch")], Some(2)),
        (vec![opening(), updated("switch"), Step::Undone { of: 2 }], Some(1)),
        (vec![opening(), Step::Undone { of: 1 }], None),
    ] {
        let events = events(&steps);
        assert_eq!(last_standing(&events).map(|event| event.id), expected, "{steps:?}");
    }
}

#[test]
fn causes_and_expectations_are_read_as_they_are_written() {
    for text in ["reader ingresso", "silence of ingresso", "clock of porta", "clock", "mail"] {
        assert_eq!(text.parse::<Cause>().unwrap().to_string(), text);
    }
    assert!("reader INGRESSO".parse::<Cause>().is_err() && "fire".parse::<Cause>().is_err());
    for text in ["2026-11-05", "2026-11-05 12:00"] {
        assert_eq!(text.parse::<super::Expected>().unwrap().to_string(), text);
    }
    for wrong in ["domani", "2026-11-05 12", "2026-11-5", ""] {
        assert!(wrong.parse::<super::Expected>().is_err(), "{wrong}");
    }
}
