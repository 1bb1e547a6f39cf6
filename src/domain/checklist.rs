//! What the host provides before the first day (art. 3).

/// One thing of the checklist.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Item {
    /// The computer (c. 1).
    Pc,
    /// The printer (c. 1).
    Printer,
    /// The data connection (c. 1).
    Connection,
    /// Access to the own desktop and the applications (c. 2 and 3).
    Access,
    /// Measures that protect network, data and documents (c. 2).
    Security,
}

impl Item {
    /// All of them, in the order of the article.
    pub const ALL: [Self; 5] = [Self::Pc, Self::Printer, Self::Connection, Self::Access, Self::Security];

    /// The word of commands, JSON and the store.
    pub fn code(self) -> &'static str {
        match self {
            Self::Pc => "pc",
            Self::Printer => "printer",
            Self::Connection => "connection",
            Self::Access => "access",
            Self::Security => "security",
        }
    }

    /// The item of a word.
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|item| item.code() == code)
    }

    /// What it is, for the terminal.
    pub fn english(self) -> &'static str {
        match self {
            Self::Pc => "computer (art. 3 c. 1)",
            Self::Printer => "printer (art. 3 c. 1)",
            Self::Connection => "data connection (art. 3 c. 1)",
            Self::Access => "access to desktop and applications (art. 3 c. 2-3)",
            Self::Security => "security measures (art. 3 c. 2)",
        }
    }
}
