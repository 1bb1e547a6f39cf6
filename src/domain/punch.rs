//! A punch ("timbratura"): what a device said, before anybody interprets it.

use std::fmt;

use chrono::{FixedOffset, NaiveDateTime};

use super::ids::ReaderId;

/// Entry or exit ("verso").
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Direction {
    /// Entry, "entrata".
    In,
    /// Exit, "uscita".
    Out,
}

impl Direction {
    /// The other one.
    pub fn opposite(self) -> Self {
        match self {
            Self::In => Self::Out,
            Self::Out => Self::In,
        }
    }

    /// The word of the configuration, the store and JSON.
    pub fn code(self) -> &'static str {
        match self {
            Self::In => "in",
            Self::Out => "out",
        }
    }
}

/// `in` or `out`
impl fmt::Display for Direction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// A stored punch, exactly as the device wrote it. Two lines that agree on its
/// [`PunchIdentity`] are one punch, whatever file, row number or order they came in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Punch {
    /// The device's own civil time, to the second (`:00` where it writes minutes only).
    pub local: NaiveDateTime,
    /// The number of the badge, as the device writes it (leading zeros count).
    pub badge: String,
    /// The device's own word for the direction; empty when it writes none.
    pub direction_raw: String,
    /// The reader that saw it.
    pub reader: ReaderId,
    /// The offset from UTC, when the device wrote one or the host stamped the time.
    pub offset: Option<FixedOffset>,
    /// The device's own code of a reason ("causale"), when there is one.
    pub reason_raw: Option<String>,
    /// Where it came from.
    pub provenance: Provenance,
}

impl Punch {
    /// What makes it one punch.
    pub fn identity(&self) -> PunchIdentity<'_> {
        let Self { local, badge, direction_raw, reader, .. } = self;
        PunchIdentity { local: *local, badge, direction_raw, reader }
    }
}

/// What makes a stored punch one punch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PunchIdentity<'a> {
    /// The device's own civil time.
    pub local: NaiveDateTime,
    /// The number of the badge.
    pub badge: &'a str,
    /// The device's own word for the direction.
    pub direction_raw: &'a str,
    /// The reader.
    pub reader: &'a ReaderId,
}

/// The place of a punch in what was delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Provenance {
    /// The batch: one file.
    pub batch: i64,
    /// The line, counted from 1.
    pub line: u64,
}
