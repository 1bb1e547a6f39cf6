//! The watch over the daemon from outside, as its timer runs it.

use std::fs;
use std::process::Command;

use crate::office::{Office, Said, TIMBRA, month_ago, regular_days, skipped, working_days};

/// An office with a folder and a program for alarms, and a place of the watch's own.
fn office() -> Office {
    let mut office = Office::new();
    let (heard, broken) = (office.path("sentito"), office.path("guasto"));
    let program = format!(
        "test ! -e '{}' || exit 1; echo \"$TIMBRA_ALARM_LEVEL\" >> '{heard}'; cat >> '{heard}'",
        broken.display(),
        heard = heard.display()
    );
    fs::write(office.path("avvisa"), program).unwrap();
    fs::create_dir(office.path("watch")).unwrap();
    office.more += &format!(
        "[alert]\nfolder = \"../avvisi\"\ncommand = [\"/bin/sh\", \"{}\"]\n",
        office.path("avvisa").display()
    );
    let place = office.path("watch").to_string_lossy().into_owned();
    office.environment.push(("STATE_DIRECTORY", place));
    office.write();
    office
}

/// One look that waits for nothing.
fn look(office: &Office) -> Said {
    office.timbra(&["status", "--alarm", "--grace", "0"])
}

/// How many texts the folder and the program got.
fn told(office: &Office) -> (usize, usize) {
    let heard = fs::read_to_string(office.path("sentito")).unwrap_or_default();
    (office.files("avvisi").len(), heard.matches("timbra - ").count())
}

/// What the folder holds, one after the other.
fn texts(office: &Office) -> String {
    office.files("avvisi").into_iter().map(|(_, bytes)| String::from_utf8(bytes).unwrap()).collect()
}

#[test]
fn a_dead_daemon_is_told_once_by_every_way_and_that_it_is_back() {
    let office = office();
    let daemon = office.run_ready();
    let said = look(&office);
    assert_eq!((said.code, said.out.as_str(), said.err.as_str()), (Some(0), "", ""), "all is well");
    assert_eq!(daemon.stop().0.code(), Some(0));

    let said = office.timbra(&["status", "--alarm"]);
    assert_eq!((said.code, told(&office)), (Some(3), (0, 0)), "somebody may have stopped it for a moment");
    fs::write(office.path("guasto"), "").unwrap();
    let said = look(&office);
    assert_eq!((said.code, told(&office)), (Some(1), (1, 0)), "one way has failed: {said:?}");
    assert!(said.err.contains("rosso: servizio fermo: Il servizio timbra non è in funzione"), "{said:?}");
    fs::remove_file(office.path("guasto")).unwrap();
    for _ in 0..2 {
        let said = look(&office);
        assert_eq!((said.code, told(&office)), (Some(3), (1, 1)), "what has failed is told, nothing twice");
        assert!(!said.err.contains("rosso"), "{said:?}");
    }
    assert!(office.files("avvisi")[0].0.to_string_lossy().ends_with("-rosso-service-1.txt"));

    // a day later, once more
    let memory = fs::read_to_string(office.path("watch/watch")).unwrap();
    let since = memory.lines().find_map(|line| line.strip_prefix("since ")).unwrap();
    let since: chrono::DateTime<chrono::Utc> = since.parse().unwrap();
    let earlier = memory.replace(&since.to_rfc3339(), &(since - chrono::TimeDelta::hours(25)).to_rfc3339());
    fs::write(office.path("watch/watch"), earlier).unwrap();
    fs::remove_dir_all(office.path("avvisi")).unwrap();
    assert_eq!((look(&office).code, told(&office)), (Some(3), (1, 2)));

    let daemon = office.run_ready();
    fs::remove_dir_all(office.path("avvisi")).unwrap();
    for _ in 0..2 {
        assert_eq!((look(&office).code, told(&office)), (Some(0), (1, 3)), "the end is told, once");
    }
    assert!(texts(&office).contains("di nuovo in funzione"), "{}", texts(&office));
    assert!(!office.path("watch/watch").exists(), "nothing is left to remember");
    assert_eq!(daemon.stop().0.code(), Some(0));
}

#[test]
fn it_tells_without_a_store_and_with_a_configuration_that_was_broken_since() {
    let office = office();
    assert_eq!(office.run_ready().stop().0.code(), Some(0));
    assert_eq!(office.timbra(&["status", "--alarm"]).code, Some(3));
    fs::remove_dir_all(office.path("store")).unwrap();
    fs::write(office.path("etc/timbra.toml"), "[host\n").unwrap();
    let said = look(&office);
    assert_eq!((said.code, told(&office)), (Some(3), (1, 1)), "{said:?}");
    fs::remove_dir_all(office.path("watch")).unwrap();
    fs::create_dir(office.path("watch")).unwrap();
    let said = look(&office);
    assert_eq!((said.code, told(&office)), (Some(1), (1, 1)), "nobody knows whom to tell");
    assert!(said.err.contains("cannot be used"), "{said:?}");
}

