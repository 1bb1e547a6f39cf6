//! A store that can be read and not written: a mount that is read-only, a disk that is full, a folder of somebody
//! else; and one that cannot be read for reasons that have a name.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use super::{sent, tamper};
use crate::office::{Office, TIMBRA, skipped};

/// The inside of the namespace: the store's folder lets nobody write, and each command runs there.
const INSIDE: &str = "mount --bind \"$1\" \"$1\" && mount -o remount,bind,ro \"$1\" || exit 99; shift; \
                      while [ \"$1\" ]; do \"$1\" $2 --config \"$3\"; echo \"ended $?\"; shift 3; done";

/// How commands end on a read-only mount, and what they say. None where nobody may have such mounts.
fn read_only(office: &Office, commands: &[&str]) -> Option<(Vec<String>, String)> {
    inside(INSIDE, office, commands)
}

fn inside(script: &str, office: &Office, commands: &[&str]) -> Option<(Vec<String>, String)> {
    let mut inside = Command::new("unshare");
    inside.args(["-Urm", "sh", "-c", script, "sh"]).arg(office.path("store"));
    for command in commands {
        inside.args([TIMBRA, command]).arg(office.path("etc"));
    }
    let output = inside.output().ok()?;
    let out = String::from_utf8_lossy(&output.stdout).into_owned();
    let ended: Vec<String> =
        out.lines().filter(|line| line.starts_with("ended")).map(str::to_owned).collect();
    if ended.is_empty() {
        skipped("no mount namespaces here: the mount was not tried");
        return None;
    }
    Some((ended, out + &String::from_utf8_lossy(&output.stderr)))
}

fn copy(office: &Office, from: &Path, names: &[&str]) {
    for name in names {
        fs::copy(from.join(name), office.path("store").join(name)).unwrap();
    }
}

#[test]
fn on_a_read_only_mount_all_is_read_and_nothing_entered() {
    let office = sent();
    let backup = format!("backup {}", office.path("copy.tar").display());
    let enter = "malfunction open --kind network --systems rete";
    let reading = ["verify", "log roma-01", "outbox list", &backup, enter];
    let Some((ended, said)) = read_only(&office, &reading) else { return };
    assert_eq!(ended, ["ended 0", "ended 0", "ended 0", "ended 0", "ended 1"], "{said}");
    assert!(said.contains("all is as it was written") && said.contains("statement n. 1/"), "{said}");
    assert!(
        said.contains("cannot be opened") && said.contains("the right to read it, and to write"),
        "{said}"
    );
    assert_eq!(
        office.timbra(&["verify", "--backup", office.path("copy.tar").to_str().unwrap()]).code,
        Some(0)
    );
    // while the daemon runs elsewhere, too
    let daemon = office.run_ready();
    let (ended, said) = read_only(&office, &reading[..1]).unwrap();
    assert_eq!(ended, ["ended 0"], "{said}");
    drop(daemon);
}

#[test]
fn what_is_only_in_the_log_is_read_or_missed_never_passed_over() {
    let office = sent();
    let other = tempfile::tempdir().unwrap();
    let writer = rusqlite::Connection::open(office.path("store/timbra.sqlite")).unwrap();
    writer.execute_batch("PRAGMA journal_mode = WAL; UPDATE fact SET value = value").unwrap();
    let all = ["timbra.sqlite", "timbra.sqlite-wal", "timbra.sqlite-shm"];
    writer.execute_batch("UPDATE reader SET name = 'other'").unwrap();
    for name in all {
        fs::copy(office.path("store").join(name), other.path().join(name)).unwrap();
    }
    drop(writer);
    // as after a power cut
    copy(&office, other.path(), &all);
    let Some((ended, said)) = read_only(&office, &["verify"]) else { return };
    assert_eq!(ended, ["ended 3"], "{said}");
    assert!(said.contains("reader 1 is not as it was written"), "it is in the log: {said}");
    // as somebody copied it by hand
    fs::remove_file(office.path("store/timbra.sqlite-shm")).unwrap();
    let (ended, said) = read_only(&office, &["verify"]).unwrap();
    assert_eq!(ended, ["ended 1"], "{said}");
    assert!(
        said.contains("only in its log (-wal, -journal)") && said.contains("copy the whole folder"),
        "{said}"
    );
    tamper(&office, "UPDATE reader SET name = 'ingresso'");
    assert_eq!(read_only(&office, &["verify"]).unwrap().0, ["ended 0"]);
}

