//! `[receipts]`: where receipts come from, and whom they must be signed by.

use std::path::{Path, PathBuf};

use super::section::Section;
use super::values::path;

/// `[receipts]`
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReceiptsPart {
    /// A PEM file with the authorities that certify PEC providers; without one, signatures are only
    /// checked against the certificates that come with them.
    pub ca_file: Option<PathBuf>,
}

/// Reads `[receipts]`; an absent table is all defaults.
pub(super) fn read(section: Option<Section<'_>>, folder: &Path) -> ReceiptsPart {
    let Some(section) = section else { return ReceiptsPart::default() };
    let part = ReceiptsPart { ca_file: path(&section, "ca_file", folder) };
    section.finish();
    part
}
