//! The RS-485 mode of a driver: it switches the transmitter on for each answer and off behind it.
//! Most USB adapters do that by themselves and have no such mode.

use std::io;
use std::path::Path;

use rustix::fs::{FlockOperation, Mode, OFlags};
use serial2::SerialPort;
use serial2::rs4xx::Rs485Config;

use super::port::{PortError, unopened};

/// The driver has no RS-485 mode. The line works if the adapter switches by itself.
#[derive(Debug, thiserror::Error)]
#[error("the driver has no RS-485 mode ({0}); the line works only if the adapter switches by itself")]
pub struct NoTransceiver(io::Error);

/// Switches a port that nobody uses. The driver keeps the mode while it is opened for good.
pub(super) fn switch_to_rs485(path: &Path) -> Result<Option<NoTransceiver>, PortError> {
    let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let opened = rustix::fs::open(path, flags, Mode::empty()).and_then(|port| {
        rustix::fs::flock(&port, FlockOperation::NonBlockingLockExclusive)?;
        Ok(port)
    });
    let port = opened.map_err(|error| {
        let error = io::Error::from(error);
        unopened(path, error.kind(), &error.to_string())
    })?;
    Ok(SerialPort::from(port).set_rs4xx_mode(Rs485Config::new()).err().map(NoTransceiver))
}
