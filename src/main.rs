//! The `timbra` command.
fn main() {}
