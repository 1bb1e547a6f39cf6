//! The unit's restrictions, applied by hand, leave the daemon all that it needs. `.ci/install` tries the same
//! under a real systemd.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use crate::office::{Daemon, Office, PATIENCE, TIMBRA, month_ago, regular_days, skipped, working_days};
use crate::pec_double::PecDouble;
use crate::ports::reader::{Reader, table};

/// An account without a name.
const USER: u32 = 54_321;

fn inside(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// A program under the restrictions of the unit, with the office's folder to write to.
fn restricted(office: &Office, program: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new("python3");
    command.arg(inside("tests/servers/restrict.py")).arg(inside("systemd/timbra.service"));
    command.arg(office.path("").canonicalize().unwrap()).arg(USER.to_string());
    command.arg(program).args(arguments).stdin(Stdio::null());
    command
}

#[test]
fn the_daemon_does_its_whole_work_under_the_restrictions_of_its_unit() {
    let double = PecDouble::start_plain();
    let mut office = Office::new();
    if !office.is_root() {
        return skipped("only root can put a program under these restrictions");
    }
    office.mail = double.mail();
    office.readers += &table("porta", "porta");
    office.more += "[alert]\nfolder = \"../avvisi\"\n";
    office.write();
    let days = working_days(month_ago(1), 1);
    office.agreement("roma-01", "5", &days, "");
    let mut reader = Reader::plug_in(&office, "porta");
    // as udev gives a serial port to its group
    for (program, what) in [("chown", "root:dialout"), ("chmod", "660")] {
        assert!(Command::new(program).arg(what).arg(reader.path()).status().unwrap().success());
    }
    let program = office.path("timbra");
    fs::copy(TIMBRA, &program).unwrap();
    office.give_to(USER);

    // the restrictions hold
    let mut shell = restricted(&office, Path::new("/bin/sh"), &["-c", "id -u; touch /x || unshare -U true"]);
    let tried = shell.output();
    let tried = match tried {
        Ok(tried) if tried.status.code() != Some(77) => tried,
        other => return skipped(&format!("the restrictions cannot be applied here: {other:?}")),
    };
    let refused = String::from_utf8_lossy(&tried.stderr);
    assert_eq!(tried.stdout, format!("{USER}\n").as_bytes(), "{refused}");
    assert!(
        refused.contains("Read-only file system") && refused.contains("Operation not permitted"),
        "{refused}"
    );

    let journal = File::options().create(true).append(true).open(office.path("journal")).unwrap();
    let etc = office.path("etc");
    let mut command = restricted(&office, &program, &["--config", etc.to_str().unwrap(), "run"]);
    let daemon = Daemon { child: command.stderr(journal).spawn().unwrap() };
    office.until_told("timbra runs");
    office.drop("a.dat", regular_days("5", &days));
    office.until("the file is read", || office.punches() == 4);
    office.until_told("the port is open");
    reader.show([7]);
    office.until("a card at the port is stored", || office.punches() == 5);
    let started = Instant::now();
    while double.taken().is_empty() {
        assert!(started.elapsed() < PATIENCE, "no statement leaves: {}", office.journal());
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    let (ended, _) = daemon.stop();
    assert_eq!(ended.code(), Some(0), "{}", office.journal());
    for refusal in ["not permitted", "denied", "Read-only"] {
        assert!(!office.journal().contains(refusal), "{}", office.journal());
    }
}

/// What an administrator's shell can write to and the service cannot is told by `check`, once it is installed.
#[test]
fn a_folder_that_the_installed_service_cannot_use_is_told_by_check() {
    let mut office = Office::new();
    let units = office.path("units");
    fs::create_dir_all(units.join("timbra.service.d")).unwrap();
    let check = |office: &Office| office.timbra(&["check"]);
    office.environment.push(("SYSTEMD_UNIT_PATH", format!("{}:/nowhere", units.display())));
    assert_eq!(check(&office).code, Some(0), "it is not installed");
    let unit = fs::read_to_string(inside("systemd/timbra.service")).unwrap();
    fs::write(units.join("timbra.service"), unit.replace("PrivateTmp=yes", "PrivateTmp=no")).unwrap();
    assert_eq!(check(&office).code, Some(0), "it runs with another configuration");
    let etc = office.path("etc").canonicalize().unwrap();
    let drop_in = |more: &str| {
        let text = format!(
            "[Service]\nExecStart=\nExecStart=/usr/bin/timbra --config {} run\n{more}",
            etc.display()
        );
        fs::write(units.join("timbra.service.d/local.conf"), text).unwrap();
    };
    drop_in("");
    let said = check(&office);
    assert_eq!(said.code, Some(3), "{said:?}");
    for told in [
        "warning: the folder of reader ingresso is ",
        "where the service may not write (timbra.service)",
        "/etc/systemd/system/timbra.service.d/folders.conf",
        "ReadWritePaths=-",
        "[mail.directory] folder is ",
    ] {
        assert!(said.out.contains(told), "{told}: {said:?}");
    }
    // whoever stands in the folder of the configuration is told the same
    let mut here = Command::new(crate::office::TIMBRA);
    let here = here.args(["check", "--config", "."]).current_dir(&etc).env("SYSTEMD_UNIT_PATH", &units);
    let here = String::from_utf8(here.output().unwrap().stdout).unwrap();
    assert!(here.contains(&format!("ReadWritePaths=-{}", etc.parent().unwrap().display())), "{here}");
    drop_in(&format!("ReadWritePaths=-{}\n", etc.parent().unwrap().display()));
    let said = check(&office);
    assert_eq!(said.code, Some(0), "{said:?}");
    // a reader that only looks needs no more than to see its folder
    drop_in("");
    office.readers = office.readers.replace("../drop", "/home/anna/esportazioni") + "mode = \"follow\"\n";
    office.write();
    let said = check(&office);
    assert!(
        said.out.contains("reader ingresso is /home/anna/esportazioni, which the service cannot see"),
        "{said:?}"
    );
}
