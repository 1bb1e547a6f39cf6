//! FLOOR 1. Bytes to facts: export files become punches, rejects and skipped rows, serial bytes become
//! reads of a badge ([`wire`], and [`osdp`] for readers that must be asked), whatever the chunks they
//! come in. Pure: no files, no clock. The layouts are data (`config/formats/*.toml`);
//! this room only runs them.

pub mod card;
pub mod decoder;
pub mod format;
pub mod guess;
pub mod layout;
pub mod learn;
pub mod osdp;
pub mod wiegand;
pub mod wire;

mod cells;
mod fault;
mod header;
mod lines;
mod moment;
mod pattern;
mod quick;
mod row;
mod text;
mod wide;

/// One row of what was delivered, borrowed from the bytes just read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row<'a> {
    /// The line, counted from 1 by line ends.
    pub line: u64,
    /// Its bytes as delivered, without the line end (UTF-16 is already UTF-8 here).
    pub raw: &'a [u8],
    /// The same as text; absent when it is none (control bytes, cut characters).
    pub text: Option<&'a str>,
    /// False for a last line without its line end: more of it may come.
    pub ended: bool,
    /// What it is.
    pub outcome: Outcome<'a>,
}

/// What a row turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome<'a> {
    /// A punch.
    Punch(Reading<'a>),
    /// It cannot be read: kept in quarantine with the reason.
    Reject(&'a str),
    /// A header, or a row that is no punch by the format's own rules.
    Skipped,
}

/// A punch as the device wrote it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reading<'a> {
    /// The number of the badge; leading zeros count.
    pub badge: &'a str,
    /// The device's civil time in seconds since 1970-01-01T00:00:00 of its own clock.
    pub local: i64,
    /// The device's offset from UTC in minutes, when it wrote one.
    pub offset_minutes: Option<i16>,
    /// The device's own word for the direction; empty when it writes none.
    pub direction: &'a str,
    /// The device's own reason ("causale"), when there is one.
    pub reason: Option<&'a str>,
}
