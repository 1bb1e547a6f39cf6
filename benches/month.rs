//! Closing a month for ten thousand coworkers: every rule, statements as JSON in one file, against
//! the `sqlite3` command summing the same punches by badge and day on the same store, and DuckDB's
//! command doing that on a table of its own, in turn.
//!
//! `cargo bench --bench month`; `TIMBRA_BENCH_PEOPLE` (10000), `TIMBRA_BENCH_MONTHS` (1: of 920,000
//! punches each, the last one is closed), `TIMBRA_BENCH_ROUNDS` (5), `DUCKDB` (duckdb: its program,
//! as `pip install duckdb-cli` brings it; without it that comparison is left out). Ratios are what
//! counts. `month fill FOLDER` only makes the store, `month close FOLDER` only closes the month once.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a measurement that cannot go on should stop")]

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, Utc, Weekday};
use timbra::config::{self, Config};
use timbra::daemon::compute::Gathered;
use timbra::domain::agreement::Agreement;
use timbra::domain::day;
use timbra::domain::ids::AgreementId;
use timbra::domain::month::Month;
use timbra::domain::statement::{Identity, Statement};
use timbra::render;
use timbra::store::{BatchEnd, BatchStart, Counts, FileIdentity, NewPunch, Portion, Store};

/// The coworkers of the demonstration stand for all.
const FILES: [(&str, &[u8]); 2] = [
    ("timbra.toml", include_bytes!("../fixtures/demo/timbra.toml")),
    ("agreements/roma-01.toml", include_bytes!("../fixtures/demo/roma-01.toml")),
];

/// As many agreements are computed by a thread before it tries to write their statements.
const AT_ONCE: usize = 16;

/// With more bytes than these a thread waits for the file; so about as many are written at once.
const MOST: usize = 1 << 19;

/// Bytes of a statement, rather too many.
const STATEMENT: u64 = 33_000;

/// Working days of a month; each has four punches.
const DAYS: usize = 23;

fn setting(name: &str, default: usize) -> usize {
    std::env::var(name).ok().and_then(|value| value.parse().ok()).unwrap_or(default)
}

fn configuration(folder: &Path, people: usize, month: Month) -> Config {
    std::fs::create_dir_all(folder.join("drop")).unwrap();
    std::fs::create_dir_all(folder.join("agreements")).unwrap();
    for (name, content) in FILES {
        std::fs::write(folder.join(name), content).unwrap();
    }
    let mut config = config::load(folder).config.unwrap();
    let model = config.agreements.pop().unwrap();
    config.agreements = (0..people).map(|number| agreement(&model, number, month)).collect();
    config
}

fn agreement(model: &Agreement, number: usize, month: Month) -> Agreement {
    let mut agreement = model.clone();
    agreement.id = AgreementId::new(&format!("persona-{number}")).unwrap();
    agreement.planned_days = days(month);
    agreement.days_per_month = 31;
    agreement.term.start = NaiveDate::from_ymd_opt(2015, 1, 1).unwrap();
    for badge in &mut agreement.badges {
        badge.number = format!("{number:05}");
        badge.valid_from = agreement.term.start;
    }
    agreement
}

fn days(month: Month) -> Vec<NaiveDate> {
    let working = month.days().filter(|day| !matches!(day.weekday(), Weekday::Sat | Weekday::Sun));
    working.chain(month.days().filter(|day| day.weekday() == Weekday::Sat)).take(DAYS).collect()
}

