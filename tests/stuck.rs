//! What hangs: a disk that does not answer, a share that does not answer. The library that is put before the
//! system's own makes both, while a file of a certain name is there.

use std::fs;
use std::os::unix::net::UnixDatagram;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use crate::office::{Office, line, month_ago, regular_days, working_days};
use crate::ports::reader::{self, Reader, until_open};

/// Calls of the disk hang while `stuck-disk` is there, looks into a folder `drop` while `stuck-share` is, and the
/// making of folders in `uscita` while `stuck-out` is.
const LIBRARY: &str = r#"
    #define _GNU_SOURCE
    #include <dirent.h>
    #include <dlfcn.h>
    #include <stdio.h>
    #include <stdlib.h>
    #include <string.h>
    #include <sys/types.h>
    #include <unistd.h>
    static void hang_while(const char *name) {
        char path[4096];
        snprintf(path, sizeof path, "%s/%s", getenv("STUCK"), name);
        while (access(path, F_OK) == 0) usleep(10000);
    }
    int fsync(int file) {
        hang_while("stuck-disk");
        return ((int (*)(int))dlsym(RTLD_NEXT, "fsync"))(file);
    }
    int fdatasync(int file) {
        hang_while("stuck-disk");
        return ((int (*)(int))dlsym(RTLD_NEXT, "fdatasync"))(file);
    }
    int mkdir(const char *name, mode_t mode) {
        if (strstr(name, "/uscita")) hang_while("stuck-out");
        return ((int (*)(const char *, mode_t))dlsym(RTLD_NEXT, "mkdir"))(name, mode);
    }
    DIR *opendir(const char *name) {
        size_t length = strlen(name);
        if (length > 5 && strcmp(name + length - 5, "/drop") == 0) hang_while("stuck-share");
        return ((DIR *(*)(const char *))dlsym(RTLD_NEXT, "opendir"))(name);
    }
"#;

/// An office whose disk and share can hang.
fn office() -> Office {
    let mut office = reader::office();
    office.readers += "[[folder]]\nid = \"ingresso\"\npath = \"../drop\"\nformat = \"zk-attlog\"\n";
    office.write();
    let (source, library) = (office.path("stuck.c"), office.path("stuck.so"));
    fs::write(&source, LIBRARY).unwrap();
    let made =
        Command::new("cc").args(["-shared", "-fPIC", "-o"]).arg(&library).arg(&source).arg("-ldl").status();
    assert!(made.unwrap().success());
    office.environment.push(("LD_PRELOAD", library.to_str().unwrap().to_owned()));
    office.environment.push(("STUCK", office.path("").to_str().unwrap().to_owned()));
    office
}

/// What systemd hears: how often all was said to be well.
struct Ear(Arc<AtomicUsize>);

impl Ear {
    fn new(office: &mut Office, watchdog: Duration) -> Self {
        let path = office.path("notify");
        let socket = UnixDatagram::bind(&path).unwrap();
        office.environment.push(("NOTIFY_SOCKET", path.to_str().unwrap().to_owned()));
        office.environment.push(("WATCHDOG_USEC", watchdog.as_micros().to_string()));
        let pings = Arc::<AtomicUsize>::default();
        let heard = Arc::clone(&pings);
        // whoever does not listen holds up the one who speaks
        thread::spawn(move || {
            let mut said = [0; 4096];
            while let Ok(length) = socket.recv(&mut said) {
                heard.fetch_add(usize::from(said[..length].starts_with(b"WATCHDOG=1")), Ordering::Relaxed);
            }
        });
        Self(pings)
    }

    /// How often in a stretch of time.
    fn pings(&self, time: Duration) -> usize {
        let before = self.0.load(Ordering::Relaxed);
        thread::sleep(time);
        self.0.load(Ordering::Relaxed) - before
    }
}

fn until_ping(office: &Office, ear: &Ear) {
    office.until("all is said to be well", || ear.pings(Duration::from_millis(100)) > 0);
}

