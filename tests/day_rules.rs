//! Rows for the corners of the rule that the worked days do not reach.

use chrono::{NaiveDate, NaiveDateTime, NaiveTime};
use timbra::domain::anomaly::Anomaly;
use timbra::domain::civil::TimeOfDay;
use timbra::domain::day::{
    Context, Day, DayInput, DayPunch, PunchSource, PunchTime, compute, compute_untold,
};
use timbra::domain::minutes::Minutes;
use timbra::domain::profile::{
    BreakEvidence, BreakRule, CreditMode, DeductionMode, Profile, VoucherRule, Week,
};
use timbra::domain::punch::Direction;

use crate::day_random::band;

pub(crate) fn profile() -> Profile {
    Profile {
        name: "5 x 7h12".to_owned(),
        due: Week::new([432, 432, 432, 432, 432, 0, 0].map(Minutes)),
        entry_band: Some(band(450, 540)),
        exit_band: None,
        core: vec![band(540, 780)],
        core_long_days: vec![band(540, 780)],
        long_days: Week::default(),
        service_hours: Some(band(450, 1140)),
        break_rule: BreakRule {
            applies: true,
            threshold: Minutes(360),
            minimum: Minutes(30),
            maximum: Some(Minutes(120)),
            window: Some(band(720, 900)),
            deduction: DeductionMode::Graduated,
            credit: CreditMode::Sum,
        },
        voucher: VoucherRule {
            enabled: true,
            minimum_worked_exclusive: Minutes(360),
            evidence: BreakEvidence::TakenOrDeducted,
            short_day_overtime: Minutes(180),
        },
        dedupe_seconds: 60,
        nominal: Week::default(),
        tolerance_in: Minutes::ZERO,
        tolerance_out: Minutes::ZERO,
        round_late_in: None,
        round_early_out: None,
        max_span: Minutes(960),
        shift_worker: false,
        holiday: None,
        cycle: None,
    }
}

pub(crate) fn with(change: impl FnOnce(&mut Profile)) -> Profile {
    let mut profile = profile();
    change(&mut profile);
    profile
}

pub(crate) fn context(date: &str) -> Context {
    let mut context = Context::new(date.parse().unwrap(), chrono_tz::Europe::Rome);
    (context.in_calendar, context.within_term) = (true, true);
    context
}

/// `08:00 in, 13:00:20 out servizio, 13:30 ?` on the context's date; `+01:12` is the next date.
fn punches(text: &str, date: NaiveDate) -> Vec<DayPunch> {
    let read = |punch: &str| {
        let mut words = punch.split_whitespace();
        let time = words.next().unwrap();
        let day = if time.starts_with('+') { date.succ_opt().unwrap() } else { date };
        let time = time.trim_start_matches('+');
        let time = if time.len() == 5 { format!("{time}:00") } else { time.to_owned() };
        let direction = match words.next() {
            Some("in") => Some(Direction::In),
            Some("out") => Some(Direction::Out),
            _ => None,
        };
        DayPunch {
            at: PunchTime::Local(NaiveDateTime::new(day, time.parse::<NaiveTime>().unwrap())),
            direction,
            reason: words.next().map(str::to_owned),
            source: PunchSource::Reader,
        }
    };
    text.split(", ").filter(|punch| !punch.is_empty()).map(read).collect()
}

pub(crate) fn day(profile: &Profile, context: &Context, text: &str) -> Day {
    compute(&DayInput { profile, context, punches: &punches(text, context.date()) })
}

/// One line: status, worked, balance, then the anomalies.
pub(crate) fn told(day: &Day) -> String {
    let number = |minutes: Option<Minutes>| minutes.map_or("-".to_owned(), |minutes| minutes.0.to_string());
    let codes: Vec<&str> = day.anomalies.iter().map(|anomaly| anomaly.code()).collect();
    let line =
        format!("{} {} {} {}", day.status.code(), number(day.worked), number(day.balance), codes.join(" "));
    line.trim_end().to_owned()
}

