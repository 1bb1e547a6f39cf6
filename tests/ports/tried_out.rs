//! `timbra decode PORT`: a reader is tried out, and says what to configure.

use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Stdio;

use serde_json::Value;

use super::reader::{Reader, frame, office, until_open};
use crate::office::{Daemon, Office, skipped};

/// The card of the data sheets: `0001217496` is printed on it.
const CARD: u32 = 0x0012_93D8;

/// `timbra decode`, while it listens.
struct Trial<'a> {
    office: &'a Office,
    process: Daemon,
}

impl<'a> Trial<'a> {
    fn start(office: &'a Office, port: &Path, options: &[&str]) -> Self {
        let arguments = [&["decode", port.to_str().unwrap()], options].concat();
        let file = |name| File::create(office.path(name)).unwrap();
        let mut command = office.command(&arguments);
        let child = command.stdout(file("out")).stderr(file("err")).stdin(Stdio::null()).spawn().unwrap();
        let trial = Self { office, process: Daemon { child } };
        trial.until_told(" is open (");
        trial
    }

    fn out(&self) -> String {
        fs::read_to_string(self.office.path("out")).unwrap()
    }

    fn told(&self) -> String {
        fs::read_to_string(self.office.path("err")).unwrap()
    }

    fn until_told(&self, text: &str) {
        self.office.until(text, || self.told().contains(text));
    }

    fn until_shown(&self, text: &str) {
        self.office.until(text, || self.out().contains(text));
    }

    fn interrupt(&self) {
        self.process.signal("INT");
    }

    /// Waits for its end: its exit code, what it showed and what it told.
    fn end(mut self) -> (Option<i32>, String, String) {
        let code = self.process.child.wait().unwrap().code();
        (code, self.out(), self.told())
    }

