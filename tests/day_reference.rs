//! A second opinion: a slow, obvious counter that looks at a day minute by minute, compared with the
//! computation on many random days. `TIMBRA_RANDOM_DAYS` says how many.
//!
//! It knows nothing of tolerance, rounding, and the nights in which the clocks change.

use chrono::{Datelike, NaiveDate, Weekday};
use timbra::domain::anomaly::Anomaly::*;
use timbra::domain::calendar::national_holiday;
use timbra::domain::civil::Band;
use timbra::domain::day::{Leave, PunchTime, compute};
use timbra::domain::profile::{BreakEvidence, CreditMode, DeductionMode};
use timbra::domain::punch::Direction::Out;

use crate::day_random::{Case, random_case};
use crate::day_sheet::{Sheet, Stay, count, finish, inside, on_leave, seconds, stamps, stays};

fn count_stays(case: &Case, stays: &[Stay], sheet: &mut Sheet) {
    for minute in stays.iter().flat_map(|stay| stay.from..stay.to) {
        let early = case.profile.service_hours.is_some_and(|hours| {
            let band = case.profile.entry_band.filter(|_| sheet.due > 0).map_or(hours.from, |band| band.from);
            let start = hours.from.max(band);
            let start = case.context.authorized_from.map_or(start, |from| from.min(start));
            minute < i64::from(start.minutes())
        });
        let late = case.profile.service_hours.is_some_and(|hours| minute >= i64::from(hours.to.minutes()));
        if early {
            sheet.anomalies.insert(EarlyEntryNotCounted);
        } else if late {
            sheet.anomalies.insert(LateExitNotCounted);
        }
        if early || late { sheet.not_counted += 1 } else { sheet.presence += 1 }
    }
}

fn judge_break(case: &Case, parts: &[i32], sheet: &mut Sheet) {
    let rule = case.profile.break_rule;
    let touched: Vec<i32> = parts.iter().copied().filter(|part| *part > 0).collect();
    let taken = match rule.credit {
        CreditMode::Sum => touched.iter().sum(),
        CreditMode::Longest => touched.iter().copied().max().unwrap_or(0),
        CreditMode::First => touched.first().copied().unwrap_or(0),
    };
    let mut deducted = 0;
    if rule.applies && sheet.presence > rule.threshold.0 {
        let missing = (rule.minimum.0 - taken).max(0);
        let still_over = sheet.presence - missing > case.profile.voucher.minimum_worked_exclusive.0;
        deducted = match rule.deduction {
            DeductionMode::Graduated => missing.min(sheet.presence - rule.threshold.0),
            DeductionMode::Full => missing,
            DeductionMode::VoucherThreshold => {
                if still_over {
                    missing
                } else {
                    0
                }
            }
            DeductionMode::IfStamped => {
                if taken > 0 {
                    missing
                } else {
                    0
                }
            }
            DeductionMode::None => 0,
        };
    }
    if deducted > 0 {
        sheet.anomalies.insert(if taken == 0 { BreakMissing } else { BreakShort });
    }
    if rule.maximum.is_some_and(|maximum| touched.iter().any(|part| *part > maximum.0)) {
        sheet.anomalies.insert(BreakLong);
    }
    (sheet.taken, sheet.deducted) = (Some(taken), Some(deducted));
    sheet.worked = sheet.presence - deducted;
    let overtime = case.context.authorized_overtime.min(sheet.worked - sheet.due);
    let rule = case.profile.voucher;
    let shown = if rule.evidence == BreakEvidence::Stamped { taken } else { taken + deducted };
    sheet.voucher = Some(match sheet.due {
        _ if !rule.enabled => false,
        361.. => sheet.worked > rule.minimum_worked_exclusive.0 && shown >= 30,
        1..=360 => overtime >= rule.short_day_overtime.0 && taken >= 30,
        _ => false,
    });
}

