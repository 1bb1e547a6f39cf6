//! How long the machine has been running: evidence beside the wall clock, which anybody may set. It
//! decides one thing only, how long a pause after a failure lasts.

use std::sync::OnceLock;

use rustix::time::{ClockId, clock_gettime};

/// A point of the machine's own time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Uptime {
    /// Which boot of the machine: the first eight digits of Linux' random id for it.
    pub machine: &'static str,
    /// Milliseconds since then, sleep included.
    pub milliseconds: i64,
}

impl Uptime {
    /// This moment.
    pub fn now() -> Self {
        let time = clock_gettime(ClockId::Boottime);
        Self { machine: machine(), milliseconds: time.tv_sec * 1000 + time.tv_nsec / 1_000_000 }
    }
}

fn machine() -> &'static str {
    static MACHINE: OnceLock<String> = OnceLock::new();
    MACHINE.get_or_init(|| {
        let id = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
        let id: String = id.chars().take_while(char::is_ascii_hexdigit).take(8).collect();
        if id.is_empty() { "unknown".to_owned() } else { id }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_only_grows() {
        let (first, second) = (Uptime::now(), Uptime::now());
        assert_eq!(first.machine, second.machine);
        assert!(first.milliseconds > 0 && first.milliseconds <= second.milliseconds);
    }
}
