//! A file that others read: written whole or not at all, and by a thread that may hang in a dead share
//! without holding up anybody. The latest content wins.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::sync::watch;
use tokio::task::spawn_blocking;
use tokio::time::{Duration, sleep, timeout};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::super::whole_file;

/// Between two tries of what cannot be written.
const AGAIN: Duration = Duration::from_mins(1);

/// A file that takes so long hangs.
const LONG: Duration = Duration::from_secs(10);

/// Who may read it, as far as its folder lets them.
#[derive(Debug, Clone, Copy)]
pub(super) enum Access {
    /// The group of the file.
    Group,
    /// Everybody: it says nothing of persons.
    All,
}

impl Access {
    fn mode(self) -> u32 {
        match self {
            Self::Group => 0o640,
            Self::All => 0o644,
        }
    }
}

/// Writes whatever content comes, until told to stop. The first one is none.
pub(super) async fn keep(
    path: PathBuf,
    access: Access,
    mut content: watch::Receiver<Arc<str>>,
    stop: CancellationToken,
) {
    let work = async {
        let mut told = String::new();
        while content.changed().await.is_ok() {
            loop {
                let text = content.borrow_and_update().clone();
                let Err(error) = written(&path, access, &text).await else { break };
                let text = error.to_string();
                if told != text {
                    warn!(file = %path.display(), %error, "the file cannot be written; trying again");
                    told = text;
                }
                sleep(AGAIN).await;
            }
            if !told.is_empty() {
                info!(file = %path.display(), "the file is written again");
                told.clear();
            }
        }
    };
    tokio::select! {
        () = stop.cancelled() => (),
        () = work => (),
    }
}

/// Writes it on a thread of its own, and tells when that hangs.
async fn written(path: &Path, access: Access, content: &Arc<str>) -> io::Result<()> {
    let (place, text) = (path.to_owned(), Arc::clone(content));
    let mut writing = spawn_blocking(move || {
        whole_file::folder_of(&place)?;
        whole_file::write(&place, Some(access.mode()), &text)
    });
    let done = match timeout(LONG, &mut writing).await {
        Ok(done) => done,
        Err(_late) => {
            warn!(file = %path.display(), "the folder of the file hangs; everything else goes on");
            writing.await
        }
    };
    done.unwrap_or_else(|stopped| Err(io::Error::other(stopped)))
}
