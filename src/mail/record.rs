//! The record of an attempt: every line of the dialogue with its time, without secrets and without
//! the message. It is evidence of what was said, and the first thing to read when mail does not leave.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

/// No record is longer, in bytes, however much a server says.
const LONGEST: usize = 64 * 1024;

/// A record that several may write to: a session outlives the attempt that opened it.
#[derive(Debug, Clone)]
pub(super) struct Record {
    began: Instant,
    text: Arc<Mutex<String>>,
}

impl Record {
    /// Begins now, with nothing in it.
    pub(super) fn new() -> Self {
        Self { began: Instant::now(), text: Arc::default() }
    }

    /// What we said.
    pub(super) fn ours(&self, line: &str) {
        self.line('>', line);
    }

    /// What the server said.
    pub(super) fn theirs(&self, line: &str) {
        self.line('<', line);
    }

    /// What happened beside the words.
    pub(super) fn note(&self, line: &str) {
        self.line('*', line);
    }

    fn line(&self, who: char, line: &str) {
        let mut text = self.text.lock().unwrap_or_else(PoisonError::into_inner);
        if text.len() + line.len() < LONGEST {
            let elapsed = self.began.elapsed().as_secs_f64();
            *text += &format!("{elapsed:9.3} {who} {line}\n");
        }
    }

    /// All of it: one line each, seconds since the beginning, `>` ours, `<` theirs, `*` what happened.
    pub(super) fn text(&self) -> String {
        self.text.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_has_an_end() {
        let record = Record::new();
        record.ours("EHLO [127.0.0.1]");
        record.theirs("250 ok");
        let text = record.text();
        let lines: Vec<&str> = text.lines().map(|line| line.split_at(10).1).collect();
        assert_eq!(lines, ["> EHLO [127.0.0.1]", "< 250 ok"]);
        let long = "x".repeat(1000);
        (0..100).for_each(|_| record.note(&long));
        assert!(record.text().len() < LONGEST + 100);
    }
}
