//! The steps after which something has changed for good: a commit, a rename, a written message.
//! Tests let a debug build die right before a chosen one, so that every crash between two steps is
//! tried. In a release build nothing of this exists.

/// Called right before each durable step. A debug build with `TIMBRA_CRASH_AT=n` aborts at the
/// n-th call, as `kill -9` would.
#[inline]
pub(crate) fn step() {
    #[cfg(debug_assertions)]
    crash::count();
}

#[cfg(debug_assertions)]
mod crash {
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicU64, Ordering};

    static DONE: AtomicU64 = AtomicU64::new(0);
    static LAST: OnceLock<Option<u64>> = OnceLock::new();

    pub(super) fn count() {
        let wanted = || std::env::var("TIMBRA_CRASH_AT").ok().and_then(|text| text.parse().ok());
        if let Some(last) = LAST.get_or_init(wanted)
            && DONE.fetch_add(1, Ordering::Relaxed) + 1 == *last
        {
            std::process::abort();
        }
    }
}
