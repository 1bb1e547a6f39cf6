//! A whole host office in a temporary folder, around the real binary: configuration, drop folders,
//! store, mailbox. Names are invented.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant, SystemTime};

use chrono::{Datelike, Days, Months, NaiveDate};
use serde_json::Value;
use timbra::domain::calendar::OfficeDays;
use timbra::domain::month::Month;

/// How long anything may take on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// The program under test.
pub(crate) const TIMBRA: &str = env!("CARGO_BIN_EXE_timbra");

/// An office. Its parts of `timbra.toml` may be changed before [`Office::write`].
pub(crate) struct Office {
    root: tempfile::TempDir,
    pub(crate) intake: String,
    pub(crate) mail: String,
    pub(crate) readers: String,
    /// The table `[statement]`. No reminders leave, which would come and go with the date of today; and the
    /// clock of the machine under test is good enough.
    pub(crate) statement: String,
    /// More tables: `[retention]`, `[release]`.
    pub(crate) more: String,
    pub(crate) environment: Vec<(&'static str, String)>,
    pub(crate) user: Option<u32>,
}

/// What a command said.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Said {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error} in {self:?}"))
    }
}

impl Office {
    /// One reader `ingresso` with a drop folder `drop`, mail into the folder `mail`.
    pub(crate) fn new() -> Self {
        let office = Self {
            root: tempfile::tempdir().unwrap(),
            intake: "stable_seconds = 0\npoll_seconds = 1\n".to_owned(),
            mail: "[mail.directory]\nfolder = \"../mail\"\n".to_owned(),
            readers: "[[folder]]\nid = \"ingresso\"\npath = \"../drop\"\nformat = \"zk-attlog\"\n".to_owned(),
            statement: "remind_days_before = 0\nrequire_time_server = false\n".to_owned(),
            more: "[retention]\nunmatched_days = 366\n".to_owned(),
            environment: Vec::new(),
            user: None,
        };
        for folder in ["etc/agreements", "etc/formats", "drop"] {
            fs::create_dir_all(office.path(folder)).unwrap();
        }
        office.write();
        office
    }

    /// Mail goes to a server on this machine, without encryption.
    pub(crate) fn mail_by_smtp(&mut self, port: u16) {
        self.mail = format!(
            "transport = \"smtp\"\n[mail.smtp]\nhost = \"127.0.0.1\"\nport = {port}\ntls = \"none\"\n"
        );
        self.write();
    }

    /// Writes `timbra.toml`.
    pub(crate) fn write(&self) {
        let Self { intake, mail, readers, statement, more, .. } = self;
        let text = format!(
            "[host]\nname = \"Prefettura di Torino\"\nkind = \"prefettura\"\ncity = \"Torino\"\nprovince = \"TO\"\n\
             patron = \"none\"\nresponsible = \"dott.ssa Carla Modello\"\n[host.contact]\n\
             name = \"dott.ssa Carla Modello\"\nemail = \"personale@ospitante.example\"\n[store]\n\
             folder = \"../store\"\n[intake]\n{intake}[mail]\nfrom = \"presenze@ospitante.example\"\n{mail}[statement]\n{statement}{more}{readers}"
        );
        fs::write(self.path("etc/timbra.toml"), text).unwrap();
    }

    /// An agreement for one badge and some days of one month. `more` is put into `[statement]`.
    pub(crate) fn agreement(&self, name: &str, badge: &str, days: &[NaiveDate], more: &str) -> &Self {
        let calendar: Vec<String> = days.iter().map(ToString::to_string).collect();
        let month = Month::of(days[0]);
        let text = format!(
            "reference = \"prot. {badge}\"\ndays_per_month = 5\nprofile = \"5x7h12\"\ncalendar = [{}]\n[home]\n\
             name = \"Prefettura di Roma\"\nkind = \"prefettura\"\ncity = \"Roma\"\nprovince = \"RM\"\npatron = \"none\"\n\
             manager = {{ name = \"dott. Marco Prova\", email = \"dirigente@roma.example\" }}\n[employee]\n\
             title = \"dott.ssa\"\ngiven_name = \"Anna\"\nfamily_name = \"Esempio\"\nhome_id = \"M{badge}\"\n[term]\n\
             start = {}\nend = {}\n[[badge]]\nnumber = \"{badge}\"\n[statement]\ndeadline_day = 10\n{more}\n\
             [channel.statement]\nkind = \"pec\"\naddress = \"{name}@roma.example\"\n[contacts.home]\n\
             name = \"dott. Marco Prova\"\nemail = \"dirigente@roma.example\"\n",
            calendar.join(", "),
            month.first(),
            month.last(),
        );
        fs::write(self.path("etc/agreements").join(format!("{name}.toml")), text).unwrap();
        self
    }

