//! A damaged punch: the one whose it is waits and is named, all others go on.

use timbra::daemon::comparison;
use timbra::store::Store;

use super::amendments::{configuration, october, round};
use crate::office::{Office, line, month_ago, regular_days, working_days};

/// Two coworkers with the same agreed days; the badge of the first is 471100.
fn office(days: &[chrono::NaiveDate]) -> Office {
    let mut office = Office::new();
    office.more.push_str("[page]\nfolder = \"../bacheca\"\n[metrics]\nfile = \"../bacheca/timbra.prom\"\n");
    office.write();
    office.agreement("roma-01", "471100", days, "").agreement("roma-02", "6", days, "");
    office
}

/// Changes the store as no command does.
fn alter(office: &Office, sql: &str) {
    rusqlite::Connection::open(office.path("store/timbra.sqlite")).unwrap().execute_batch(sql).unwrap();
}

fn standing(office: &Office) -> Option<i64> {
    office.number("SELECT count(*) FROM alarm WHERE cleared_at IS NULL AND occasion LIKE 'damaged%'")
}

#[test]
fn a_damaged_punch_stops_the_statement_of_one_and_says_whose() {
    let days = working_days(month_ago(1), 2);
    let office = office(&days);
    let both = regular_days("471100", &days) + &regular_days("6", &days);
    office.import(&office.export("a.dat", both, month_ago(0).first()));
    alter(
        &office,
        "UPDATE punch SET reader = 77 WHERE badge = '471100' AND local = (SELECT min(local) FROM punch)",
    );
    let month = month_ago(1);
    let what = format!("roma-01 {month}");
    let daemon = office.run_ready();
    office.until("the other's is sent", || office.states() == ["smtp_accepted"]);
    office.until_told(&format!("{what}: a punch cannot be read"));
    office.until_told("alarm");
    let page = || std::fs::read_to_string(office.path("bacheca/index.html")).unwrap_or_default();
    office.until("the page says it", || page().contains(&format!("{what}: una timbratura in archivio")));
    let figures = || std::fs::read_to_string(office.path("bacheca/timbra.prom")).unwrap_or_default();
    office.until("the figures say it", || figures().contains("timbra_statements_pending 1\n"));
    assert_eq!(daemon.stop().0.code(), Some(0));
    assert!(office.letters()[0].contains("roma-02@roma.example"), "{:?}", office.letters());
    assert!(!office.journal().contains("471100"), "{}", office.journal());
    let said = office.timbra(&["status"]);
    let told = format!("{what}: a punch cannot be read, and nothing leaves of this month: `timbra verify`");
    assert!(said.code == Some(3) && said.out.contains(&told) && !said.out.contains("471100"), "{said:?}");
    let status = office.timbra(&["status", "--json"]).json();
    assert_eq!(status["statements"][0]["open_days"], serde_json::Value::Null, "{status}");
    // whoever asks for it is told too
    for command in ["statement", "send"] {
        let said = office.timbra(&[command, "roma-01", &month.to_string()]);
        let told = format!("{what}: a punch cannot be read): stop timbra and restore");
        assert!(said.code == Some(1) && said.err.contains(&told), "{said:?}");
    }
    alter(&office, "UPDATE punch SET reader = 1");
    office.run_until_sent(2);
    assert_eq!(standing(&office), Some(0));
}

#[test]
fn a_damaged_punch_is_told_before_the_month_is_over() {
    let days = working_days(month_ago(0), 2);
    let office = office(&days);
    let at =
        timbra::daemon::clock::now().with_timezone(&chrono_tz::Europe::Rome) - chrono::TimeDelta::minutes(2);
    let entry = |badge| line(badge, at.date_naive(), &at.format("%H:%M:%S").to_string(), 0);
    office.import(&office.export("a.dat", entry("471100") + &entry("6"), month_ago(0).first()));
    alter(&office, "UPDATE punch SET direction = CAST(x'ff' AS TEXT) WHERE badge = '471100'");
    let what = format!("roma-01 {}", month_ago(0));
    let present = office.timbra(&["present", "--json"]).json();
    let whereabouts = |place: usize| present["coworkers"][place]["whereabouts"].as_str();
    assert_eq!(whereabouts(0), Some("unknown"), "{present}");
    assert_eq!(whereabouts(1), Some("in"), "{present}");
    let daemon = office.run_ready();
    office.until_told(&format!("{what}: a punch cannot be read"));
    let page = || std::fs::read_to_string(office.path("bacheca/index.html")).unwrap_or_default();
    office.until("the page says it", || page().contains("non parte: una timbratura in archivio"));
    assert_eq!(daemon.stop().0.code(), Some(0));
    assert_eq!(standing(&office), Some(1));
}

#[test]
fn a_damaged_punch_stops_the_amendments_of_one() {
    let days = october();
    let office = office(&days);
    let most = |badge: &str| regular_days(badge, &days).replace(&line(badge, days[2], "15:42:00", 1), "");
    office.import(&office.export("a.dat", most("471100") + &most("6"), "2025-11-02".parse().unwrap()));
    assert_eq!(round(&office, "2025-11-05T07:00:00Z"), 2);
    super::amendments::carry(&office);
    let late = line("471100", days[2], "15:42:00", 1) + &line("6", days[2], "15:42:00", 1);
    office.import(&office.export("late.dat", late, "2025-11-06".parse().unwrap()));
    assert_eq!(round(&office, "2025-11-06T08:00:00Z"), 0);
    alter(&office, "UPDATE punch SET zone_minutes = 99999 WHERE badge = '471100' AND local % 86400 < 30000");
    alter(&office, "UPDATE look SET late = late + 1");
    assert_eq!(round(&office, "2025-11-06T13:00:00Z"), 1, "the other's alone");
    let amended = "SELECT agreement FROM statement WHERE revision = 2";
    assert_eq!(office.value::<String>(amended).as_deref(), Some("roma-02"));
    assert_eq!(standing(&office), Some(1));
    let config = configuration(&office);
    let found = |now: &str| {
        let store = Store::open_read_only(&config.store_folder).unwrap();
        comparison::changed(&store, &config, now.parse().unwrap()).unwrap()
    };
    let seen = found("2025-11-06T13:00:00Z");
    assert_eq!(seen.damaged, ["roma-01 2025-10"]);
    assert!(seen.changed.is_empty(), "{seen:?}");
    // once it can be read again it goes on where it was
    alter(&office, "UPDATE punch SET zone_minutes = NULL");
    assert_eq!(round(&office, "2025-11-06T13:01:00Z"), 1);
    assert_eq!((standing(&office), found("2025-11-06T13:01:00Z").damaged.len()), (Some(0), 0));
}