fn check(profile: &Profile, rows: &[(&str, &str)]) {
    for (punches, expected) in rows {
        assert_eq!(told(&day(profile, &context("2026-05-12"), punches)), *expected, "{punches}");
    }
}

#[test]
fn directions_pairs_and_ties() {
    check(
        &profile(),
        &[
            ("08:00 ?, 13:00 ?, 13:30 ?, 15:42 ?", "ok 432 0"),
            ("08:00 in, 13:00 ?, 13:30 in, 15:42 ?", "ok 432 0"),
            ("08:00 in, 08:30 in, 15:42 out", "incomplete 432 - unpaired_in"),
            ("13:00 out, 13:30 in, 15:42 out", "incomplete 132 - unpaired_out"),
            ("08:00 in, 13:00:40 in, 13:00:10 out, 15:42 out", "ok 432 0 break_missing"),
            ("08:00 in, 13:00:10 in, 13:00:40 out, 15:42 out", "ok 432 0 break_missing"),
            ("08:00:10 out, 08:00:30 in, 15:42 out", "incomplete 0 - unpaired_out"),
            ("08:00 in, 08:01 in, 15:42 out", "ok 432 0 duplicate_punch break_missing"),
            ("08:00 in, 08:01:01 in, 15:42 out", "incomplete 461 - unpaired_in"),
            // An exit between two entries: the second entry repeats nothing.
            ("08:00:00 in, 08:00:20 out, 08:00:40 in, 15:42 out", "ok 432 0 break_missing"),
            ("08:00 in, 15:42 out, 15:42:20 in, 15:42:40 out", "ok 432 0 break_missing"),
            ("08:00 in, 08:00:50 in, 08:01:40 in, 15:42 out", "incomplete 461 - duplicate_punch unpaired_in"),
            ("08:00 in, 08:00:20 ?, 08:00:40 in, 15:42 out", "ok 432 0 break_missing"),
            ("", "no_show 0 - no_show"),
        ],
    );
    let long = with(|p| (p.max_span, p.service_hours) = (Minutes(960), None));
    check(
        &long,
        &[
            ("08:00 in, +00:00 out", "ok 930 498 break_missing midnight_crossing"),
            ("08:00 in, +00:01 out", "incomplete 0 - unpaired_in unpaired_out"),
        ],
    );
}

#[test]
fn tolerance_and_rounding_move_the_first_entry_and_the_last_exit() {
    let nominal = |change: fn(&mut Profile)| {
        with(|p| {
            p.nominal = Week::new([Some(band(480, 942)); 7]);
            (p.entry_band, p.service_hours, p.break_rule.applies) = (None, None, false);
            change(p);
        })
    };
    let counted = |profile: &Profile, punches: &str| {
        let day = day(profile, &context("2026-05-12"), punches);
        let pair = day.pairs().next().unwrap();
        format!("{} {}", pair.from.format("%H:%M"), pair.to.format("%H:%M"))
    };
    let tolerant = nominal(|p| (p.tolerance_in, p.tolerance_out) = (Minutes(10), Minutes(5)));
    let against = nominal(|p| (p.round_late_in, p.round_early_out) = (Some(15), Some(30)));
    let favour = nominal(|p| (p.round_late_in, p.round_early_out) = (Some(-15), Some(-30)));
    for (profile, punches, expected) in [
        (&tolerant, "08:10 in, 15:37 out", "08:00 15:42"),
        (&tolerant, "08:11 in, 15:36 out", "08:11 15:36"),
        (&tolerant, "07:55 in, 15:50 out", "07:55 15:50"),
        (&against, "08:01 in, 15:41 out", "08:15 15:30"),
        (&against, "08:00 in, 15:42 out", "08:00 15:42"),
        (&against, "08:15 in, 15:30 out", "08:15 15:30"),
        (&against, "08:01 in, 08:05 out", "08:05 08:05"), // neither passes the punch beside it
        (&favour, "08:20 in, 15:10 out", "08:15 15:30"),
    ] {
        assert_eq!(counted(profile, punches), expected, "{punches}");
    }
    let banded = nominal(|p| (p.entry_band, p.round_late_in) = (Some(band(450, 540)), Some(30)));
    assert_eq!(counted(&banded, "09:00 in, 15:42 out"), "09:00 15:42");
    assert_eq!(counted(&banded, "09:01 in, 15:42 out"), "09:30 15:42");
}

