//! FLOOR 2. The file of a backup: a tar as POSIX has it (ustar), so that any administrator opens it in ten
//! years with `tar xf FILE && sha256sum -c manifest.sha256`. Its last member lists the SHA-256 of all
//! others: a file that was cut has none. Whoever reads one takes only what [`BackupWriter`] writes; links,
//! devices, folders, odd names and foreign bytes are refused.
//!
//! The codec is our own: two kinds of members, and everything else refused, is less than the part of a tar
//! library that would have to be kept away from a hostile file.

mod belonging;
mod header;
mod manifest;
mod name;
mod read;
mod write;

pub use belonging::{Belonging, give_folder};
pub use name::shown;
pub use read::{Backup, BadBackup, Member};
pub use write::{BackupWriter, CannotWrite, exchange, is_mount_point};

/// The list of all other members, as `sha256sum -c` reads it. Always the last one.
pub const MANIFEST: &str = "manifest.sha256";

/// Called now and then with what is done, how many bytes of it, and how many there are.
pub type Tick<'a> = dyn FnMut(&'static str, u64, u64) + 'a;

/// What is copied at once.
const PIECE: usize = 1 << 18;

#[cfg(test)]
mod tests;
