//! FLOOR 2. Where bytes come from: watched folders and, later, ports.

mod pattern;
mod settings;

pub use pattern::FilePattern;
pub use settings::{FolderMode, FolderSettings};
