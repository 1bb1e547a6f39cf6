//! FLOOR 2. The configuration: files in, settings out, every complaint with its place.
pub mod format;
pub mod node;
pub mod presets;
pub mod problem;
pub mod profile;
pub mod section;
