use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use sha2::{Digest, Sha256};

use super::header::{BLOCK, FILE, Header, RECORDS, name_record};
use super::{Backup, BackupWriter, BadBackup, CannotWrite, MANIFEST, manifest};

fn quiet(_: &'static str, _: u64, _: u64) {}

/// Writes a backup of a few members, one of them a file with an odd and long name.
fn written(folder: &Path, force: bool) -> Result<PathBuf, CannotWrite> {
    let place = folder.join("copy.tar");
    let content = folder.join("content");
    fs::write(&content, vec![b'x'; 700_000]).unwrap();
    let mut writer = BackupWriter::begin(&place, force, 1_793_865_600)?;
    writer.add("a.txt", b"one\n")?;
    let long = [b"state/".as_slice(), &[b'n'; 240], b"/7-a b\n\xE0.dat"].concat();
    let mut heard = 0;
    writer.add_file(&long, &content, &mut |bytes| heard = bytes)?;
    assert_eq!(heard, 700_000);
    writer.add("empty", b"")?;
    writer.finish(&mut quiet)?;
    Ok(place)
}

fn refusal(place: &Path) -> String {
    match Backup::open(place, &mut quiet) {
        Err(BadBackup::Refused { reason, .. }) => reason,
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_was_written_is_read_back_and_any_tar_opens_it() {
    let folder = tempfile::tempdir().unwrap();
    let place = written(folder.path(), false).unwrap();
    assert_eq!(fs::metadata(&place).unwrap().permissions().mode() & 0o777, 0o600);
    let mut backup = Backup::open(&place, &mut quiet).unwrap();
    assert_eq!(backup.members().len(), 3);
    let one = backup.member("a.txt").unwrap();
    assert_eq!(backup.read(&one).unwrap(), b"one\n");
    let long = backup.members()[1].clone();
    let out = folder.path().join("out");
    backup.extract(&long, &out, &mut |_| ()).unwrap();
    assert_eq!(fs::metadata(&out).unwrap().len(), 700_000);
    assert!(backup.extract(&long, &out, &mut |_| ()).is_err(), "nothing is written over");
    assert!(backup.member("b.txt").unwrap_err().to_string().contains("it holds no b.txt"));
    let elsewhere = tempfile::tempdir().unwrap();
    let opened = Command::new("sh")
        .args(["-c", "tar xf \"$1\" && sha256sum --quiet -c manifest.sha256", "sh"])
        .arg(&place)
        .current_dir(elsewhere.path())
        .output()
        .unwrap();
    assert!(opened.status.success(), "{opened:?}");
}

#[test]
fn what_is_there_is_replaced_only_when_asked_and_only_by_a_whole_one() {
    let folder = tempfile::tempdir().unwrap();
    let place = written(folder.path(), false).unwrap();
    let before = fs::read(&place).unwrap();
    assert!(matches!(written(folder.path(), false), Err(CannotWrite::Exists(_))));
    let mut writer = BackupWriter::begin(&place, true, 0).unwrap();
    let beside = writer.beside().unwrap();
    assert!(matches!(BackupWriter::begin(&place, true, 0), Err(CannotWrite::Busy(_))));
    assert!(matches!(writer.add("../a", b""), Err(CannotWrite::Unfit(_))));
    let gone = writer.add_file(b"b", &folder.path().join("none"), &mut |_| ());
    assert!(matches!(gone, Err(CannotWrite::Unreadable { .. })));
    drop(writer);
    assert!(!beside.exists());
    assert_eq!(fs::read(&place).unwrap(), before);
    // what a killed run left
    let left = [".copy.tar.timbra-part", ".may.tar.timbra-part", ".may.tar.timbra-part.sqlite"];
    for name in left.into_iter().chain([".june.tar.timbra-part.sqlite-journal"]) {
        fs::write(folder.path().join(name), "half").unwrap();
    }
    written(folder.path(), true).unwrap();
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "the backup and its content");
    // what another run holds, and what is none of ours
    let names = [".may.tar.timbra-part", ".may.tar.timbra-part.sqlite", ".x.part", "a.timbra-part"];
    for name in names {
        fs::write(folder.path().join(name), "half").unwrap();
    }
    let held = fs::File::open(folder.path().join(names[0])).unwrap();
    held.lock().unwrap();
    written(folder.path(), true).unwrap();
    for name in names {
        fs::remove_file(folder.path().join(name)).unwrap();
    }
    for (name, taken) in [("folder", false), ("link", false)] {
        let place = folder.path().join(name);
        if name == "folder" {
            fs::create_dir(&place).unwrap();
        } else {
            std::os::unix::fs::symlink("content", &place).unwrap();
        }
        assert_eq!(BackupWriter::begin(&place, true, 0).is_ok(), taken, "{name}");
    }
}

#[test]
fn a_backup_that_was_cut_or_changed_anywhere_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("small.tar");
    let mut writer = BackupWriter::begin(&place, false, 0).unwrap();
    writer.add("a.txt", b"one\n").unwrap();
    writer.add("b.txt", &[7; 600]).unwrap();
    writer.finish(&mut quiet).unwrap();
    let bytes = fs::read(&place).unwrap();
    let other = folder.path().join("other.tar");
    for length in (0..bytes.len()).step_by(61) {
        fs::write(&other, &bytes[..length]).unwrap();
        assert!(refusal(&other).contains("it was cut"), "{length}: {}", refusal(&other));
    }
    for at in (0..bytes.len()).step_by(7) {
        let mut changed = bytes.clone();
        changed[at] ^= 0x21;
        fs::write(&other, &changed).unwrap();
        assert!(Backup::open(&other, &mut quiet).is_err(), "byte {at}");
    }
    for more in [&b"x"[..], &[0; BLOCK]] {
        fs::write(&other, [&bytes, more].concat()).unwrap();
        assert_eq!(refusal(&other), "something stands where it should end");
    }
    fs::write(&other, vec![b'n'; 5000]).unwrap();
    assert!(refusal(&other).contains("no tar file"));
    assert!(refusal(folder.path()).contains("no regular file"));
}

/// A member: name, kind, said size, bytes.
type Raw<'a> = (&'a str, u8, Option<u64>, &'a [u8]);

/// A tar of these members, with a list that fits them.
fn hostile(folder: &Path, members: &[Raw<'_>]) -> PathBuf {
    let mut bytes = Vec::new();
    let mut list = Vec::new();
    let mut put = |name: &[u8], kind: u8, size: Option<u64>, content: &[u8]| {
        let size = size.unwrap_or(content.len() as u64);
        bytes.extend(Header { name: name.to_vec(), size, kind }.block(0).unwrap());
        bytes.extend(content);
        bytes.extend(vec![0; (BLOCK - content.len() % BLOCK) % BLOCK]);
    };
    for (name, kind, size, content) in members {
        put(name.as_bytes(), *kind, *size, content);
        if *kind == FILE {
            list.extend(manifest::line(name.as_bytes(), &Sha256::digest(content).into()));
        }
    }
    put(MANIFEST.as_bytes(), FILE, None, &list);
    bytes.extend([0; 2 * BLOCK]);
    let place = folder.join("hostile.tar");
    fs::write(&place, bytes).unwrap();
    place
}

#[test]
fn hostile_members_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let twice = [("a", FILE, None, &b"1"[..]), ("a", FILE, None, b"2")];
    let outside = name_record(b"../../etc/passwd");
    let long = name_record(&[b'n'; 300]);
    let rows: [(&[Raw<'_>], &str); 13] = [
        (&[("a", FILE, None, b"1")], ""),
        (&twice, "it holds a twice"),
        (&[("../a", FILE, None, b"")], "leads out of it"),
        (&[("/etc/passwd", FILE, None, b"")], "leads out of it"),
        (&[("a/../../b", FILE, None, b"")], "leads out of it"),
        (&[("a", b'2', None, b"")], "a link, a device"),
        (&[("a", b'1', None, b"")], "a link, a device"),
        (&[("a", b'3', None, b"")], "a link, a device"),
        (&[("a/", b'5', None, b"")], "a link, a device"),
        (&[("a", FILE, Some(1 << 32), b"")], "the size of a is wrong"),
        (&[("x", RECORDS, None, &outside), ("a", FILE, None, b"")], "leads out of it"),
        (&[("x", RECORDS, None, &long), ("a", FILE, None, b"")], "leads out of it"),
        (&[("x", RECORDS, None, b"9 size=9\n"), ("a", FILE, None, b"")], "long name makes no sense"),
    ];
    for (members, expected) in rows {
        let place = hostile(folder.path(), members);
        match expected {
            "" => assert!(Backup::open(&place, &mut quiet).is_ok()),
            expected => assert!(refusal(&place).contains(expected), "{expected}: {}", refusal(&place)),
        }
    }
    let place = hostile(folder.path(), &[(MANIFEST, FILE, None, b"")]);
    assert!(refusal(&place).contains("stands behind its list"));
    // an ordinary tar
    let made = Command::new("tar")
        .args(["--format=ustar", "-cf"])
        .arg(&place)
        .args(["-C", "/", "etc/hostname"])
        .output()
        .unwrap();
    if made.status.success() {
        assert!(Backup::open(&place, &mut quiet).is_err());
    }
}
