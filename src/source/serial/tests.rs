//! Real pseudo-terminals behind a name that can be moved, as udev does.

use std::cell::Cell;
use std::fs::File;
use std::io::Write;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

use super::*;

/// The far end of a port: what is written here is what the reader sends.
struct Reader {
    end: File,
    port: PathBuf,
}

impl Reader {
    fn plug_in() -> Self {
        let end = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&end).unwrap();
        unlockpt(&end).unwrap();
        let port = PathBuf::from(ptsname(&end, Vec::new()).unwrap().into_string().unwrap());
        Self { end: end.into(), port }
    }

    fn send(&mut self, bytes: &[u8]) {
        self.end.write_all(bytes).unwrap();
    }
}

fn point(name: &Path, port: &Path) {
    drop(std::fs::remove_file(name));
    symlink(port, name).unwrap();
}

/// What happens next, in words.
async fn told(line: &mut SerialLine) -> String {
    match timeout(Duration::from_secs(20), line.next()).await.expect("nothing happens") {
        LineEvent::Opened { .. } => "opened".to_owned(),
        LineEvent::Bytes(bytes) => format!("bytes {}", String::from_utf8_lossy(bytes)),
        LineEvent::Lost(loss) => format!("lost: {loss}"),
        LineEvent::Unavailable(error) => format!("unavailable: {error}"),
    }
}

async fn told_open(line: &mut SerialLine) {
    while told(line).await != "opened" {}
}

fn run(test: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(test);
}

#[test]
fn a_port_may_come_late_go_and_come_back_under_its_name() {
    run(async {
        let folder = tempfile::tempdir().unwrap();
        let name = folder.path().join("reader");
        let mut line = SerialLine::new(PortSettings::new(&name));
        assert!(told(&mut line).await.starts_with("unavailable: there is no "));
        let mut reader = Reader::plug_in();
        point(&name, &reader.port);
        told_open(&mut line).await;
        assert!(line.is_open());
        reader.send(b"one");
        assert_eq!(told(&mut line).await, "bytes one");
        line.write(b"answer").await.unwrap();
        let mut answer = [0; 6];
        std::io::Read::read_exact(&mut reader.end, &mut answer).unwrap();
        assert_eq!(&answer, b"answer");
        drop(reader);
        assert!(told(&mut line).await.starts_with("lost: "));
        assert!(line.write(b"answer").await.is_err());
        let mut reader = Reader::plug_in();
        point(&name, &reader.port);
        told_open(&mut line).await;
        reader.send(b"two");
        assert_eq!(told(&mut line).await, "bytes two");
    });
}

#[test]
fn a_port_belongs_to_one() {
    run(async {
        let reader = Reader::plug_in();
        let mut first = SerialLine::new(PortSettings::new(&reader.port));
        told_open(&mut first).await;
        let mut second = SerialLine::new(PortSettings::new(&reader.port));
        let busy = told(&mut second).await;
        assert!(busy.contains("is in use: stop the other program"), "{busy}");
        let mut third = SerialLine::new(PortSettings { rs485: true, ..PortSettings::new(&reader.port) });
        let busy = told(&mut third).await;
        assert!(busy.contains("is in use: stop the other program"), "{busy}");
        drop(first);
        told_open(&mut second).await;
    });
}

#[test]
fn a_driver_without_rs485_is_told_and_used() {
    run(async {
        let mut reader = Reader::plug_in();
        let mut line = SerialLine::new(PortSettings { rs485: true, ..PortSettings::new(&reader.port) });
        let LineEvent::Opened { unsupported: Some(reason) } = line.next().await else {
            panic!("a pseudo-terminal has no RS-485 mode")
        };
        assert!(reason.to_string().starts_with("the driver has no RS-485 mode"));
        reader.send(b"x");
        assert_eq!(told(&mut line).await, "bytes x");
    });
}

#[test]
fn a_port_that_is_lost_again_and_again_is_tried_ever_more_seldom() {
    run(async {
        let folder = tempfile::tempdir().unwrap();
        let mut line = SerialLine::new(PortSettings::new(folder.path().join("reader")));
        for _ in 0..3 {
            told(&mut line).await;
        }
        assert!(matches!(line.state, State::Waiting { pause, .. } if pause == FIRST_PAUSE * 8));
    });
}

#[test]
fn who_sends_without_a_pause_leaves_others_their_turn() {
    run(async {
        let mut reader = Reader::plug_in();
        let mut line = SerialLine::new(PortSettings::new(&reader.port));
        told_open(&mut line).await;
        line.buffer = vec![0; 16].into();
        reader.send(&[b'x'; 1024]);
        let turns = Rc::new(Cell::new(0));
        let others = tokio::task::LocalSet::new();
        let counted = Rc::clone(&turns);
        others.spawn_local(async move {
            loop {
                counted.set(counted.get() + 1);
                yield_now().await;
            }
        });
        let read = async {
            for _ in 0..64 {
                assert_eq!(told(&mut line).await, "bytes xxxxxxxxxxxxxxxx");
            }
        };
        others.run_until(read).await;
        assert!(turns.get() > 60, "{} turns", turns.get());
    });
}
