//! `timbra status`: one screen, what needs a person first; whether the daemon lives.

use std::process::Command;

use crate::office::{Office, month_ago, regular_days, skipped, working_days};

#[test]
fn a_daemon_runs_is_stopped_or_is_dead() {
    let office = Office::new();
    office.agreement("roma-01", "7", &working_days(month_ago(0), 1), "");
    let mut daemon = office.run_ready();
    let said = office.timbra(&["status"]);
    assert!(said.out.contains("DAEMON\n  runs since "), "{said:?}");
    let seen = office.timbra(&["status", "--json"]).json()["daemon"].clone();
    assert!(seen["running"] == true && seen["since"].is_string() && seen["stopped_at"].is_null(), "{seen}");
    // a look holds up nobody
    daemon.child.kill().unwrap();
    daemon.child.wait().unwrap();
    let said = office.timbra(&["status"]);
    assert_eq!(said.code, Some(3));
    let (head, rest) = said.out.split_once("DAEMON\n").unwrap();
    assert!(head.contains("NEEDS ATTENTION\n  the daemon is dead: it ran since "), "{said:?}");
    assert!(rest.starts_with("  DEAD: it ran since "), "{said:?}");
    assert_eq!(office.timbra(&["status", "--json"]).json()["daemon"]["running"], false);
    let again = office.run_ready();
    assert_eq!(again.stop().0.code(), Some(0));
    let said = office.timbra(&["status"]);
    assert!(said.out.contains("DAEMON\n  does not run: it was stopped on "), "{said:?}");
    assert!(!said.out.contains("dead"), "whoever stopped it knows: {said:?}");
}

/// The dates of today and of this month, and times, as letters.
fn undated(text: &str) -> String {
    let digit = |c: char| if c.is_ascii_digit() { '#' } else { c };
    text.chars().map(digit).collect()
}

