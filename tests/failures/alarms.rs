//! Alarms reach people by ways of their own, once each, and end when their reason does.

use std::path::Path;
use std::process::Command;

use chrono::{Days, NaiveDate};

use super::office;
use crate::office::{Office, month_ago, regular_days, skipped, working_days};
use crate::pec_double::PecDouble;
use crate::receipts::folder;

/// `[alert]` with a folder, a program that fails while the file `guasto` is there, and ordinary mail
/// by another server.
fn ways(office: &Office, relay: &PecDouble) -> String {
    let (program, heard, broken) = (office.path("avvisa"), office.path("sentito"), office.path("guasto"));
    let text = format!(
        "test ! -e '{}' || exit 1\necho \"$TIMBRA_ALARM_LEVEL $1\" >> '{}'\ncat >> '{}'\n",
        broken.display(),
        heard.display(),
        heard.display()
    );
    std::fs::write(&program, text).unwrap();
    std::fs::write(broken, "").unwrap();
    // with a login under TLS where there is openssl
    let mail = relay.protected_mail(&office.path("etc")).unwrap_or_else(|| relay.mail());
    let server = mail.split_once("[mail.smtp]\n").unwrap().1;
    format!(
        "[alert]\nfolder = \"../avvisi\"\ncommand = [\"/bin/sh\", \"{}\", \"un avviso\"]\n[alert.smtp]\n{server}\
         from = \"timbra@ospitante.example\"\nto = [\"informatica@ospitante.example\", \"dirigente@ospitante.example\"]\n",
        program.display()
    )
}

fn standing(office: &Office) -> Option<i64> {
    office.number("SELECT count(*) FROM alarm WHERE cleared_at IS NULL")
}

/// Failure row 7: a refusal for good is one attempt and one alarm, by every way that there is.
#[test]
fn row_07_an_alarm_is_told_once_by_every_way_and_ends_with_its_reason() {
    let (double, relay) = (PecDouble::start_plain(), PecDouble::start());
    let mut office = office(&double, "s550");
    office.more += &ways(&office, &relay);
    office.write();
    let heard = || std::fs::read_to_string(office.path("sentito")).unwrap_or_default();
    let told = || (office.files("avvisi").len(), relay.taken().len(), heard().matches("un avviso").count());
    // who is stopped between telling and writing that down tells again: better twice than never
    let noted =
        |way: &str| office.number(&format!("SELECT count(*) FROM alarm_told WHERE way LIKE '{way}%'"));

    let daemon = office.run_ready();
    office.until("the folder and the mail have it", || told() == (1, 2, 0) && noted("mail") == Some(2));
    office.until_told("alarms cannot be told this way");
    assert_eq!(daemon.stop().0.code(), Some(0));
    // what failed is told later, and nothing else again
    std::fs::remove_file(office.path("guasto")).unwrap();
    let daemon = office.run_ready();
    office.until("the program has it", || told() == (1, 2, 1) && noted("command") == Some(1));
    assert_eq!(daemon.stop().0.code(), Some(0));
    assert_eq!(double.connections(), 1, "what was refused for good is not tried again");

    let (path, text) = office.files("avvisi").remove(0);
    let text = String::from_utf8(text).unwrap();
    assert!(path.to_string_lossy().ends_with("-arancione-blocked-1.txt"), "{path:?}");
    assert!(text.contains("Prefettura di Torino") && text.contains("rifiutato definitivamente"), "{text}");
    assert!(heard().starts_with("orange un avviso\n") && heard().contains("rifiutato definitivamente"));
    let mails = relay.taken();
    assert!(mails[0].text.contains("Subject: timbra: avviso arancione: "), "{}", mails[0].text);
    let recipients = [mails[0].to.as_str(), &mails[1].to];
    assert_eq!(recipients, ["informatica@ospitante.example", "dirigente@ospitante.example"]);
    for told in [&text, &heard(), &mails[0].text, &office.journal()] {
        assert!(!told.contains("@roma.example"), "no address of the home office: {told}");
    }
    let status = office.timbra(&["status", "--json"]);
    let alarm = status.json()["alarms"][0].clone();
    assert_eq!((alarm["kind"].as_str(), alarm["level"].as_str()), (Some("blocked"), Some("orange")));
    assert_eq!(status.code, Some(3));

    // a second alarm: of the first, which still stands, nobody hears again
    std::fs::remove_file(path).unwrap();
    let days = working_days(month_ago(1), 1);
    office.agreement("d554", "6", &days, "").drop("b.dat", regular_days("6", &days));
    let daemon = office.run_ready();
    office.until("everybody has the second", || told() == (1, 4, 2) && noted("") == Some(10));
    assert_eq!(daemon.stop().0.code(), Some(0));
    let name = office.files("avvisi")[0].0.to_string_lossy().into_owned();
    assert!(name.ends_with("-arancione-blocked-2.txt"), "{name}");
    assert_eq!(heard().matches("rifiutato definitivamente").count(), 2);

    for (id, recipient) in [("1", "s550"), ("2", "d554")] {
        double.lift(recipient);
        assert_eq!(office.timbra(&["outbox", "retry", id]).code, Some(0));
    }
    office.run_until_sent(2);
    let daemon = office.run_ready();
    office.until("the alarm is over", || standing(&office) == Some(0));
    assert_eq!(daemon.stop().0.code(), Some(0));
    assert_eq!(told(), (1, 4, 2));
    assert_eq!(office.timbra(&["status", "--json"]).json()["alarms"], serde_json::json!([]));
}

