//! Wakes the scan when something happens in a watched folder. Only a hint: network shares stay
//! silent without an error, and a queue can overflow, so the scan also runs by the clock.

use std::path::Path;
use std::sync::Arc;

use notify::event::{AccessKind, AccessMode, EventKind};
use notify::{RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::Notify;

/// Wakes up when a watched folder changes.
#[derive(Debug)]
pub struct Wakes {
    watcher: Option<RecommendedWatcher>,
    changed: Arc<Notify>,
}

impl Wakes {
    /// Watches nothing yet. A machine without a watcher gets none: then only the clock wakes.
    pub fn new() -> Self {
        let changed = Arc::new(Notify::new());
        let wake = Arc::clone(&changed);
        // Whatever it is, even an error: the scan finds out. Only mere reading wakes nobody, since
        // the scan itself reads.
        let watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
            let written = AccessKind::Close(AccessMode::Write);
            match event.map(|event| event.kind) {
                Ok(EventKind::Access(kind)) if kind != written => (),
                _ => wake.notify_one(),
            }
        });
        Self { watcher: watcher.ok(), changed }
    }

    /// Watches a folder; false when it cannot be watched now.
    pub fn watch(&mut self, folder: &Path) -> bool {
        let watch = |watcher: &mut RecommendedWatcher| watcher.watch(folder, RecursiveMode::NonRecursive);
        self.watcher.as_mut().is_some_and(|watcher| watch(watcher).is_ok())
    }

    /// Waits for a change; changes that came before count.
    pub async fn changed(&self) {
        self.changed.notified().await;
    }
}

impl Default for Wakes {
    fn default() -> Self {
        Self::new()
    }
}
