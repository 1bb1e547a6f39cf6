//! From the last byte of a frame on a pseudo-terminal to its commit, by the same parts as the daemon.
//!
//!     serial latency EVENTS    beside one raw 4 KiB write + fdatasync in the same folder, in turns
//!     serial rush EVENTS       64 readers in a closed loop beside one
//!     serial single EVENTS     only the events, for counting fsyncs
#![expect(clippy::unwrap_used, reason = "a measurement that cannot be set up must stop")]
#![expect(clippy::print_stdout, reason = "its result")]

use std::fs::File;
use std::io::Write;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use timbra::daemon::clock;
use timbra::daemon::host_time::HostTime;
use timbra::daemon::keeper::Keeper;
use timbra::daemon::live_reader::{LiveReader, Site, Taken};
use timbra::daemon::roster::Roster;
use timbra::decode::wire::WireOutcome;
use timbra::decode::wire::decoder::WireDecoder;
use timbra::source::{LineEvent, SerialLine};
use timbra::store::{Store, StoreLock, Stored};
use tokio::sync::{Notify, oneshot};

const HOST: &str = "[host]\nname = \"Prefettura\"\nkind = \"prefettura\"\ncity = \"Torino\"\nprovince = \"TO\"\n\
    patron = \"none\"\nresponsible = \"dott.ssa Carla Modello\"\n[host.contact]\nname = \"Carla Modello\"\n\
    email = \"a@ospitante.example\"\n[store]\nfolder = \"store\"\n[mail]\nfrom = \"b@ospitante.example\"\n";

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    // `cargo bench` runs every target: this one is for ports.sh and gate.sh
    let [what, events] = arguments.as_slice() else { return };
    let events: u32 = events.parse().unwrap();
    match what.as_str() {
        "latency" => latency(events),
        "rush" => {
            let one = Bench::start(1).closed_loop(events / 16);
            let many = Bench::start(64).closed_loop(events);
            println!("events a second, 64 readers / 1 reader      {:7.1}  target 14", many / one);
        }
        _ => drop(Bench::start(1).closed_loop(events)),
    }
}

fn latency(events: u32) {
    let mut bench = Bench::start(1);
    let raw = File::options()
        .create(true)
        .truncate(true)
        .write(true)
        .open(bench.folder.path().join("raw"))
        .unwrap();
    let block = [7; 4096];
    let (mut commits, mut raws) = (Vec::new(), Vec::new());
    bench.closed_loop(500);
    for event in 0..events {
        let begun = Instant::now();
        bench.show(0, 1_000_000 + event);
        bench.next();
        commits.push(begun.elapsed());
        let begun = Instant::now();
        raw.write_all_at(&block, 0).unwrap();
        raw.sync_data().unwrap();
        raws.push(begun.elapsed());
    }
    let ratio = |part: usize, of: usize| {
        let at = |times: &mut Vec<Duration>| {
            times.sort_unstable();
            times[(times.len() * part / of).min(times.len() - 1)].as_secs_f64()
        };
        at(&mut commits.clone()) / at(&mut raws.clone())
    };
    println!("card to commit / write + fdatasync, median  {:7.2}  target 1.8", ratio(1, 2));
    println!("card to commit / write + fdatasync, p99     {:7.2}  target 2.4", ratio(99, 100));
}

/// Readers on ports, and a thread that listens to them as the daemon does.
struct Bench {
    folder: tempfile::TempDir,
    ends: Vec<File>,
    /// The keeper's answer to each read as soon as it waits for one: whoever measures is told by the
    /// thread that commits, and by nobody in between.
    waiting: mpsc::Receiver<Waiting>,
}

impl Bench {
    fn start(readers: usize) -> Self {
        let folder = tempfile::tempdir_in(std::env::var_os("WORK").unwrap_or_else(|| ".".into())).unwrap();
        let (mut ends, mut text) = (Vec::new(), HOST.to_owned());
        for number in 0..readers {
            let end = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
            grantpt(&end).unwrap();
            unlockpt(&end).unwrap();
            let port = ptsname(&end, Vec::new()).unwrap().into_string().unwrap();
            text += &format!(
                "[[serial]]\nid = \"r{number}\"\nport = \"{port}\"\nprotocol = \"rdm6300\"\ndirection = \"in\"\n"
            );
            ends.push(File::from(end));
        }
        std::fs::write(folder.path().join("timbra.toml"), text).unwrap();
        let (tell, waiting) = mpsc::channel();
        let (opened, open) = mpsc::channel();
        let place = folder.path().to_owned();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(listen_to_all(&place, &opened, &tell));
        });
        (0..readers).for_each(|_| open.recv().unwrap());
        Self { folder, ends, waiting }
    }

    fn show(&mut self, reader: usize, card: u32) {
        let checksum = card.to_be_bytes().iter().fold(1, |sum, byte| sum ^ byte);
        let frame = format!("\x0201{card:08X}{checksum:02X}\x03");
        self.ends[reader].write_all(frame.as_bytes()).unwrap();
    }

    /// The reader whose card is stored next, in the order in which cards came.
    fn next(&self) -> usize {
        let (reader, answer) = self.waiting.recv().unwrap();
        assert_eq!(answer.blocking_recv().unwrap(), Stored::New);
        reader
    }

    /// Each reader shows its next card when the last one is stored. Events a second.
    fn closed_loop(&mut self, events: u32) -> f64 {
        let begun = Instant::now();
        let readers = u32::try_from(self.ends.len()).unwrap();
        (0..readers).for_each(|reader| self.show(reader as usize, reader));
        for event in readers..events {
            let reader = self.next();
            self.show(reader, event);
        }
        (0..readers).for_each(|_| _ = self.next());
        f64::from(events.max(readers)) / begun.elapsed().as_secs_f64()
    }
}

type Waiting = (usize, oneshot::Receiver<Stored>);

async fn listen_to_all(folder: &Path, opened: &mpsc::Sender<()>, tell: &mpsc::Sender<Waiting>) {
    let config = Arc::new(timbra::config::load(folder).config.unwrap());
    let lock = StoreLock::take(&config.store_folder).unwrap();
    drop(Store::open(&config.store_folder).unwrap());
    let keeper = Keeper::start(Arc::new(lock), Arc::default()).unwrap();
    let host = Arc::new(HostTime::new(clock::now));
    let site = Arc::new(Site { roster: Arc::new(Roster::of(&config)), config: Arc::clone(&config) });
    let tasks = tokio::task::LocalSet::new();
    for (number, reader) in config.serials.iter().cloned().enumerate() {
        let port = (reader.port.path.as_path(), 0);
        let (host, inbox, arrived) = (Arc::clone(&host), keeper.inbox(), Arc::new(Notify::new()));
        let mut live = LiveReader::new(Arc::clone(&site), reader.reader.clone(), port, host, inbox, arrived);
        let (opened, tell) = (opened.clone(), tell.clone());
        tasks.spawn_local(async move {
            let mut port = SerialLine::new(reader.port.clone());
            let mut decoder = WireDecoder::new(&reader.wire);
            loop {
                match port.next().await {
                    LineEvent::Bytes(bytes) => {
                        let now = live.look();
                        decoder.push(bytes, now, &mut |frame| {
                            if let WireOutcome::Read(read) = frame.outcome
                                && let Taken::Waits(answer) = live.read(&read, frame.raw, frame.begun)
                            {
                                tell.send((number, answer)).unwrap();
                            }
                        });
                    }
                    LineEvent::Opened { .. } => {
                        live.opened();
                        opened.send(()).unwrap();
                    }
                    _ => return,
                }
            }
        });
    }
    tasks.await;
}
