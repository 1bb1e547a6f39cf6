//! The day computation: the rule step by step, one file for each stretch of it, every minute told in
//! the trail. The files and `tests/` name the rules by these numbers:
//!
//! 1. What is due: the minutes of the weekday; none on holidays, Sundays and the home's patron day, unless the
//!    profile says otherwise.
//! 2. A punch entered by hand counts once it is confirmed.
//! 3. Of two punches in the same direction within `dedupe_seconds` the later one is a repeat. Seconds decide.
//! 4. Seconds are dropped; in one minute an exit closes what is open before an entry opens. Then tolerance, then
//!    rounding, of the first entry and the last exit only.
//! 5. A reader without directions: entry and exit in turn, from the first punch of the day.
//! 6. An entry and the next exit are a pair, if not longer than `max_span`. It belongs to the date of its entry,
//!    and its length is elapsed time. Whatever is left over makes the day incomplete.
//! 7. A service exit that ends the day needs its end declared; without that the day is incomplete.
//! 8. With `service_hours`, what lies before the opening, the entry band or after the closing does not count.
//! 9. Presence is what is left of the pairs, and of service outside where that is authorised.
//! 10. The break taken: gaps without a reason, inside the window; their sum, the longest or the first.
//! 11. A break that is missing, or too short, is taken off in the way of the profile, if presence passes the
//!     threshold.
//! 12. Worked is presence less that; of an incomplete day it is provisional and nothing is taken off.
//! 13. Balance is worked, and credited hourly leave, less what is due.
//! 14. Late entry, early exit and absence in the core bands: on complete days on which something is due.
//! 15. The meal voucher, as far as hours decide it.
//! 16. Less than eleven hours since the last exit of the day before.
//! 17. The status, and whether the day is in the totals: leave, recall, holiday, the host's patron day, no punches,
//!     nothing due, not agreed, over the number agreed, out of the term. A later line wins where it says so.
//! 18. A day with a punch that counts uses one of the agreed days.

mod bands;
mod clock;
mod directions;
mod due;
mod findings;
mod ground;
mod input;
mod leave;
mod outcome;
mod pairing;
mod presence;
mod repeats;
mod rest_break;
mod status;
mod stretch;
mod trail;
mod voucher;

use chrono::Datelike;

use super::anomaly::Anomaly;
use super::minutes::Minutes;

use findings::Findings;
use rest_break::RestBreak;
use stretch::minute;

pub use ground::{Bound, Fact, Ground, Parameter};
pub use input::{Context, DayInput, DayPunch, Leave, PunchSource, PunchTime, Recall};
pub use outcome::{Day, KeptPunch, KeptPunches, Pair, Status};
pub use trail::{Measure, Rule, Step};

/// The rest between two days (D.Lgs. 66/2003 art. 7: 11 hours).
const DAILY_REST_MINUTES: i64 = 660;

/// Computes a day, with its trail. A pure function: the same input, in whatever order the punches
/// came, gives the same day. Never fails; a time that cannot be understood gives
/// [`Status::InputError`].
pub fn compute(input: &DayInput<'_>) -> Day {
    settled(input, Findings::new(true))
}

/// The same day for those who will not ask how it came about: its trail is empty.
pub fn compute_untold(input: &DayInput<'_>) -> Day {
    settled(input, Findings::new(false))
}

fn settled(input: &DayInput<'_>, mut findings: Findings) -> Day {
    let profile = input.profile.on(input.context.date(), input.context.home_patron_day);
    let input = &DayInput { profile: &profile, ..*input };
    // filled where it is: a day is too large to be handed on from step to step
    let mut day = unreadable();
    if let Err(anomaly) = minutes_of(&mut day, input, &mut findings) {
        findings.clear();
        findings.anomaly(anomaly);
        findings.note(Rule::InputError, Ground::Fault(anomaly), []);
    }
    findings.note(Rule::Status, Ground::Outcome(day.status), []);
    day.anomalies = findings.anomalies;
    day.trail = findings.trail.unwrap_or_default();
    day.repeated = findings.repeated;
    day
}

