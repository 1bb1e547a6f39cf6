//! Readers on serial ports: real pseudo-terminals behind a name that moves, around the real daemon.

mod crashes;
mod months;
mod reader;
mod reload;
mod trouble;
mod wires;
