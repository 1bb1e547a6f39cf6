//! Random days: believable ones with a good share of trouble. A seed gives the same day for ever.

use chrono::{Days, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta};
use fastrand::Rng;
use timbra::domain::civil::{Band, TimeOfDay, device_instant};
use timbra::domain::day::{Context, DayInput, DayPunch, Leave, PunchSource, PunchTime, Recall};
use timbra::domain::minutes::Minutes;
use timbra::domain::profile::{
    BreakEvidence, BreakRule, CreditMode, DeductionMode, Profile, VoucherRule, Week,
};
use timbra::domain::punch::Direction;

/// A day to compute.
#[derive(Debug, Clone)]
pub(crate) struct Case {
    pub(crate) profile: Profile,
    pub(crate) punches: Vec<DayPunch>,
    pub(crate) context: Context,
}

impl Case {
    pub(crate) fn input(&self) -> DayInput<'_> {
        DayInput { profile: &self.profile, punches: &self.punches, context: &self.context }
    }
}

/// The day of that seed, in Rome, in 2026 or 2027.
pub(crate) fn random_case(seed: u64) -> Case {
    let mut rng = Rng::with_seed(seed);
    let first = NaiveDate::from_ymd_opt(2026, 1, 1).unwrap();
    let date = first + Days::new(rng.u64(0..730));
    Case { profile: profile(&mut rng), punches: punches(&mut rng, date), context: context(&mut rng, date) }
}

fn chance(rng: &mut Rng, percent: u8) -> bool {
    rng.u8(0..100) < percent
}

fn one_of<T: Copy>(rng: &mut Rng, all: &[T]) -> T {
    all[rng.usize(0..all.len())]
}

pub(crate) fn band(from: u16, to: u16) -> Band {
    Band { from: TimeOfDay::from_minutes(from).unwrap(), to: TimeOfDay::from_minutes(to).unwrap() }
}

fn random_band(rng: &mut Rng, from: std::ops::Range<u16>, length: std::ops::Range<u16>) -> Band {
    let from = rng.u16(from);
    band(from, from + rng.u16(length))
}

fn profile(rng: &mut Rng) -> Profile {
    let mut due = Week::default();
    let mut long_days = Week::default();
    for number in 0..7 {
        let weekday = chrono::Weekday::try_from(number).unwrap();
        let owed = [432, 432, 360, 540, 240, 0];
        due.set(
            weekday,
            if number == 6 && chance(rng, 80) { Minutes(0) } else { Minutes(one_of(rng, &owed)) },
        );
        long_days.set(weekday, chance(rng, 30));
    }
    Profile {
        name: "casuale".to_owned(),
        due,
        entry_band: chance(rng, 70).then(|| random_band(rng, 430..500, 0..120)),
        exit_band: None,
        core: if chance(rng, 70) { vec![random_band(rng, 520..600, 60..240)] } else { Vec::new() },
        core_long_days: vec![random_band(rng, 520..600, 60..240), random_band(rng, 860..900, 60..120)],
        long_days,
        service_hours: chance(rng, 70).then(|| random_band(rng, 420..480, 500..720)),
        break_rule: BreakRule {
            applies: chance(rng, 85),
            threshold: Minutes(one_of(rng, &[360, 360, 300])),
            minimum: Minutes(one_of(rng, &[30, 30, 45, 10])),
            maximum: chance(rng, 60).then_some(Minutes(90)),
            window: chance(rng, 75).then(|| random_band(rng, 700..760, 60..180)),
            deduction: one_of(
                rng,
                &[
                    DeductionMode::Graduated,
                    DeductionMode::Full,
                    DeductionMode::VoucherThreshold,
                    DeductionMode::IfStamped,
                    DeductionMode::None,
                ],
            ),
            credit: one_of(rng, &[CreditMode::Sum, CreditMode::Longest, CreditMode::First]),
        },
        voucher: VoucherRule {
            enabled: chance(rng, 85),
            minimum_worked_exclusive: Minutes(360),
            evidence: one_of(rng, &[BreakEvidence::TakenOrDeducted, BreakEvidence::Stamped]),
            short_day_overtime: Minutes(one_of(rng, &[180, 60])),
        },
        dedupe_seconds: one_of(rng, &[60, 60, 0, 300]),
        nominal: Week::default(),
        tolerance_in: Minutes::ZERO,
        tolerance_out: Minutes::ZERO,
        round_late_in: None,
        round_early_out: None,
        max_span: Minutes(one_of(rng, &[960, 960, 300])),
        shift_worker: chance(rng, 10),
        holiday: None,
        cycle: None,
    }
}

