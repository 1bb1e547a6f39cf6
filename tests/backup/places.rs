//! Where a configuration goes: behind links, and not onto mount points.

use std::fs;
use std::os::unix::fs::symlink;
use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::{backed_up, sent};
use crate::office::{PATIENCE, TIMBRA, skipped};

#[test]
fn behind_a_link_the_configuration_goes_where_the_link_leads() {
    let office = sent();
    let file = backed_up(&office);
    let other = tempfile::tempdir().unwrap();
    let (link, real) = (other.path().join("link"), other.path().join("far/etc"));
    symlink(&real, &link).unwrap();
    let restore = || {
        let folder = link.to_str().unwrap();
        office.timbra(&["restore", &file, "--with-configuration", folder, "--force"])
    };
    let said = restore();
    assert_eq!(said.code, Some(1), "it leads nowhere: {said:?}");
    assert_eq!(fs::read_dir(other.path()).unwrap().count(), 1, "nothing was changed");
    fs::create_dir_all(&real).unwrap();
    fs::write(real.join("mine"), "1").unwrap();
    let said = restore();
    assert_eq!(said.code, Some(0), "{said:?}");
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert!(real.join("timbra.toml").exists() && !real.join("mine").exists());
    let mut names = fs::read_dir(other.path().join("far")).unwrap().map(|entry| entry.unwrap().path());
    assert!(names.any(|path| path.join("mine").exists()), "it was put aside");
    // the store lies where the program looks for it
    let mut verify = Command::new(TIMBRA);
    let verified = verify.args(["verify", "--config"]).arg(&link).output().unwrap();
    assert_eq!(verified.status.code(), Some(0), "{verified:?}");
}

#[test]
fn a_pipe_that_somebody_laid_where_killed_runs_leave_things_holds_up_nobody() {
    let office = sent();
    let other = tempfile::tempdir().unwrap();
    for name in ["timbra-verify-1", ".old.tar.timbra-part"] {
        assert!(Command::new("mkfifo").arg(other.path().join(name)).status().unwrap().success());
    }
    let file = other.path().join("new.tar");
    for arguments in [["backup"].as_slice(), &["verify", "--backup"]] {
        let mut command = office.command(&[arguments, &[file.to_str().unwrap()]].concat());
        let mut child = command.env("TMPDIR", other.path()).spawn().unwrap();
        let start = Instant::now();
        let ended = loop {
            match child.try_wait().unwrap() {
                None if start.elapsed() < PATIENCE => sleep(Duration::from_millis(20)),
                ended => break ended,
            }
        };
        drop(child.kill());
        assert_eq!(ended.and_then(|ended| ended.code()), Some(0), "{arguments:?}");
    }
}

/// The inside of the namespace: another file system in the place of the configuration.
const INSIDE: &str = "mount -t tmpfs none \"$2\" && { \"$1\" restore \"$3\" --with-configuration \"$2\" --force; \
                      echo \"ended $?\"; ls -A \"$2\"; ls -A \"$2/..\"; }";

#[test]
fn onto_a_mount_point_nothing_is_restored_and_nothing_is_replaced() {
    let office = sent();
    let file = backed_up(&office);
    let other = tempfile::tempdir().unwrap();
    let etc = other.path().join("etc");
    fs::create_dir(&etc).unwrap();
    let output = Command::new("unshare")
        .args(["-Urm", "sh", "-c", INSIDE, "sh", TIMBRA])
        .args([etc.as_os_str(), file.as_ref()])
        .output();
    let Some(output) = output.ok().filter(|output| !output.stdout.is_empty()) else {
        return skipped("no mount namespaces here: the mount point was not tried");
    };
    assert_eq!(String::from_utf8_lossy(&output.stdout), "ended 1\netc\n", "{output:?}");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("is a mount point") && said.contains("nothing was changed"), "{said}");
}
