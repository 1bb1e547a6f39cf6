//! One binary for all integration tests: one link.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod agreed_days;
mod agreement_changes;
mod agreement_life;
mod agreement_papers;
mod agreements;
mod bad_input;
mod carrier;
mod config;
mod contract;
mod crash;
mod day_cases;
mod day_properties;
mod day_random;
mod day_reference;
mod day_rules;
mod day_sheet;
mod day_trail;
mod decode;
mod decode_properties;
mod explain;
mod failures;
mod final_report;
mod floors;
mod intesa;
mod keeping;
mod letters;
mod month_days;
mod office;
mod osdp;
mod pec_double;
mod pipeline;
mod ports;
mod present;
mod readme;
mod real_mta;
mod receipts;
mod register;
mod register_commands;
mod small_disk;
mod smtp_faults;
mod smtp_server;
mod term;
mod trouble;
mod wire_properties;
