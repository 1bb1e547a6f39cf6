//! Opens a serial port, and says in words what stands in the way.

use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};

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
    /// Somebody else has it.
    #[error("{0} is used by another program: stop that one (`fuser -v {0}` names it)")]
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
        io::ErrorKind::PermissionDenied => match fs::metadata(&path) {
            Ok(found) => denied(path, &found, &fs::read_to_string("/etc/group").unwrap_or_default()),
            Err(_) => PortError::Failed { path, reason: reason.to_owned() },
        },
        _ => PortError::Failed { path, reason: reason.to_owned() },
    }
}

/// Names the group that may open a port, out of the text of `/etc/group`.
fn denied(path: PathBuf, found: &Metadata, groups: &str) -> PortError {
    let mode = found.mode() & 0o777;
    if mode & 0o060 == 0o060 {
        PortError::Denied { path, group: group_name(found.gid(), groups) }
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
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("port");
        fs::write(&file, "").unwrap();
        let told = |mode: u32| {
            fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
            let found = fs::metadata(&file).unwrap();
            let groups = format!("ours:x:{}:\n", found.gid());
            denied("/dev/ttyUSB0".into(), &found, &groups).to_string()
        };
        assert_eq!(
            told(0o660),
            "/dev/ttyUSB0 may be opened by the group `ours` only: put the user who runs timbra into it \
             (adduser USER ours) and restart timbra"
        );
        assert!(told(0o600).contains("by its owner only (mode 600): a udev rule"), "{}", told(0o600));
        assert!(told(0o640).contains("mode 640"), "{}", told(0o640));
    }

    #[test]
    fn what_is_no_port_is_told_from_what_is_not_there() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("port");
        let told = |path: &Path| open(&PortSettings::new(path)).unwrap_err();
        assert_eq!(told(&file), PortError::Missing(file.clone()));
        fs::write(&file, "").unwrap();
        assert_eq!(told(&file), PortError::NotAPort(file.clone()));
        assert!(matches!(told(Path::new("/dev/null")), PortError::Failed { .. }));
    }
}
