//! Who is in: by the last punch that counts, at an instant.

use chrono::{DateTime, Utc};
use timbra::daemon::presence::presence;
use timbra::store::Store;

use crate::office::{Office, line};

#[test]
fn the_last_punch_says_who_is_in() {
    let office = Office::new();
    let day = |text: &str| text.parse().unwrap();
    let (friday, monday, tuesday) = (day("2026-10-02"), day("2026-10-05"), day("2026-10-06"));
    office.agreement("bologna-01", "8", &[monday, tuesday], "");
    office.agreement("roma-01", "7", &[friday, monday], "");
    let export = [
        line("7", monday, "07:58:10", 0),
        line("8", monday, "08:03:00", 0),
        line("8", monday, "12:30:00", 1),
        line("7", monday, "15:40:00", 1),
        line("7", monday, "15:40:20", 1),
        line("8", tuesday, "21:00:00", 0),
    ];
    assert_eq!(
        office.import(&office.export("export.dat", export.concat(), day("2026-10-08"))),
        "6/0/0/0 0 0"
    );
    let loaded = timbra::config::load(&office.path("etc"));
    let (config, store) = (loaded.config.unwrap(), Store::open_read_only(&office.path("store")).unwrap());
    // when, by the clocks in Turin; where roma-01 is, since when; where bologna-01 is
    for (at, roma, bologna) in [
        ("2026-10-02T10:00:00+02:00", "expected -", "not_expected -"),
        ("2026-10-05T07:58:09+02:00", "expected -", "expected -"),
        ("2026-10-05T07:58:10+02:00", "in 07:58", "expected -"),
        ("2026-10-05T12:29:00+02:00", "in 07:58", "in 08:03"),
        ("2026-10-05T13:00:00+02:00", "in 07:58", "out 12:30"),
        ("2026-10-05T23:59:00+02:00", "out 15:40", "out 12:30"),
        ("2026-10-06T08:00:00+02:00", "not_expected -", "expected -"),
        // in since yesterday evening; no longer believed once the day must have ended
        ("2026-10-07T02:00:00+02:00", "not_expected -", "in 21:00"),
        ("2026-10-07T23:00:00+02:00", "not_expected -", "not_expected -"),
    ] {
        let now: DateTime<Utc> = at.parse().unwrap();
        let said: Vec<String> = presence(&store, &config, now)
            .unwrap()
            .iter()
            .map(|one| {
                let since = one.since.map_or("-".to_owned(), |since| since.format("%H:%M").to_string());
                format!("{} {} {since}", one.agreement.id, one.whereabouts.code())
            })
            .collect();
        assert_eq!(said, [format!("bologna-01 {bologna}"), format!("roma-01 {roma}")], "{at}");
    }
    let said = office.timbra(&["present", "--json"]);
    assert_eq!((said.code, said.json()["coworkers"].as_array().unwrap().len()), (Some(0), 0), "{said:?}");
    assert!(office.timbra(&["present"]).err.contains("no agreement's term holds today"));
}
