//! One binary for all integration tests: one link.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod config;
mod decode;
mod decode_properties;
mod floors;
mod real_mta;
mod smtp_faults;
mod smtp_server;