#[test]
fn each_way_of_taking_off_a_missing_break() {
    for (mode, longer, short) in [
        (DeductionMode::Graduated, 360, 417),
        (DeductionMode::Full, 340, 417),
        (DeductionMode::VoucherThreshold, 370, 417),
        (DeductionMode::IfStamped, 370, 417),
        (DeductionMode::None, 370, 432),
    ] {
        let profile = with(|p| p.break_rule.deduction = mode);
        let worked = |punches| day(&profile, &context("2026-05-12"), punches).worked;
        assert_eq!(worked("08:00 in, 14:10 out"), Some(Minutes(longer)), "{mode:?}");
        let stamped = "08:00 in, 12:30 out, 12:45 in, 15:27 out";
        assert_eq!(worked(stamped), Some(Minutes(short)), "{mode:?}");
    }
}

#[test]
fn service_outside_and_the_edges_of_the_day() {
    let mut authorized = context("2026-05-12");
    authorized.authorized_from = TimeOfDay::parse("07:00");
    let early = day(&profile(), &authorized, "06:50 in, 13:00 out");
    assert_eq!((early.presence, early.not_counted), (Some(Minutes(360)), Some(Minutes(10))));
    let mut service = context("2026-05-12");
    service.service_end_declared = Some(punches("14:00 out", service.date())[0].at);
    let row = "08:00 in, 14:30 out servizio";
    assert_eq!(told(&day(&profile(), &service, row)), "incomplete 390 - service_exit_unclosed");
    service.service_end_declared = Some(punches("15:30 out", service.date())[0].at);
    assert_eq!(told(&day(&profile(), &service, row)), "ok 420 -12 break_missing");
}

#[test]
fn nights_in_which_the_clocks_change() {
    let profile = with(|p| (p.service_hours, p.entry_band, p.break_rule.applies) = (None, None, false));
    let mut sunday = context("2026-03-29");
    sunday.authorized_holiday_work = true;
    assert_eq!(told(&day(&profile, &sunday, "01:30 in, 03:30 out")), "ok 60 60 dst_transition");
    let ambiguous = context("2026-10-25");
    let day = day(&profile, &ambiguous, "02:30 in, 05:00 out");
    assert_eq!((day.worked, day.due), (None, None));
    assert!(day.anomalies.contains(&Anomaly::AmbiguousLocalTime));
}

