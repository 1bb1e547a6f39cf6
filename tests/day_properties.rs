//! What must hold for every day, whatever its punches.

use chrono::{DateTime, Datelike, Days, FixedOffset, NaiveDate, TimeDelta};
use proptest::prelude::*;
use timbra::domain::anomaly::Anomaly;
use timbra::domain::calendar::is_festive;
use timbra::domain::civil::{DayClock, device_instant, local_time};
use timbra::domain::day::{Day, DayPunch, Measure, PunchSource, PunchTime, Status, compute, compute_untold};
use timbra::domain::minutes::Minutes;
use timbra::domain::profile::{DeductionMode, Week};
use timbra::domain::punch::Direction;

use crate::day_random::{Case, band, random_case};

/// The numbers of a day, without what only tells where they came from.
fn numbers(day: &Day) -> (Status, [Option<Minutes>; 9], Option<bool>) {
    let minutes = [
        day.presence,
        day.break_taken,
        day.break_deducted,
        day.worked,
        day.justified,
        day.due,
        day.balance,
        day.not_counted,
        day.service,
    ];
    (day.status, minutes, day.meal_voucher)
}

fn instant(punch: &DayPunch) -> DateTime<FixedOffset> {
    match punch.at {
        PunchTime::Instant(at) => at,
        PunchTime::Local(_) => unreachable!("random days have instants"),
    }
}

fn last_of(day: &Day, measure: Measure) -> Option<Minutes> {
    day.trail.iter().rev().find(|step| step.rule.measure() == measure).map(|step| step.after)
}

/// Adds nominal times, tolerance and rounding to a day.
fn with_rounding(mut case: Case, late: i32, early: i32) -> Case {
    case.profile.nominal = Week::new([Some(band(480, 912)); 7]);
    case.profile.tolerance_in = Minutes(10);
    case.profile.tolerance_out = Minutes(10);
    case.profile.round_late_in = Some(late);
    case.profile.round_early_out = Some(early);
    case
}

/// `PROPTEST_CASES` says how many.
fn effort() -> ProptestConfig {
    let asked = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok());
    let mut effort = ProptestConfig::with_cases(asked.unwrap_or(400));
    (effort.failure_persistence, effort.max_global_rejects) = (None, 1_000_000);
    effort
}

