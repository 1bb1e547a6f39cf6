//! What became of an entry.

use super::EntryId;

/// What became of an entry, as the later ones left it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It holds.
    InForce,
    /// A manual punch that nobody has confirmed yet.
    Pending,
    /// A manual punch that was confirmed.
    Confirmed(EntryId),
    /// A plan, or a change of one, that a later entry replaced.
    Replaced(EntryId),
    /// A contest that was settled.
    Closed(EntryId),
    /// An absence that was revoked.
    Revoked(EntryId),
    /// A manual punch that was voided.
    Voided(EntryId),
    /// It was a mistake.
    Undone(EntryId),
    /// What it speaks of was changed by another entry: it changes nothing.
    WithoutEffect,
}

impl Fate {
    /// The word for it in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::InForce => "in_force",
            Self::Pending => "pending",
            Self::Confirmed(_) => "confirmed",
            Self::Replaced(_) => "replaced",
            Self::Closed(_) => "closed",
            Self::Revoked(_) => "revoked",
            Self::Voided(_) => "voided",
            Self::Undone(_) => "undone",
            Self::WithoutEffect => "without_effect",
        }
    }

    /// The entry that made it so.
    pub fn by(self) -> Option<EntryId> {
        match self {
            Self::Confirmed(id)
            | Self::Replaced(id)
            | Self::Closed(id)
            | Self::Revoked(id)
            | Self::Voided(id)
            | Self::Undone(id) => Some(id),
            Self::InForce | Self::Pending | Self::WithoutEffect => None,
        }
    }
}
