//! Tells an unmounted share from an empty folder.

use std::path::Path;

use rustix::fs::{AtFlags, CWD, StatxAttributes, StatxFlags};

/// True when something is mounted on this very folder. Asks the kernel, which also knows bind
/// mounts of the same file system; an old kernel that does not say counts as mounted.
pub(super) fn is_mount_point(folder: &Path) -> bool {
    match rustix::fs::statx(CWD, folder, AtFlags::empty(), StatxFlags::BASIC_STATS) {
        Ok(found) if found.stx_attributes_mask.contains(StatxAttributes::MOUNT_ROOT) => {
            found.stx_attributes.contains(StatxAttributes::MOUNT_ROOT)
        }
        Ok(_) => true,
        Err(_) => false,
    }
}
