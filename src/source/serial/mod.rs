//! A serial line for as long as a reader is configured: whatever happens to its port, it is opened
//! again by its name.

mod port;
mod settings;
mod transceiver;

use std::io;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::task::{JoinHandle, spawn_blocking, yield_now};
use tokio::time::{Duration, Instant, sleep_until, timeout};
use tokio_serial::{ClearBuffer, SerialPort, SerialStream};

pub use port::PortError;
pub use settings::{DataBits, FlowControl, Parity, PortSettings, StopBits};
pub use transceiver::NoTransceiver;

/// Pauses between two tries to open a port: the first, doubled up to the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// A port that was open for longer is tried again soon when it is lost.
const STEADY: Duration = Duration::from_secs(10);

/// Bytes taken at a time: as many as a terminal line of Linux holds.
const CHUNK: usize = 4096;

/// How long an answer to a reader may take to get into the driver's buffer.
const WRITE_PATIENCE: Duration = Duration::from_secs(2);

/// A serial line, open or waiting to be.
#[derive(Debug)]
pub struct SerialLine {
    settings: PortSettings,
    state: State,
    buffer: Box<[u8]>,
    /// Bytes came at once the last time: others have their turn first.
    busy: bool,
}

#[derive(Debug)]
enum State {
    Open { stream: SerialStream, since: Instant, pause: Duration },
    Waiting { until: Instant, pause: Duration },
    Opening { task: Opening, pause: Duration },
}

type Opening = JoinHandle<Result<(SerialStream, Option<NoTransceiver>), PortError>>;

/// What happened on a line.
#[derive(Debug)]
pub enum LineEvent<'a> {
    /// The port is open now.
    Opened {
        /// RS-485 was asked for and the driver does not know it.
        unsupported: Option<NoTransceiver>,
    },
    /// Bytes came; never none.
    Bytes(&'a [u8]),
    /// The port is gone, and closed. It is being opened again.
    Lost(Loss),
    /// The port could not be opened. It is tried again.
    Unavailable(PortError),
}

/// How a port was lost.
#[derive(Debug, thiserror::Error)]
pub enum Loss {
    /// It hung up: whoever was at the other end is not there any more.
    #[error("the port was unplugged")]
    Unplugged,
    /// It failed.
    #[error("the port failed: {0}")]
    Failed(io::Error),
}

impl SerialLine {
    /// A line whose port is about to be opened.
    pub fn new(settings: PortSettings) -> Self {
        let state = State::Waiting { until: Instant::now(), pause: FIRST_PAUSE };
        Self { settings, state, buffer: vec![0; CHUNK].into(), busy: false }
    }

    /// The settings of its port.
    pub fn settings(&self) -> &PortSettings {
        &self.settings
    }

    /// True while its port is open.
    pub fn is_open(&self) -> bool {
        matches!(self.state, State::Open { .. })
    }

    /// Waits for what happens next. May be dropped while it waits: nothing is lost.
    pub async fn next(&mut self) -> LineEvent<'_> {
        if std::mem::take(&mut self.busy) {
            yield_now().await;
        }
        loop {
            match &mut self.state {
                State::Waiting { until, pause } => {
                    sleep_until(*until).await;
                    let settings = self.settings.clone();
                    // A driver may think for seconds.
                    let task = spawn_blocking(move || port::open(&settings));
                    self.state = State::Opening { task, pause: *pause };
                }
                State::Opening { task, pause } => {
                    let opened = task.await;
                    let (since, pause) = (Instant::now(), *pause);
                    if let Ok(Ok((stream, unsupported))) = opened {
                        self.state = State::Open { stream, since, pause };
                        return LineEvent::Opened { unsupported };
                    }
                    self.wait(pause);
                    // A task that was not run to its end: the runtime ends.
                    if let Ok(Err(error)) = opened {
                        return LineEvent::Unavailable(error);
                    }
                }
                State::Open { stream, .. } => {
                    // A port that hung up gives nothing again and again, and never an error.
                    let loss = match stream.read(&mut self.buffer).await {
                        Ok(0) => Loss::Unplugged,
                        Ok(length) => {
                            self.busy = true;
                            return LineEvent::Bytes(self.buffer.get(..length).unwrap_or_default());
                        }
                        Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                        Err(error) => Loss::Failed(error),
                    };
                    self.close();
                    return LineEvent::Lost(loss);
                }
            }
        }
    }

    /// Sends bytes to the reader: they are in the driver's hands afterwards. An error when the port
    /// is not open, or takes nothing; a port that is gone shows in [`Self::next`].
    pub async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        let State::Open { stream, .. } = &mut self.state else {
            return Err(io::ErrorKind::NotConnected.into());
        };
        match timeout(WRITE_PATIENCE, stream.write_all(bytes)).await {
            Ok(written) => written,
            Err(_) => Err(io::ErrorKind::TimedOut.into()),
        }
    }

    /// Closes the port; it is opened again in a moment, or later when that happens again and again.
    pub fn close(&mut self) {
        self.release();
        if let State::Open { since, pause, .. } = self.state {
            self.wait(if since.elapsed() > STEADY { FIRST_PAUSE } else { pause });
        }
    }

    fn wait(&mut self, pause: Duration) {
        self.state = State::Waiting { until: Instant::now() + pause, pause: (pause * 2).min(LONGEST_PAUSE) };
    }

    /// What was not sent yet would hold up the closing of a port whose other end takes nothing.
    fn release(&mut self) {
        if let State::Open { stream, .. } = &self.state {
            // The port may be gone, then there is nothing to clear.
            drop(stream.clear(ClearBuffer::Output));
        }
    }
}

impl Drop for SerialLine {
    fn drop(&mut self) {
        self.release();
    }
}

#[cfg(test)]
mod tests;
