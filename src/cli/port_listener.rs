//! Who listens to a port for `timbra decode`: one searches for what the reader is, one watches a reader
//! that is known.

use std::ops::ControlFlow::{Break, Continue};

use crate::daemon::listen::{Heard, Next};
use crate::decode::learn::{Learned, Recording};
use crate::decode::wire::decoder::WireDecoder;
use crate::decode::wire::settings::WireSettings;
use crate::decode::wire::{Frame, Moment, bank_card};
use crate::hex;
use crate::source::PortSettings;

use super::decode_output::Counts;
use super::decode_wire_output::ShownFrames;
use super::failure::Failure;
use super::output::{print, talk};
use super::port_args::shown;

/// After so many milliseconds without a byte a card was told completely.
const PAUSE: u64 = 200;

/// A stream without a pause is looked at so often, in milliseconds.
const LOOK: u64 = 2_000;

/// A port from which nothing came for so many milliseconds may be the wrong one.
const QUIET: u64 = 10_000;

/// The most bytes of a burst that are shown.
const BYTES: usize = 256;

/// What to look after when a reader is silent.
pub(super) const CHECKS: &str = "nothing came. Is the reader switched on, and does it beep at the card? \
    Is it this port, and is the reader's TX joined to our RX, and ground to ground? Is the speed right (--baud)?\n\
    An OSDP reader speaks only when it is asked: write [[osdp]] for it, and `timbra run` asks.";

fn opened(port: &PortSettings, quiet: bool) -> Option<u64> {
    talk(&format!(
        "{} is open ({}): hold a card to the reader; Ctrl-C ends",
        port.path.display(),
        shown(port)
    ));
    quiet.then_some(QUIET)
}

fn lost(how: &str) {
    talk(&format!("{how}: it is opened again when it comes back; Ctrl-C ends"));
}

fn after(now: Moment, milliseconds: u64) -> Moment {
    Moment(now.0.saturating_add(milliseconds))
}

/// Listens until a card is recognised.
pub(super) struct Search<'a> {
    learnt: &'a dyn Fn(&Recording) -> Learned,
    printed: Option<&'a str>,
    /// The first card ends it.
    ends: bool,
    port: &'a PortSettings,
    burst: Vec<u8>,
    /// When the burst began, and how many of its bytes are too many to show.
    begun: Option<Moment>,
    more: usize,
}

impl<'a> Search<'a> {
    pub(super) fn new(
        learnt: &'a dyn Fn(&Recording) -> Learned,
        printed: Option<&'a str>,
        ends: bool,
        port: &'a PortSettings,
    ) -> Self {
        Self { learnt, printed, ends, port, burst: Vec::new(), begun: None, more: 0 }
    }

    pub(super) fn hear(&mut self, heard: &Heard<'_>, recording: &mut Recording) -> Next {
        match *heard {
            Heard::Opened(now) => {
                let quiet = opened(self.port, recording.bytes().is_empty());
                Continue(quiet.map(|quiet| after(now, quiet)))
            }
            Heard::Bytes(bytes, now) => {
                recording.push(bytes, now);
                let room = BYTES.saturating_sub(self.burst.len()).min(bytes.len());
                self.burst.extend(bytes.iter().take(room));
                self.more += bytes.len() - room;
                let begun = *self.begun.get_or_insert(now);
                Continue(Some(after(now, PAUSE).min(after(begun, LOOK))))
            }
            Heard::Silence(_) if self.begun.is_none() => {
                talk(CHECKS);
                Continue(None)
            }
            Heard::Silence(_) => self.look(recording),
            Heard::Lost(ref how) => {
                lost(how);
                if self.begun.is_some() { self.look(recording) } else { Continue(None) }
            }
        }
    }

    /// Shows a burst, and decides whether it was enough.
    fn look(&mut self, recording: &Recording) -> Next {
        self.begun = None;
        let more = std::mem::take(&mut self.more);
        let more = if more == 0 { String::new() } else { format!(" and {more} other bytes") };
        talk(&format!("{}{more}", raw(&std::mem::take(&mut self.burst))));
        let is_full = recording.bytes().len() >= Recording::MOST;
        if !self.ends {
            return Continue(None);
        }
        let learned = (self.learnt)(recording);
        match (learned.best(), self.printed, learned.printed) {
            _ if is_full => return Break(()),
            (Some(best), ..) if best.ends_by_pause() && best.reads < 2 => {
                talk(
                    "these bytes have no end of their own: once more, to be sure; Ctrl-C shows what they are",
                );
            }
            (Some(_), None, _) | (Some(_), Some(_), Some(_)) => return Break(()),
            (Some(_), Some(printed), None) => talk(&format!(
                "no number of this card is {printed}: hold that card to the reader, or see all numbers with Ctrl-C"
            )),
            (None, ..) => talk("no protocol fits yet: once more, or see what each says with Ctrl-C"),
        }
        Continue(None)
    }
}

/// The bytes of a burst, without the digits of bank cards.
fn raw(bytes: &[u8]) -> String {
    let shown = bank_card::masked(bytes).into_iter();
    let shown: Vec<String> =
        shown.map(|byte| byte.map_or("**".to_owned(), |byte| hex::lower(&[byte]))).collect();
    shown.join(" ")
}

/// Shows the reads of a reader whose protocol is known.
pub(super) struct Watch<'a> {
    decoder: WireDecoder,
    shown: ShownFrames,
    port: &'a PortSettings,
    heard: bool,
    failed: Option<Failure>,
}

impl<'a> Watch<'a> {
    pub(super) fn new(settings: &WireSettings, shown: ShownFrames, port: &'a PortSettings) -> Self {
        Self { decoder: WireDecoder::new(settings), shown, port, heard: false, failed: None }
    }

    pub(super) fn hear(&mut self, heard: &Heard<'_>, recording: &mut Recording) -> Next {
        let shown = &mut self.shown;
        let mut sink = |frame: Frame<'_>| shown.frame(&frame);
        match *heard {
            Heard::Opened(now) => {
                let quiet = opened(self.port, !self.heard);
                return Continue(quiet.map(|quiet| after(now, quiet)));
            }
            Heard::Bytes(bytes, now) => {
                self.heard = true;
                recording.push(bytes, now);
                self.decoder.push(bytes, now, &mut sink);
            }
            Heard::Silence(_) if !self.heard => talk(CHECKS),
            Heard::Silence(now) => self.decoder.idle(now, &mut sink),
            Heard::Lost(ref how) => {
                self.decoder.hang_up(&mut sink);
                lost(how);
            }
        }
        match print(&self.shown.take()) {
            Ok(()) => Continue(self.decoder.due()),
            Err(failure) => {
                self.failed = Some(failure);
                Break(())
            }
        }
    }

    /// Prints the rest, and gives the numbers.
    pub(super) fn finish(mut self) -> Result<Counts, Failure> {
        if let Some(failure) = self.failed {
            return Err(failure);
        }
        let shown = &mut self.shown;
        self.decoder.finish(&mut |frame| shown.frame(&frame));
        let counts = self.shown.summary();
        print(&self.shown.take())?;
        Ok(counts)
    }
}
