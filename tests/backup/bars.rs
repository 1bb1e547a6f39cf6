//! How far long work is: told on a terminal, and nowhere else.

use std::io::Read;
use std::process::Stdio;

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

use super::{backed_up, sent};
use crate::office::{Office, eve, line, month_ago, working_days};

/// What a command writes to its terminal.
fn on_terminal(office: &Office, arguments: &[&str], term: &str) -> String {
    let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&master).unwrap();
    unlockpt(&master).unwrap();
    let name = ptsname(&master, Vec::new()).unwrap();
    let terminal = std::fs::File::options().write(true).open(name.to_str().unwrap()).unwrap();
    let mut command = office.command(arguments);
    command.env("TERM", term).env("NO_COLOR", "1").stdout(Stdio::null()).stderr(terminal);
    let mut child = command.spawn().unwrap();
    drop(command);
    let mut said = Vec::new();
    // the other end is closed: that ends a pseudo-terminal by an error
    drop(std::fs::File::from(master).read_to_end(&mut said));
    assert!(child.wait().unwrap().success());
    String::from_utf8(said).unwrap()
}

#[test]
fn long_work_tells_how_far_it_is_on_a_terminal_only() {
    let office = sent();
    let file = backed_up(&office);
    let days = working_days(month_ago(1), 5);
    let rows: String = (0..20_000)
        .map(|n| line("99", days[n % 5], &format!("0{}:{:02}:{:02}", n / 3600, n / 60 % 60, n % 60), 0))
        .collect();
    let export = office.export("large.dat", rows, eve(month_ago(1).first()));
    let import = ["import", export.to_str().unwrap(), "--reader", "ingresso"];
    for (arguments, what) in [
        (&import[..], "\rreading ["),
        (&["verify"], "\rstructure ..."),
        (&["verify", "--backup", &file], "\rchecking the backup ["),
        (&["backup", &file, "--force"], "\rcopying the store ..."),
        (&["purge"], "\rlooking for what is old enough ..."),
        (&["restore", &file, "--check"], "\rchecking the backup ["),
    ] {
        let said = on_terminal(&office, arguments, "xterm");
        assert!(said.contains(what), "{arguments:?}: {said:?}");
        let (_, end) = said.rsplit_once("\r\x1b[K").unwrap();
        assert!(!end.contains(['\x1b', '#']), "the line is taken away: {said:?}");
        // a terminal itself makes \r\n of the end of a line
        let dumb = on_terminal(&office, arguments, "dumb").replace("\r\n", "");
        assert!(!dumb.contains(['\r', '\x1b']), "{arguments:?}: {dumb:?}");
        let said = office.timbra(arguments);
        assert!(!said.err.contains(['\r', '\x1b']), "{arguments:?}: {said:?}");
    }
}
