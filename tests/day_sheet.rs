//! The sheet of the second opinion on a day: what it notes, how it reads the punches, and how it
//! closes the day.

use std::collections::BTreeSet;

use chrono::NaiveTime;
use timbra::domain::anomaly::Anomaly::{self, *};
use timbra::domain::civil::{Band, local_time};
use timbra::domain::day::{Day, Leave, PunchSource, PunchTime};
use timbra::domain::punch::Direction::{self, In, Out};

use crate::day_random::Case;

/// What a person with a pencil would write down.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Sheet {
    pub(crate) status: &'static str,
    pub(crate) presence: i32,
    pub(crate) taken: Option<i32>,
    pub(crate) deducted: Option<i32>,
    pub(crate) worked: i32,
    pub(crate) justified: i32,
    pub(crate) due: i32,
    pub(crate) balance: Option<i32>,
    pub(crate) not_counted: i32,
    pub(crate) service: i32,
    pub(crate) voucher: Option<bool>,
    pub(crate) anomalies: BTreeSet<Anomaly>,
    pub(crate) used: bool,
    pub(crate) in_totals: bool,
}

impl Sheet {
    pub(crate) fn of(day: &Day) -> Self {
        Self {
            status: day.status.code(),
            presence: day.presence.unwrap().0,
            taken: day.break_taken.map(|m| m.0),
            deducted: day.break_deducted.map(|m| m.0),
            worked: day.worked.unwrap().0,
            justified: day.justified.unwrap().0,
            due: day.due.unwrap().0,
            balance: day.balance.map(|m| m.0),
            not_counted: day.not_counted.unwrap().0,
            service: day.service.unwrap().0,
            voucher: day.meal_voucher,
            anomalies: day.anomalies.clone(),
            used: day.coworking_day_used,
            in_totals: day.included_in_totals,
        }
    }
}

/// A punch by its seconds after midnight of the day.
#[derive(Debug, Clone)]
pub(crate) struct Stamp {
    pub(crate) second: i64,
    pub(crate) direction: Option<Direction>,
    pub(crate) reason: Option<String>,
}

/// An entry and an exit, in minutes after midnight, with their reasons.
#[derive(Debug, Clone)]
pub(crate) struct Stay {
    pub(crate) from: i64,
    pub(crate) to: i64,
    pub(crate) reason_in: Option<String>,
    pub(crate) reason_out: Option<String>,
}

pub(crate) fn seconds(at: PunchTime, case: &Case) -> i64 {
    let local = match at {
        PunchTime::Instant(at) => local_time(&at, case.context.clock.zone()),
        PunchTime::Local(local) => local,
    };
    (local - case.context.date().and_time(NaiveTime::MIN)).num_seconds()
}

pub(crate) fn inside(minute: i64, band: Band) -> bool {
    minute >= i64::from(band.from.minutes()) && minute < i64::from(band.to.minutes())
}

pub(crate) fn on_leave(minute: i64, case: &Case) -> bool {
    case.context.leaves.iter().any(|leave| match leave {
        Leave::FullDay { .. } => true,
        Leave::Hourly { from, to, .. } => inside(minute, Band { from: *from, to: *to }),
    })
}

pub(crate) fn count(minutes: impl Iterator<Item = i64>, holds: impl Fn(i64) -> bool) -> i32 {
    i32::try_from(minutes.filter(|minute| holds(*minute)).count()).unwrap()
}

pub(crate) fn stamps(case: &Case, sheet: &mut Sheet) -> Vec<Stamp> {
    let mut all = case.punches.clone();
    all.sort_by_key(|p| (seconds(p.at, case), p.direction, p.source, p.reason.clone()));
    let mut kept: Vec<Stamp> = Vec::new();
    for punch in all {
        match punch.source {
            PunchSource::Manual { confirmed: false } => {
                sheet.anomalies.insert(PendingManualPunch);
                continue;
            }
            PunchSource::Manual { confirmed: true } => {
                sheet.anomalies.insert(ManualPunch);
            }
            PunchSource::Reader => {}
        }
        let second = seconds(punch.at, case);
        let before = kept.last().map_or((None, i64::MAX), |k| (Some(k.direction), second - k.second));
        if before.0 == Some(punch.direction) && before.1 <= i64::from(case.profile.dedupe_seconds) {
            sheet.anomalies.insert(DuplicatePunch);
        } else {
            kept.push(Stamp { second, direction: punch.direction, reason: punch.reason });
        }
    }
    let mut previous = None;
    for stamp in &mut kept {
        let other = if previous == Some(In) { Out } else { In };
        if case.context.toggle || stamp.direction.is_none() {
            stamp.direction = Some(other);
        }
        previous = stamp.direction;
    }
    kept
}

