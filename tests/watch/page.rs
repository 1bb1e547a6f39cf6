//! The page: what the office needs, nothing that others could use, readable by everybody.

use std::fs;

use crate::office::{Office, month_ago, regular, working_days};

use super::entry_now;

/// An office that hosts one coworker this month, and owes the statement of the last one with an open day.
pub(super) fn office(more: &str) -> Office {
    let mut office = Office::new();
    office.more = format!("[release]\nofficers = [\"anna\"]\n{more}");
    office.write();
    let days = working_days(month_ago(0), 3);
    office.agreement("roma-01", "0001217496", &days, "");
    let last = working_days(month_ago(1), 2);
    office.agreement("bari-07", "0007654321", &last, "release = \"approve\"\n");
    office.drop("mese.dat", regular("0007654321", last[0]));
    office
}

fn page(office: &Office) -> String {
    fs::read_to_string(office.path("bacheca/index.html")).unwrap_or_default()
}

#[test]
fn the_page_follows_what_happens() {
    let office = office("[page]\nfolder = \"../bacheca\"\n[alert]\nfolder = \"../bacheca\"\n");
    let daemon = office.run_ready();
    office.until("there is a page", || page(&office).contains("</html>"));
    let empty = page(&office);
    assert!(empty.contains("Da fare") && empty.contains("Oggi"), "{empty}");
    office.drop("oggi.dat", entry_now("0001217496"));
    office.until("who is in is shown", || page(&office).contains("<td>in sede</td>"));
    let open = |page: &str| page.contains("nessuna timbratura") || page.contains("giornate da regolarizzare");
    office.until("the open day is shown", || open(&page(&office)));
    // a command is followed too
    let said =
        office.timbra(&["malfunction", "open", "--kind", "network", "--systems", "rete <della> \"sede\""]);
    assert_eq!(said.code, Some(0), "{said:?}");
    office
        .until("the malfunction is shown", || page(&office).contains("rete &lt;della&gt; &quot;sede&quot;"));
    let shown = page(&office);
    assert_eq!(daemon.stop().0.code(), Some(0));
    // what is nobody's business stays away
    for secret in ["Anna", "Esempio", "0001217496", "0007654321", "@", "M0001217496"] {
        let (_, body) = shown.split_once("</style>").unwrap();
        assert!(!body.contains(secret), "{secret} in {shown}");
    }
    is_for_everybody(&shown);
    let beside = office.files("bacheca");
    let is_whole = |path: &std::path::Path| path.extension().is_some_and(|end| end == "html" || end == "txt");
    assert!(beside.iter().all(|(path, _)| is_whole(path)), "{beside:?}");
}

#[test]
fn names_are_shown_only_where_they_are_wanted() {
    let office = office("[page]\nfolder = \"../bacheca\"\nnames = true\n");
    let daemon = office.run_ready();
    office.drop("oggi.dat", entry_now("0001217496"));
    office.until("the name is shown", || page(&office).contains("roma-01 - dott.ssa Anna Esempio"));
    // what does not change is not written again
    let written = || fs::metadata(office.path("bacheca/index.html")).unwrap().modified().unwrap();
    let shown =
        || page(&office).split(", scritta alle ore ").map(|part| part.get(5..).unwrap().to_owned()).collect();
    office.until("nothing happens for a while", || {
        let (before, at): (Vec<String>, _) = (shown(), written());
        assert_eq!(office.timbra(&["status"]).err, "");
        office.drop("oggi.dat.tmp", "");
        std::thread::sleep(std::time::Duration::from_secs(2));
        // a busy machine may still have had something to do
        let (again, after) = (written() != at, shown());
        assert!(before != after || !again, "nothing has changed on it");
        before == after
    });
    assert_eq!(daemon.stop().0.code(), Some(0));
}

/// Headings in order, tables that say what they show and what heads what, a language; nothing from elsewhere.
fn is_for_everybody(page: &str) {
    assert!(page.starts_with("<!DOCTYPE html>") && page.contains("<html lang=\"it\">"));
    assert_eq!((page.matches("<h1>").count(), page.matches("<main>").count()), (1, 1));
    assert!(!page.contains("<h3"));
    assert_eq!(page.matches("<table").count(), page.matches("<caption>").count());
    assert!(page.matches("<table").count() >= 2, "{page}");
    assert_eq!(page.matches("<th").count() - page.matches("<thead").count(), page.matches("scope=").count());
    for id in page.split("aria-labelledby=\"").skip(1).filter_map(|part| part.split('"').next()) {
        assert!(page.contains(&format!("id=\"{id}\"")), "{id}");
    }
    for anchor in page.split("href=\"#").skip(1).filter_map(|part| part.split('"').next()) {
        assert!(page.contains(&format!("<h2 id=\"{anchor}\"")), "{anchor}");
    }
    for foreign in ["http:", "https:", "//", "<script", "url(", "@import", "refresh"] {
        assert!(!page.contains(foreign), "{foreign}");
    }
}
