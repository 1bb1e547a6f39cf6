//! Readers on serial ports: real pseudo-terminals behind a name that moves, around the real daemon.

mod crashes;
mod months;
mod reader;
mod reload;
mod tried_out;
mod trouble;
mod wires;
