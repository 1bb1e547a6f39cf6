//! Rows for the sentences and grounds of a day's steps, and for edges that only they show.

use timbra::domain::civil::TimeOfDay;
use timbra::domain::day::{Context, Leave, PunchTime};
use timbra::domain::minutes::Minutes;
use timbra::domain::profile::{DeductionMode, Profile, Week};

use crate::day_random::band;
use crate::day_rules::{context, day, profile, told, with};

/// `code | because | before -> after | sentence` of the steps with that code.
fn steps(profile: &Profile, context: &Context, punches: &str, code: &str) -> String {
    let day = day(profile, context, punches);
    let steps = day.trail.iter().filter(|step| step.rule.code() == code);
    let told = steps
        .map(|step| format!("{} | {} -> {} | {}", step.because, step.before.0, step.after.0, step.italian()));
    told.collect::<Vec<_>>().join("\n")
}

#[test]
fn each_step_tells_what_decided_and_the_minutes() {
    let nominal = with(|p| {
        p.nominal = Week::new([Some(band(480, 942)); 7]);
        (p.tolerance_in, p.round_early_out) = (Minutes(10), Some(-15));
    });
    let toggle = {
        let mut context = context("2026-05-12");
        context.toggle = true;
        context
    };
    let plain = context("2026-05-12");
    let mode = |mode| with(|p| p.break_rule.deduction = mode);
    let rows = [
        (
            &nominal,
            &plain,
            "08:10 in, 15:40 out",
            "tolerance",
            "tolerance_in = 10 | 490 -> 480 | La timbratura delle 08:10 conta come 08:00, entro la tolleranza.",
        ),
        (
            &nominal,
            &plain,
            "08:00 in, 15:40 out",
            "rounding",
            "round_early_out = -15 | 940 -> 945 | La timbratura delle 15:40 conta come 15:45, per arrotondamento.",
        ),
        (
            &profile(),
            &toggle,
            "08:00 in, 14:00 in",
            "read_as_entry",
            "reader_mode = toggle | 0 -> 0 | La timbratura delle 08:00 non ha un verso ed è letta come entrata, per alternanza.",
        ),
        (
            &profile(),
            &plain,
            "08:00 in, 14:00 ?",
            "read_as_exit",
            "direction = null | 0 -> 0 | La timbratura delle 14:00 non ha un verso ed è letta come uscita, per alternanza.",
        ),
        (
            &profile(),
            &plain,
            "08:00 in, 14:00 out",
            "pair",
            "max_span_minutes = 960 | 0 -> 360 | Dalle 08:00 alle 14:00: 6 ore; in tutto 6 ore.",
        ),
        (
            &profile(),
            &plain,
            "08:00 in, 09:01 out",
            "worked",
            "presence_minutes = 61 | 61 -> 61 | Ore lavorate: 1 ora e 1 minuto.",
        ),
        (&profile(), &plain, "08:00 in, 14:00 out", "break_taken", ""),
        (
            &profile(),
            &plain,
            "07:20 in, 14:00 out",
            "before_opening",
            "service_hours from 07:30 | 400 -> 390 | Prima dell'entrata consentita, non conteggiati: 10 minuti; restano 6 ore e 30 minuti.",
        ),
        (
            &mode(DeductionMode::IfStamped),
            &plain,
            "08:00 in, 13:00 out, 13:10 in, 15:42 out",
            "break_deducted",
            "threshold_minutes = 360, min_minutes = 30, deduction_mode = if_stamped | 452 -> 432 | Tolti per la pausa mancante: 20 minuti; restano 7 ore e 12 minuti.",
        ),
    ];
    for (profile, context, punches, code, expected) in rows {
        assert_eq!(steps(profile, context, punches, code), expected, "{punches} {code}");
    }
    let words = [
        (DeductionMode::Graduated, "graduated"),
        (DeductionMode::Full, "full"),
        (DeductionMode::VoucherThreshold, "voucher_threshold"),
    ];
    for (deduction, word) in words {
        let told = steps(&mode(deduction), &plain, "08:00 in, 16:00 out", "break_deducted");
        assert!(told.contains(&format!("deduction_mode = {word} |")), "{told}");
    }
}

#[test]
fn the_balance_starts_from_what_was_worked_and_justified() {
    let plain = context("2026-05-12");
    let mut leave = context("2026-05-12");
    let time = |hour: u16| TimeOfDay::from_minutes(hour * 60).unwrap();
    leave.leaves = vec![Leave::Hourly { from: time(8), to: time(9), credited: true }];
    for (context, code, expected) in [
        (&plain, "balance", "due_minutes = 432 | 300 -> -132 | "),
        (&plain, "justified", ""),
        (&leave, "balance", "due_minutes = 432 | 360 -> -72 | "),
        (&leave, "justified", "| 0 -> 60 | "),
    ] {
        let told = steps(&profile(), context, "09:00 in, 14:00 out", code);
        assert!(told.contains(expected) && told.is_empty() == expected.is_empty(), "{code}: {told}");
    }
}

#[test]
fn edges_are_on_the_side_that_the_rule_says() {
    // A service that ends when it begins is closed.
    let mut service = context("2026-05-12");
    let date = service.date();
    let end = |time: &str| date.and_time(time.parse().unwrap());
    service.service_end_declared = Some(PunchTime::Local(end("13:00:00")));
    assert!(told(&day(&profile(), &service, "08:00 in, 13:00 out servizio")).starts_with("ok 300"));
    service.service_end_declared = Some(PunchTime::Local(end("12:59:00")));
    assert!(told(&day(&profile(), &service, "08:00 in, 13:00 out servizio")).starts_with("incomplete 300"));
    // An entry at the very end of the band is not late: nothing is rounded.
    let grid = with(|p| (p.entry_band, p.round_late_in) = (Some(band(450, 500)), Some(15)));
    let entry = |punches: &str| {
        day(&grid, &context("2026-05-12"), punches).pairs().next().unwrap().from.format("%H:%M").to_string()
    };
    assert_eq!(entry("08:20 in, 15:00 out"), "08:20");
    assert_eq!(entry("08:21 in, 15:00 out"), "08:30");
    // A whole day of leave covers every band, early and late.
    let mut leave = context("2026-05-12");
    leave.leaves = vec![Leave::FullDay { credited: false }];
    let conflict = told(&day(&profile(), &leave, "10:00 in, 10:30 out, 11:00 in, 12:00 out"));
    assert_eq!(conflict, "conflict 90 - punch_on_absence_day");
    // An authorised entry at the opening itself changes nothing.
    let mut early = context("2026-05-12");
    early.authorized_from = TimeOfDay::parse("07:30");
    let ground = steps(&profile(), &early, "07:20 in, 14:00 out", "before_opening");
    assert!(ground.starts_with("service_hours from 07:30"), "{ground}");
    // Leave of a recalled day is told as void.
    let mut recalled = context("2026-05-12");
    recalled.recall = Some(timbra::domain::day::Recall::default());
    let (from, to) = (TimeOfDay::parse("08:00").unwrap(), TimeOfDay::parse("10:00").unwrap());
    recalled.leaves = vec![Leave::Hourly { from, to, credited: true }];
    assert!(steps(&profile(), &recalled, "", "leave_void").starts_with("recalled = true | 120 -> 0"));
    recalled.leaves.clear();
    assert_eq!(steps(&profile(), &recalled, "", "leave_void"), "");
}
