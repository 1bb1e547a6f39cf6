//! Listening to a port for a person who tries out a reader: `timbra decode PORT`. Stores nothing.

use std::io;
use std::ops::ControlFlow;
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use crate::decode::wire::Moment;
use crate::source::{LineEvent, PortError, PortSettings, SerialLine};

use super::signal::Signals;

/// What is heard. Moments are milliseconds since the listening began.
#[derive(Debug)]
pub enum Heard<'a> {
    /// The port is open.
    Opened(Moment),
    /// Bytes came.
    Bytes(&'a [u8], Moment),
    /// Nothing came until the moment that was wished for.
    Silence(Moment),
    /// The port went away, and how; it is opened again when it comes back.
    Lost(String),
}

/// What the listener wants next: to know of silence at a moment, or to end.
pub type Next = ControlFlow<(), Option<Moment>>;

/// Listens until the listener has heard enough, somebody interrupts, or the time is over. The inner
/// error says why the port cannot be opened at first.
pub fn listen(
    settings: PortSettings,
    time: Option<Duration>,
    hear: &mut dyn FnMut(Heard<'_>) -> Next,
) -> io::Result<Result<(), PortError>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let ended = runtime.block_on(attend(settings, time, hear));
    // a driver that hangs must not keep the command alive
    runtime.shutdown_background();
    ended
}

async fn attend(
    settings: PortSettings,
    time: Option<Duration>,
    hear: &mut dyn FnMut(Heard<'_>) -> Next,
) -> io::Result<Result<(), PortError>> {
    let mut signals = Signals::catch()?;
    let start = Instant::now();
    let now = || Moment(u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX));
    let end = time.and_then(|time| start.checked_add(time));
    let mut line = SerialLine::new(settings);
    let (mut wish, mut was_open): (Option<Moment>, bool) = (None, false);
    loop {
        let due = wish.and_then(|due| start.checked_add(Duration::from_millis(due.0)));
        let next = tokio::select! {
            _ = signals.next() => return Ok(Ok(())),
            () = at(end) => return Ok(Ok(())),
            event = line.next() => match event {
                LineEvent::Opened { .. } => {
                    was_open = true;
                    hear(Heard::Opened(now()))
                }
                LineEvent::Bytes(bytes) => hear(Heard::Bytes(bytes, now())),
                LineEvent::Lost(loss) => hear(Heard::Lost(loss.to_string())),
                LineEvent::Unavailable(error) if !was_open => return Ok(Err(error)),
                LineEvent::Unavailable(_) => continue,
            },
            () = at(due) => hear(Heard::Silence(now())),
        };
        match next {
            ControlFlow::Continue(next) => wish = next,
            ControlFlow::Break(()) => return Ok(Ok(())),
        }
    }
}

/// Waits for an instant; for ever when there is none.
async fn at(instant: Option<Instant>) {
    match instant {
        Some(instant) => sleep_until(instant).await,
        None => std::future::pending().await,
    }
}
