//! The floor of a daemon: `empty FOLDER` is an event loop and an open database, says READY and waits
//! to be told to stop.
#![expect(clippy::unwrap_used, reason = "a measurement that cannot be set up must stop")]

use rusqlite::Connection;
use sd_notify::NotifyState;
use tokio::signal::unix::{SignalKind, signal};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    // `cargo bench` runs every target: this one is for peers.sh
    let [folder] = arguments.as_slice() else { return };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut stop = signal(SignalKind::terminate()).unwrap();
        let connection = Connection::open(std::path::Path::new(folder).join("empty.sqlite")).unwrap();
        connection.pragma_update(None, "journal_mode", "WAL").unwrap();
        connection
            .execute_batch("CREATE TABLE IF NOT EXISTS one (id INTEGER PRIMARY KEY, text TEXT)")
            .unwrap();
        let statement = connection.prepare("INSERT INTO one (text) VALUES (?1)").unwrap();
        sd_notify::notify(&[NotifyState::Ready]).unwrap();
        stop.recv().await;
        drop(statement);
    });
}