#[test]
fn who_may_read_a_folder_of_somebody_else_reads_it_while_nobody_writes() {
    let mut office = sent();
    if !office.is_root() {
        return skipped("not root: a folder of somebody else was not tried");
    }
    office.user = Some(65_534);
    for folder in ["", "store", "etc", "etc/agreements"] {
        let mode = Command::new("chmod").arg("a+rx").arg(office.path(folder)).status();
        assert!(mode.unwrap().success());
    }
    let said = office.timbra(&["verify"]);
    assert_eq!(said.code, Some(0), "{said:?}");
    // another one has it open, and may write
    let other = fs::File::open(office.path("store")).unwrap();
    other.lock_shared().unwrap();
    let said = office.timbra(&["verify"]);
    assert_eq!(said.code, Some(1), "{said:?}");
    assert!(said.err.contains("locked by another process"), "{said:?}");
}

#[test]
fn while_the_daemon_runs_the_file_that_may_not_be_read_is_named() {
    let mut office = sent();
    if !office.is_root() {
        return skipped("not root: a store of somebody else was not tried");
    }
    let daemon = office.run_ready();
    let every = Command::new("chmod").arg("-R").arg("a+rX").arg(office.path("")).status();
    assert!(every.unwrap().success());
    office.user = Some(65_534);
    for name in ["timbra.sqlite-shm", "timbra.sqlite-wal"] {
        let file = office.path("store").join(name);
        let open_to = |mode| fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
        assert_eq!(office.timbra(&["log", "roma-01"]).code, Some(0));
        open_to(0o600);
        let said = office.timbra(&["log", "roma-01"]);
        open_to(0o644);
        assert_eq!(said.code, Some(1), "{said:?}");
        assert!(said.err.contains(&format!("{name} cannot be opened: Permission denied")), "{said:?}");
    }
    drop(daemon);
}

#[test]
fn where_there_are_no_locks_whoever_reads_is_told_so() {
    let mut office = sent();
    let (source, library) = (office.path("locks.c"), office.path("locks.so"));
    fs::write(&source, NO_LOCKS).unwrap();
    let made =
        Command::new("cc").args(["-shared", "-fPIC", "-o"]).arg(&library).arg(&source).arg("-ldl").status();
    assert!(made.unwrap().success());
    office.environment.push(("LD_PRELOAD", library.to_str().unwrap().to_owned()));
    let said = office.timbra(&["log", "roma-01"]);
    assert_eq!(said.code, Some(1), "{said:?}");
    assert!(said.err.contains("cannot be locked: No locks available"), "{said:?}");
}

/// A file system without any locks.
const NO_LOCKS: &str = r#"
    #define _GNU_SOURCE
    #include <dlfcn.h>
    #include <errno.h>
    #include <fcntl.h>
    #include <stdarg.h>
    int flock(int file, int how) { errno = ENOLCK; return -1; }
    static int asked(const char *name, int file, int what, void *more) {
        if (what == F_SETLK || what == F_SETLKW || what == F_GETLK) { errno = ENOLCK; return -1; }
        return ((int (*)(int, int, ...))dlsym(RTLD_NEXT, name))(file, what, more);
    }
    int fcntl(int file, int what, ...) {
        va_list rest; va_start(rest, what); void *more = va_arg(rest, void *); va_end(rest);
        return asked("fcntl", file, what, more);
    }
    int fcntl64(int file, int what, ...) {
        va_list rest; va_start(rest, what); void *more = va_arg(rest, void *); va_end(rest);
        return asked("fcntl64", file, what, more);
    }
"#;

/// The inside of the namespace: the store lies on a disk that is full to its last byte.
const FULL: &str = "rm -rf \"$1.copy\"; cp -a \"$1\" \"$1.copy\" && mount -t tmpfs -o size=3m none \"$1\" && cp -a \"$1.copy/.\" \"$1\" \
                    || exit 99; cat /dev/zero > \"$1/more\" 2>/dev/null; shift; \
                    while [ \"$1\" ]; do \"$1\" $2 --config \"$3\"; echo \"ended $?\"; shift 3; done";

#[test]
fn on_a_full_disk_all_is_read_and_nothing_entered() {
    let office = sent();
    let backup = format!("backup {}", office.path("copy.tar").display());
    let enter = "malfunction open --kind network --systems rete";
    let reading = ["verify", "log roma-01", "outbox list", &backup, enter];
    let Some((ended, said)) = inside(FULL, &office, &reading) else { return };
    assert_eq!(ended, ["ended 0", "ended 0", "ended 0", "ended 0", "ended 1"], "{said}");
    assert!(
        said.contains("all is as it was written") && said.contains("the disk of the store is full"),
        "{said}"
    );
    // what is only in its log cannot be read there
    fs::write(office.path("store/timbra.sqlite-wal"), "more").unwrap();
    let (ended, said) = inside(FULL, &office, &reading[..1]).unwrap();
    assert_eq!(ended, ["ended 1"], "{said}");
    assert!(said.contains("the disk of the store is full"), "{said}");
}
