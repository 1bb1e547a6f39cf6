//! What only shows when agreements are laid side by side: one person twice at the same time, one
//! badge in two hands.

use crate::domain::agreement::Agreement;

use super::agreement::Draft;
use super::problem::Problem;

/// Takes out the agreements that cannot stand beside an earlier one, each with its complaint. The
/// one that begins first stays: it was there before.
pub(super) fn without_overlaps<'a>(
    mut drafts: Vec<Draft<'a>>,
    problems: &mut Vec<Problem>,
) -> Vec<Draft<'a>> {
    drafts.sort_by(|a, b| {
        let order = |draft: &Draft<'_>| (draft.agreement.term.start, draft.agreement.id.clone());
        order(a).cmp(&order(b))
    });
    let mut kept: Vec<Draft<'a>> = Vec::new();
    for draft in drafts {
        let found: Vec<Problem> = kept.iter().flat_map(|earlier| clashes(earlier, &draft)).collect();
        if found.is_empty() {
            kept.push(draft);
        }
        problems.extend(found);
    }
    kept.sort_unstable_by(|a, b| a.agreement.id.cmp(&b.agreement.id));
    kept
}

fn clashes(earlier: &Draft<'_>, draft: &Draft<'_>) -> Vec<Problem> {
    let (one, two) = (&earlier.agreement, &draft.agreement);
    let mut found = Vec::new();
    if same_person(one, two) && one.term.start <= two.term.end && two.term.start <= one.term.end {
        let message = format!(
            "the same person has the agreement `{}` from {} to {}",
            one.id, one.term.start, one.term.end
        );
        let hint = "two agreements of one person cannot overlap: change a term (after a withdrawal, the end of the \
                    earlier one), or take one file out";
        found.push(draft.source.problem(&draft.term, message).hint(hint));
    }
    for (holding, span) in two.badges.iter().zip(&draft.badges) {
        if let Some(other) = one.badges.iter().find(|other| other.clashes(holding)) {
            let message = format!(
                "badge {:?} is held in `{}` from {} to {}",
                holding.number, one.id, other.valid_from, other.valid_to
            );
            let hint =
                "a badge is in one hand at a time: set valid_from and valid_to, or the `reader` of each";
            found.push(draft.source.problem(span, message).hint(hint));
        }
    }
    found
}

/// The home's number decides where both have one; else the name.
fn same_person(one: &Agreement, two: &Agreement) -> bool {
    if let (Some(a), Some(b)) = (&one.employee.home_id, &two.employee.home_id)
        && one.home.name == two.home.name
    {
        return a == b;
    }
    let name = |agreement: &Agreement| {
        let employee = &agreement.employee;
        (employee.given_name.to_lowercase(), employee.family_name.to_lowercase())
    };
    name(one) == name(two)
}
