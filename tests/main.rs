//! One binary for all integration tests: one link.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod config;
mod day_cases;
mod day_properties;
mod day_random;
mod day_reference;
mod day_rules;
mod day_sheet;
mod decode;
mod decode_properties;
mod floors;
mod letters;
mod real_mta;
mod register;
mod register_commands;
mod smtp_faults;
mod smtp_server;
