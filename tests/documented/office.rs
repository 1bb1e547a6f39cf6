//! An office as `config/` describes it, in November 2026: made once, and copied for each command.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::office::{Daemon, PATIENCE, TIMBRA};
use crate::ports::reader::Reader;

use super::rows::Row;

const SOURCE: &str = env!("CARGO_MANIFEST_DIR");

/// The port that is shown; a reader is plugged in there.
const PORT: &str = "/dev/ttyUSB0";

/// The card whose printed number is shown: `0001217496`.
const CARD: u32 = 1_217_496;

/// Ended is what takes longer, in seconds.
const AT_MOST: &str = "30";

/// When the daemon of the preparation runs, in UTC.
const DAEMON_AT: &str = "2026-11-04 09:10";

/// The office before any of the commands, and where its copies are made.
pub(super) struct Template {
    root: tempfile::TempDir,
    mover: String,
    copies: AtomicUsize,
}

impl Template {
    /// Makes the office, and lets its daemon send what waits and read what came back. `mover` is the
    /// library that moves the clock.
    pub(super) fn prepare(mover: String) -> Self {
        let template = Self { root: tempfile::tempdir().unwrap(), mover, copies: AtomicUsize::new(0) };
        let office = template.office();
        fs::create_dir_all(office.join("here")).unwrap();
        let script = Path::new(SOURCE).join("tests/documented/prepare.sh");
        let mut command = template.shell(&office, DAEMON_AT, "exec sh \"$0\"");
        let told = office.join("told");
        let done = told_into(command.arg(script), &told).status().unwrap();
        assert!(done.success(), "{}", fs::read_to_string(told).unwrap());
        let mut command =
            template.placed(Command::new(template.programs().join("timbra")), &office, DAEMON_AT);
        let run = told_into(command.arg("run"), &office.join("journal"));
        let daemon = Daemon { child: run.spawn().unwrap() };
        let journal = || fs::read_to_string(office.join("journal")).unwrap();
        let started = Instant::now();
        while !settled(&office.join("store/timbra.sqlite")) {
            assert!(started.elapsed() < PATIENCE, "not in time\n{}", journal());
            std::thread::sleep(Duration::from_millis(50));
        }
        assert_eq!(daemon.stop().0.code(), Some(0), "{}", journal());
        template
    }

    fn office(&self) -> PathBuf {
        self.root.path().join("office")
    }

    /// Types a shown command in a fresh copy of the office; an error says what was not as the row says.
    pub(super) fn run(&self, row: &Row) -> Result<(), String> {
        let copy = self.root.path().join(format!("copy-{}", self.copies.fetch_add(1, Ordering::Relaxed)));
        let copied = Command::new("cp").arg("-a").args([&self.office(), &copy]).status().unwrap();
        assert!(copied.success());
        let told = copy.join("told");
        if !row.before.is_empty() {
            let mut before = self.shell(&copy, row.at, &moved(row.before, &copy));
            let code = told_into(&mut before, &told).status().unwrap().code();
            if !matches!(code, Some(0 | 3)) {
                let said = fs::read_to_string(&told).unwrap();
                return Err(format!("was not tried: `{}` ended with {code:?}:\n{said}", row.before));
            }
        }
        let mut reader = row.shown.contains(PORT).then(Reader::new);
        let mut line = moved(row.shown, &copy);
        if let Some(reader) = &reader {
            line = line.replace(PORT, reader.path().to_str().unwrap());
        }
        let mut command = self.shell(&copy, row.at, &line);
        let mut child = told_into(&mut command, &told).stdin(Stdio::piped()).spawn().unwrap();
        // it may end before it has read all
        drop(child.stdin.take().unwrap().write_all(row.typed.as_bytes()));
        let said = || String::from_utf8_lossy(&fs::read(&told).unwrap()).into_owned();
        let ended = AtomicBool::new(false);
        let code = std::thread::scope(|scope| {
            if let Some(reader) = &mut reader {
                let (said, ended) = (&said, &ended);
                scope.spawn(move || {
                    while !ended.load(Ordering::Relaxed) {
                        if said().contains(" is open (") {
                            reader.show([CARD]);
                        }
                        std::thread::sleep(Duration::from_millis(100));
                    }
                });
            }
            let status = child.wait().unwrap();
            ended.store(true, Ordering::Relaxed);
            status.code()
        });
        let said = said();
        if code != Some(row.code) || !said.contains(row.tells) {
            return Err(format!(
                "ended with {code:?}, not {}, or without `{}`:\n{said}",
                row.code, row.tells
            ));
        }
        fs::remove_dir_all(copy).unwrap();
        Ok(())
    }

    fn programs(&self) -> PathBuf {
        self.root.path().join("programs")
    }

    /// A line for the shell, typed in an office at an instant in UTC; it is ended when it takes too long.
    fn shell(&self, office: &Path, at: &str, line: &str) -> Command {
        let mut command = self.placed(Command::new("timeout"), office, at);
        command.args(["--foreground", AT_MOST, "sh", "-c", line]);
        command
    }

    /// A program that anna starts in the folder `here` of an office, at an instant in UTC.
    fn placed(&self, mut command: Command, office: &Path, at: &str) -> Command {
        let programs = self.programs();
        let path = std::env::var("PATH").unwrap();
        command
            .current_dir(office.join("here"))
            .env("PATH", format!("{}:{path}", programs.display()))
            .envs([("OFFICE", office), ("PROGRAMS", programs.as_path()), ("SOURCE", Path::new(SOURCE))])
            .envs([("TIMBRA", TIMBRA), ("MOVER", self.mover.as_str()), ("TIMBRA_TEST_USER", "anna")])
            .envs([("FAKETIME", format!("@{at}:00").as_str()), ("TZ", "UTC"), ("LC_ALL", "C.UTF-8")])
            .stdin(Stdio::null());
        command
    }
}

/// All that a command says goes into one file.
fn told_into<'a>(command: &'a mut Command, file: &Path) -> &'a mut Command {
    let file = File::create(file).unwrap();
    command.stdout(file.try_clone().unwrap()).stderr(file)
}

/// A line whose folders are those of an office.
fn moved(line: &str, office: &Path) -> String {
    let office = office.to_str().unwrap();
    ["/tmp/", "/srv/", "/etc/"].iter().fold(line.to_owned(), |line, folder| {
        line.replace(&format!(" {folder}"), &format!(" {office}{folder}"))
    })
}

/// True when all that may leave has left, and all that came back is read.
fn settled(database: &Path) -> bool {
    let flags = rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY;
    let Ok(store) = rusqlite::Connection::open_with_flags(database, flags) else { return false };
    let count = |sql: &str| store.query_row(sql, [], |row| row.get::<_, i64>(0)).ok();
    count("SELECT count(*) FROM outbox WHERE state = 'smtp_accepted' AND id < 7") == Some(6)
        && count("SELECT count(*) FROM received") == Some(7)
}
