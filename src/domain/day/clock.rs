//! Rule 4, second half: tolerance and rounding of the first entry and of the last exit.

use chrono::{DateTime, Datelike, Duration, FixedOffset, Timelike};

use crate::domain::civil::Band;
use crate::domain::minutes::Minutes;
use crate::domain::punch::Direction;

use super::findings::Findings;
use super::ground::{Ground, Parameter};
use super::input::DayInput;
use super::outcome::KeptPunch;
use super::stretch::minute;
use super::trail::Rule;

/// Moves the first entry and the last exit as the profile says. Neither passes the punch beside it.
pub(super) fn adjust(kept: &mut [KeptPunch], input: &DayInput<'_>, findings: &mut Findings) {
    let nominal = input.profile.nominal.on(input.context.date().weekday());
    if let [first, rest @ ..] = kept
        && first.direction == Direction::In
    {
        adjust_entry(first, rest.first(), nominal, input, findings);
    }
    if let [rest @ .., last] = kept
        && last.direction == Direction::Out
        && let Some(nominal) = nominal
    {
        adjust_exit(last, rest.last(), nominal, input, findings);
    }
}

fn adjust_entry(
    entry: &mut KeptPunch,
    next: Option<&KeptPunch>,
    nominal: Option<Band>,
    input: &DayInput<'_>,
    findings: &mut Findings,
) {
    let (profile, context) = (input.profile, input.context);
    let on_day = |time| context.clock.minute(time);
    if let Some(nominal) = nominal {
        let late = minute(&entry.counted) - on_day(nominal.from);
        if late > 0 && late <= i64::from(profile.tolerance_in.0) {
            let because = Ground::Number(Parameter::ToleranceIn, profile.tolerance_in.0.into());
            shift(entry, -late, input, findings, (Rule::Tolerance, because));
        }
    }
    let limit = profile.entry_band.map(|band| band.to).or(nominal.map(|nominal| nominal.from));
    if let (Some(limit), Some(grid)) = (limit, profile.round_late_in)
        && minute(&entry.counted) > on_day(limit)
    {
        let mut delta = if grid > 0 { up(&entry.counted, grid) } else { -down(&entry.counted, -grid) };
        if let Some(next) = next {
            delta = delta.min(minute(&next.counted) - minute(&entry.counted));
        }
        shift(
            entry,
            delta,
            input,
            findings,
            (Rule::Rounding, Ground::Number(Parameter::RoundLateIn, grid.into())),
        );
    }
}

fn adjust_exit(
    exit: &mut KeptPunch,
    previous: Option<&KeptPunch>,
    nominal: Band,
    input: &DayInput<'_>,
    findings: &mut Findings,
) {
    let (profile, context) = (input.profile, input.context);
    let end = context.clock.minute(nominal.to);
    let early = end - minute(&exit.counted);
    if early > 0 && early <= i64::from(profile.tolerance_out.0) {
        let because = Ground::Number(Parameter::ToleranceOut, profile.tolerance_out.0.into());
        shift(exit, early, input, findings, (Rule::Tolerance, because));
    }
    if let Some(grid) = profile.round_early_out
        && minute(&exit.counted) < end
    {
        let mut delta = if grid > 0 { -down(&exit.counted, grid) } else { up(&exit.counted, -grid) };
        if let Some(previous) = previous {
            delta = delta.max(minute(&previous.counted) - minute(&exit.counted));
        }
        shift(
            exit,
            delta,
            input,
            findings,
            (Rule::Rounding, Ground::Number(Parameter::RoundEarlyOut, grid.into())),
        );
    }
}

/// Minutes down to the multiple of the grid on the clock.
fn down(at: &DateTime<FixedOffset>, grid: i32) -> i64 {
    i64::from(at.minute()) % i64::from(grid.max(1))
}

/// Minutes up to the multiple of the grid on the clock.
fn up(at: &DateTime<FixedOffset>, grid: i32) -> i64 {
    (i64::from(grid.max(1)) - down(at, grid)) % i64::from(grid.max(1))
}

fn shift(
    punch: &mut KeptPunch,
    minutes: i64,
    input: &DayInput<'_>,
    findings: &mut Findings,
    (rule, because): (Rule, Ground),
) {
    if minutes == 0 {
        return;
    }
    let before = time_shown(&punch.counted);
    if let Some(moved) = punch.counted.checked_add_signed(Duration::minutes(minutes)) {
        punch.counted = input.context.clock.shown(&moved);
    }
    findings.step(rule, because, (before, time_shown(&punch.counted)), [punch.seen]);
}

/// The time of day as minutes after midnight.
fn time_shown(at: &DateTime<FixedOffset>) -> Minutes {
    Minutes(i32::try_from(at.hour() * 60 + at.minute()).unwrap_or_default())
}
