//! Readers on serial ports: real pseudo-terminals behind a name that moves, around the real daemon.

mod crashes;
mod full_disk;
mod months;
pub(crate) mod reader;
mod reload;
mod tried_out;
mod trouble;
mod wires;
