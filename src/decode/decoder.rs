//! The streaming decoder: chunks in, rows out, the same rows for any chunking, in bounded memory.

use std::sync::Arc;

use super::format::Format;
use super::lines::{Lines, Piece};
use super::row::RowReader;
use super::text::Transcoder;
use super::{Outcome, Row};

/// Decodes one file, or whatever else comes as one stream of lines. Lines are counted by their ends
/// (LF, CRLF, CR) from 1. Blank lines are no rows; a run of NULs only cuts a line; a line of more than
/// 4096 bytes is one reject with its first bytes.
pub struct Decoder {
    format: Arc<Format>,
    transcoder: Transcoder,
    lines: Lines,
    rows: RowReader,
}

impl Decoder {
    /// Starts a stream.
    pub fn new(format: Arc<Format>) -> Self {
        let transcoder = Transcoder::new(format.encoding);
        Self { format, transcoder, lines: Lines::new(), rows: RowReader::default() }
    }

    /// Takes up a stream whose first `lines` lines, all complete, are known: their bytes are not
    /// pushed again. Only for formats that [are resumable](Format::is_resumable).
    pub fn resume(format: Arc<Format>, lines: u64) -> Self {
        let mut decoder = Self::new(format);
        decoder.transcoder = Transcoder::plain();
        decoder.lines = Lines::after(lines);
        decoder
    }

    /// How many lines came so far, when the last one is complete and the bytes are plain text, so
    /// that a longer version of the stream can be taken up behind them.
    pub fn complete_lines(&self) -> Option<u64> {
        if self.transcoder.is_plain() { self.lines.complete() } else { None }
    }

    /// Takes the next bytes and hands out the rows that end in them.
    pub fn push(&mut self, chunk: &[u8], sink: &mut impl FnMut(Row<'_>)) {
        let Self { format, transcoder, lines, rows } = self;
        transcoder.push(chunk, &mut |bytes, wide| {
            lines.push(bytes, &mut |piece| row(rows, format, &piece, wide, sink));
        });
    }

    /// Ends the stream: a last line without its end is handed out with `ended: false`. The decoder
    /// is then as new.
    pub fn finish(&mut self, sink: &mut impl FnMut(Row<'_>)) {
        let Self { format, transcoder, lines, rows } = self;
        let mut wide = transcoder.is_wide();
        transcoder.finish(&mut |bytes, is_wide| {
            wide = is_wide;
            lines.push(bytes, &mut |piece| row(rows, format, &piece, wide, sink));
        });
        lines.finish(&mut |piece| row(rows, format, &piece, wide, sink));
        *self = Self::new(Arc::clone(&self.format));
    }
}

#[inline]
fn row(rows: &mut RowReader, format: &Format, piece: &Piece<'_>, wide: bool, sink: &mut impl FnMut(Row<'_>)) {
    if let (Some(quick), Some(text), true) = (&format.quick, piece.plain, piece.started)
        && let Some(reading) = quick.read(text)
    {
        let outcome = Outcome::Punch(reading);
        sink(Row { line: piece.line, raw: piece.bytes, text: Some(text), ended: piece.ended, outcome });
    } else if let Some((text, outcome)) = rows.read(format, piece, wide) {
        sink(Row { line: piece.line, raw: piece.bytes, text, ended: piece.ended, outcome });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decoder_goes_to_another_thread_and_a_format_serves_many() {
        fn sent<T: Send>() {}
        fn shared<T: Send + Sync>() {}
        sent::<Decoder>();
        shared::<Format>();
    }
}