/// True when `sha256sum` finds every file of a bundle as listed.
pub(super) fn is_whole(bundle: &Path) -> bool {
    let mut check = Command::new("sha256sum");
    check.args(["--check", "--strict", "--quiet", "manifest.sha256"]).current_dir(bundle);
    check.status().unwrap().success()
}

#[test]
fn a_red_alarm_lays_out_what_is_needed_to_deliver_by_hand() {
    let double = PecDouble::start();
    if double.smtps.is_none() {
        return skipped("openssl is not installed: no receipt could be signed");
    }
    let mut office = folder::office(&double, &["nodest"]);
    office.more += "[alert]\nfolder = \"../avvisi\"\n";
    office.write();
    let daemon = office.run_ready();
    let place = office.path("store/consegna-a-mano/1");
    office.until("it is laid out", || place.exists());
    office.until("it is told", || !office.files("avvisi").is_empty());
    assert_eq!(daemon.stop().0.code(), Some(0));
    let name = office.files("avvisi")[0].0.to_string_lossy().into_owned();
    assert!(name.contains("-rosso-delivery-"), "{name}");
    assert!(is_whole(&place));
    let text = std::fs::read_to_string(place.join("ISTRUZIONI.txt")).unwrap();
    assert!(text.contains("nodest@roma.example") && text.contains("timbra outbox close 1"), "{text}");
    let status = office.timbra(&["status"]);
    assert!(status.code == Some(3) && status.out.contains("red alarm: "), "{status:?}");
}

#[test]
fn a_password_that_ends_soon_is_told_and_a_new_one_ends_that() {
    let double = PecDouble::start_plain();
    let mut office = Office::new();
    let today: NaiveDate = timbra::daemon::clock::now().date_naive();
    let mail = |days| format!("{}password_expires = {}\n", double.mail(), today + Days::new(days));
    office.mail = mail(5);
    office.more += "[alert]\nfolder = \"../avvisi\"\n";
    office.write();
    for _ in 0..2 {
        let daemon = office.run_ready();
        office.until("it is told", || office.files("avvisi").len() == 1);
        assert_eq!(daemon.stop().0.code(), Some(0));
    }
    let (path, text) = office.files("avvisi").remove(0);
    assert!(path.to_string_lossy().contains("-arancione-password-"), "{path:?}");
    assert!(String::from_utf8(text).unwrap().contains("La password della casella scade il "));
    assert_eq!(office.timbra(&["status"]).code, Some(3));
    office.mail = mail(90);
    office.write();
    let daemon = office.run_ready();
    office.until("the alarm is over", || standing(&office) == Some(0));
    assert_eq!(daemon.stop().0.code(), Some(0));
}

/// A daemon that is dead cannot alarm; `timbra status` from a timer does.
#[test]
fn the_status_alone_sees_that_a_statement_never_left() {
    let office = Office::new();
    let days = working_days(month_ago(2), 1);
    office.agreement("roma-01", "5", &days, "");
    office.import(&office.export("a.dat", regular_days("5", &days), days[0]));
    let status = office.timbra(&["status", "--json"]);
    let alarms = status.json()["alarms"].as_array().unwrap().clone();
    assert!(alarms.iter().any(|alarm| alarm["kind"] == "delivery" && alarm["level"] == "red"), "{alarms:?}");
    assert_eq!(status.code, Some(3));
}
