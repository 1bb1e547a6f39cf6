//! Data on stdout, talk on stderr; a closed pipe is no error.

use std::fs;
use std::io::{self, ErrorKind, Write};
use std::path::Path;

use super::failure::Failure;

/// Writes data to stdout. A reader that has seen enough (`| head`) ends the command quietly.
pub(super) fn print(data: &[u8]) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    match out.write_all(data).and_then(|()| out.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => std::process::exit(0),
        other => other.map_err(|error| Failure::new(format!("cannot write to stdout: {error}"))),
    }
}

/// True when whoever runs the program wants no colours (<https://no-color.org>).
pub(super) fn wants_no_colour() -> bool {
    std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
}

/// Writes a file whole or not at all: a full disk leaves what was there before. What is no file, as
/// `/dev/stdout`, is written as it is.
pub(super) fn write_whole(path: &Path, data: &[u8]) -> io::Result<()> {
    let target = match fs::metadata(path) {
        Ok(metadata) if !metadata.is_file() => return fs::write(path, data),
        // a link stays one
        Ok(_) => fs::canonicalize(path)?,
        Err(_) => path.to_owned(),
    };
    let Some(name) = target.file_name() else { return fs::write(path, data) };
    let partial = target.with_file_name(format!(".{}.part-{}", name.to_string_lossy(), std::process::id()));
    let written = fs::write(&partial, data).and_then(|()| fs::rename(&partial, &target));
    if written.is_err() {
        drop(fs::remove_file(&partial));
    }
    written
}

/// Writes a line of talk to stderr.
pub(super) fn talk(text: &str) {
    // Nobody listens: then nobody misses it. `eprintln!` would panic.
    drop(writeln!(std::io::stderr().lock(), "{text}"));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_written_whole_and_leaves_nothing_beside_it() {
        let place = tempfile::tempdir().unwrap();
        let (file, link) = (place.path().join("a.html"), place.path().join("b.html"));
        std::os::unix::fs::symlink("a.html", &link).unwrap();
        for (path, content) in [(&file, "one"), (&file, "two"), (&link, "three")] {
            write_whole(path, content.as_bytes()).unwrap();
            assert_eq!(fs::read_to_string(&file).unwrap(), content);
        }
        assert!(link.is_symlink());
        write_whole(Path::new("/dev/null"), b"four").unwrap();
        assert!(!fs::metadata("/dev/null").unwrap().is_file());
        // it cannot be put there: what was begun is gone again
        fs::create_dir(place.path().join("c")).unwrap();
        write_whole(&place.path().join("c"), b"five").unwrap_err();
        write_whole(&place.path().join("none/d"), b"six").unwrap_err();
        assert_eq!(fs::read_dir(place.path()).unwrap().count(), 3);
    }
}
