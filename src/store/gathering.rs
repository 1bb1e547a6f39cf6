//! Punches gathered by badge inside of the query: `SQLite` hands the columns of each row to a function
//! of ours, which takes less than half of what it takes to step from row to row outside.

use std::ffi::CStr;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::functions::{Aggregate, Context, FunctionFlags};
use rusqlite::types::{Null, ValueRef};
use rusqlite::{Connection, Error};

use super::stamps::{Stamp, Stamps};
use super::{Store, StoreError};

/// The name of the function in SQL.
const NAME: &CStr = c"gather";

/// The columns in the order in which the function takes them. The last of them in the table comes first: on the
/// way to it `SQLite` finds where all others are. Rows come in the order of the table's key, which begins with the
/// time, and the function says when it has enough: an upper bound here would be compared with the whole key of
/// each row, which is an eighth of the query. The key is named, so that no other order takes its place unseen.
pub(super) const GATHER: &str =
    "SELECT gather(reason, zone_minutes, reader, direction, badge, local) FROM punch
     INDEXED BY sqlite_autoindex_punch_1 WHERE local >= ?1";
const REASON: usize = 0;
const MINUTES: usize = 1;
const READER: usize = 2;
const DIRECTION: usize = 3;
const BADGE: usize = 4;
const LOCAL: usize = 5;

/// In place of a saying, of a row whose columns cannot be read.
pub(super) const DAMAGED: u32 = u32::MAX;

/// In place of a second, of a row whose time cannot be read.
pub(super) const UNDATED: u32 = u32::MAX;

/// What a row says besides, in its columns.
#[derive(Debug)]
pub(super) struct Written {
    pub(super) direction: Vec<u8>,
    pub(super) reader: i64,
    pub(super) minutes: Option<i64>,
    pub(super) reason: Option<Vec<u8>>,
}

/// What the rows so far hold.
#[derive(Debug)]
pub(super) struct Found {
    /// Those of each badge that is asked for.
    pub(super) badges: Stamps,
    /// What they say: a handful for each reader.
    pub(super) sayings: Vec<Written>,
    /// Some row of a badge that is asked for says [`DAMAGED`].
    pub(super) is_damaged: bool,
    /// The badge of some row cannot be read, or its time is out of order: it could be anybody's.
    pub(super) is_unknown: bool,
    /// What the row before says: most say the same again.
    last: usize,
    /// The civil second from which the others are counted.
    start: i64,
    /// The civil second before which rows are taken.
    end: i64,
    /// The time of the row before, or the start of the stretch.
    before: i64,
    /// Later rows came: there is nothing more to take.
    is_over: bool,
}

/// What a row says besides its badge.
struct Columns<'r> {
    direction: &'r [u8],
    reader: i64,
    minutes: Option<i64>,
    reason: Option<&'r [u8]>,
}

/// The columns of a row; none when one is not of the kind that was written.
#[inline]
fn columns<'r>(row: &'r Context<'_>) -> Option<Columns<'r>> {
    let ValueRef::Text(direction) = row.get_raw(DIRECTION) else { return None };
    let ValueRef::Integer(reader) = row.get_raw(READER) else { return None };
    let minutes = match row.get_raw(MINUTES) {
        ValueRef::Null => None,
        ValueRef::Integer(minutes) => Some(minutes),
        _ => return None,
    };
    let reason = match row.get_raw(REASON) {
        ValueRef::Null => None,
        ValueRef::Text(reason) => Some(reason),
        _ => return None,
    };
    Some(Columns { direction, reader, minutes, reason })
}

impl Found {
    /// Ends the query at the second row past the end. A single one may be damaged, and others come after it, which
    /// are then out of order.
    #[cold]
    fn pass(&mut self, local: i64) -> Result<(), Error> {
        if self.before < self.end {
            self.before = local;
            return Ok(());
        }
        self.is_over = true;
        Err(Error::UserFunctionError("enough".into()))
    }