/// Walks through the minutes; gives the stays, the last punch, and whether a punch was left over.
pub(crate) fn stays(case: &Case, stamps: &[Stamp], sheet: &mut Sheet) -> (Vec<Stay>, Option<Stamp>, bool) {
    let (mut stays, mut open, mut last, mut left_over) = (Vec::new(), None::<Stamp>, None, false);
    let minutes: BTreeSet<i64> = stamps.iter().map(|stamp| stamp.second / 60).collect();
    for minute in minutes {
        let mut now: Vec<Stamp> = stamps.iter().filter(|s| s.second / 60 == minute).cloned().collect();
        while !now.is_empty() {
            let wanted = if open.is_some() { Out } else { In };
            let stamp = now.remove(now.iter().position(|s| s.direction == Some(wanted)).unwrap_or(0));
            last = Some(stamp.clone());
            if stamp.direction == Some(In) {
                if open.replace(stamp).is_some() {
                    sheet.anomalies.insert(UnpairedIn);
                    left_over = true;
                }
            } else if let Some(entry) = open.take() {
                let from = entry.second / 60;
                if minute - from > i64::from(case.profile.max_span.0) {
                    sheet.anomalies.extend([UnpairedIn, UnpairedOut]);
                    left_over = true;
                } else {
                    if from / 1440 != minute / 1440 {
                        sheet.anomalies.insert(MidnightCrossing);
                    }
                    let (reason_in, reason_out) = (entry.reason, stamp.reason);
                    stays.push(Stay { from, to: minute, reason_in, reason_out });
                }
            } else {
                sheet.anomalies.insert(UnpairedOut);
                left_over = true;
            }
        }
    }
    if open.is_some() {
        sheet.anomalies.insert(UnpairedIn);
        left_over = true;
    }
    (stays, last, left_over)
}

/// Gives the day its status.
pub(crate) fn finish(case: &Case, holiday: bool, sheet: &mut Sheet) {
    let context = &case.context;
    let whole_day: Vec<bool> = context
        .leaves
        .iter()
        .filter_map(|leave| if let Leave::FullDay { credited } = leave { Some(*credited) } else { None })
        .collect();
    let out = |sheet: &mut Sheet, status: &'static str, anomalies: &[Anomaly]| {
        sheet.status = status;
        sheet.in_totals = false;
        sheet.anomalies.extend(anomalies);
    };
    let forget = |sheet: &mut Sheet| (sheet.balance, sheet.voucher) = (None, None);
    if !whole_day.is_empty() && sheet.used {
        out(sheet, "conflict", &[PunchOnAbsenceDay]);
        forget(sheet);
    } else if !whole_day.is_empty() {
        sheet.status = "absent";
        if whole_day.contains(&true) {
            sheet.justified = sheet.due;
        }
        sheet.balance = Some(sheet.justified - sheet.due);
        sheet.voucher = Some(false);
    } else if let Some(recall) = context.recall {
        out(sheet, "recalled", &[]);
        (sheet.due, sheet.justified) = (0, 0);
        (sheet.balance, sheet.voucher) = (Some(sheet.worked), Some(false));
        if recall.notice_date.is_some_and(|notice| (context.date() - notice).num_days() < 3) {
            sheet.anomalies.insert(RecallShortNotice);
        }
        if sheet.used {
            sheet.anomalies.insert(PunchOnRecalledDay);
        }
    } else if holiday && !sheet.used {
        out(sheet, "holiday", if context.in_calendar { &[CalendarConflict] } else { &[] });
        sheet.voucher = Some(false);
    } else if holiday && !context.authorized_holiday_work {
        out(sheet, "holiday", &[HolidayWork]);
    } else if holiday {
    } else if context.host_patron_day {
        out(sheet, "host_closed", &[HostClosed]);
        forget(sheet);
    } else if !sheet.used {
        out(sheet, "no_show", &[NoShow]);
        forget(sheet);
    } else if sheet.due == 0 {
        out(sheet, "non_working_day", &[NonWorkingDay]);
    }
    if sheet.used && !context.in_calendar {
        let status = if sheet.status == "ok" { "out_of_calendar" } else { sheet.status };
        out(sheet, status, &[NotInCalendar]);
    }
    if context.day_number_in_month.zip(context.monthly_cap).is_some_and(|(number, cap)| number > cap) {
        out(sheet, "over_cap", &[MonthlyCapExceeded]);
    }
    if !context.within_term {
        out(sheet, "out_of_term", &[OutOfTerm]);
    }
}
