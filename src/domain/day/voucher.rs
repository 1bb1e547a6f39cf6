//! Rule 15: the hours' conditions of the meal voucher. Whether it is owed is the home's to say.

use crate::domain::minutes::Minutes;
use crate::domain::profile::BreakEvidence;

use super::input::DayInput;
use super::rest_break::RestBreak;

/// Up to these hours due, a day is short and needs overtime (agreement of 30 April 1996, art. 4).
const SHORT_DAY: Minutes = Minutes(360);
/// The break that the agreement asks for.
const BREAK: Minutes = Minutes(30);

/// True when the hours of a complete day meet the conditions.
pub(super) fn voucher(input: &DayInput<'_>, due: Minutes, worked: Minutes, rest: RestBreak) -> bool {
    let rule = &input.profile.voucher;
    if !rule.enabled || due <= Minutes::ZERO {
        return false;
    }
    if due > SHORT_DAY {
        let evidence = match rule.evidence {
            BreakEvidence::Stamped => rest.taken,
            BreakEvidence::TakenOrDeducted => rest.taken + rest.deducted,
        };
        return worked > rule.minimum_worked_exclusive && evidence >= BREAK;
    }
    let overtime = Minutes(input.context.authorized_overtime).min(worked - due);
    overtime >= rule.short_day_overtime && rest.taken >= BREAK
}
