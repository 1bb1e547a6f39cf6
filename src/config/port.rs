//! The serial ports that readers are on: each belongs to one table.

use std::path::{Path, PathBuf};

use super::section::Section;
use super::values::path;

/// The ports seen so far, and whose they are.
#[derive(Debug, Default)]
pub(super) struct Ports(Vec<(PathBuf, String)>);

impl Ports {
    /// `port`: the name of a port that nobody else has. `whose` says who has it, for a complaint
    /// of somebody else.
    pub(super) fn take(&mut self, section: &Section<'_>, folder: &Path, whose: &str) -> Option<PathBuf> {
        let example = "\"/dev/serial/by-id/usb-...\"";
        let path = section.required("port", example, path(section, "port", folder))?;
        warn_of_numbers(section, &path);
        if let Some((_, other)) = self.0.iter().find(|(seen, _)| *seen == path) {
            let message = format!("{other} is on the same port");
            section.complain(&section.span_of("port"), &message, "give each reader a port of its own");
        }
        self.0.push((path.clone(), whose.to_owned()));
        Some(path)
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
