//! Rule 14: lateness, early exit and absence in the compulsory bands, on complete days only.

use chrono::Datelike;

use crate::domain::anomaly::Anomaly;

use super::findings::Findings;
use super::ground::{Bound, Fact, Ground};
use super::input::DayInput;
use super::leave::covered;
use super::presence::{Gap, Presence};
use super::rest_break::as_break;
use super::stretch::{Stretch, Stretches};
use super::trail::Rule;

/// Reports what the bands of the profile did not find; changes no minutes.
pub(super) fn bands(input: &DayInput<'_>, presence: &Presence, findings: &mut Findings) {
    let (profile, context) = (input.profile, input.context);
    let Some((whole, [first, last])) = presence.whole.zip(presence.ends) else { return };
    let leave = covered(input);
    let core: Stretches = profile
        .core_on(context.date().weekday())
        .iter()
        .map(|band| Stretch::of_band(*band, context.clock))
        .collect();
    if let Some(band) = profile.entry_band {
        let late = Stretch::new(context.clock.minute(band.to), whole.from);
        if late.from < late.to && !late.without(&leave).is_empty() {
            findings.anomaly(Anomaly::LateEntry);
            findings.note(Rule::LateEntry, Ground::To(Bound::EntryBand, band.to), [first]);
        }
    }
    if let Some(end) = core.iter().map(|band| band.to).max() {
        let early = Stretch::new(whole.to, end);
        if early.from < early.to && !early.without(&leave).is_empty() {
            findings.anomaly(Anomaly::EarlyExit);
            findings.note(Rule::EarlyExit, Ground::Fact(Fact::Core), [last]);
        }
    }
    for gap in presence.gaps.iter().filter(|gap| is_absence(**gap, &core, &leave, input)) {
        findings.anomaly(Anomaly::CoreAbsence);
        findings.note(Rule::CoreAbsence, Ground::Fact(Fact::Core), gap.punches);
    }
}

fn is_absence(gap: Gap, core: &[Stretch], leave: &[Stretch], input: &DayInput<'_>) -> bool {
    let rest = as_break(gap.stretch, input).filter(|_| !gap.has_reason);
    core.iter().any(|band| {
        let inside = gap.stretch.within(*band);
        let left = if inside.from < inside.to { inside.without(leave) } else { Stretches::new() };
        left.iter().any(|part| rest.is_none_or(|rest| part.within(rest) != *part))
    })
}
