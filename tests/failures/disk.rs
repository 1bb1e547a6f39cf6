//! Failure row 12: the disk is full, or cannot keep what it is given.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::{message_id, prepare};
use crate::office::{Office, TIMBRA, month_ago, regular_days, skipped, working_days};
use crate::pec_double::PecDouble;

/// A small disk of its own; ends with this value.
struct SmallDisk(PathBuf);

impl SmallDisk {
    fn mount(folder: PathBuf, megabytes: u32) -> Option<Self> {
        std::fs::create_dir_all(&folder).unwrap();
        let disk = Self(folder);
        disk.call("mount", &["-t", "tmpfs", "-o", &format!("size={megabytes}m"), "none"]).then_some(disk)
    }

    fn grow(&self, megabytes: u32) {
        assert!(self.call("mount", &["-o", &format!("remount,size={megabytes}m")]));
    }

    fn call(&self, program: &str, arguments: &[&str]) -> bool {
        let done = Command::new(program).args(arguments).arg(&self.0).stderr(Stdio::null()).status();
        done.is_ok_and(|status| status.success())
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        self.call("umount", &["-l"]);
    }
}

/// Writes until nothing more goes in.
fn fill(path: &Path) {
    let mut file = std::fs::File::create(path).unwrap();
    for piece in [vec![0; 100_000], vec![0; 100]] {
        while file.write_all(&piece).is_ok() {}
    }
}

fn standing_disk_alarms(office: &Office) -> Option<i64> {
    office.number("SELECT count(*) FROM alarm WHERE kind = 'disk' AND cleared_at IS NULL")
}

/// With little room left no message is claimed, and badges still come in; with none at all nothing is
/// half written, and all goes on when there is room.
#[test]
fn row_12_a_full_disk_stops_the_mail_before_the_badges_and_tears_nothing() {
    let double = PecDouble::start_plain();
    let mut office = Office::new();
    office.mail = double.mail();
    office.write();
    let Some(disk) = SmallDisk::mount(office.path("store"), 40) else {
        return skipped("only root may mount a small disk: a full one was not tried");
    };
    prepare(&office, "buono");
    let daemon = office.run_ready();
    office.until("the message is made, and waits", || office.states() == ["due"]);
    office.until("a person is told", || standing_disk_alarms(&office) == Some(1));
    assert_eq!((office.punches(), double.connections()), (4, 0));

    let filler = office.path("store/filler");
    fill(&filler);
    let days = working_days(month_ago(1), 3);
    office.drop("b.dat", regular_days("5", &days[1..]).repeat(40));
    office.until_told("full");
    std::fs::remove_file(filler).unwrap();
    office.until("the badges are kept", || office.punches() == 12);
    assert_eq!(double.connections(), 0);

    disk.grow(300);
    office.until("it is sent", || office.states() == ["smtp_accepted"]);
    assert_eq!(double.copies(&message_id(&office)), 1);
    office.until("the alarm is over", || standing_disk_alarms(&office) == Some(0));
    assert_eq!(daemon.stop().0.code(), Some(0));
    assert_eq!(office.value::<String>("PRAGMA integrity_check").unwrap(), "ok");
}

/// A library in front of the system's own in which `fsync` fails while a file is there.
fn failing_fsync(office: &Office) -> Option<String> {
    let (source, library) = (office.path("fault.c"), office.path("fault.so"));
    let fault = office.path("fault");
    let text = format!(
        "#include <errno.h>\n#include <sys/syscall.h>\n#include <unistd.h>\n\
         static int fails(void) {{ return access(\"{}\", F_OK) == 0; }}\n\
         int fsync(int fd) {{ if (fails()) {{ errno = EIO; return -1; }} return syscall(SYS_fsync, fd); }}\n\
         int fdatasync(int fd) {{ if (fails()) {{ errno = EIO; return -1; }} return syscall(SYS_fdatasync, fd); }}\n",
        fault.display()
    );
    std::fs::write(&source, text).unwrap();
    let made = Command::new("cc").args(["-shared", "-fPIC", "-o"]).args([&library, &source]).status();
    made.is_ok_and(|status| status.success()).then(|| library.to_str().unwrap().to_owned())
}

/// What the disk does not confirm did not happen: nothing leaves on the strength of it.
#[test]
fn row_12_a_disk_that_does_not_confirm_gets_nothing_claimed() {
    let double = PecDouble::start_plain();
    let mut office = Office::new();
    office.mail = double.mail();
    office.write();
    let Some(library) = failing_fsync(&office) else {
        return skipped("no C compiler: a disk that does not confirm was not tried");
    };
    office.environment.push(("LD_PRELOAD", library));
    let daemon = office.run_ready();
    let fault = office.path("fault");
    std::fs::write(&fault, "").unwrap();
    prepare(&office, "buono");
    office.until("it is told", || {
        let journal = office.journal();
        journal.contains("disk I/O error") || journal.contains("Input/output error")
    });
    assert_eq!(double.connections(), 0);
    assert!(office.states().is_empty());
    std::fs::remove_file(fault).unwrap();
    // the agreement was written after the start
    daemon.signal("HUP");
    office.until("it is sent", || office.states() == ["smtp_accepted"]);
    assert_eq!(daemon.stop().0.code(), Some(0));
    assert_eq!(office.punches(), 4);
    assert_eq!(double.copies(&message_id(&office)), 1);
    assert_eq!(office.value::<String>("PRAGMA integrity_check").unwrap(), "ok");
}

/// A full disk where nobody has the store open, and not all is in its one file (that is read: see `unwritable`):
/// also a command that only reads says what is the matter.
#[test]
fn a_command_that_only_reads_says_that_the_disk_is_full() {
    let office = Office::new();
    assert_eq!(office.run_ready().stop().0.code(), Some(0));
    let inside = "mv \"$1\" \"$1.0\" && mkdir \"$1\" && mount -t tmpfs -o size=2m none \"$1\" && cp -a \"$1.0/.\" \"$1\" || exit 77; \
                  echo more > \"$1/timbra.sqlite-wal\"; cat /dev/zero > \"$1/filler\" 2>/dev/null; \"$2\" status --config \"$3\"; echo \"ended with $?\"";
    let output = Command::new("unshare")
        .args(["-Urm", "sh", "-c", inside, "sh"])
        .args([office.path("store").as_os_str(), TIMBRA.as_ref(), office.path("etc").as_os_str()])
        .output();
    let Some(output) = output.ok().filter(|output| output.status.success()) else {
        return skipped("no mount namespaces here: the full disk was not tried");
    };
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(
        err.contains("error: the disk of the store is full") && out.contains("ended with 1"),
        "{out} {err}"
    );
}