fn work_out(case: &Case) -> Sheet {
    let (profile, context) = (&case.profile, &case.context);
    let mut sheet = Sheet { in_totals: true, ..Sheet::default() };
    let weekday = context.date().weekday();
    let owed = profile.due.on(weekday).0;
    let holiday = national_holiday(context.date()).is_some()
        || context.home_patron_day
        || (weekday == Weekday::Sun && owed == 0);
    sheet.due = if holiday { 0 } else { owed };
    let stamps = stamps(case, &mut sheet);
    sheet.used = !stamps.is_empty();
    if let (Some(exit), Some(first)) = (context.previous_exit, stamps.first())
        && first.second.div_euclid(60) - seconds(PunchTime::Instant(exit), case).div_euclid(60) < 660
    {
        sheet.anomalies.insert(DailyRestShort);
    }
    let (stays, last, left_over) = stays(case, &stamps, &mut sheet);
    let service_at_end =
        last.filter(|stamp| stamp.direction == Some(Out) && stamp.reason.as_deref() == Some("servizio"));
    let declared = context.service_end_declared.map(|end| seconds(end, case) / 60);
    let service_end = service_at_end.as_ref().and(declared);
    let unclosed = service_at_end.is_some_and(|exit| service_end.is_none_or(|end| end < exit.second / 60));
    if unclosed {
        sheet.anomalies.insert(ServiceExitUnclosed);
    }
    let complete = !left_over && !unclosed;
    count_stays(case, &stays, &mut sheet);

    let core = profile.core_on(weekday);
    let rule = profile.break_rule;
    let mut parts = Vec::new();
    let mut core_missed = false;
    for (one, next) in stays.iter().zip(stays.iter().skip(1)) {
        let gap = one.to..next.from;
        let service = [&one.reason_out, &next.reason_in].iter().all(|r| r.as_deref() == Some("servizio"));
        if service && context.service_authorized {
            if complete {
                sheet.service += count(gap.clone(), |_| true);
            }
            continue;
        }
        if service {
            sheet.anomalies.insert(ServiceNotAuthorized);
        }
        let plain = one.reason_out.is_none() && next.reason_in.is_none();
        let is_break =
            |minute| plain && rule.applies && rule.window.is_none_or(|window| inside(minute, window));
        parts.push(count(gap.clone(), is_break));
        core_missed |= gap.clone().any(|minute| {
            core.iter().any(|band| inside(minute, *band)) && !on_leave(minute, case) && !is_break(minute)
        });
    }
    if let (Some(end), Some(stay), true) = (service_end, stays.last(), complete) {
        sheet.service += count(stay.to..end, |_| true);
    }
    sheet.presence += sheet.service;
    sheet.worked = sheet.presence;
    if complete {
        judge_break(case, &parts, &mut sheet);
    }
    sheet.justified = count(0..1440, |minute| {
        context.leaves.iter().any(|leave| match leave {
            Leave::Hourly { from, to, credited: true } => inside(minute, Band { from: *from, to: *to }),
            _ => false,
        })
    });
    if let (true, true, Some(first), Some(end)) = (complete, sheet.due > 0, stays.first(), stays.last()) {
        let uncovered = |from: i64, to: i64| (from..to).any(|minute| !on_leave(minute, case));
        if profile.entry_band.is_some_and(|band| uncovered(i64::from(band.to.minutes()), first.from)) {
            sheet.anomalies.insert(LateEntry);
        }
        let core_end = core.iter().map(|band| i64::from(band.to.minutes())).max();
        let left = service_end.unwrap_or(end.to);
        if core_end.is_some_and(|core_end| uncovered(left, core_end)) {
            sheet.anomalies.insert(EarlyExit);
        }
        if core_missed {
            sheet.anomalies.insert(CoreAbsence);
        }
    }
    sheet.balance = complete.then_some(sheet.worked + sheet.justified - sheet.due);
    sheet.in_totals = complete;
    sheet.status = if complete { "ok" } else { "incomplete" };
    finish(case, holiday, &mut sheet);
    sheet
}

/// The days around a change of the clocks, which the reference does not know.
fn clocks_change(date: NaiveDate) -> bool {
    matches!((date.month(), date.day()), (3 | 10, 23..))
}

#[test]
fn the_second_opinion_agrees() {
    let days = std::env::var("TIMBRA_RANDOM_DAYS").ok().and_then(|days| days.parse().ok()).unwrap_or(100_000);
    let mut compared = 0;
    for seed in 0..days {
        let case = random_case(seed);
        if clocks_change(case.context.date()) {
            continue;
        }
        compared += 1;
        assert_eq!(Sheet::of(&compute(&case.input())), work_out(&case), "seed {seed}: {case:#?}");
    }
    assert!(compared > days / 2);
}