#[test]
fn the_screen_of_an_office_with_something_to_do() {
    let office = Office::new();
    // long past, so that the day on which this runs plays no part
    let days = working_days(month_ago(2), 2);
    office.agreement("roma-01", "7", &days, "");
    let export = regular_days("7", &days[..1]) + "gibberish\r\n";
    office.import(&office.export("export.dat", export, month_ago(1).first()));
    let said = office.timbra(&["status"]);
    insta::assert_snapshot!(undated(&said.out), @r"
    timbra at Prefettura di Torino, ####-##-## ##:##
    NEEDS ATTENTION
      # row of reader ingresso is in quarantine
      the statement roma-## ####-## should have left: is the daemon running?
      roma-## ####-##: # day to regularise
      red alarm: roma-## ####-##: il termine concordato è passato e il prospetto non è stato nemmeno composto. Verificare che timbra sia in funzione (systemctl status timbra), che l'orologio del sistema sia giusto e che timbra check non segnali errori.
    DAEMON
      has never run on this store
    READERS
      ingresso             last seen ####-##-## ##:##  covered until ####-##-## ##:##  quarantine #
      # punches of badges that nobody holds
    STATEMENTS TO SEND
      roma-##              ####-##  open days  #  leaves by ####-##-## ##:##  deadline ####-##-##
    AMENDMENTS TO SEND
      none
    OUTBOX
      empty
    MALFUNCTIONS
      none
    ALARMS
      red      delivery     statement roma-## ####-##
    ");
}

#[test]
fn the_screen_of_an_office_with_nothing_to_do() {
    let office = Office::new();
    let days = working_days(month_ago(2), 2);
    office.agreement("roma-01", "7", &days, "");
    // ordinary mail: nothing will be heard of it
    let path = office.path("etc/agreements/roma-01.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replace("kind = \"pec\"", "kind = \"email\"")).unwrap();
    office.import(&office.export("export.dat", regular_days("7", &days), month_ago(1).first()));
    let daemon = office.run_ready();
    office.until("it is sent", || office.states() == ["smtp_accepted"]);
    let said = office.timbra(&["status"]);
    assert_eq!(said.code, Some(0), "{said:?}");
    insta::assert_snapshot!(undated(&said.out), @r"
    timbra at Prefettura di Torino, ####-##-## ##:##
    ALL IS WELL
    DAEMON
      runs since ####-##-## ##:##, last sign ####-##-## ##:##
    READERS
      ingresso             last seen ####-##-## ##:##  covered until ####-##-## ##:##  quarantine #
      # punches of badges that nobody holds
    STATEMENTS TO SEND
      none
    AMENDMENTS TO SEND
      none
    OUTBOX
      # sent
    MALFUNCTIONS
      none
    ALARMS
      none
    ");
    assert_eq!(daemon.stop().0.code(), Some(0));
}

#[test]
fn the_screen_of_an_office_whose_port_was_away_and_is_away() {
    let mut office = Office::new();
    office.readers = crate::ports::reader::table("porta", "porta");
    office.write();
    let reader = crate::ports::reader::Reader::plug_in(&office, "porta");
    let daemon = office.run_ready();
    crate::ports::reader::until_open(&office, "porta", 1);
    drop(reader);
    office.until_told("the port is gone");
    office
        .until("that is noted", || office.number("SELECT count(*) FROM gap WHERE ended IS NULL") == Some(1));
    assert_eq!(daemon.stop().0.code(), Some(0));
    // it may have been looked for again before the end
    let store = rusqlite::Connection::open(office.path("store/timbra.sqlite")).unwrap();
    store.execute("UPDATE port SET detail = 'the port was unplugged'", []).unwrap();
    drop(store);
    let said = office.timbra(&["status"]);
    assert_eq!(said.code, Some(3), "{said:?}");
    let place = office.path("etc/../porta").to_string_lossy().into_owned();
    insta::assert_snapshot!(undated(&said.out.replace(&place, "PORT")), @r"
    timbra at Prefettura di Torino, ####-##-## ##:##
    NEEDS ATTENTION
      the port of reader porta is gone since ####-##-## ##:##: the port was unplugged
    DAEMON
      does not run: it was stopped on ####-##-## ##:##
    READERS
      porta                last seen never             covered until ####-##-## ##:##  quarantine #
                           PORT gone since ####-##-## ##:##: # read, # repeats, # rejected
                           nobody listened ####-##-## ##:## to now: the port was unplugged
      # punches of badges that nobody holds
    STATEMENTS TO SEND
      none
    AMENDMENTS TO SEND
      none
    OUTBOX
      empty
    MALFUNCTIONS
      none
    ALARMS
      none
    ");
}

#[test]
fn colours_are_for_terminals_only() {
    let office = Office::new();
    office.agreement("roma-01", "7", &working_days(month_ago(1), 2), "");
    office.import(&office.export(
        "export.dat",
        regular_days("7", &working_days(month_ago(1), 1)),
        month_ago(0).first(),
    ));
    assert!(!office.timbra(&["status"]).out.contains('\x1b'), "a pipe is no terminal");
    let command = format!("{} status --config {}", crate::office::TIMBRA, office.path("etc").display());
    let on_terminal = |colours: &str| {
        let output = Command::new("script")
            .args(["-qec", &command, "/dev/null"])
            .env("NO_COLOR", colours)
            .env("TERM", "xterm")
            .output();
        output.ok().map(|output| String::from_utf8_lossy(&output.stdout).into_owned())
    };
    let Some(coloured) = on_terminal("") else { return skipped("`script` is not installed: no terminal") };
    assert!(coloured.contains("\x1b[1;31mNEEDS ATTENTION\x1b[0m"), "{coloured}");
    let plain = on_terminal("1").unwrap();
    assert!(plain.contains("NEEDS ATTENTION") && !plain.contains('\x1b'), "{plain}");
    assert!(plain.lines().all(|line| line.trim_end().chars().count() <= 100), "{plain}");
}
