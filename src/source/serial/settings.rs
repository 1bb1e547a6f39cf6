//! What a serial port needs to know; the configuration fills it.

use std::path::PathBuf;

pub use tokio_serial::{DataBits, FlowControl, Parity, StopBits};

/// A serial port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PortSettings {
    /// Its path: a name that stays the same device, as `/dev/serial/by-id/...`. It is looked up anew
    /// each time the port is opened.
    pub path: PathBuf,
    /// Bits each second.
    pub baud: u32,
    /// Bits of each character.
    pub data_bits: DataBits,
    /// Parity.
    pub parity: Parity,
    /// Stop bits.
    pub stop_bits: StopBits,
    /// Flow control.
    pub flow: FlowControl,
    /// The driver shall switch the transmitter of an RS-485 line, where it can.
    pub rs485: bool,
}

impl PortSettings {
    /// A port as most readers have it: 9600 bits a second, 8N1, no flow control.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            baud: 9600,
            data_bits: DataBits::Eight,
            parity: Parity::None,
            stop_bits: StopBits::One,
            flow: FlowControl::None,
            rs485: false,
        }
    }
}
