//! Opens a serial port, and says in words what stands in the way.

use std::fs;
use std::io::{self, IsTerminal};
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};

use rustix::fs::{Mode, OFlags};
use tokio_serial::{ErrorKind, SerialStream};

use super::PortSettings;
use super::transceiver::{self, NoTransceiver};

/// Why a port cannot be opened now.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PortError {
    /// Nothing is there.
    #[error("there is no {0}: is the reader plugged in and switched on?")]
    Missing(PathBuf),
    /// Something else is there.
    #[error("{0} is no serial port")]
    NotAPort(PathBuf),
    /// This user may not; a group may.
    #[error(
        "{path} may be opened by the group `{group}` only: put the user who runs timbra into it (adduser USER {group}) and restart timbra"
    )]
    Denied {
        /// The port.
        path: PathBuf,
        /// The group that its permissions name.
        group: String,
    },
    /// This user may not, and joining a group would not help.
    #[error(
        "{path} may be opened by its owner only (mode {mode:03o}): a udev rule has to give it to a group, as GROUP=\"dialout\", MODE=\"0660\""
    )]
    Closed {
        /// The port.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// This user may not; the group that may is the administrator's.
    #[error(
        "{0} belongs to the group `root`: a udev rule has to give it to another, as GROUP=\"dialout\", MODE=\"0660\""
    )]
    OfRoot(PathBuf),
    /// A folder on the way to it is closed.
    #[error(
        "{path} cannot be reached: the user who runs timbra may not enter {folder} (`chmod o+x {folder}` opens it)"
    )]
    Unreachable {
        /// The port.
        path: PathBuf,
        /// The folder.
        folder: PathBuf,
    },
    /// Somebody has it.
    #[error(
        "{0} is in use: stop the other program (`fuser -v {0}` names it); if that is this timbra, another reader has the same port under another name"
    )]
    Busy(PathBuf),
    /// The system says something else.
    #[error("{path} cannot be opened: {reason}")]
    Failed {
        /// The port.
        path: PathBuf,
        /// What the system says.
        reason: String,
    },
}

/// Opens a port for this process alone. Blocks as long as its driver does; must be called within a
/// runtime.
pub(super) fn open(settings: &PortSettings) -> Result<(SerialStream, Option<NoTransceiver>), PortError> {
    let path = &settings.path;
    let found = fs::metadata(path).map_err(|error| unopened(path, error.kind(), &error.to_string()))?;
    if !found.file_type().is_char_device() {
        return Err(PortError::NotAPort(path.clone()));
    }
    let unsupported = if settings.rs485 { transceiver::switch_to_rs485(path)? } else { None };
    let name = path.to_str().ok_or_else(|| PortError::Failed {
        path: path.clone(),
        reason: "its name is not UTF-8".to_owned(),
    })?;
    let builder = tokio_serial::new(name, settings.baud)
        .data_bits(settings.data_bits)
        .parity(settings.parity)
        .stop_bits(settings.stop_bits)
        .flow_control(settings.flow);
    let stream = SerialStream::open(&builder).map_err(|error| match error.kind {
        ErrorKind::NoDevice => PortError::Busy(path.clone()),
        ErrorKind::Io(kind) => unopened(path, kind, &error.description),
        _ if !is_terminal(path) => PortError::NotAPort(path.clone()),
        ErrorKind::Unknown | ErrorKind::InvalidInput => {
            PortError::Failed { path: path.clone(), reason: error.description }
        }
    })?;
    Ok((stream, unsupported))
}

/// The error of a system call in the words of this room.
pub(super) fn unopened(path: &Path, kind: io::ErrorKind, reason: &str) -> PortError {
    let path = path.to_owned();
    match kind {
        io::ErrorKind::NotFound => PortError::Missing(path),
        io::ErrorKind::ResourceBusy | io::ErrorKind::WouldBlock => PortError::Busy(path),
        io::ErrorKind::PermissionDenied => {
            let Ok(found) = fs::metadata(&path) else {
                let folder = closed_folder(&path);
                return PortError::Unreachable { path, folder };
            };
            let groups = fs::read_to_string("/etc/group").unwrap_or_default();
            denied(path, (found.mode(), found.gid()), &groups)
        }
        _ => PortError::Failed { path, reason: reason.to_owned() },
    }
}