#[test]
fn a_disk_that_hangs_ends_the_signs_of_life_and_nothing_is_lost() {
    let mut office = office();
    let ear = Ear::new(&mut office, Duration::from_secs(1));
    let mut reader = Reader::plug_in(&office, "porta");
    let daemon = office.run_ready();
    until_open(&office, "porta", 1);
    reader.show([1]);
    office.until("the first is stored", || office.punches() == 1);
    until_ping(&office, &ear);
    fs::write(office.path("stuck-disk"), "").unwrap();
    reader.show([2]);
    office.until_told("ERROR the store hangs: systemd is told no more that all is well");
    assert_eq!(ear.pings(Duration::from_secs(2)), 0, "{}", office.journal());
    fs::remove_file(office.path("stuck-disk")).unwrap();
    office.until("the second is stored", || office.punches() == 2);
    until_ping(&office, &ear);
    assert_eq!(daemon.stop().0.code(), Some(0));
}

#[test]
fn a_share_that_hangs_is_its_readers_fault_alone() {
    let mut office = office();
    let ear = Ear::new(&mut office, Duration::from_secs(1));
    let mut reader = Reader::plug_in(&office, "porta");
    let daemon = office.run_ready();
    until_open(&office, "porta", 1);
    fs::write(office.path("stuck-share"), "").unwrap();
    office.until_told(
        "ERROR the reader's folder hangs: nothing of it is read until it answers reader=ingresso",
    );
    let gone = "SELECT count(*) FROM fact WHERE name = 'folder gone: ingresso'";
    office.until("it is noted", || office.number(gone) == Some(1));
    reader.show([1]);
    office.until("the others go on", || office.punches() == 1);
    until_ping(&office, &ear);
    let day = working_days(month_ago(0), 1)[0];
    office.drop("export.dat", line("5", day, "08:00:00", 0));
    fs::remove_file(office.path("stuck-share")).unwrap();
    office.until("it is read", || office.punches() == 2);
    office.until("it is noted again", || office.number(gone) == Some(0));
    assert_eq!(daemon.stop().0.code(), Some(0));
}

#[test]
fn an_outbox_that_hangs_ends_the_signs_of_life_and_readers_go_on() {
    let by_desk = "[release]\nfolder = \"../uscita\"\n";
    for (release, more, told, sent) in [
        ("", "", "the outbox", "smtp_accepted"),
        ("release = \"external\"\n", by_desk, "the hand-over to the protocol office", "handed_out"),
    ] {
        let mut office = office();
        office.mail = "[mail.directory]\nfolder = \"../uscita\"\n".to_owned();
        office.statement += release;
        office.more += more;
        office.write();
        fs::create_dir(office.path("uscita")).unwrap();
        let days = working_days(month_ago(1), 1);
        office.agreement("roma-01", "5", &days, "");
        office.import(&office.export("mese.dat", regular_days("5", &days), month_ago(0).first()));
        // twenty times as long may a letter take
        let ear = Ear::new(&mut office, Duration::from_millis(200));
        fs::write(office.path("stuck-out"), "").unwrap();
        let daemon = office.run_ready();
        office.until_told(&format!("ERROR {told} hangs: systemd is told no more that all is well"));
        assert_eq!(ear.pings(Duration::from_secs(1)), 0, "{}", office.journal());
        let punches = office.punches();
        office.drop("oggi.dat", line("5", working_days(month_ago(0), 1)[0], "08:00:00", 0));
        office.until("readers go on", || office.punches() > punches);
        fs::remove_file(office.path("stuck-out")).unwrap();
        office.until("it leaves", || office.states() == [sent]);
        until_ping(&office, &ear);
        assert_eq!(daemon.stop().0.code(), Some(0));
    }
}

#[test]
fn a_watchdog_of_no_time_is_none() {
    let mut office = Office::new();
    let ear = Ear::new(&mut office, Duration::ZERO);
    let daemon = office.run_ready();
    assert_eq!(ear.pings(Duration::from_millis(300)), 0);
    assert_eq!(daemon.stop().0.code(), Some(0));
}