/// Four punches a day for everybody, in the order of time, as the readers delivered them.
fn fill(store: &mut Store, reader: i64, people: usize, month: Month) -> u64 {
    let decoder = [0; 32];
    let start = BatchStart {
        reader,
        origin: &format!("{month}.dat"),
        file: FileIdentity { device: 1, inode: u64::try_from(month.year()).unwrap(), size: 1, modified: 1 },
        decoder: &decoder,
        received_at: DateTime::<Utc>::UNIX_EPOCH,
    };
    let batch = store.start_batch(&start).unwrap();
    let (mut portion, mut line, mut new) = (Portion::default(), 0, 0);
    let mut dates = days(month);
    dates.sort();
    for date in dates {
        for (minute, spread, word) in [(470, 40, "0"), (770, 20, "1"), (800, 20, "0"), (935, 40, "1")] {
            let mut punches: Vec<(i64, usize)> = (0..people)
                .map(|person| {
                    let mixed = person.wrapping_mul(2_654_435_761).wrapping_add(minute) % (spread * 60);
                    (i64::try_from(minute * 60 + mixed).unwrap(), person)
                })
                .collect();
            punches.sort_unstable();
            for (second, person) in punches {
                line += 1;
                let local = date.and_time(chrono::NaiveTime::MIN).and_utc().timestamp() + second;
                let badge = format!("{person:05}");
                let at: NaiveDateTime = DateTime::from_timestamp(local, 0).unwrap().naive_utc();
                let raw = format!("{badge}\t{at}\t1\t{word}\t1\t0");
                let raw = raw.as_bytes();
                let (offset_minutes, reason) = (None, None);
                let badge = badge.as_str();
                portion.piece.push(&NewPunch {
                    local,
                    badge,
                    direction: word,
                    offset_minutes,
                    reason,
                    line,
                    raw,
                });
                if portion.is_full() {
                    new += store.commit_portion(batch, &start, &mut portion, &mut |_| {}).unwrap();
                    portion.clear();
                }
            }
        }
    }
    let mut counts = Counts { read: line, new, ..Counts::default() };
    let covered_until = month.next().last().and_time(chrono::NaiveTime::MIN).and_utc();
    let end =
        BatchEnd { content: [0; 32], lines: Some(line), header: None, covered_until: Some(covered_until) };
    store.finish_batch(batch, &start, &mut portion, &mut counts, &end, &mut |_| {}).unwrap();
    counts.new
}

/// CPU seconds of this process (`me`) or of its finished children, from `/proc`.
fn cpu(children: bool) -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    let first = if children { 13 } else { 11 };
    let ticks: f64 = fields[first].parse::<f64>().unwrap() + fields[first + 1].parse::<f64>().unwrap();
    ticks / 100.0
}

fn timed<T>(children: bool, work: impl FnOnce() -> T) -> (T, Duration, f64) {
    let (clock, before) = (Instant::now(), cpu(children));
    let result = work();
    (result, clock.elapsed(), cpu(children) - before)
}

/// Computes and writes every statement; gives the minutes worked by all, to compare. Whichever thread is free
/// takes the next group.
fn close(store: &Store, config: &Config, agreements: &[&Agreement], month: Month, out: &Path) -> i64 {
    let gathered = &Gathered::of(store, config, agreements, month).unwrap();
    let file = &Mutex::new(created(out, STATEMENT * u64::try_from(agreements.len()).unwrap()));
    let groups = &Mutex::new(agreements.chunks(AT_ONCE));
    let minutes = thread::scope(|scope| {
        let work = || {
            let (mut out, mut minutes) = (Vec::new(), 0);
            loop {
                let group = groups.lock().unwrap().next();
                if let Some(group) = group {
                    minutes += statements(gathered, config, (group, month), &mut out);
                }
                // who finds the other one writing goes on, and writes more at once
                let must_wait = group.is_none() || out.len() > MOST;
                let free = if must_wait { Some(file.lock().unwrap()) } else { file.try_lock().ok() };
                if let Some(mut file) = free {
                    file.write_all(&out).unwrap();
                    out.clear();
                }
                if group.is_none() {
                    break minutes;
                }
            }
        };
        let threads = 0..thread::available_parallelism().unwrap().get();
        let running: Vec<_> = threads.map(|_| scope.spawn(work)).collect();
        running.into_iter().map(|thread| thread.join().unwrap()).sum::<i64>()
    });
    // what was too much of its room
    let file = file.lock().unwrap();
    file.set_len(file.metadata().unwrap().len()).unwrap();
    minutes
}