/// True when a device is a terminal line, as all serial ports are, or cannot be asked.
fn is_terminal(path: &Path) -> bool {
    let flags = OFlags::RDONLY | OFlags::NOCTTY | OFlags::NONBLOCK | OFlags::CLOEXEC;
    rustix::fs::open(path, flags, Mode::empty()).map_or(true, |device| device.is_terminal())
}

/// The folder that must be entered, and may not, to look at what a path names: the last on the way
/// that is still to be seen, behind the links.
fn closed_folder(path: &Path) -> PathBuf {
    const MOST_LINKS: usize = 8;
    let mut path = path.to_owned();
    for _ in 0..MOST_LINKS {
        let Ok(target) = fs::read_link(&path) else { break };
        path.pop();
        path.push(target);
    }
    let seen = path.ancestors().skip(1).find(|folder| fs::metadata(folder).is_ok());
    seen.unwrap_or(Path::new("/")).to_owned()
}

/// Names the group that may open a port, out of the text of `/etc/group`.
fn denied(path: PathBuf, (mode, group): (u32, u32), groups: &str) -> PortError {
    let mode = mode & 0o777;
    if mode & 0o060 == 0o060 && group == 0 {
        PortError::OfRoot(path)
    } else if mode & 0o060 == 0o060 {
        PortError::Denied { path, group: group_name(group, groups) }
    } else {
        PortError::Closed { path, mode }
    }
}

/// The name of a group; its number when the file does not know it.
fn group_name(gid: u32, groups: &str) -> String {
    let number = gid.to_string();
    let name = groups.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)? == number).then_some(name)
    });
    name.map_or(number, str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GROUPS: &str = "root:x:0:\ntty:x:5:anna\nbroken\ndialout:x:20:\n";

    #[test]
    fn the_group_is_named_as_the_system_names_it() {
        assert_eq!(group_name(20, GROUPS), "dialout");
        assert_eq!(group_name(5, GROUPS), "tty");
        assert_eq!(group_name(21, GROUPS), "21");
    }

    #[test]
    fn whoever_may_not_open_a_port_is_told_what_to_do() {
        let told = |mode, group| denied("/dev/ttyUSB0".into(), (mode, group), GROUPS).to_string();
        assert_eq!(
            told(0o20_660, 20),
            "/dev/ttyUSB0 may be opened by the group `dialout` only: put the user who runs timbra into it \
             (adduser USER dialout) and restart timbra"
        );
        assert!(told(0o660, 0).contains("belongs to the group `root`: a udev rule"), "{}", told(0o660, 0));
        assert!(told(0o600, 20).contains("by its owner only (mode 600): a udev rule"), "{}", told(0o600, 20));
        assert!(told(0o640, 20).contains("mode 640"), "{}", told(0o640, 20));
    }

    #[test]
    fn what_is_no_port_is_told_from_what_is_not_there() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("port");
        let told = |path: &Path| open(&PortSettings::new(path)).unwrap_err();
        assert_eq!(told(&file), PortError::Missing(file.clone()));
        fs::write(&file, "").unwrap();
        assert_eq!(told(&file), PortError::NotAPort(file.clone()));
        assert_eq!(told(Path::new("/dev/null")), PortError::NotAPort("/dev/null".into()));
    }

    #[test]
    fn the_closed_folder_is_the_last_that_is_seen_behind_the_links() {
        let folder = tempfile::tempdir().unwrap();
        let (closed, link) = (folder.path().join("closed"), folder.path().join("link"));
        fs::create_dir(&closed).unwrap();
        std::os::unix::fs::symlink("closed/by-id/port", &link).unwrap();
        assert_eq!(closed_folder(&closed.join("by-id/port")), closed);
        assert_eq!(closed_folder(&link), closed);
        assert_eq!(closed_folder(&folder.path().join("port")), folder.path());
    }
}