#[test]
fn shifts_over_two_weeks_and_holidays_that_are_worked() {
    use timbra::domain::cycle::{Cycle, CycleWeek, HolidayModel};
    let shift = with(|p| {
        (p.service_hours, p.break_rule.applies) = (None, false);
        let week = |due: i32, from: u16| CycleWeek {
            due: Week::new([Minutes(due); 7]),
            nominal: Week::default(),
            entry_band: Some(band(from, from)),
            exit_band: None,
            core: Vec::new(),
            core_long_days: Vec::new(),
            long_days: Week::default(),
        };
        let anchor = "2026-01-05".parse().unwrap();
        p.cycle = Some(Cycle { anchor, weeks: vec![week(360, 420), week(432, 828)] });
        let (nominal, entry_band, exit_band) = (None, None, None);
        p.holiday =
            Some(HolidayModel { due: Minutes(300), nominal, entry_band, exit_band, core: Vec::new() });
    });
    let morning = "07:00 in, 13:00 out";
    for (date, patron, punches, expected, because) in [
        ("2026-05-11", false, morning, "ok 360 0", "week[1].due_minutes.mon = 360"),
        ("2026-05-11", false, "07:01 in, 13:01 out", "ok 360 0 late_entry", "week[1].due_minutes.mon = 360"),
        ("2026-05-18", false, morning, "ok 360 -72", "week[2].due_minutes.mon = 432"),
        ("2026-05-24", false, morning, "ok 360 -72", "week[2].due_minutes.sun = 432"),
        ("2026-06-02", false, morning, "ok 360 60", "holiday.due_minutes = 300"),
        ("2026-05-11", true, morning, "ok 360 60", "holiday.due_minutes = 300"),
        ("2026-06-02", false, "", "no_show 0 - no_show", "holiday.due_minutes = 300"),
    ] {
        let mut context = context(date);
        context.home_patron_day = patron;
        let day = day(&shift, &context, punches);
        assert_eq!(told(&day), expected, "{date} {punches}");
        assert_eq!(day.trail[0].because.to_string(), because, "{date}");
    }
    let ordinary = with(|p| (p.service_hours, p.break_rule.applies) = (None, false));
    let day = day(&ordinary, &context("2026-06-02"), morning);
    assert_eq!(told(&day), "holiday 360 360 holiday_work");
}

#[test]
fn pairs_are_those_that_the_rules_made() {
    let short = with(|p| (p.max_span, p.service_hours) = (Minutes(600), None));
    for (punches, expected) in [
        ("08:00 in, 13:00 out, 13:30 in, 15:42 out", "08:00-13:00 13:30-15:42"),
        ("08:00 in, 09:00 in, 10:00 out", "09:00-10:00"),
        ("08:00 out, 09:00 in, 10:00 out, 11:00 out", "09:00-10:00"),
        ("01:00 in, 13:00 out, 14:00 in, 15:00 out", "14:00-15:00"), // the first is too long
        ("08:00 in", ""),
    ] {
        let day = day(&short, &context("2026-05-12"), punches);
        let pairs: Vec<String> = day
            .pairs()
            .map(|pair| format!("{}-{}", pair.from.format("%H:%M"), pair.to.format("%H:%M")))
            .collect();
        assert_eq!(pairs.join(" "), expected, "{punches}");
    }
}

#[test]
fn a_pair_crosses_midnight_by_the_clocks_of_the_place() {
    let crosses = |zone, date: &str, punches: &str| {
        let mut context = Context::new(date.parse().unwrap(), zone);
        (context.in_calendar, context.within_term) = (true, true);
        told(&day(&profile(), &context, punches)).contains("midnight_crossing")
    };
    // 22:00 of the day before to 04:00 by UTC
    assert!(!crosses(chrono_tz::Europe::Rome, "2026-05-12", "00:10 in, 06:00 out"));
    // one date by UTC, the offset being 25 minutes and 21 seconds
    assert!(crosses(chrono_tz::Europe::Dublin, "1910-05-12", "23:50 in, +00:10 out"));
    assert!(!crosses(chrono_tz::Europe::Dublin, "1910-05-12", "00:10 in, 06:00 out"));
}

#[test]
fn a_time_that_never_was_leaves_nothing_else_to_say() {
    for rule in [compute, compute_untold] {
        let context = Context {
            previous_exit: Some("2026-03-28T23:50:00+01:00".parse().unwrap()),
            ..context("2026-03-29")
        };
        let punches = punches("01:00 in, 01:00:20 in, 01:30 out, 02:30 in", context.date());
        let day = rule(&DayInput { profile: &profile(), context: &context, punches: &punches });
        assert_eq!(told(&day), "input_error - - nonexistent_local_time");
        assert!(day.punches.is_empty() && day.repeated.is_empty() && !day.coworking_day_used);
        assert!(day.trail.len() == 2 || day.trail.is_empty(), "{:?}", day.trail);
    }
}
