//! Rules 10 and 11: the break taken and what is taken off for a missing one.

use crate::domain::anomaly::Anomaly;
use crate::domain::minutes::Minutes;
use crate::domain::profile::{CreditMode, DeductionMode};

use super::findings::Findings;
use super::ground::Ground;
use super::input::DayInput;
use super::presence::Gap;
use super::stretch::Stretch;
use super::trail::Rule;

/// The break of a complete day.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct RestBreak {
    /// Taken, as far as it is credited.
    pub(super) taken: Minutes,
    /// Taken off the presence.
    pub(super) deducted: Minutes,
}

/// The stretch in which a gap counts as break: all of it without a window. None when no break rule
/// applies.
pub(super) fn as_break(gap: Stretch, input: &DayInput<'_>) -> Option<Stretch> {
    let rule = &input.profile.break_rule;
    let band = |band| Stretch::of_band(band, input.context.clock);
    rule.applies.then(|| rule.window.map_or(gap, |window| gap.within(band(window))))
}

/// Judges the break of a complete day with that presence.
pub(super) fn rest_break(
    input: &DayInput<'_>,
    presence: Minutes,
    gaps: &[Gap],
    findings: &mut Findings,
) -> RestBreak {
    let rule = &input.profile.break_rule;
    if !rule.applies {
        return RestBreak::default();
    }
    let breaks = gaps.iter().filter(|gap| !gap.has_reason).filter_map(|gap| {
        let part = as_break(gap.stretch, input)?.length();
        (part > Minutes::ZERO).then_some((part, gap.punches))
    });
    let mut parts = breaks.clone().map(|(part, _)| part);
    let longest = parts.clone().max().unwrap_or_default();
    let taken = match rule.credit {
        CreditMode::Sum => parts.sum(),
        CreditMode::Longest => longest,
        CreditMode::First => parts.next().unwrap_or_default(),
    };
    let punches = || breaks.clone().flat_map(|(_, punches)| punches);
    if taken > Minutes::ZERO {
        findings.step(Rule::BreakTaken, Ground::Credit(rule.credit), (Minutes::ZERO, taken), punches());
    }
    if rule.maximum.is_some_and(|maximum| longest > maximum) {
        findings.anomaly(Anomaly::BreakLong);
    }
    let deducted = deduction(input, presence, taken);
    if deducted > Minutes::ZERO {
        let anomaly = if taken == Minutes::ZERO { Anomaly::BreakMissing } else { Anomaly::BreakShort };
        findings.anomaly(anomaly);
        findings.step(Rule::BreakDeducted, Ground::Break(*rule), (presence, presence - deducted), punches());
    }
    RestBreak { taken, deducted }
}

fn deduction(input: &DayInput<'_>, presence: Minutes, taken: Minutes) -> Minutes {
    let rule = &input.profile.break_rule;
    if presence <= rule.threshold {
        return Minutes::ZERO;
    }
    let shortfall = (rule.minimum - taken).or_zero();
    let deducted = match rule.deduction {
        DeductionMode::Graduated => shortfall.min(presence - rule.threshold),
        DeductionMode::VoucherThreshold
            if presence - shortfall <= input.profile.voucher.minimum_worked_exclusive =>
        {
            Minutes::ZERO
        }
        DeductionMode::IfStamped if taken == Minutes::ZERO => Minutes::ZERO,
        DeductionMode::Full | DeductionMode::VoucherThreshold | DeductionMode::IfStamped => shortfall,
        DeductionMode::None => Minutes::ZERO,
    };
    deducted.min(presence)
}