    fn events(out: &str) -> Vec<Value> {
        out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

#[test]
fn the_first_card_says_what_to_paste() {
    let office = office();
    let mut reader = Reader::new();
    let port = reader.path().to_owned();
    let trial = Trial::start(
        &office,
        &port,
        &["--printed", "018,37848", "--baud", "19200", "--stop-bits", "2", "--rs485"],
    );
    // as long as it is held to the reader, byte by byte
    for byte in frame(CARD) {
        reader.send(&[byte]);
    }
    reader.send(&frame(CARD));
    let (code, out, told) = trial.end();
    assert_eq!(code, Some(0), "{told}{out}");
    assert!(told.contains("(19200 8N2)"), "{told}");
    assert!(told.contains("02 30 31 30 30 31 32 39 33 44 38 35 38 03 02 30"), "{told}");
    let port = port.display();
    for part in [
        "rdm6300 fits best",
        "hex10                     01001293D8\n",
        "decimal10                 0001217496\n",
        "018,37848   <- the printed number\n",
        "byte_reversed",
        &format!(
            "[[serial]]\nid = \"ingresso\"\nport = \"{port}\"\nbaud = 19200\nstop_bits = 2\nrs485 = true\nprotocol = \"rdm6300\"\n"
        ),
        "badge = \"facility_card\"\n",
    ] {
        assert!(out.contains(part), "{part}: {out}");
    }
}

#[test]
fn a_script_gets_the_reads_and_a_person_the_table() {
    let office = office();
    let mut reader = Reader::new();
    let trial = Trial::start(&office, reader.path(), &["--json"]);
    reader.send(&frame(CARD));
    let (code, out, told) = trial.end();
    assert_eq!(code, Some(0), "{told}");
    let events = Trial::events(&out);
    assert_eq!(events[0]["badge"], "0001217496");
    assert_eq!(events[0]["renderings"]["facility_card"], "018,37848");
    assert_eq!(events[0]["raw"], "0230313030313239334438353803");
    assert_eq!(events[1], serde_json::json!({ "events": 1, "rejected": 0, "skipped": 0 }));
    assert!(told.contains("\n[[serial]]\n"), "{told}");
}

#[test]
fn another_card_than_the_printed_one_does_not_end_it() {
    let office = office();
    let mut reader = Reader::new();
    let trial = Trial::start(&office, reader.path(), &["--printed", "0001217496"]);
    reader.send(b"\xF0\x0F");
    trial.until_told("no protocol fits yet");
    reader.send(&frame(7));
    trial.until_told("no number of this card is 0001217496");
    reader.send(&frame(CARD));
    let (code, out, _) = trial.end();
    assert_eq!(code, Some(0));
    assert!(out.contains("0001217496   <- the printed number"), "{out}");
}

#[test]
fn the_reads_of_a_known_reader_are_shown_as_they_come() {
    let office = office();
    let mut reader = Reader::new();
    let trial = Trial::start(&office, reader.path(), &["--protocol", "rdm6300", "--json"]);
    let mut wrong = frame(9);
    wrong[12] = b'X';
    for (bytes, sign) in [
        (frame(8), "0000000008"),
        (wrong, "\"error\""),
        ([&b"noise"[..], &frame(CARD)].concat(), "0001217496"),
    ] {
        reader.send(&bytes);
        trial.until_shown(sign);
    }
    trial.interrupt();
    let (code, out, told) = trial.end();
    assert_eq!(code, Some(0), "{told}");
    let last = Trial::events(&out).pop().unwrap();
    assert_eq!(last["events"], 2);
    assert!(last["rejected"].as_u64().unwrap() >= 1, "{last}");
    assert!(told.contains("protocol = \"rdm6300\""), "{told}");
}

#[test]
fn a_reader_that_sends_seven_bits_is_recognised() {
    let office = office();
    let mut reader = Reader::new();
    let even = |byte: &u8| byte | u8::from(byte.count_ones() % 2 == 1) << 7;
    let stripe: Vec<u8> = b";1234567890?5\r".iter().map(even).collect();
    let trial = Trial::start(&office, reader.path(), &["--json"]);
    reader.send(&stripe);
    let (code, out, told) = trial.end();
    assert_eq!(code, Some(0), "{told}");
    assert_eq!(Trial::events(&out)[0]["badge"], "1234567890");
    assert!(told.contains("data_bits = 7\nparity = \"even\"\nprotocol = \"track2\"\n"), "{told}");
}

#[test]
fn no_digit_of_a_bank_card_is_shown_as_it_comes() {
    let office = office();
    let mut reader = Reader::new();
    let trial = Trial::start(&office, reader.path(), &[]);
    reader.send(b";4111111111111111=2512101?\r");
    trial.until_told("** ** ** **");
    trial.interrupt();
    let (_, out, told) = trial.end();
    let shown = out + &told;
    assert!(!shown.contains("34 31 31 31") && !shown.contains("4111"), "{shown}");
}

#[test]
fn a_cable_that_is_pulled_is_told() {
    let office = office();
    let mut reader = Reader::plug_in(&office, "prova");
    let trial = Trial::start(&office, &office.path("prova"), &[]);
    reader.send(&frame(CARD)[..5]);
    trial.until_told("02 30 31 30 30\nthese bytes have no end of their own");
    drop(reader);
    trial.until_told("the port was unplugged: it is opened again");
    let mut again = Reader::plug_in(&office, "prova");
    office.until("it is open again", || trial.told().matches(" is open (").count() == 2);
    again.send(&frame(CARD));
    let (code, out, told) = trial.end();
    assert_eq!(code, Some(0), "{told}");
    assert!(out.contains("rdm6300    1 read, 1 rejected"), "{out}");
}

#[test]
fn silence_is_told_with_what_to_look_after() {
    let office = office();
    let reader = Reader::new();
    for options in [&["--seconds", "1"][..], &["--seconds", "1", "--protocol", "line", "--json"]] {
        let (code, _, told) = Trial::start(&office, reader.path(), options).end();
        assert_eq!(code, Some(3), "{told}");
        assert!(told.contains("nothing came. Is the reader switched on"), "{told}");
    }
}

#[test]
fn a_port_that_cannot_be_had_is_told_with_what_to_do() {
    let mut office = office();
    let reader = Reader::plug_in(&office, "porta");
    let decode = |office: &Office, path: &str, options: &[&str]| {
        let said = office.timbra(&[&["decode", path], options].concat());
        (said.code, said.err)
    };
    let daemon = office.run_ready();
    until_open(&office, "porta", 1);
    let device = reader.path().to_str().unwrap().to_owned();
    let (code, told) = decode(&office, &device, &[]);
    assert_eq!(code, Some(1), "{told}");
    assert!(told.contains("it is the port of the reader `porta`"), "{told}");
    assert!(told.contains("systemctl stop timbra"), "{told}");
    assert_eq!(daemon.stop().0.code(), Some(0));

    let (code, told) = decode(&office, "/dev/ttyUSB-nowhere", &[]);
    assert_eq!(code, Some(1), "{told}");
    assert!(told.contains("there is no /dev/ttyUSB-nowhere"), "{told}");
    let (code, told) = decode(&office, "/dev/null", &["--format", "zk-attlog"]);
    assert_eq!(code, Some(2), "{told}");
    assert!(told.contains("is a port: a format is for files"), "{told}");
    let (code, told) = decode(&office, office.path("etc/timbra.toml").to_str().unwrap(), &["--baud", "9600"]);
    assert_eq!(code, Some(2), "{told}");
    assert!(told.contains("is a file"), "{told}");

    if !office.is_root() {
        return skipped("no permission stops whom another user's port would need (run the tests as root)");
    }
    office.give_to(65534);
    for (mode, group, expected) in [
        (0o660, 20, "may be opened by the group `"),
        (0o660, 0, "belongs to the group `root`: a udev rule"),
        (0o600, 20, "by its owner only (mode 600): a udev rule"),
    ] {
        std::os::unix::fs::chown(reader.path(), None, Some(group)).unwrap();
        fs::set_permissions(reader.path(), fs::Permissions::from_mode(mode)).unwrap();
        let (code, told) = decode(&office, &device, &[]);
        assert_eq!(code, Some(1), "{told}");
        assert!(told.contains(expected), "{told}");
    }
}