fn punches(rng: &mut Rng, date: NaiveDate) -> Vec<DayPunch> {
    let zone = chrono_tz::Europe::Rome;
    let start = if chance(rng, 6) { rng.i64(1000..1300) } else { rng.i64(390..620) };
    let mut at: NaiveDateTime = date.and_time(NaiveTime::MIN) + TimeDelta::minutes(start);
    let mut direction = Direction::In;
    let mut reason: Option<String> = None;
    let mut punches = Vec::new();
    for _ in 0..one_of(rng, &[0, 1, 2, 2, 2, 3, 4, 4, 4, 5, 6, 6, 8]) {
        if direction == Direction::Out {
            let word = chance(rng, 20).then(|| one_of(rng, &["servizio", "servizio", "permesso"]));
            reason = word.map(str::to_owned);
        }
        let source = if chance(rng, 6) {
            PunchSource::Manual { confirmed: chance(rng, 60) }
        } else {
            PunchSource::Reader
        };
        let given = match rng.u8(0..100) {
            0..4 => Some(direction.opposite()),
            4..8 => None,
            _ => Some(direction),
        };
        let instant = PunchTime::Instant(device_instant(at, None, zone));
        punches.push(DayPunch { at: instant, direction: given, reason: reason.clone(), source });
        if direction == Direction::In {
            reason = None;
        }
        direction = direction.opposite();
        at += match rng.u8(0..100) {
            0..8 => TimeDelta::seconds(rng.i64(0..90)),
            8..40 => TimeDelta::seconds(rng.i64(300..4200)),
            _ => TimeDelta::seconds(rng.i64(3600..18000)),
        };
    }
    rng.shuffle(&mut punches);
    punches
}

fn context(rng: &mut Rng, date: NaiveDate) -> Context {
    let mut context = Context::new(date, chrono_tz::Europe::Rome);
    context.in_calendar = chance(rng, 85);
    context.within_term = chance(rng, 90);
    context.day_number_in_month = chance(rng, 80).then(|| rng.u32(1..7));
    context.monthly_cap = chance(rng, 80).then_some(5);
    context.toggle = chance(rng, 10);
    while chance(rng, 20) {
        let credited = chance(rng, 60);
        context.leaves.push(if chance(rng, 15) {
            Leave::FullDay { credited }
        } else {
            let Band { from, to } = random_band(rng, 420..900, 10..240);
            Leave::Hourly { from, to, credited }
        });
    }
    context.authorized_from = chance(rng, 10).then(|| TimeOfDay::from_minutes(rng.u16(380..470)).unwrap());
    context.authorized_overtime = if chance(rng, 30) { rng.i32(0..240) } else { 0 };
    context.authorized_holiday_work = chance(rng, 40);
    context.service_authorized = chance(rng, 60);
    context.service_end_declared = chance(rng, 20)
        .then(|| PunchTime::Local(date.and_time(NaiveTime::MIN) + TimeDelta::minutes(rng.i64(600..1400))));
    context.recall = chance(rng, 5)
        .then(|| Recall { notice_date: chance(rng, 80).then(|| date - Days::new(rng.u64(0..6))) });
    context.home_patron_day = chance(rng, 3);
    context.host_patron_day = chance(rng, 3);
    context.previous_exit = chance(rng, 20).then(|| {
        let exit = date.and_time(NaiveTime::MIN) - TimeDelta::minutes(rng.i64(0..420));
        device_instant(exit, None, chrono_tz::Europe::Rome)
    });
    context
}
