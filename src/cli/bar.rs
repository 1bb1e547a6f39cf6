//! How far long work is: one line on a terminal, gone when the work is done. Nothing is written into a pipe,
//! nor to a terminal that cannot go back to the start of a line (`TERM=dumb`). It has no colours that
//! `NO_COLOR` could switch off.

use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

/// So often at most a line is written.
const PAUSE: Duration = Duration::from_millis(100);

/// Characters of the bar itself.
const WIDTH: u64 = 24;

/// A line that says how far something is.
#[derive(Debug)]
pub(super) struct Bar {
    terminal: bool,
    written: Option<Instant>,
    what: &'static str,
}

impl Bar {
    /// One for stderr.
    pub(super) fn new() -> Self {
        let dumb = std::env::var_os("TERM").is_none_or(|term| term.is_empty() || term == "dumb");
        Self { terminal: !dumb && std::io::stderr().is_terminal(), written: None, what: "" }
    }

    /// So much of something is done; of how much, when that is known.
    pub(super) fn tick(&mut self, what: &'static str, done: u64, total: u64) {
        let early = self.written.is_some_and(|at| at.elapsed() < PAUSE);
        if !self.terminal || (early && self.what == what) || (early && done == 0 && total > 0) {
            return;
        }
        (self.written, self.what) = (Some(Instant::now()), what);
        // nobody sees it: then nobody misses it
        drop(write!(std::io::stderr().lock(), "\r{}\x1b[K", line(what, done, total)));
    }

    /// Takes the line away, before something else is said.
    pub(super) fn clear(&mut self) {
        if self.written.take().is_some() {
            drop(write!(std::io::stderr().lock(), "\r\x1b[K"));
        }
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.clear();
    }
}

fn line(what: &str, done: u64, total: u64) -> String {
    if total == 0 {
        return if done == 0 { format!("{what} ...") } else { format!("{what}: {done}") };
    }
    let done = done.min(total);
    let (filled, percent) = (done.saturating_mul(WIDTH) / total, done.saturating_mul(100) / total);
    let bar: String = (0..WIDTH).map(|place| if place < filled { '#' } else { '.' }).collect();
    format!("{what} [{bar}] {percent:>3} %")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_how_far_it_is() {
        for (done, total, expected) in [
            (0, 0, "x ..."),
            (7, 0, "x: 7"),
            (0, 9, "x [........................]   0 %"),
            (1, 2, "x [############............]  50 %"),
            (9, 9, "x [########################] 100 %"),
            (10, 9, "x [########################] 100 %"),
        ] {
            assert_eq!(line("x", done, total), expected);
        }
    }
}
