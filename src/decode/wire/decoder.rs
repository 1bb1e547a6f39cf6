//! The streaming decoder of one port: bytes in, frames out, the same frames for any chunking.

use super::bank_card::may_hold_one;
use super::grammar::{Resync, Silence, Step, Verdict};
use super::noise::Noise;
use super::settings::WireSettings;
use super::{Frame, Moment, WireOutcome, WireRead};

/// Bytes of one frame follow one another within so many milliseconds.
const LONGEST_GAP: u64 = 500;

/// Where frames go.
pub type Sink<'s> = &'s mut dyn FnMut(Frame<'_>);

/// Decodes what one port gives. Keeps at most one unfinished frame and the first bytes of one run of
/// noise: less than 2 KiB of bytes, whatever comes.
#[derive(Debug)]
pub struct WireDecoder {
    settings: WireSettings,
    /// The bytes of the frame that has begun; between two calls all of them have been looked at.
    window: Vec<u8>,
    /// When each of them arrived.
    arrivals: Vec<Moment>,
    /// The offset of the first of them.
    offset: u64,
    last: Moment,
    /// Nothing is believed up to the next resync.
    lost: bool,
    noise: Noise,
    /// How many bytes of noise came since the last frame or [`Step::Between`].
    noise_before: usize,
    noise_bytes: u64,
}

impl WireDecoder {
    /// Starts a stream.
    pub fn new(settings: &WireSettings) -> Self {
        Self {
            settings: settings.clone(),
            window: Vec::new(),
            arrivals: Vec::new(),
            offset: 0,
            last: Moment::default(),
            lost: false,
            noise: Noise::default(),
            noise_before: 0,
            noise_bytes: 0,
        }
    }

    /// Takes the bytes that arrived at `now` and hands out the frames that end in them (and what
    /// [`Self::idle`] would have, had it been called). `now` never goes back.
    pub fn push(&mut self, bytes: &[u8], now: Moment, sink: Sink<'_>) {
        if bytes.is_empty() {
            return;
        }
        self.idle(now, sink);
        for byte in bytes {
            self.window.push(*byte);
            self.arrivals.push(now);
            self.advance(self.window.len() - 1, sink);
        }
        self.last = now;
    }

    /// When silence, if it lasts until then, ends a record, drops half a frame, or ends a run of
    /// noise: call [`Self::idle`] then. `None` while nothing waits for silence.
    pub fn due(&self) -> Option<Moment> {
        let wait = match self.settings.protocol.grammar().silence(&self.window) {
            Silence::Ends(wait) if !self.window.is_empty() => wait,
            _ if self.window.is_empty() && !self.noise.is_open() => return None,
            _ => LONGEST_GAP + 1,
        };
        Some(Moment(self.last.0.saturating_add(wait)))
    }

    /// Says that nothing arrived up to `now`.
    pub fn idle(&mut self, now: Moment, sink: Sink<'_>) {
        let silent = now.since(self.last);
        while !self.window.is_empty() {
            match self.settings.protocol.grammar().silence(&self.window) {
                Silence::Ends(wait) if silent >= wait => self.complete(self.window.len(), sink),
                Silence::Drops(cause) if silent > LONGEST_GAP => self.give_up(cause, sink),
                _ => return,
            }
        }
        if silent > LONGEST_GAP {
            self.flush(true, sink);
            self.lost = false;
            self.noise_before = 0;
        }
    }

    /// Ends a capture: what waits for silence has it now. The decoder is then as new.
    pub fn finish(&mut self, sink: Sink<'_>) {
        while !self.window.is_empty() {
            match self.settings.protocol.grammar().silence(&self.window) {
                Silence::Ends(_) => self.complete(self.window.len(), sink),
                Silence::Drops(_) => self.give_up("the bytes end in the middle of a frame", sink),
            }
        }
        self.restart(sink);
    }

    /// Ends the stream of a port that was unplugged: half a frame is a reject, also where silence
    /// would have ended it. The decoder is then as new.
    pub fn hang_up(&mut self, sink: Sink<'_>) {
        while !self.window.is_empty() {
            self.give_up("the port went away in the middle of a frame", sink);
        }
        self.restart(sink);
    }

    /// When the frame that is not whole yet began.
    pub fn begun(&self) -> Option<Moment> {
        self.arrivals.first().copied()
    }

    /// How many bytes belonged to no frame since the start of the stream.
    pub fn noise_bytes(&self) -> u64 {
        self.noise_bytes
    }

    fn restart(&mut self, sink: Sink<'_>) {
        self.flush(true, sink);
        *self = Self::new(&self.settings);
    }

    /// Looks at the bytes of the window behind the first `seen`.
    fn advance(&mut self, mut seen: usize, sink: Sink<'_>) {
        while let Some(byte) = self.window.get(seen).copied() {
            let grammar = self.settings.protocol.grammar();
            if self.lost {
                match grammar.resync(byte) {
                    Resync::Later => {
                        self.waste(1, sink);
                        continue;
                    }
                    Resync::Behind => {
                        self.lost = false;
                        self.between();
                        continue;
                    }
                    Resync::Here => self.lost = false,
                }
            }
            let frame = self.window.get(..seen).unwrap_or_default();
            let step = match grammar.step(frame, byte, self.noise_before) {
                Step::Inside | Step::Start if seen + 1 >= grammar.longest() => {
                    Step::Lost("longer than any frame of this protocol")
                }
                step => step,
            };
            match step {
                Step::Between => self.between(),
                Step::Noise => self.waste(1, sink),
                Step::Start => {
                    if seen > 0 {
                        self.blame("the frame is cut short by the next one");
                        self.waste(seen, sink);
                    }
                    seen = 1;
                }
                Step::Inside => seen += 1,
                Step::End => {
                    self.complete(seen + 1, sink);
                    seen = 0;
                }
                Step::EndBefore => {
                    self.complete(seen, sink);
                    seen = 0;
                }
                Step::Broken(cause) => {
                    self.blame(cause);
                    self.waste(1, sink);
                    seen = 0;
                }
                Step::Lost(cause) => {
                    self.blame(cause);
                    self.waste(seen, sink);
                    self.lost = true;
                    seen = 0;
                }
            }
        }
    }

    /// The first byte of the window starts no frame after all; the others are looked at again.
    fn give_up(&mut self, cause: &'static str, sink: Sink<'_>) {
        self.blame(cause);
        self.waste(1, sink);
        self.advance(0, sink);
    }

    /// Takes the first bytes of the window as a whole frame.
    fn complete(&mut self, length: usize, sink: Sink<'_>) {
        let verdict = self.settings.protocol.grammar().read(self.window.get(..length).unwrap_or_default());
        match verdict {
            Verdict::Read(found) => match found.card.badge(self.settings.badge) {
                Ok(badge) => {
                    let outcome = WireOutcome::Read(WireRead {
                        badge: &badge,
                        card: &found.card,
                        local: found.local,
                        direction: &found.direction,
                        reason: found.reason.as_deref(),
                    });
                    self.tell(length, true, outcome, sink);
                }
                Err(none) => self.reject(length, true, &none.to_string(), sink),
            },
            Verdict::Reject(reason) => self.reject(length, true, &reason, sink),
            Verdict::Secret(reason) => self.reject(length, false, &reason, sink),
            // what is left of the window is looked at again by whoever called
            Verdict::RejectFirst(reason, count) => self.reject(count.clamp(1, length), true, &reason, sink),
            Verdict::Skipped => self.tell(length, true, WireOutcome::Skipped, sink),
        }
    }

    fn reject(&mut self, length: usize, keep: bool, reason: &str, sink: Sink<'_>) {
        self.tell(length, keep, WireOutcome::Reject(reason), sink);
    }

    /// Hands out the first bytes of the window, after the noise before them.
    fn tell(&mut self, length: usize, keep: bool, outcome: WireOutcome<'_>, sink: Sink<'_>) {
        self.flush(true, sink);
        let raw = self.window.get(..length).unwrap_or_default();
        // a reader of stripes that was configured as another
        let keep = keep && !(matches!(outcome, WireOutcome::Reject(_)) && may_hold_one(raw));
        let raw = if keep { raw } else { &[] };
        let begun = self.arrivals.first().copied().unwrap_or_default();
        sink(Frame { offset: self.offset, begun, raw, outcome });
        self.noise_before = 0;
        self.forget(length);
    }

    /// Moves the first bytes of the window to the noise.
    fn waste(&mut self, count: usize, sink: Sink<'_>) {
        for index in 0..count.min(self.window.len()) {
            let (byte, begun) = (self.window[index], self.arrivals[index]);
            if self.noise.add(byte, self.offset + index as u64, begun) {
                self.flush(false, sink);
            }
        }
        self.noise_before = self.noise_before.saturating_add(count);
        self.noise_bytes += count as u64;
        self.forget(count);
    }

    /// Passes over the first byte of the window, which means nothing between two frames.
    fn between(&mut self) {
        self.noise_before = 0;
        self.forget(1);
    }

    /// Remembers what first went wrong in this run of noise.
    fn blame(&mut self, cause: &'static str) {
        self.noise.cause.get_or_insert(cause);
    }

    fn forget(&mut self, count: usize) {
        let count = count.min(self.window.len());
        self.window.drain(..count);
        self.arrivals.drain(..count);
        self.offset += count as u64;
    }

    /// Tells of the run of noise so far.
    fn flush(&mut self, ended: bool, sink: Sink<'_>) {
        if self.noise.is_open() {
            let reason = self.noise.reason(ended);
            let noise = self.noise.told_bytes(ended);
            let keep = self.settings.protocol.grammar().may_keep(noise) && !may_hold_one(noise);
            let raw = if keep { noise } else { &[] };
            let outcome = WireOutcome::Reject(&reason);
            sink(Frame { offset: self.noise.offset, begun: self.noise.begun, raw, outcome });
        }
        self.noise.clear();
        self.noise.told = !ended;
    }
}

#[cfg(test)]
mod tests;
