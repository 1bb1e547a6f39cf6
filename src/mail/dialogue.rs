//! Lines to and from a server, each with its own time limit.
//!
//! lettre's `AsyncSmtpConnection` is not used for this: its reads have no limit, it refuses a bare
//! `250`, it hides the SIZE of a server, and it sends text and final dot in one step, so that "not
//! sent" and "perhaps sent" cannot be told apart. lettre gives the TLS stream below.

use std::future::ready;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::task::yield_now;
use tokio::time::timeout;

use super::record::Record;
use super::reply::{Parsed, Reply};

/// How much text goes out under one limit, in bytes.
const BLOCK: usize = 64 * 1024;

/// Why no reply was read or no line written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Break {
    /// The time limit of the step ended.
    Silence(Duration),
    /// The other side closed the connection.
    Closed,
    /// The network or the TLS layer failed.
    Broken(String),
    /// An answer that is no reply.
    Garbage(String),
}

impl std::fmt::Display for Break {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Silence(limit) => write!(f, "no answer within {} s", limit.as_secs_f64()),
            Self::Closed => f.write_str("the server closed the connection"),
            Self::Broken(reason) => write!(f, "the connection broke: {reason}"),
            Self::Garbage(what) => f.write_str(what),
        }
    }
}

/// A dialogue over any stream, on record.
#[derive(Debug)]
pub(super) struct Dialogue<S> {
    stream: S,
    received: Vec<u8>,
    record: Record,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Dialogue<S> {
    /// Starts with nothing read.
    pub(super) fn new(stream: S, record: Record) -> Self {
        Self { stream, received: Vec::new(), record }
    }

    /// The stream.
    pub(super) fn stream(&self) -> &S {
        &self.stream
    }

    /// From now on another attempt's record is written.
    pub(super) fn record_in(&mut self, record: Record) {
        self.record = record;
    }

    /// The stream again, unless the server has said more than it was asked: then that would be
    /// taken for something said under encryption.
    pub(super) fn into_stream(self) -> Option<S> {
        self.received.is_empty().then_some(self.stream)
    }

    /// Reads one reply.
    pub(super) async fn reply(&mut self, limit: Duration) -> Result<Reply, Break> {
        let answer = timeout(limit, self.read_reply()).await.unwrap_or(Err(Break::Silence(limit)));
        self.keep(answer)
    }

    /// Puts an answer on record.
    fn keep(&self, answer: Result<Reply, Break>) -> Result<Reply, Break> {
        match &answer {
            Ok(reply) => reply.each_line(|line| self.record.theirs(&line)),
            Err(why) => self.record.note(&why.to_string()),
        }
        answer
    }

    async fn read_reply(&mut self) -> Result<Reply, Break> {
        loop {
            match Reply::parse(&self.received) {
                Parsed::Whole(reply, taken) => {
                    self.received.drain(..taken);
                    return Ok(reply);
                }
                Parsed::Garbage(what) => return Err(Break::Garbage(what)),
                Parsed::Incomplete => {}
            }
            match self.stream.read_buf(&mut self.received).await {
                Ok(0) => return Err(Break::Closed),
                Ok(_) => {}
                Err(error) => return Err(Break::Broken(error.to_string())),
            }
        }
    }

    /// Sends one line, which it ends, and reads the reply.
    pub(super) async fn command(&mut self, line: &str, limit: Duration) -> Result<Reply, Break> {
        self.record.ours(line);
        self.exchange(line, limit).await
    }

    /// The same for a line that holds a secret: the record shows something else.
    pub(super) async fn secret(&mut self, line: &str, shown: &str, limit: Duration) -> Result<Reply, Break> {
        self.record.ours(shown);
        self.exchange(line, limit).await
    }

    async fn exchange(&mut self, line: &str, limit: Duration) -> Result<Reply, Break> {
        let exchange = async {
            self.write(format!("{line}\r\n").as_bytes()).await?;
            self.read_reply().await
        };
        let answer = timeout(limit, exchange).await.unwrap_or(Err(Break::Silence(limit)));
        self.keep(answer)
    }

    /// Sends the text of a message without its final dot; `limit` is for each block.
    pub(super) async fn text(&mut self, bytes: &[u8], limit: Duration) -> Result<(), Break> {
        let stuffed = stuff(bytes);
        self.record.ours(&format!("(the message: {} bytes)", bytes.len()));
        for block in stuffed.chunks(BLOCK) {
            let written = timeout(limit, self.write(block)).await.unwrap_or(Err(Break::Silence(limit)));
            if let Err(why) = written {
                self.record.note(&why.to_string());
                return Err(why);
            }
        }
        Ok(())
    }

    /// What the server has said without being asked, if it said so already.
    pub(super) async fn interjection(&mut self) -> Option<Result<Reply, Break>> {
        // one look at what has come; a limit of nothing would be a whole millisecond of the timer
        yield_now().await;
        let answer = tokio::select! {
            biased;
            answer = self.read_reply() => answer,
            () = ready(()) => return None,
        };
        Some(self.keep(answer))
    }

    async fn write(&mut self, bytes: &[u8]) -> Result<(), Break> {
        let broken = |error: std::io::Error| Break::Broken(error.to_string());
        self.stream.write_all(bytes).await.map_err(broken)?;
        self.stream.flush().await.map_err(broken)
    }
}

/// The text as it goes over the wire (RFC 5321, 4.5.2): a dot at the start of a line is doubled, and
/// the last line has its end.
fn stuff(bytes: &[u8]) -> Vec<u8> {
    let mut stuffed = Vec::with_capacity(bytes.len() + bytes.len() / 64 + 2);
    for line in bytes.split_inclusive(|b| *b == b'\n') {
        if line.starts_with(b".") {
            stuffed.push(b'.');
        }
        stuffed.extend_from_slice(line);
    }
    if !stuffed.ends_with(b"\r\n") {
        stuffed.extend_from_slice(b"\r\n");
    }
    stuffed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dots_are_doubled_and_the_last_line_ends() {
        for (text, expected) in [
            ("a\r\n", "a\r\n"),
            ("a", "a\r\n"),
            (".\r\n.a\r\nb.\r\n", "..\r\n..a\r\nb.\r\n"),
            ("\r\n", "\r\n"),
        ] {
            assert_eq!(stuff(text.as_bytes()), expected.as_bytes(), "{text:?}");
        }
    }
}