proptest! {
    #![proptest_config(effort())]

    #[test]
    fn the_order_of_arrival_changes_nothing(seed: u64, shuffle: u64) {
        let case = random_case(seed);
        let mut other = case.clone();
        fastrand::Rng::with_seed(shuffle).shuffle(&mut other.punches);
        prop_assert_eq!(compute(&case.input()), compute(&other.input()));
    }

    #[test]
    fn a_repeated_punch_changes_nothing_but_its_anomaly(seed: u64, which: prop::sample::Index) {
        let case = random_case(seed);
        prop_assume!(!case.punches.is_empty());
        let mut other = case.clone();
        let repeated = other.punches[which.index(other.punches.len())].clone();
        other.punches.push(repeated.clone());
        let (one, two) = (compute(&case.input()), compute(&other.input()));
        prop_assert_eq!(numbers(&one), numbers(&two));
        prop_assert_eq!(&one.punches, &two.punches);
        let mut expected = one.anomalies.clone();
        if repeated.source != (PunchSource::Manual { confirmed: false }) {
            expected.insert(Anomaly::DuplicatePunch);
        }
        prop_assert_eq!(expected, two.anomalies);
    }

    #[test]
    fn the_numbers_of_a_day_agree(seed: u64, grid in prop::sample::select(vec![5, -5, 15, -15, 60, -60])) {
        for case in [random_case(seed), with_rounding(random_case(seed), grid, -grid)] {
            let day = compute(&case.input());
            prop_assert!(day.worked <= day.presence);
            prop_assert!(day.worked >= Some(Minutes::ZERO));
            if let (Some(worked), Some(justified), Some(due), Some(balance)) =
                (day.worked, day.justified, day.due, day.balance)
            {
                prop_assert_eq!(worked + justified - due, balance);
            }
            let mut before = Minutes::ZERO;
            for step in day.trail.iter().filter(|step| step.rule.measure() == Measure::Worked) {
                prop_assert_eq!(step.before, before, "{:?}", step);
                before = step.after;
            }
            prop_assert_eq!(last_of(&day, Measure::Worked), day.worked);
            prop_assert_eq!(last_of(&day, Measure::Balance), day.balance);
            prop_assert_eq!(last_of(&day, Measure::Due), day.due);
            prop_assert_eq!(last_of(&day, Measure::Justified).unwrap_or_default(), day.justified.unwrap());
            for step in &day.trail {
                for sentence in [step.english(), step.italian()] {
                    prop_assert!(sentence.ends_with('.') && !sentence.contains(['{', '_']), "{}", sentence);
                }
                let ground = format!("{}: {}", step.rule.title(), step.because.italian());
                prop_assert!(!ground.contains(['_', '=']), "{} has a key of the files", ground);
            }
        }
    }

    #[test]
    fn staying_a_minute_longer_never_lowers_the_hours(seed: u64) {
        let mut case = random_case(seed);
        case.profile.break_rule.deduction = DeductionMode::Graduated;
        case.punches.retain(|punch| punch.source == PunchSource::Reader);
        let Some(last) = (0..case.punches.len()).max_by_key(|i| instant(&case.punches[*i])) else {
            return Ok(());
        };
        case.punches[last].reason = None;
        let mut longer = case.clone();
        longer.punches[last].at = PunchTime::Instant(instant(&case.punches[last]) + TimeDelta::minutes(1));
        let (day, other) = (compute(&case.input()), compute(&longer.input()));
        // Both complete: not past the longest believable pair, nothing unpaired.
        prop_assume!(day.break_taken.is_some() && other.break_taken.is_some());
        prop_assume!(day.punches.len() == other.punches.len());
        prop_assert!(day.worked <= other.worked, "{:?} {:?}", day.worked, other.worked);
    }

    #[test]
    fn the_same_day_weeks_later_is_the_same(seed: u64, weeks in 1..40u64) {
        let case = random_case(seed);
        let days = Days::new(7 * weeks);
        let zone = case.context.clock.zone();
        let mut later = case.clone();
        let moved = |at: DateTime<FixedOffset>| device_instant(local_time(&at, zone) + days, None, zone);
        later.context.clock = DayClock::new(case.context.date() + days, zone);
        later.context.previous_exit = case.context.previous_exit.map(moved);
        later.context.service_end_declared = case.context.service_end_declared.map(|end| match end {
            PunchTime::Local(local) => PunchTime::Local(local + days),
            PunchTime::Instant(at) => PunchTime::Instant(moved(at)),
        });
        if let Some(recall) = &mut later.context.recall {
            recall.notice_date = recall.notice_date.map(|date| date + days);
        }
        for punch in &mut later.punches {
            punch.at = PunchTime::Instant(moved(instant(punch)));
        }
        let quiet = |date: NaiveDate| !is_festive(date) && !matches!(date.month(), 3 | 10);
        prop_assume!(quiet(case.context.date()) && quiet(later.context.date()));
        let (one, two) = (compute(&case.input()), compute(&later.input()));
        prop_assert_eq!(numbers(&one), numbers(&two));
        prop_assert_eq!(one.anomalies, two.anomalies);
    }

    #[test]
    fn no_punches_panic(
        seed: u64,
        kinds in prop::sample::select(vec![0..4u8, 2..4u8]),
        rows in prop::collection::vec((any::<i64>(), any::<u32>(), any::<u8>(), -86_399..86_400i32), 0..12),
        year in prop::sample::select(vec![-262_000, -1, 0, 1, 1800, 2026, 9999, 10_000, 262_000]),
        grid in prop::sample::select(vec![1, -1, 7, 60, -60]),
    ) {
        let mut case = with_rounding(random_case(seed), grid, grid);
        let date = case.context.date().with_year(year).unwrap_or_default();
        case.context.clock = DayClock::new(date, case.context.clock.zone());
        case.profile.due = Week::new([Minutes(1440); 7]);
        for (seconds, nanos, kind, offset) in rows {
            let kind = kinds.start + kind % (kinds.end - kinds.start);
            // Half of them anywhere in time, half near the day.
            let near = case.context.date().and_time(chrono::NaiveTime::MIN).and_utc().timestamp();
            let bounded = if kind < 2 { seconds % 8_000_000_000_000 } else { near + seconds % 100_000 };
            let Some(utc) = DateTime::from_timestamp(bounded, nanos % 2_000_000_000) else { continue };
            let zone = FixedOffset::east_opt(offset).unwrap();
            let local = utc.naive_utc();
            let at = match kind % 2 {
                0 => PunchTime::Instant(utc.with_timezone(&zone)),
                _ => PunchTime::Local(local),
            };
            let direction = [None, Some(Direction::In), Some(Direction::Out)][nanos as usize % 3];
            let source = PunchSource::Reader;
            case.punches.push(DayPunch { at, direction, reason: Some("servizio".to_owned()), source });
        }
        let mut day = compute(&case.input());
        prop_assert!(day.worked <= day.presence);
        day.trail.clear();
        prop_assert_eq!(compute_untold(&case.input()), day, "without its trail");
    }
}
