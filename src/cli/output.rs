//! Data on stdout, talk on stderr; a closed pipe is no error.

use std::io::{ErrorKind, Write};

use super::failure::Failure;

/// Writes data to stdout. A reader that has seen enough (`| head`) ends the command quietly.
pub(super) fn print(data: &[u8]) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    match out.write_all(data).and_then(|()| out.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => std::process::exit(0),
        other => other.map_err(|error| Failure::new(format!("cannot write to stdout: {error}"))),
    }
}

/// Writes a line of talk to stderr.
pub(super) fn talk(text: &str) {
    // Nobody listens: then nobody misses it. `eprintln!` would panic.
    drop(writeln!(std::io::stderr().lock(), "{text}"));
}