    pub(crate) fn path(&self, inside: &str) -> PathBuf {
        self.root.path().join(inside)
    }

    /// Puts a file into the drop folder in one step, as a careful program does.
    pub(crate) fn drop(&self, name: impl AsRef<OsStr>, content: impl AsRef<[u8]>) -> &Self {
        let partial = self.path("etc/half");
        fs::write(&partial, content).unwrap();
        fs::rename(partial, self.path("drop").join(name.as_ref())).unwrap();
        self
    }

    /// Writes a file outside of the drop folder, last changed on a date at noon.
    pub(crate) fn export(&self, name: &str, content: impl AsRef<[u8]>, changed: NaiveDate) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, content).unwrap();
        let noon = u64::try_from(changed.and_hms_opt(12, 0, 0).unwrap().and_utc().timestamp()).unwrap();
        let file = File::options().write(true).open(&path).unwrap();
        file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(noon)).unwrap();
        path
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        use std::os::unix::process::CommandExt;
        let mut command = Command::new(TIMBRA);
        command.args(arguments).arg("--config").arg(self.path("etc")).stdin(Stdio::null());
        command.envs(self.environment.iter().cloned());
        if let Some(user) = self.user {
            command.uid(user).gid(user);
        }
        command
    }

    /// Runs a command to its end.
    pub(crate) fn timbra(&self, arguments: &[&str]) -> Said {
        let output = self.command(arguments).output().unwrap();
        Said {
            code: output.status.code(),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// The sums of one import, as `new/known/rejected/skipped unmatched expired`.
    pub(crate) fn import(&self, path: &Path) -> String {
        let said = self.timbra(&["import", path.to_str().unwrap(), "--reader", "ingresso", "--json"]);
        let sums = said.json();
        assert_eq!(
            sums["read"].as_u64().unwrap(),
            ["new", "known", "rejected"].iter().map(|key| sums[key].as_u64().unwrap()).sum::<u64>()
        );
        format!(
            "{}/{}/{}/{} {} {}",
            sums["new"], sums["known"], sums["rejected"], sums["skipped"], sums["unmatched"], sums["expired"]
        )
    }

    /// Starts the daemon; its journal goes to the file `journal`.
    pub(crate) fn run(&self) -> Daemon {
        let journal = File::options().create(true).append(true).open(self.path("journal")).unwrap();
        let child = self.command(&["run"]).stdout(Stdio::null()).stderr(journal).spawn().unwrap();
        Daemon { child }
    }

    /// Starts the daemon and waits until it hears signals.
    pub(crate) fn run_ready(&self) -> Daemon {
        let before = self.journal().matches("timbra runs").count();
        let daemon = self.run();
        self.until("it runs", || self.journal().matches("timbra runs").count() > before);
        daemon
    }

    /// Runs the daemon until its outbox holds `count` messages that are all sent, and stops it.
    pub(crate) fn run_until_sent(&self, count: usize) {
        let daemon = self.run_ready();
        self.until("all is sent", || self.states() == vec!["smtp_accepted"; count]);
        assert_eq!(daemon.stop().0.code(), Some(0), "{}", self.journal());
    }

    pub(crate) fn journal(&self) -> String {
        fs::read_to_string(self.path("journal")).unwrap_or_default()
    }

    /// Waits until something holds.
    pub(crate) fn until(&self, what: &str, holds: impl Fn() -> bool) {
        let started = Instant::now();
        while !holds() {
            assert!(started.elapsed() < PATIENCE, "not in time: {what}\n{}", self.journal());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Waits until the journal says something.
    pub(crate) fn until_told(&self, text: &str) {
        self.until(text, || self.journal().contains(text));
    }

    /// A number out of the store; none when it cannot be read now.
    pub(crate) fn number(&self, sql: &str) -> Option<i64> {
        self.value(sql)
    }

    /// One value of the store; none while there is none.
    pub(crate) fn value<T: rusqlite::types::FromSql>(&self, sql: &str) -> Option<T> {
        let database = self.path("store/timbra.sqlite");
        let flags = rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY;
        let connection = rusqlite::Connection::open_with_flags(database, flags).ok()?;
        connection.busy_timeout(Duration::from_secs(5)).unwrap();
        connection.query_row(sql, [], |row| row.get(0)).ok()
    }

    pub(crate) fn punches(&self) -> i64 {
        self.number("SELECT count(*) FROM punch").unwrap_or(0)
    }

    /// The states of the statements in the outbox, in the order of queueing.
    pub(crate) fn states(&self) -> Vec<String> {
        let statements = self.outbox().into_iter().filter(|row| row["kind"] == "statement");
        statements.map(|row| row["state"].as_str().unwrap().to_owned()).collect()
    }

    /// `outbox --json`; empty while there is no store.
    pub(crate) fn outbox(&self) -> Vec<Value> {
        let said = self.timbra(&["outbox", "--json"]);
        said.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// The files of a folder and their content, by name.
    pub(crate) fn files(&self, inside: &str) -> Vec<(PathBuf, Vec<u8>)> {
        let mut files = Vec::new();
        for entry in fs::read_dir(self.path(inside)).into_iter().flatten().map(Result::unwrap) {
            files.push((entry.path(), fs::read(entry.path()).unwrap()));
        }
        files.sort();
        files
    }

    /// The statements as they lie in the folder `mail`.
    pub(crate) fn letters(&self) -> Vec<String> {
        let others = [".promemoria.", ".malfunzionamento-", ".segnalazione."];
        self.mails(|name| !others.iter().any(|part| name.contains(part)))
    }

    /// The reminders in it.
    pub(crate) fn reminders(&self) -> Vec<String> {
        self.mails(|name| name.contains(".promemoria."))
    }

    /// The notices of malfunctions in it.
    pub(crate) fn notices(&self) -> Vec<String> {
        self.mails(|name| name.contains(".malfunzionamento-"))
    }

    /// The messages on single days in it.
    pub(crate) fn digests(&self) -> Vec<String> {
        self.mails(|name| name.contains(".segnalazione."))
    }

    fn mails(&self, is_meant: impl Fn(&str) -> bool) -> Vec<String> {
        let mut mails = self.files("mail");
        mails.retain(|(path, _)| is_meant(&path.to_string_lossy()));
        mails.into_iter().map(|(_, bytes)| String::from_utf8(bytes).unwrap()).collect()
    }

    /// Gives everything to another user.
    pub(crate) fn give_to(&mut self, user: u32) {
        self.user = Some(user);
        let done =
            Command::new("chown").arg("-R").arg(format!("{user}:{user}")).arg(self.root.path()).status();
        assert!(done.unwrap().success());
    }

    /// True when the tests run as root, whom no permission stops.
    pub(crate) fn is_root(&self) -> bool {
        fs::metadata(self.root.path()).unwrap().uid() == 0
    }
}

/// A running daemon; ends with this value.
pub(crate) struct Daemon {
    pub(crate) child: Child,
}

impl Daemon {
    pub(crate) fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        let status = Command::new("kill").args(["-s", name, &pid]).stderr(Stdio::null()).status();
        assert!(status.unwrap().success());
    }

    /// Asks it to stop. How it ended, and after how long.
    pub(crate) fn stop(mut self) -> (ExitStatus, Duration) {
        let started = Instant::now();
        self.signal("TERM");
        let ended = self.child.wait().unwrap();
        (ended, started.elapsed())
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// The month so many months before this one.
pub(crate) fn month_ago(months: u32) -> Month {
    let today = timbra::daemon::clock::now().date_naive();
    Month::of(today.with_day(1).unwrap() - Months::new(months))
}

/// The first working days of a month.
pub(crate) fn working_days(month: Month, count: usize) -> Vec<NaiveDate> {
    let office = OfficeDays { patron: None };
    month.first().iter_days().filter(|day| office.is_working(*day)).take(count).collect()
}

/// One line of a ZKTeco clock.
pub(crate) fn line(badge: &str, day: NaiveDate, time: &str, direction: u8) -> String {
    format!("{badge:>9}\t{day} {time}\t1\t{direction}\t1\t0\r\n")
}

/// The four punches of a regular day.
pub(crate) fn regular(badge: &str, day: NaiveDate) -> String {
    [("08:00:00", 0), ("13:00:00", 1), ("13:30:00", 0), ("15:42:00", 1)]
        .map(|(time, direction)| line(badge, day, time, direction))
        .concat()
}

/// A regular day after the other.
pub(crate) fn regular_days(badge: &str, days: &[NaiveDate]) -> String {
    days.iter().map(|day| regular(badge, *day)).collect()
}

/// The day before.
pub(crate) fn eve(day: NaiveDate) -> NaiveDate {
    day - Days::new(1)
}

/// Says on the terminal that a test could not be made here.
pub(crate) fn skipped(reason: &str) {
    use std::io::Write;
    drop(writeln!(std::io::stderr(), "skipped: {reason}"));
}

/// The library that moves the clock of a program, where it is installed. It is loaded without its wrapper,
/// whose semaphores outlive programs that were killed.
pub(crate) fn clock_mover() -> Option<String> {
    let folders = fs::read_dir("/usr/lib").ok()?.filter_map(|entry| Some(entry.ok()?.path()));
    let mut paths = folders.map(|folder| folder.join("faketime/libfaketimeMT.so.1"));
    paths.find(|path| path.exists()).map(|path| path.to_string_lossy().into_owned())
}