/// Fills a day of which nothing is known yet. On an error it is as it was.
fn minutes_of(day: &mut Day, input: &DayInput<'_>, findings: &mut Findings) -> Result<(), Anomaly> {
    let (profile, context) = (input.profile, input.context);
    if !repeats::YEARS.contains(&context.date().year()) {
        return Err(Anomaly::NonexistentLocalTime);
    }
    let declared_end = context.service_end_declared.map(|end| repeats::instant(end, context.clock));
    let declared_end = declared_end.transpose()?.map(|end| minute(&end));
    let due = due::due(input, findings);
    let mut seen = repeats::AllSeen::new();
    repeats::keep(&mut seen, input, findings)?;
    rest(input, &seen, findings);
    directions::direct(&mut day.punches, &seen, context.toggle, findings);
    clock::adjust(&mut day.punches, input, findings);
    let spans = pairing::pair(&mut day.punches, profile.max_span, findings);
    let kept = day.punches.as_slice();

    let last_service = presence::ends_in_service(kept);
    let service_end = last_service.and(declared_end);
    let closed = match last_service {
        Some(exit) if service_end.is_none_or(|end| end < minute(&exit.counted)) => {
            findings.anomaly(Anomaly::ServiceExitUnclosed);
            findings.note(Rule::ServiceUnclosed, Ground::Fact(Fact::ServiceEnd), [exit.seen]);
            false
        }
        _ => true,
    };
    let complete = closed && !kept.iter().any(|punch| punch.unpaired);

    let presence = presence::presence(input, kept, &spans, (due.minutes, complete), service_end, findings);
    let rest_break =
        complete.then(|| rest_break::rest_break(input, presence.minutes, &presence.gaps, findings));
    let worked = presence.minutes - rest_break.unwrap_or_default().deducted;
    let settled = if complete { Rule::Worked } else { Rule::Provisional };
    let because = Ground::Number(Parameter::Presence, presence.minutes.0.into());
    findings.step(settled, because, (worked, worked), []);
    let justified = leave::credited(input);
    if justified > Minutes::ZERO {
        findings.step(Rule::Justified, Ground::Fact(Fact::HourlyLeave), (Minutes::ZERO, justified), []);
    }
    if complete && !kept.is_empty() && due.minutes > Minutes::ZERO {
        bands::bands(input, &presence, findings);
    }
    let voucher = rest_break.map(|rest: RestBreak| voucher::voucher(input, due.minutes, worked, rest));

    day.status = if complete { Status::Ok } else { Status::Incomplete };
    day.presence = Some(presence.minutes);
    day.break_taken = rest_break.map(|rest| rest.taken);
    day.break_deducted = rest_break.map(|rest| rest.deducted);
    day.worked = Some(worked);
    day.justified = Some(justified);
    day.due = Some(due.minutes);
    day.balance = complete.then_some(worked + justified - due.minutes);
    day.not_counted = Some(presence.not_counted);
    day.service = Some(presence.service);
    day.meal_voucher = voucher;
    day.coworking_day_used = !day.punches.is_empty();
    day.included_in_totals = complete;
    status::settle(day, input, due, findings);
    conclude(day, findings);
    Ok(())
}

/// The last steps of the trail: the balance and the voucher, as the status left them.
fn conclude(day: &Day, findings: &mut Findings) {
    if let (Some(worked), Some(justified), Some(due), Some(balance)) =
        (day.worked, day.justified, day.due, day.balance)
    {
        let because = Ground::Number(Parameter::DueMinutes, due.0.into());
        findings.step(Rule::Balance, because, (worked + justified, balance), []);
    }
    if let Some(voucher) = day.meal_voucher {
        let rule = if voucher { Rule::VoucherMet } else { Rule::VoucherNotMet };
        findings.note(rule, Ground::Fact(Fact::Voucher), []);
    }
}

/// Rule 16: the rest since the exit before this day.
fn rest(input: &DayInput<'_>, seen: &[repeats::Seen<'_>], findings: &mut Findings) {
    let Some((exit, first)) = input.context.previous_exit.zip(seen.first()) else { return };
    if minute(&first.at) - minute(&exit) < DAILY_REST_MINUTES {
        findings.anomaly(Anomaly::DailyRestShort);
        findings.note(Rule::Rest, Ground::Fact(Fact::PreviousExit), [first.at]);
    }
}

/// A day of which no number is known.
fn unreadable() -> Day {
    Day {
        status: Status::InputError,
        presence: None,
        break_taken: None,
        break_deducted: None,
        worked: None,
        justified: None,
        due: None,
        balance: None,
        not_counted: None,
        service: None,
        meal_voucher: None,
        anomalies: std::collections::BTreeSet::new(),
        coworking_day_used: false,
        included_in_totals: false,
        punches: KeptPunches::new(),
        repeated: Vec::new(),
        trail: Vec::new(),
    }
}
