//! Where a coworker is, as far as the readers know.

/// What the last punch that counts says; before it, what was agreed for the day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whereabouts {
    /// Came in, and has not gone out since.
    In,
    /// Went out for service, and has not come back since.
    OnService,
    /// Went out.
    Out,
    /// Expected today, and not seen yet.
    Expected,
    /// An absence for the whole day was communicated, or the day was recalled.
    Away,
    /// Not expected today, and not seen.
    NotExpected,
    /// A punch is damaged: nobody knows.
    Unknown,
}

impl Whereabouts {
    /// The word in JSON.
    pub fn code(self) -> &'static str {
        match self {
            Self::In => "in",
            Self::OnService => "on_service",
            Self::Out => "out",
            Self::Expected => "expected",
            Self::Away => "away",
            Self::NotExpected => "not_expected",
            Self::Unknown => "unknown",
        }
    }

    /// For people; no word has a gender, and none gives the reason of an absence.
    pub fn italian(self) -> &'static str {
        match self {
            Self::In => "in sede",
            Self::OnService => "fuori per servizio",
            Self::Out => "uscita registrata",
            Self::Expected => "nessuna timbratura finora",
            Self::Away => "assenza o revoca comunicata",
            Self::NotExpected => "giornata non prevista",
            Self::Unknown => "non si sa: una timbratura è danneggiata",
        }
    }
}
