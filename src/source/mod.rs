//! FLOOR 2. Where bytes come from: watched folders. Knows the file system; not the store, and not
//! what the bytes mean.

mod archive;
mod file;
mod mount;
mod pattern;
mod scan;
mod settings;
mod watch;

pub use archive::{archive, claim, leftovers};
pub use file::{FileFacts, Refusal, open_regular};
pub use pattern::FilePattern;
pub use scan::{FolderScan, Scan, Unavailable};
pub use settings::{FolderMode, FolderSettings};
pub use watch::Wakes;
