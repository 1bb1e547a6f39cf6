//! `[page]` and `[metrics]`: what is shown to those who watch without a terminal. A page for the personnel
//! office in a folder or on a share, figures for monitoring in a file or on a port of this machine.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use super::own_folders::{OwnFolders, plain};
use super::section::Section;
use super::values::path;

/// `[page]`
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PagePart {
    /// The folder that gets `index.html`; none: no page is written.
    pub folder: Option<PathBuf>,
    /// The coworkers appear by their names too; else by the names of their agreements alone.
    pub names: bool,
}

/// `[metrics]`
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MetricsPart {
    /// A file for the textfile collector of `node_exporter`.
    pub file: Option<PathBuf>,
    /// An address of this machine alone.
    pub listen: Option<SocketAddr>,
}

impl MetricsPart {
    /// True when figures are shown at all.
    pub fn is_wanted(&self) -> bool {
        self.file.is_some() || self.listen.is_some()
    }
}

/// Reads `[page]`; an absent table is no page. `own`: the folders that hold something else.
pub(super) fn page(section: Option<Section<'_>>, folder: &Path, own: &OwnFolders) -> PagePart {
    let Some(section) = section else { return PagePart::default() };
    let part = PagePart {
        folder: path(&section, "folder", folder).filter(|place| is_free(&section, "folder", place, own)),
        names: section.flag("names").unwrap_or_default(),
    };
    if part.names && section.node("folder").is_none() {
        section.warn(
            &section.span_of("names"),
            "`names` without `folder` shows nothing",
            "write folder = ..",
        );
    }
    section.finish();
    part
}

/// Reads `[metrics]`; an absent table shows no figures.
pub(super) fn metrics(section: Option<Section<'_>>, folder: &Path, own: &OwnFolders) -> MetricsPart {
    let Some(section) = section else { return MetricsPart::default() };
    let part = MetricsPart { file: file(&section, folder, own), listen: listen(&section) };
    section.finish();
    part
}

fn file(section: &Section<'_>, folder: &Path, own: &OwnFolders) -> Option<PathBuf> {
    let file = path(section, "file", folder)?;
    if file.extension().is_none_or(|end| end != "prom") {
        let message = "`file` does not end with .prom: node_exporter reads no others";
        let hint = "write file = \"/var/lib/prometheus/node-exporter/timbra.prom\"";
        section.complain(&section.span_of("file"), message, hint);
        return None;
    }
    let place = file.parent().unwrap_or(folder);
    is_free(section, "file", place, own).then_some(file)
}

/// Others read there: it must not be where the store is, nor where the daemon watches for changes.
fn is_free(section: &Section<'_>, key: &'static str, folder: &Path, own: &OwnFolders) -> bool {
    let Some(holds) = own.what_holds(&plain(folder)) else { return true };
    let message = format!("`{key}` lies in the folder that holds {holds}");
    section.complain(
        &section.span_of(key),
        &message,
        "name a folder of its own, which those may read who watch",
    );
    false
}

fn listen(section: &Section<'_>) -> Option<SocketAddr> {
    let address: SocketAddr =
        section.read("listen", "an address of this machine with a port, as \"127.0.0.1:9723\"", |value| {
            value.as_text()?.parse().ok()
        })?;
    let complain = |message: &str, hint: &str| section.complain(&section.span_of("listen"), message, hint);
    if !address.ip().is_loopback() {
        let message = format!(
            "`listen` is {address}: other machines could read there how the office works, without a password"
        );
        let hint = format!(
            "write listen = \"127.0.0.1:{}\"; for others let node_exporter or a web server pass it on",
            address.port()
        );
        complain(&message, &hint);
        return None;
    }
    if address.port() == 0 {
        complain("`listen` names no port", "write listen = \"127.0.0.1:9723\"");
        return None;
    }
    Some(address)
}
