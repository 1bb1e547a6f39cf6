//! A reader on a serial port into the store: bytes -> frames -> reads -> keeper.

use std::sync::Arc;

use tokio::sync::mpsc;
use tokio::time::{Duration, sleep_until, timeout};
use tracing::warn;

use crate::config::SerialReader;
use crate::decode::wire::decoder::WireDecoder;
use crate::decode::wire::{Frame, Moment, WireOutcome};
use crate::source::{LineEvent, SerialLine};

use super::host_time::HostTime;
use super::live_reader::LiveReader;
use super::ports::Order;

/// How long a port that is about to be closed is read for what its driver still holds.
const LAST_BYTES: Duration = Duration::from_millis(20);

/// How much of that is taken.
const LAST_CHUNKS: usize = 64;

/// Listens to one port until told to stop.
pub(super) async fn listen(
    mut reader: SerialReader,
    mut live: LiveReader,
    host: Arc<HostTime>,
    mut orders: mpsc::Receiver<Order>,
) {
    let mut port = SerialLine::new(reader.port.clone());
    let mut decoder = WireDecoder::new(&reader.wire);
    loop {
        let due = decoder.due();
        let silence = async {
            match due {
                Some(due) => sleep_until(host.wake_at(due)).await,
                // Nothing waits for silence: nobody is woken.
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            order = orders.recv() => match order {
                Some(Order::Note(answer)) => live.heard(heard(&decoder, &live), answer),
                Some(Order::Change(site)) => {
                    let changed = site.config.serials.iter().find(|other| other.port == reader.port);
                    let Some(changed) = changed.cloned() else { continue };
                    if changed.wire != reader.wire {
                        decoder.finish(&mut |frame| take(&mut live, frame));
                        decoder = WireDecoder::new(&changed.wire);
                    }
                    live.change(site, changed.reader.clone(), changed.presence_seconds);
                    reader = changed;
                }
                None => break,
            },
            event = port.next() => hear(event, &mut decoder, &mut live),
            () = silence => {
                let now = live.look();
                decoder.idle(now, &mut |frame| take(&mut live, frame));
            }
        }
    }
    if port.is_open() {
        for _ in 0..LAST_CHUNKS {
            match timeout(LAST_BYTES, port.next()).await {
                Ok(event @ LineEvent::Bytes(_)) => hear(event, &mut decoder, &mut live),
                _ => break,
            }
        }
    }
    decoder.hang_up(&mut |frame| take(&mut live, frame));
    live.stopped(live.look());
}

/// Everything before this moment was heard and is on its way into the store.
fn heard(decoder: &WireDecoder, live: &LiveReader) -> Moment {
    let now = live.look();
    decoder.begun().map_or(now, |begun| begun.min(now))
}

fn hear(event: LineEvent<'_>, decoder: &mut WireDecoder, live: &mut LiveReader) {
    match event {
        LineEvent::Bytes(bytes) => {
            let now = live.look();
            decoder.push(bytes, now, &mut |frame| take(live, frame));
        }
        LineEvent::Opened { unsupported } => {
            if let Some(reason) = unsupported {
                warn!(reader = %live.reader().id, %reason, "RS-485");
            }
            live.opened();
        }
        LineEvent::Lost(loss) => {
            decoder.hang_up(&mut |frame| take(live, frame));
            live.lost(&loss.to_string());
        }
        LineEvent::Unavailable(reason) => live.unavailable(&reason.to_string()),
    }
}

fn take(live: &mut LiveReader, frame: Frame<'_>) {
    match frame.outcome {
        // These readers have no signal to wait for.
        WireOutcome::Read(read) => drop(live.read(&read, frame.raw, frame.begun)),
        WireOutcome::Reject(reason) => live.reject(frame.raw, reason, frame.begun),
        WireOutcome::Skipped => (),
    }
}
