//! The serial ports that readers are on: each belongs to one table.

use std::fs;
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};

use super::own_folders::plain;
use super::section::Section;
use super::values::path;

/// The devices seen so far, and whose they are. One that is not there is known by its name only.
#[derive(Debug, Default)]
pub(super) struct Ports(Vec<(PathBuf, String)>);

impl Ports {
    /// `port`: the name of a port that nobody else has. `whose` says who has it, for a complaint
    /// of somebody else.
    pub(super) fn take(&mut self, section: &Section<'_>, folder: &Path, whose: &str) -> Option<PathBuf> {
        let example = "\"/dev/serial/by-id/usb-...\"";
        let path = section.required("port", example, path(section, "port", folder))?;
        warn_of_numbers(section, &path);
        warn_of_others(section, &path);
        let device = path.canonicalize().unwrap_or_else(|_| plain(&path));
        if let Some((_, other)) = self.0.iter().find(|(seen, _)| *seen == device) {
            let message = format!("{other} is on the same port");
            section.complain(&section.span_of("port"), &message, "give each reader a port of its own");
        }
        self.0.push((device, whose.to_owned()));
        Some(path)
    }
}

/// What is no name of a port in `/dev`.
fn warn_of_others(section: &Section<'_>, path: &Path) {
    let hint = "write the whole name of its device: ls -l /dev/serial/*";
    let span = section.span_of("port");
    if section.text("port").is_some_and(|written| Path::new(&written).is_relative()) {
        let message = format!(
            "a port that does not start with / is sought in the folder of the configuration: {}",
            path.display()
        );
        section.warn(&span, &message, hint);
    }
    if fs::metadata(path).is_ok_and(|found| !found.file_type().is_char_device()) {
        section.warn(&span, &format!("{} is no serial port", path.display()), hint);
    }
}

/// The kernel counts USB ports in the order in which it finds them.
fn warn_of_numbers(section: &Section<'_>, path: &Path) {
    let name = path.strip_prefix("/dev").ok().and_then(Path::to_str).unwrap_or_default();
    if name.starts_with("ttyUSB") || name.starts_with("ttyACM") {
        let message = format!("{} may be another device after the next start", path.display());
        let hint =
            "write the name below /dev/serial/by-id (or by-path) that points to it: ls -l /dev/serial/*";
        section.warn(&section.span_of("port"), &message, hint);
    }
}
