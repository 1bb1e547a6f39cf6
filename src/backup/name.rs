//! Names of members. They come out of a file that anybody may have made.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// The longest name, and the longest part of one, on every usual file system.
const LONGEST: usize = 1024;
const LONGEST_PART: usize = 255;

/// The path of a name inside of a folder; none for a name that leads anywhere else.
pub(super) fn path(name: &[u8]) -> Option<PathBuf> {
    let harmless = |part: &[u8]| {
        !part.is_empty() && part.len() <= LONGEST_PART && part != b"." && part != b".." && !part.contains(&0)
    };
    let fits = name.len() <= LONGEST && name.split(|byte| *byte == b'/').all(harmless);
    fits.then(|| Path::new(OsStr::from_bytes(name)).to_owned())
}

/// A name for people: on one line, whatever is in it.
pub fn shown(name: &[u8]) -> String {
    let name = String::from_utf8_lossy(name);
    name.chars().flat_map(|c| if c.is_control() { c.escape_default().collect() } else { vec![c] }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_stays_inside() {
        let long = [b'x'; 256];
        for (name, allowed) in [
            (&b"a"[..], true),
            (b"archive/porta/7-a b\n\xE0.dat", true),
            (b"..a/b..", true),
            (b"", false),
            (b"/etc/passwd", false),
            (b"a//b", false),
            (b"a/", false),
            (b"a/../b", false),
            (b"..", false),
            (b"./a", false),
            (b"a\0b", false),
            (&long, false),
            (&long[1..], true),
        ] {
            assert_eq!(path(name).is_some(), allowed, "{}", shown(name));
        }
        assert_eq!(shown(b"a\n\x1b[31m\xE0"), "a\\n\\u{1b}[31m\u{fffd}");
    }
}