/// An empty file that has room for so many bytes, where the file system can: its blocks at once, instead of one
/// by one.
fn created(out: &Path, bytes: u64) -> File {
    let file = File::create(out).unwrap();
    rustix::fs::fallocate(&file, rustix::fs::FallocateFlags::KEEP_SIZE, 0, bytes).ok();
    file
}

/// Appends the statements of some agreements to `out`; gives the minutes worked.
fn statements(
    gathered: &Gathered<'_>,
    config: &Config,
    (agreements, month): (&[&Agreement], Month),
    out: &mut Vec<u8>,
) -> i64 {
    let generated_at = month.next().first().and_time(chrono::NaiveTime::MIN).and_utc().fixed_offset();
    let of_one = |agreement: &&Agreement| {
        let days = gathered.days(agreement, day::compute_untold).unwrap();
        let identity = Identity { number: None, revision: 1, generated_at };
        let statement = Statement::new(agreement, &config.host, month, identity, days, true);
        render::append_data(out, &statement, "timbra");
        i64::from(statement.totals.worked.0)
    };
    agreements.iter().map(of_one).sum()
}

/// Writes the same bytes again and nothing else: no month is closed in less.
fn write_alone(bytes: &[u8], out: &Path) -> Duration {
    let begun = Instant::now();
    let mut file = created(out, u64::try_from(bytes.len()).unwrap());
    bytes.chunks(MOST).for_each(|part| file.write_all(part).unwrap());
    begun.elapsed()
}

/// Where the peers find the punches, and what they are asked for.
struct Peers {
    database: PathBuf,
    duck: PathBuf,
    program: String,
}

impl Peers {
    /// DuckDB's own table is made of the store's punches; false when there is no such program.
    fn load(&self) -> bool {
        let made = "CREATE TABLE punch (local BIGINT, badge VARCHAR, direction VARCHAR)";
        let Ok(_) = Command::new(&self.program).arg(&self.duck).arg("-c").arg(made).output() else {
            return false;
        };
        let csv = self.duck.with_extension("csv");
        let sql = "SELECT local, badge, direction FROM punch";
        let mut sqlite = Command::new("sqlite3");
        sqlite.arg("-csv").arg(&self.database).arg(sql).stdout(File::create(&csv).unwrap());
        assert!(sqlite.status().unwrap().success());
        let copy = format!("COPY punch FROM '{}' (HEADER false)", csv.display());
        let loaded = Command::new(&self.program).arg(&self.duck).arg("-c").arg(copy).status();
        std::fs::remove_file(csv).unwrap();
        loaded.unwrap().success()
    }

    fn by_sqlite(&self, month: Month) -> i64 {
        summed(Command::new("sqlite3").arg("-csv").arg(&self.database).arg(sums(month, "/")))
    }

    fn by_duck(&self, month: Month) -> i64 {
        let mut program = Command::new(&self.program);
        program.args(["-readonly", "-csv", "-noheader"]).arg(&self.duck).args(["-c", "SET threads = 2"]);
        summed(program.arg("-c").arg(sums(month, "//")))
    }
}

fn sums(month: Month, divided: &str) -> String {
    let second = |date: NaiveDate| date.and_time(chrono::NaiveTime::MIN).and_utc().timestamp();
    let minute = format!("local {divided} 60");
    format!(
        "SELECT badge, local {divided} 86400, sum(CASE direction WHEN '1' THEN {minute} ELSE -({minute}) END)
         FROM punch WHERE local >= {} AND local < {} GROUP BY 1, 2",
        second(month.first()),
        second(month.next().first())
    )
}

