//! What systemd is told. Outside of it all of this does nothing.

use std::time::Duration;

use sd_notify::NotifyState;
use tracing::debug;

/// Everything runs.
pub(super) fn ready(status: &str) {
    notify(&[NotifyState::Ready, NotifyState::Status(status)]);
}

/// A new configuration is being read. The time is for `Type=notify-reload` (systemd 253); with `Type=notify`
/// it says nothing.
pub(super) fn reloading() {
    match NotifyState::monotonic_usec_now() {
        Ok(now) => notify(&[NotifyState::Reloading, now]),
        Err(_) => notify(&[NotifyState::Reloading]),
    }
}

/// The end begins.
pub(super) fn stopping() {
    notify(&[NotifyState::Stopping]);
}

/// How often to say that all is well, when systemd watches: twice in its time. A time of 0 is none.
pub(super) fn watchdog_interval() -> Option<Duration> {
    sd_notify::watchdog_enabled().map(|limit| limit / 2).filter(|interval| !interval.is_zero())
}

/// All is well.
pub(super) fn watchdog() {
    notify(&[NotifyState::Watchdog]);
}

fn notify(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        debug!(%error, "systemd was not told");
    }
}
