//! A file that others read, or that is read again: written whole or not at all. Its folder may be open to
//! others, so nothing is written through a link that somebody has put there.

use std::fs::{self, OpenOptions, Permissions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// Makes the folder of a file. Not those above it: the share may not be mounted.
pub(super) fn folder_of(path: &Path) -> io::Result<()> {
    match fs::create_dir(path.parent().unwrap_or(Path::new("/"))) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

/// Whoever reads the file sees the whole text, or the one before. `mode`: who may, as far as the folder
/// lets them; none: as the program makes files.
pub(super) fn write(path: &Path, mode: Option<u32>, text: &str) -> io::Result<()> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let partial = path.with_file_name(format!(".{name}.part"));
    match fs::remove_file(&partial) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => (),
    }
    let mut file = OpenOptions::new().write(true).create_new(true).open(&partial)?;
    if let Some(mode) = mode {
        // a share may know no modes
        drop(file.set_permissions(Permissions::from_mode(mode)));
    }
    file.write_all(text.as_bytes())?;
    drop(file);
    fs::rename(&partial, path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_in_the_folder_is_not_written_through() {
        let place = tempfile::tempdir().unwrap();
        let (secret, page) = (place.path().join("secret"), place.path().join("share/index.html"));
        fs::write(&secret, "mine").unwrap();
        folder_of(&page).unwrap();
        write(&page, Some(0o640), "one").unwrap();
        for link in [".index.html.part", "index.html"] {
            drop(fs::remove_file(place.path().join("share").join(link)));
            std::os::unix::fs::symlink(&secret, place.path().join("share").join(link)).unwrap();
            folder_of(&page).unwrap();
            write(&page, Some(0o640), "two").unwrap();
            assert_eq!(fs::read_to_string(&page).unwrap(), "two");
            assert_eq!(fs::read_to_string(&secret).unwrap(), "mine");
        }
        assert_eq!(fs::metadata(&page).unwrap().permissions().mode() & 0o777, 0o640);
        assert_eq!(fs::read_dir(place.path().join("share")).unwrap().count(), 1);
        // a folder that is not there is made, one inside of it is not: the share may not be mounted
        folder_of(&place.path().join("none/deeper/index.html")).unwrap_err();
    }
}
