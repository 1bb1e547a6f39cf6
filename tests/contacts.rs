//! Whom the home office may ask (art. 5 c. 2): the contact who is it on the day of the document.

use std::fs;

use chrono::Days;

use crate::office::{Office, eve, month_ago, regular_days, working_days};

#[test]
fn a_document_names_the_contact_of_its_day() {
    let office = Office::new();
    let days = working_days(month_ago(1), 1);
    office.agreement("roma-01", "5", &days, "");
    office.import(&office.export("a.dat", regular_days("5", &days), month_ago(0).first()));
    let today = timbra::daemon::clock::now().with_timezone(&chrono_tz::Europe::Rome).date_naive();
    let path = office.path("etc/timbra.toml");
    let text = fs::read_to_string(&path).unwrap();
    let month = month_ago(1).to_string();
    let named = |contacts: &str, told: &str| {
        let (start, rest) = text.split_once("[host.contact]\n").unwrap();
        let (_, rest) = rest.split_once("[store]").unwrap();
        fs::write(&path, format!("{start}{contacts}[store]{rest}")).unwrap();
        let checked = office.timbra(&["check"]);
        let code = if told.is_empty() { 0 } else { 3 };
        assert!(checked.code == Some(code) && checked.out.contains(told), "{checked:?}");
        let said = office.timbra(&["statement", "roma-01", &month, "--format", "text"]);
        let line = said.out.lines().find(|line| line.contains("Referente ospitante")).unwrap_or_default();
        line.split_once(':').map_or(line, |(_, name)| name).trim().to_owned()
    };
    let before = format!("[[host.contact]]\nname = \"Prima\"\nvalid_to = {}\n", eve(today));
    let now = format!("[[host.contact]]\nname = \"Seconda\"\nvalid_from = {today}\n");
    let later = format!("[[host.contact]]\nname = \"Terza\"\nvalid_from = {}\n", today + Days::new(9));
    let both = "two are the contact at once";
    assert!(named(&format!("{before}{later}{now}"), both).ends_with("Seconda"));
    assert!(named(&format!("{now}{before}"), "").ends_with("Seconda"));
    // where nobody is it, the first of all: there must be somebody to ask
    assert!(named(&format!("{before}{later}"), "nobody is the contact from").ends_with("Prima"));
    assert!(named("[host.contact]\nname = \"Sola\"\n", "").ends_with("Sola"));
    // whoever is it without dates stands in for those who have some
    let always = "[[host.contact]]\nname = \"Sempre\"\n";
    assert!(named(&format!("{before}{later}{always}"), "").ends_with("Sempre"));
}
