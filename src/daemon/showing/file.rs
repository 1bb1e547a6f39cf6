//! A file that others read: written whole or not at all, and by a thread that may hang in a dead share
//! without holding up anybody. The latest content wins.

use std::fs::{self, OpenOptions, Permissions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::sync::watch;
use tokio::task::spawn_blocking;
use tokio::time::{Duration, sleep, timeout};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

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
    let mut writing = spawn_blocking(move || write(&place, access, &text));
    let done = match timeout(LONG, &mut writing).await {
        Ok(done) => done,
        Err(_late) => {
            warn!(file = %path.display(), "the folder of the file hangs; everything else goes on");
            writing.await
        }
    };
    done.unwrap_or_else(|stopped| Err(io::Error::other(stopped)))
}

/// Whoever reads the file sees the whole text, or the one before. The folder may be open to others, so
/// nothing is written through a link that somebody has put there.
fn write(path: &Path, access: Access, text: &str) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("/"));
    match fs::create_dir(folder) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(error),
        _ => (),
    }
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let partial = folder.join(format!(".{name}.part"));
    match fs::remove_file(&partial) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => (),
    }
    let mut file = OpenOptions::new().write(true).create_new(true).open(&partial)?;
    let mode = match access {
        Access::Group => 0o640,
        Access::All => 0o644,
    };
    // a share may know no modes
    drop(file.set_permissions(Permissions::from_mode(mode)));
    file.write_all(text.as_bytes())?;
    drop(file);
    fs::rename(&partial, path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_in_the_folder_is_not_written_through() {
        let place = tempfile::tempdir().unwrap();
        let (secret, page) = (place.path().join("secret"), place.path().join("share/index.html"));
        fs::write(&secret, "mine").unwrap();
        write(&page, Access::Group, "one").unwrap();
        for link in [".index.html.part", "index.html"] {
            drop(fs::remove_file(place.path().join("share").join(link)));
            std::os::unix::fs::symlink(&secret, place.path().join("share").join(link)).unwrap();
            write(&page, Access::Group, "two").unwrap();
            assert_eq!(fs::read_to_string(&page).unwrap(), "two");
            assert_eq!(fs::read_to_string(&secret).unwrap(), "mine");
        }
        assert_eq!(fs::metadata(&page).unwrap().permissions().mode() & 0o777, 0o640);
        assert_eq!(fs::read_dir(place.path().join("share")).unwrap().count(), 1);
        // a folder that is not there is made, one inside of it is not: the share may not be mounted
        write(&place.path().join("none/deeper/index.html"), Access::All, "three").unwrap_err();
    }
}
