//! One binary for all integration tests: one link.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod floors;
mod letters;
