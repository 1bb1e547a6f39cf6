//! The agreement as the register has changed it.

use crate::domain::agreement::{Agreement, ProfileVersion};
use crate::domain::profile::Profile;

use super::{Entry, Facts};

/// The agreement with the badges, the term and the profiles that hold by its register; none when that
/// is what it says already. `profile` looks a name up; an entry with a name that is gone changes nothing.
pub fn in_force(
    agreement: &Agreement,
    entries: &[Entry],
    profile: impl Fn(&str) -> Option<Profile>,
) -> Option<Agreement> {
    let signed = agreement.as_signed();
    if !entries.iter().any(|entry| entry.kind.changes_agreement()) {
        return agreement.signed.is_some().then(|| signed.clone());
    }
    let facts = Facts::of(signed, entries);
    let mut changed = signed.clone();
    changed.term = facts.term();
    changed.badges = facts.badges().iter().map(|held| held.holding.clone()).collect();
    for (from, name, _) in facts.profile_changes() {
        if let Some(profile) = profile(name) {
            changed.profiles.retain(|version| version.from != from);
            changed.profiles.push(ProfileVersion { from, profile });
        }
    }
    changed.profiles.sort_unstable_by_key(|version| version.from);
    changed.signed = Some(Box::new(signed.clone()));
    Some(changed)
}