#[test]
fn a_store_that_is_gone_under_a_running_daemon_is_told() {
    let office = office();
    let daemon = office.run_ready();
    fs::rename(office.path("store/timbra.sqlite"), office.path("store/away")).unwrap();
    let said = look(&office);
    assert_eq!((said.code, told(&office)), (Some(3), (1, 1)), "{said:?}");
    assert!(
        texts(&office).contains("il suo archivio non si legge (there is no store at"),
        "{}",
        texts(&office)
    );
    fs::rename(office.path("store/away"), office.path("store/timbra.sqlite")).unwrap();
    assert_eq!((look(&office).code, told(&office)), (Some(0), (2, 2)));
    drop(daemon);
}

#[test]
fn a_statement_that_is_late_behind_a_dead_daemon_is_told_too() {
    let office = office();
    assert_eq!(office.run_ready().stop().0.code(), Some(0));
    let days = working_days(month_ago(2), 1);
    office.agreement("roma-01", "5", &days, "").drop("a.dat", regular_days("5", &days));
    let said = look(&office);
    assert_eq!((said.code, told(&office)), (Some(3), (2, 1)), "{said:?}");
    let month = month_ago(2);
    assert!(texts(&office).contains(&format!("roma-01 {month}")), "{}", texts(&office));
}

/// A full disk under the memory of the watch, in a mount namespace.
#[test]
fn what_cannot_be_remembered_is_told_all_the_same() {
    let mut office = office();
    let daemon = office.run_ready();
    office.environment.clear();
    office.environment.push(("STATE_DIRECTORY", office.path("nowhere").to_string_lossy().into_owned()));
    let said = look(&office);
    assert_eq!((said.code, told(&office)), (Some(0), (0, 0)), "nothing to remember: {said:?}");
    assert_eq!(daemon.stop().0.code(), Some(0));
    // nobody knows for how long it has been so: it is told without a grace
    let said = office.timbra(&["status", "--alarm"]);
    assert_eq!((said.code, told(&office)), (Some(1), (1, 1)), "{said:?}");
    assert!(said.err.contains("cannot be remembered in") && said.err.contains("nowhere"), "{said:?}");

    let full = "mount -t tmpfs -o size=4k none \"$1\" && head -c 8192 /dev/zero > \"$1/filler\"; \
                \"$2\" status --alarm --config \"$3\"";
    let output = Command::new("unshare")
        .args(["-Urm", "sh", "-c", full, "sh"])
        .args([office.path("watch").as_os_str(), TIMBRA.as_ref(), office.path("etc").as_os_str()])
        .env("STATE_DIRECTORY", office.path("watch"))
        .output();
    let Some(output) = output.ok().filter(|output| !output.stderr.starts_with(b"unshare")) else {
        return skipped("no mount namespaces here: the full disk was not tried");
    };
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!((output.status.code(), told(&office).1), (Some(1), 2), "{said}");
    assert!(said.contains("No space left on device"), "{said}");
}

/// Without a place of its own it remembers in the folder of the store, which a daemon holds.
#[test]
fn a_store_that_is_held_holds_up_no_look() {
    let mut office = office();
    office.environment.clear();
    let daemon = office.run_ready();
    fs::rename(office.path("store/timbra.sqlite"), office.path("store/away")).unwrap();
    let said = look(&office);
    assert_eq!((said.code, told(&office)), (Some(3), (1, 1)), "{said:?}");
    drop(daemon);
}

#[test]
fn several_looks_at_once_tell_once() {
    let office = office();
    assert_eq!(office.run_ready().stop().0.code(), Some(0));
    let slow = fs::read_to_string(office.path("avvisa")).unwrap();
    fs::write(office.path("avvisa"), format!("sleep 1; {slow}")).unwrap();
    let looks: Vec<Said> = std::thread::scope(|scope| {
        let looks: Vec<_> = (0..4).map(|_| scope.spawn(|| look(&office))).collect();
        looks.into_iter().map(|look| look.join().unwrap()).collect()
    });
    assert!(looks.iter().all(|said| said.code == Some(3)), "{looks:?}");
    assert_eq!(told(&office), (1, 1), "{looks:?}");
}
