//! Punches gathered by badge inside of the query: `SQLite` hands the columns of each row to a function
//! of ours, which takes less than half of what it takes to step from row to row outside.

use std::collections::HashMap;
use std::ffi::CStr;
use std::sync::{Arc, Mutex, PoisonError};

use foldhash::fast::RandomState;
use rusqlite::functions::{Aggregate, Context, FunctionFlags};
use rusqlite::types::{Null, ValueRef};
use rusqlite::{Connection, Error};
use smallvec::SmallVec;

use super::{Store, StoreError};

/// The name of the function in SQL.
const NAME: &CStr = c"gather";

/// The columns in the order in which the function takes them. The last of them in the table comes first: on the
/// way to it `SQLite` finds where all others are.
const GATHER: &str = "SELECT gather(reason, zone_minutes, reader, direction, badge, local) FROM punch
     WHERE local >= ?1 AND local < ?2";
const REASON: usize = 0;
const MINUTES: usize = 1;
const READER: usize = 2;
const DIRECTION: usize = 3;
const BADGE: usize = 4;
const LOCAL: usize = 5;

/// As many punches a badge usually has in half a month: the room for its first.
const USUAL: usize = 48;

/// The number of a badge, of up to 16 bytes without the heap.
pub(super) type Number = SmallVec<[u8; 16]>;

/// The punches of each badge. Every punch is looked up, and the keys are the office's own.
pub(super) type Stamps = HashMap<Number, Vec<Stamp>, RandomState>;

/// In place of a saying, of a row whose columns cannot be read.
pub(super) const DAMAGED: u32 = u32::MAX;

/// In place of a second, of a row whose time cannot be read.
pub(super) const UNDATED: u32 = u32::MAX;

/// A punch, in numbers: when (in seconds from the start of the range), and what it says.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stamp {
    pub(super) second: u32,
    pub(super) saying: u32,
}

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
    /// The badge of some row cannot be read: it could be anybody's.
    pub(super) is_unknown: bool,
    /// What the row before says: most say the same again.
    last: usize,
    start: i64,
}

/// What a row says besides its badge.
struct Columns<'r> {
    direction: &'r [u8],
    reader: i64,
    minutes: Option<i64>,
    reason: Option<&'r [u8]>,
    local: i64,
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
    let ValueRef::Integer(local) = row.get_raw(LOCAL) else { return None };
    Some(Columns { direction, reader, minutes, reason, local })
}

impl Found {
    fn take(&mut self, row: &Context<'_>) {
        // whatever else is in the row of a badge that nobody asks for is not looked at
        let ValueRef::Text(badge) = row.get_raw(BADGE) else {
            self.is_unknown = true;
            return;
        };
        let Some(stamps) = self.badges.get_mut(badge) else {
            self.is_unknown |= str::from_utf8(badge).is_err();
            return;
        };
        let Some(Columns { direction, reader, minutes, reason, local }) = columns(row) else {
            self.is_damaged = true;
            let second =
                row.get_raw(LOCAL).as_i64().ok().and_then(|local| u32::try_from(local - self.start).ok());
            stamps.push(Stamp { second: second.unwrap_or(UNDATED), saying: DAMAGED });
            return;
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
        if stamps.is_empty() {
            stamps.reserve(USUAL);
        }
        let second = u32::try_from(local - self.start).unwrap_or(u32::MAX);
        stamps.push(Stamp { second, saying: u32::try_from(self.last).unwrap_or(u32::MAX) });
    }
}

/// Where the function of a connection finds what it adds to, and leaves it at the end. A mutex although
/// one thread is at work: what `SQLite` calls must be able to go with its connection to another.
#[derive(Debug, Clone, Default)]
pub(super) struct Gathering(Arc<Mutex<Option<Found>>>);

impl Gathering {
    /// The punches of some badges from a civil second up to (not including) another, from which they are
    /// counted.
    pub(super) fn of(
        &self,
        connection: &Connection,
        badges: Stamps,
        (start, end): (i64, i64),
    ) -> Result<Found, StoreError> {
        let (is_damaged, is_unknown) = (false, false);
        self.put(Some(Found { badges, sayings: Vec::new(), is_damaged, is_unknown, last: 0, start }));
        let statement = connection.prepare_cached(GATHER);
        let done = statement.and_then(|mut statement| statement.query_row((start, end), |_| Ok(())));
        let found = self.put(None);
        done?;
        found.ok_or_else(|| Error::UserFunctionError(LOST.into()).into())
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
        found.take(row);
        Ok(())
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
