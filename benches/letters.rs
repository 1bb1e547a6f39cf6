//! Ten thousand sealed statements over one connection to a sink on this machine, every state of each
//! on disk, against Python's `smtplib` sending the same bytes with no state at all; in turn.
//!
//! `cargo bench --bench letters`; `TIMBRA_BENCH_LETTERS` (10000), `TIMBRA_BENCH_ROUNDS` (3), `TMPDIR`
//! (the folder for two stores of some 0.1 MB a letter). The ratio is what counts.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a measurement that cannot go on should stop")]

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use timbra::config::{self, Config};
use timbra::daemon::courier::Courier;
use timbra::daemon::post;
use timbra::domain::delivery::State;
use timbra::domain::ids::AgreementId;
use timbra::store::{Store, StoreLock};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

/// Sends the files of a folder over one connection, and says how many seconds that took.
const PEER: &str = "
import os, smtplib, sys, time
port, folder = int(sys.argv[1]), sys.argv[2]
names = sorted(os.listdir(folder))
begun = time.monotonic()
server = smtplib.SMTP('127.0.0.1', port)
server.ehlo()
for name in names:
    with open(os.path.join(folder, name), 'rb') as letter:
        server.sendmail('presenze@ospitante.example', ['personale@sede.example'], letter.read())
server.quit()
print(time.monotonic() - begun)
";

fn setting(name: &str, default: usize) -> usize {
    std::env::var(name).ok().and_then(|value| value.parse().ok()).unwrap_or(default)
}

/// The first of December: October, the only month of the demonstration's agreement, is overdue.
fn clock() -> DateTime<Utc> {
    DateTime::from_timestamp(1_796_119_200, 0).unwrap()
}

fn main() {
    let (letters, rounds) = (setting("TIMBRA_BENCH_LETTERS", 10_000), setting("TIMBRA_BENCH_ROUNDS", 3));
    let folder = tempfile::tempdir().unwrap();
    let port = sink();
    let config = configuration(folder.path(), port, letters);
    let sealed = folder.path().join("sealed");
    let bytes = seal(&config, &sealed, &folder.path().join("letters"), letters);
    let each = bytes / letters;
    println!("{letters} letters of {each} bytes");
    let mut ratios = Vec::new();
    for _ in 0..rounds {
        let place = tempfile::tempdir_in(folder.path()).unwrap();
        let store = place.path().join("store");
        assert!(Command::new("cp").arg("-r").arg(&sealed).arg(&store).status().unwrap().success());
        rustix::fs::sync();
        let ours = carry(&config, &store, letters);
        let theirs = peer(port, &folder.path().join("letters"));
        let (we, they) = (ours.as_secs_f64(), theirs.as_secs_f64());
        println!("timbra {we:.2} s, smtplib {they:.2} s");
        ratios.push(they / we);
    }
    ratios.sort_by(f64::total_cmp);
    println!("letters a second, timbra / smtplib            {:7.2}  target 1", ratios[rounds / 2]);
}

/// The demonstration's office, its coworker many times over, and a mail server on this machine.
fn configuration(folder: &Path, port: u16, letters: usize) -> Config {
    let host = include_str!("../fixtures/demo/timbra.toml");
    let mail = "from = \"presenze@ospitante.example\"\n";
    let smtp = format!(
        "{mail}transport = \"smtp\"\n\n[mail.smtp]\nhost = \"127.0.0.1\"\ntls = \"none\"\nport = {port}\n"
    );
    std::fs::create_dir_all(folder.join("drop")).unwrap();
    std::fs::create_dir_all(folder.join("agreements")).unwrap();
    std::fs::write(folder.join("timbra.toml"), host.replace(mail, &smtp)).unwrap();
    std::fs::write(folder.join("agreements/roma-01.toml"), include_str!("../fixtures/demo/roma-01.toml"))
        .unwrap();
    let mut config = config::load(folder).config.unwrap();
    let model = config.agreements.pop().unwrap();
    let copy = |number| {
        let mut agreement = model.clone();
        agreement.id = AgreementId::new(&format!("persona-{number}")).unwrap();
        agreement.term.end = model.statement.first_month.last();
        agreement
    };
    config.agreements = (0..letters).map(copy).collect();
    config
}

/// Closes the month of all of them. Returns the bytes of all letters, which are written into a folder
/// too.
fn seal(config: &Config, folder: &Path, out: &Path, letters: usize) -> usize {
    let mut store = Store::open(folder).unwrap();
    let queued = post::close_due(&mut store, config, clock()).unwrap();
    assert_eq!(queued as usize, letters);
    std::fs::create_dir(out).unwrap();
    let mut bytes = 0;
    for row in store.outbox().unwrap() {
        let message = store.outbox_message(row.id).unwrap().unwrap();
        bytes += message.len();
        std::fs::write(out.join(format!("{:06}.eml", row.id)), message).unwrap();
    }
    bytes
}

/// The courier's part: from the first claim to the last transition on disk.
fn carry(config: &Config, folder: &Path, letters: usize) -> Duration {
    let store = Store::open(folder).unwrap();
    let watched = Store::open_read_only(folder).unwrap();
    let stop = CancellationToken::new();
    let courier = Courier {
        mail: config.mail.settings().clone(),
        lock: Arc::new(StoreLock::take(folder).unwrap()),
        pulse: Arc::default(),
        boot: "boot".to_owned(),
        queued: Arc::new(Notify::new()),
        stop: stop.clone(),
        clock,
        suspended: false,
        alarmed: Arc::new(Notify::new()),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let begun = Instant::now();
    runtime.block_on(async {
        let task = tokio::spawn(courier.run(store));
        // a look at the store costs the courier time: few of them, and only at what is carried last
        let last = i64::try_from(letters).unwrap();
        while watched.outbox_row(last).unwrap().is_some_and(|row| row.state != State::SmtpAccepted) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        // the last one is still written down
        stop.cancel();
        task.await.unwrap();
    });
    let took = begun.elapsed();
    let arrived = watched.outbox().unwrap();
    assert!(arrived.iter().all(|row| row.state == State::SmtpAccepted), "{:?}", arrived.first());
    assert_eq!(arrived.len(), letters);
    took
}

fn peer(port: u16, letters: &Path) -> Duration {
    let program = Command::new("python3")
        .args(["-c", PEER, &port.to_string()])
        .arg(letters)
        .stderr(Stdio::inherit())
        .output()
        .unwrap();
    assert!(program.status.success());
    Duration::from_secs_f64(String::from_utf8(program.stdout).unwrap().trim().parse().unwrap())
}

/// A mail server that takes everything and keeps nothing. Returns its port.
fn sink() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for connection in listener.incoming() {
            drop(swallow(connection.unwrap()));
        }
    });
    port
}

fn swallow(mut connection: TcpStream) -> std::io::Result<()> {
    connection.set_nodelay(true)?;
    let mut lines = BufReader::with_capacity(1 << 16, connection.try_clone()?);
    connection.write_all(b"220 sink\r\n")?;
    let (mut line, mut text) = (Vec::new(), false);
    loop {
        line.clear();
        if lines.read_until(b'\n', &mut line)? == 0 {
            return Ok(());
        }
        let reply: &[u8] = match (line[..line.len().min(4)].to_ascii_uppercase().as_slice(), text) {
            (b".\r\n", true) => b"250 taken\r\n",
            (_, true) => continue,
            (b"DATA", false) => b"354 go ahead\r\n",
            (b"QUIT", false) => b"221 bye\r\n",
            _ => b"250 sink\r\n",
        };
        text = reply.starts_with(b"354");
        connection.write_all(reply)?;
    }
}
