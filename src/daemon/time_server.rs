//! Whether a time server keeps the machine's clock, as systemd's `timedatectl` says.

use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use crate::config::Config;

/// An answer holds so long. A clock that was kept stays near for a day; one that was not may be soon.
const KEPT: Duration = Duration::from_hours(24);
const NOT_KEPT: Duration = Duration::from_mins(5);

/// When it was asked last, and what was answered: it is one machine for the whole program.
static LAST: Mutex<Option<(Instant, Option<bool>)>> = Mutex::new(None);

/// False when the configuration asks for a time server and it is known that none keeps the clock.
pub(super) fn may_keep(config: &Config) -> bool {
    if !config.statement.require_time_server {
        return true;
    }
    let Ok(mut last) = LAST.lock() else { return true };
    let holds = |(asked, kept): &(Instant, Option<bool>)| {
        asked.elapsed() < if *kept == Some(false) { NOT_KEPT } else { KEPT }
    };
    let answer = last.filter(holds).unwrap_or_else(|| (Instant::now(), ask()));
    *last = Some(answer);
    answer.1 != Some(false)
}

/// True when a time server keeps the clock; none where nobody can say: without systemd, or where it cannot
/// be asked.
fn ask() -> Option<bool> {
    let mut command = Command::new("timedatectl");
    command.args(["show", "--property=NTPSynchronized", "--value"]).stdin(Stdio::null());
    let output = command.stderr(Stdio::null()).output().ok().filter(|output| output.status.success())?;
    match output.stdout.trim_ascii() {
        b"yes" => Some(true),
        b"no" => Some(false),
        _ => None,
    }
}
