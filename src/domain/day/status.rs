//! Rule 17: how the day ends. The lines are in the order of the rule; a later one wins where it says so.

use crate::domain::anomaly::Anomaly;
use crate::domain::minutes::Minutes;

use super::due::Due;
use super::findings::Findings;
use super::ground::{Fact, Ground};
use super::input::{DayInput, Recall};
use super::leave::full_day;
use super::outcome::{Day, Status};
use super::trail::Rule;

/// Settles status, balance, voucher and totals of a day whose minutes are known.
pub(super) fn settle(day: &mut Day, input: &DayInput<'_>, due: Due, findings: &mut Findings) {
    let context = input.context;
    let punched = !day.punches.is_empty();
    if let Some(credited) = full_day(input) {
        whole_day_leave(day, due, credited, punched, findings);
    } else if let Some(recall) = context.recall {
        recalled(day, input, recall, punched, findings);
    } else if due.holiday {
        holiday(day, input, punched, findings);
    } else if context.host_patron_day {
        unknown(day, Status::HostClosed, Anomaly::HostClosed, findings);
    } else if !punched {
        unknown(day, Status::NoShow, Anomaly::NoShow, findings);
    } else if due.minutes <= Minutes::ZERO {
        out_of_totals(day, Status::NonWorkingDay);
        findings.anomaly(Anomaly::NonWorkingDay);
    }
    if punched && !context.in_calendar {
        findings.anomaly(Anomaly::NotInCalendar);
        let status = if day.status == Status::Ok { Status::OutOfCalendar } else { day.status };
        out_of_totals(day, status);
    }
    if context.day_number_in_month.zip(context.monthly_cap).is_some_and(|(number, cap)| number > cap) {
        findings.anomaly(Anomaly::MonthlyCapExceeded);
        out_of_totals(day, Status::OverCap);
    }
    if !context.within_term {
        findings.anomaly(Anomaly::OutOfTerm);
        out_of_totals(day, Status::OutOfTerm);
    }
}

fn whole_day_leave(day: &mut Day, due: Due, credited: bool, punched: bool, findings: &mut Findings) {
    if punched {
        unknown(day, Status::Conflict, Anomaly::PunchOnAbsenceDay, findings);
        return;
    }
    day.status = Status::Absent;
    if credited {
        let before = day.justified.unwrap_or_default();
        findings.step(Rule::Justified, Ground::Fact(Fact::FullDayLeave), (before, due.minutes), []);
        day.justified = Some(due.minutes);
    }
    day.balance = day.justified.map(|justified| justified - due.minutes);
    day.meal_voucher = Some(false);
}

fn recalled(day: &mut Day, input: &DayInput<'_>, recall: Recall, punched: bool, findings: &mut Findings) {
    out_of_totals(day, Status::Recalled);
    findings.step(
        Rule::Recalled,
        Ground::Fact(Fact::Recalled),
        (day.due.unwrap_or_default(), Minutes::ZERO),
        [],
    );
    day.due = Some(Minutes::ZERO);
    // Leave of a recalled day is the home's matter: here the balance is what was worked.
    if let Some(justified) = day.justified.filter(|justified| *justified > Minutes::ZERO) {
        findings.step(Rule::LeaveVoid, Ground::Fact(Fact::Recalled), (justified, Minutes::ZERO), []);
    }
    day.justified = Some(Minutes::ZERO);
    day.balance = day.worked;
    day.meal_voucher = Some(false);
    let notice = recall.notice_date.map(|notice| (input.context.date() - notice).num_days());
    if notice.is_some_and(|days| days < i64::from(input.context.recall_min_notice_days)) {
        findings.anomaly(Anomaly::RecallShortNotice);
    }
    if punched {
        findings.anomaly(Anomaly::PunchOnRecalledDay);
    }
}

fn holiday(day: &mut Day, input: &DayInput<'_>, punched: bool, findings: &mut Findings) {
    if !punched {
        out_of_totals(day, Status::Holiday);
        day.meal_voucher = Some(false);
        if input.context.in_calendar {
            findings.anomaly(Anomaly::CalendarConflict);
        }
    } else if !input.context.authorized_holiday_work {
        out_of_totals(day, Status::Holiday);
        findings.anomaly(Anomaly::HolidayWork);
    }
}

/// A day whose balance and voucher nobody can know here.
fn unknown(day: &mut Day, status: Status, anomaly: Anomaly, findings: &mut Findings) {
    out_of_totals(day, status);
    day.balance = None;
    day.meal_voucher = None;
    findings.anomaly(anomaly);
}

fn out_of_totals(day: &mut Day, status: Status) {
    day.status = status;
    day.included_in_totals = false;
}