    /// Takes a row, unless it lies past the end.
    #[expect(clippy::cast_precision_loss, reason = "a second of our days is exact in a float")]
    fn take(&mut self, row: &Context<'_>) -> Result<(), Error> {
        let second = match row.get_raw(LOCAL) {
            ValueRef::Integer(local) if local >= self.end => return self.pass(local),
            ValueRef::Integer(local) if local >= self.before => {
                self.before = local;
                u32::try_from(local - self.start).ok()
            }
            ValueRef::Real(local) if local >= self.end as f64 => return Ok(()),
            // what was never written: the key is damaged, and the rest of the row may be
            ValueRef::Integer(_) | ValueRef::Null => {
                self.is_unknown = true;
                return Ok(());
            }
            _ => None,
        };
        // whatever else is in the row of a badge that nobody asks for is not looked at
        let ValueRef::Text(badge) = row.get_raw(BADGE) else {
            self.is_unknown = true;
            return Ok(());
        };
        let Some(stamps) = self.badges.growing(badge) else {
            self.is_unknown |= str::from_utf8(badge).is_err();
            return Ok(());
        };
        let (Some(second), Some(Columns { direction, reader, minutes, reason })) = (second, columns(row))
        else {
            self.is_damaged = true;
            stamps.push(Stamp { second: second.unwrap_or(UNDATED), saying: DAMAGED });
            return Ok(());
        };
        let is_same = |written: &Written| {
            written.direction == direction
                && written.reader == reader
                && written.minutes == minutes
                && written.reason.as_deref() == reason
        };
        if !self.sayings.get(self.last).is_some_and(is_same) {
            self.last = self.sayings.iter().position(is_same).unwrap_or(self.sayings.len());
            if self.last == self.sayings.len() {
                let (direction, reason) = (direction.to_vec(), reason.map(<[u8]>::to_vec));
                self.sayings.push(Written { direction, reader, minutes, reason });
            }
        }
        stamps.push(Stamp { second, saying: u32::try_from(self.last).unwrap_or(u32::MAX) });
        Ok(())
    }
}

/// Where the function of a connection finds what it adds to, and leaves it at the end. A mutex although
/// one thread is at work: what `SQLite` calls must be able to go with its connection to another.
#[derive(Debug, Clone, Default)]
pub(super) struct Gathering(Arc<Mutex<Option<Found>>>);

impl Gathering {
    /// The punches of some badges in some stretches, each from a civil second up to (not including) another;
    /// counted from `start`.
    pub(super) fn of(
        &self,
        connection: &Connection,
        badges: Stamps,
        start: i64,
        stretches: impl Iterator<Item = Range<i64>>,
    ) -> Result<Found, StoreError> {
        let mut statement = connection.prepare_cached(GATHER)?;
        let mut found = Found {
            badges,
            sayings: Vec::new(),
            is_damaged: false,
            is_unknown: false,
            last: 0,
            start,
            end: start,
            before: start,
            is_over: false,
        };
        for stretch in stretches {
            (found.before, found.end, found.is_over) = (stretch.start, stretch.end, false);
            self.put(Some(found));
            let done = statement.query_row([stretch.start], |_| Ok(()));
            found = self.put(None).ok_or_else(|| Error::UserFunctionError(LOST.into()))?;
            if !found.is_over {
                done?;
            }
        }
        Ok(found)
    }

    /// Puts something into the place, and gives what was there.
    fn put(&self, found: Option<Found>) -> Option<Found> {
        std::mem::replace(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner), found)
    }
}

/// Better than a month without punches.
const LOST: &str = "what was gathered is gone";

impl Aggregate<Found, Null> for Gathering {
    fn init(&self, _: &mut Context<'_>) -> Result<Found, Error> {
        self.put(None).ok_or_else(|| Error::UserFunctionError(LOST.into()))
    }

    fn step(&self, row: &mut Context<'_>, found: &mut Found) -> Result<(), Error> {
        found.take(row)
    }

    /// Without a single row there is nothing to leave: the place holds what was put into it.
    fn finalize(&self, _: &mut Context<'_>, found: Option<Found>) -> Result<Null, Error> {
        if found.is_some() {
            self.put(found);
        }
        Ok(Null)
    }
}

impl Store {
    /// The gathering of this connection; known to `SQLite` from its first use on.
    pub(super) fn gathering(&self) -> Result<&Gathering, StoreError> {
        if let Some(known) = self.gathering.get() {
            return Ok(known);
        }
        let (new, flags) =
            (Gathering::default(), FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DIRECTONLY);
        self.connection.create_aggregate_function(NAME, 6, flags, new.clone())?;
        Ok(self.gathering.get_or_init(|| new))
    }
}
