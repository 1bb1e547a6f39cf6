//! Cuts a stream of bytes into lines, whatever the chunks: LF, CRLF and CR end a line, a run of NULs
//! only cuts it.

use memchr::memchr3;

use super::text;

/// The longest line that is read; of a longer one this many bytes are kept.
pub(super) const LONGEST: usize = 4096;

/// A line, or what stands between NULs.
#[derive(Debug, Clone, Copy)]
pub(super) struct Piece<'a> {
    pub(super) line: u64,
    pub(super) bytes: &'a [u8],
    /// The same as text, where the whole chunk was plain ASCII: then nobody needs to look again.
    pub(super) plain: Option<&'a str>,
    /// Its start was seen: it does not follow a run of NULs.
    pub(super) started: bool,
    /// It was longer than [`LONGEST`].
    pub(super) cut: bool,
    /// Its end was seen.
    pub(super) ended: bool,
}

/// The state between two chunks: at most [`LONGEST`] bytes.
#[derive(Debug)]
pub(super) struct Lines {
    line: u64,
    held: Vec<u8>,
    cut: bool,
    started: bool,
    after_return: bool,
}

impl Lines {
    pub(super) fn new() -> Self {
        Self { line: 1, held: Vec::new(), cut: false, started: true, after_return: false }
    }

    /// Behind so many complete lines.
    pub(super) fn after(lines: u64) -> Self {
        Self { line: lines + 1, ..Self::new() }
    }

    /// How many lines came, when nothing is held of another one.
    pub(super) fn complete(&self) -> Option<u64> {
        (self.held.is_empty() && self.started && !self.after_return).then_some(self.line - 1)
    }

    /// Hands out every line that ends in this chunk; empty ones not.
    #[inline]
    pub(super) fn push(&mut self, chunk: &[u8], each: &mut impl FnMut(Piece<'_>)) {
        let text = text::plain(chunk);
        let mut at = 0;
        while let Some(rest) = chunk.get(at..)
            && let Some(first) = rest.first()
        {
            if self.after_return {
                self.after_return = false;
                if *first == b'\n' {
                    at += 1;
                    continue;
                }
            }
            let Some(length) = memchr3(b'\n', b'\r', 0, rest) else {
                self.hold(rest);
                return;
            };
            let (piece, end) = rest.split_at(length);
            self.deliver(piece, text.and_then(|text| text.get(at..at + length)), each);
            self.started = end.first() != Some(&0);
            let mut taken = 1;
            match end.first() {
                Some(0) => taken = end.iter().position(|byte| *byte != 0).unwrap_or(end.len()),
                Some(b'\r') => {
                    self.line += 1;
                    self.after_return = true;
                }
                _ => self.line += 1,
            }
            at += length + taken;
        }
    }

    /// Hands out a last line that has no end.
    pub(super) fn finish(&mut self, each: &mut impl FnMut(Piece<'_>)) {
        if !self.held.is_empty() {
            let started = self.started;
            each(Piece {
                line: self.line,
                bytes: &self.held,
                plain: None,
                started,
                cut: self.cut,
                ended: false,
            });
        }
        *self = Self::new();
    }

    #[inline]
    fn deliver(&mut self, piece: &[u8], plain: Option<&str>, each: &mut impl FnMut(Piece<'_>)) {
        let (line, started) = (self.line, self.started);
        if self.held.is_empty() && piece.len() <= LONGEST {
            if !piece.is_empty() {
                each(Piece { line, bytes: piece, plain, started, cut: false, ended: true });
            }
            return;
        }
        self.hold(piece);
        each(Piece { line, bytes: &self.held, plain: None, started, cut: self.cut, ended: true });
        self.held.clear();
        self.cut = false;
    }

    fn hold(&mut self, bytes: &[u8]) {
        let room = LONGEST.saturating_sub(self.held.len());
        self.cut |= bytes.len() > room;
        self.held.extend_from_slice(bytes.get(..room).unwrap_or(bytes));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_counted_by_their_ends_whatever_the_chunks() {
        let text = b"a\nb\r\n\r\nc\rd\0\0\0e\n\0\0\0f";
        let expected =
            [(1, "a", true), (2, "b", true), (4, "c", true), (5, "d", true), (5, "e", true), (6, "f", false)];
        for size in 1..=text.len() {
            let mut lines = Lines::new();
            let mut found = Vec::new();
            let mut each =
                |p: Piece<'_>| found.push((p.line, String::from_utf8(p.bytes.to_vec()).unwrap(), p.ended));
            for chunk in text.chunks(size) {
                lines.push(chunk, &mut each);
            }
            lines.finish(&mut each);
            let found: Vec<_> =
                found.iter().map(|(line, text, ended)| (*line, text.as_str(), *ended)).collect();
            assert_eq!(found, expected, "chunks of {size}");
        }
    }

    #[test]
    fn a_long_line_is_one_piece_of_bounded_size() {
        let text = [vec![b'x'; 3 * LONGEST], b"\nshort\n".to_vec()].concat();
        for size in [1, 100, LONGEST, text.len()] {
            let mut lines = Lines::new();
            let mut found = Vec::new();
            for chunk in text.chunks(size) {
                lines.push(chunk, &mut |p| found.push((p.line, p.bytes.len(), p.cut)));
            }
            assert_eq!(found, [(1, LONGEST, true), (2, 5, false)]);
        }
    }
}