/// The sum of the last column.
fn summed(program: &mut Command) -> i64 {
    let output = program.stderr(Stdio::inherit()).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().filter_map(|line| line.rsplit(',').next()?.trim().parse::<i64>().ok()).sum()
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn peak_memory() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    status.lines().find(|line| line.starts_with("VmHWM")).unwrap_or_default().replace('\t', " ")
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let month = Month::parse("2026-10").unwrap();
    let people = setting("TIMBRA_BENCH_PEOPLE", 10_000);
    match arguments.as_slice() {
        // `cargo test --benches` only wants to know that it builds
        ["--test"] => (),
        ["fill", folder] => {
            stored(Path::new(folder), people, month);
        }
        ["close", folder] => {
            let folder = Path::new(folder);
            let config = configuration(folder, people, month);
            let store = Store::open_read_only(&config.store_folder).unwrap();
            let before = peak_memory();
            let agreements: Vec<&Agreement> = config.agreements.iter().collect();
            close(&store, &config, &agreements, month, &folder.join("statements.json"));
            println!("{people} coworkers; before the month: {before}; after it: {}", peak_memory());
        }
        _ => compare(people, month),
    }
}

/// A store with the punches of as many months as wanted, up to `month`.
fn stored(folder: &Path, people: usize, month: Month) -> (Config, Store) {
    let months = setting("TIMBRA_BENCH_MONTHS", 1);
    let config = configuration(folder, people, month);
    let mut store = Store::open(&config.store_folder).unwrap();
    let reader = store.reader_number(config.folders[0].id()).unwrap();
    let earlier = (0..months).rev().map(|back| {
        let date = month.first().checked_sub_months(chrono::Months::new(u32::try_from(back).unwrap()));
        Month::of(date.unwrap())
    });
    let stored: u64 = earlier.map(|month| fill(&mut store, reader, people, month)).sum();
    println!("{people} coworkers, {stored} punches stored, {months} months");
    (config, store)
}

fn compare(people: usize, month: Month) {
    let folder = tempfile::tempdir().unwrap();
    let (config, store) = stored(folder.path(), people, month);
    let agreements: Vec<&Agreement> = config.agreements.iter().collect();
    let peers = Peers {
        database: config.store_folder.join("timbra.sqlite"),
        duck: folder.path().join("peer.duckdb"),
        program: std::env::var("DUCKDB").unwrap_or_else(|_| "duckdb".to_owned()),
    };
    let duck = peers.load();
    let out = folder.path().join("statements.json");
    let (mut to_sqlite, mut to_duck, mut own, mut bytes) = (Vec::new(), Vec::new(), Vec::new(), 0);
    for _ in 0..setting("TIMBRA_BENCH_ROUNDS", 5) {
        let (worked, wall, cpu) = timed(false, || close(&store, &config, &agreements, month, &out));
        let written = std::fs::read(&out).unwrap();
        std::fs::remove_file(&out).unwrap();
        let alone = write_alone(&written, &out);
        std::fs::remove_file(&out).unwrap();
        bytes = written.len();
        let (summed, sqlite, _) = timed(true, || peers.by_sqlite(month));
        assert!(worked > 0 && worked <= summed, "{worked} of {summed} minutes");
        print!("timbra {wall:?} (cpu {cpu:.2} s), its bytes alone {alone:?}, sqlite3 {sqlite:?}");
        own.push(cpu);
        to_sqlite.push(wall.as_secs_f64() / sqlite.as_secs_f64());
        if duck {
            let (same, duck, duck_cpu) = timed(true, || peers.by_duck(month));
            assert_eq!(same, summed);
            to_duck.push(wall.as_secs_f64() / duck.as_secs_f64());
            print!(", DuckDB {duck:?} (cpu {duck_cpu:.2} s)");
        }
        println!();
    }
    let milliseconds = median(own) * 1000.0 / f64::from(u32::try_from(people).unwrap());
    println!("wall, timbra / sqlite3 GROUP BY: {:.2}", median(to_sqlite));
    if duck {
        println!("wall, timbra / DuckDB: {:.2}", median(to_duck));
    }
    println!("cpu of one coworker's month: {milliseconds:.3} ms; statements: {bytes} bytes");
}
