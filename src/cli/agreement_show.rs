//! `timbra agreement show ID`: all data of an agreement, article by article; a scan held against the
//! SHA-256 on record.

use std::fs;
use std::path::Path;

use chrono::NaiveDate;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::config::Config;
use crate::domain::agreement::{Agreement, Contact, Office};
use crate::domain::clauses::Channel;
use crate::domain::ids::ReaderId;
use crate::hex;

use super::failure::{Done, Ending, Failure};
use super::output::print;

/// Shows an agreement as it stands today, and whether a scan is that of one of the signed texts.
pub(super) fn show(
    config: &Config,
    agreement: &Agreement,
    (file, today): (Option<&Path>, NaiveDate),
    as_json: bool,
) -> Ending {
    let scan = file.map(|path| Scan::of(path, agreement)).transpose()?;
    if as_json {
        let mut object = object(config, agreement, today);
        if let Some(scan) = &scan {
            object["file"] = json!({ "sha256": scan.sha256, "is": scan.found.map(|found| found.code) });
        }
        print(format!("{object:#}\n").as_bytes())?;
    } else {
        print(text(config, agreement, today).as_bytes())?;
    }
    match scan {
        None => Ok(Done::Clean),
        Some(scan) => scan.told(as_json),
    }
}

/// A signed text on record.
#[derive(Debug, Clone, Copy)]
struct Signed<'a> {
    /// Its table in the agreement.
    code: &'static str,
    name: &'static str,
    sha256: Option<&'a String>,
}

fn signed(agreement: &Agreement) -> [Signed<'_>; 2] {
    let clauses = &agreement.clauses;
    let intesa = clauses.signature.as_ref().and_then(|signature| signature.file_sha256.as_ref());
    let individual = clauses.individual_agreement.as_ref().and_then(|text| text.file_sha256.as_ref());
    [
        Signed { code: "signature", name: "the signed intesa", sha256: intesa },
        Signed { code: "individual_agreement", name: "the individual agreement", sha256: individual },
    ]
}

/// A file that was brought to be compared.
struct Scan<'a> {
    path: &'a Path,
    sha256: String,
    found: Option<Signed<'a>>,
    recorded: bool,
}

impl<'a> Scan<'a> {
    fn of(path: &'a Path, agreement: &'a Agreement) -> Result<Self, Failure> {
        let bytes = fs::read(path)
            .map_err(|error| Failure::new(format!("cannot read {}: {error}", path.display())))?;
        let sha256 = hex::lower(&Sha256::digest(bytes));
        let found = signed(agreement).into_iter().find(|signed| signed.sha256 == Some(&sha256));
        let recorded = signed(agreement).iter().any(|signed| signed.sha256.is_some());
        Ok(Self { path, sha256, found, recorded })
    }

    fn told(self, as_json: bool) -> Ending {
        let path = self.path.display();
        match self.found {
            Some(found) => {
                if !as_json {
                    print(format!("\n{path} is {}\n", found.name).as_bytes())?;
                }
                Ok(Done::Clean)
            }
            None if self.recorded => {
                let hint = format!("its SHA-256 is {}; what was signed must not change", self.sha256);
                Err(Failure::new(format!("{path} is none of the signed texts on record")).hint(hint))
            }
            None => {
                let hint = format!(
                    "write in [signature] or [individual_agreement]: file_sha256 = \"{}\"",
                    self.sha256
                );
                Err(Failure::new("no SHA-256 of a signed text is on record").hint(hint))
            }
        }
    }
}

/// What an article says: article, label, value.
type Said = (&'static str, &'static str, String);

fn text(config: &Config, agreement: &Agreement, today: NaiveDate) -> String {
    let Agreement { id, reference, term, .. } = agreement;
    let mut text = format!("{id}  {}  {reference}\n", term.state(today).word());
    let mut last = "";
    for (article, label, value) in articles(config, agreement) {
        let shown = if article == last { "" } else { article };
        text += &format!("{shown:<12} {label:<24} {value}\n");
        last = article;
    }
    text
}

fn articles(config: &Config, agreement: &Agreement) -> Vec<Said> {
    let Agreement { home, employee, term, clauses, .. } = agreement;
    let host = &config.host;
    let channels = &clauses.channels;
    let mut said: Vec<Said> = vec![
        ("art. 1 c. 1", "home office", office(home)),
        ("art. 1 c. 1", "host", office(&host.office)),
        (
            "art. 1 c. 1",
            "employee",
            format!("{} {} {}", employee.title.italian(), employee.given_name, employee.family_name),
        ),
    ];
    let mut add = |article, label, value: Option<String>| {
        said.extend(value.map(|value| (article, label, value)));
    };
    add("art. 1 c. 1", "home id", employee.home_id.clone());
    let label = clauses.term_label.as_ref().map(|label| format!(" ({label})")).unwrap_or_default();
    add("art. 1 c. 2", "term", Some(format!("{} to {}{label}", term.start, term.end)));
    add("art. 2 c. 1", "days per month", Some(agreement.days_per_month.to_string()));
    let days: Vec<String> = agreement.planned_days.iter().map(ToString::to_string).collect();
    add("art. 2 c. 1", "calendar", (!days.is_empty()).then(|| days.join(" ")));
    let agreed = clauses.calendar_agreed.as_ref();
    add(
        "art. 2 c. 1",
        "agreed by",
        agreed.map(|who| format!("{}, {} (version {})", who.by, who.on, who.version)),
    );
    for version in &agreement.profiles {
        add("art. 2 c. 2", "profile", Some(format!("{} from {}", version.profile.name, version.from)));
    }
    for manager in &clauses.home_managers {
        add("art. 2 c. 3", "home manager", Some(contact(manager)));
    }
    for substitute in &clauses.home_manager_substitutes {
        add("art. 2 c. 3", "substitute", Some(contact(substitute)));
    }
    add("art. 2 c. 3", "absences told by", channels.absence.as_ref().map(channel));
    add("art. 2 c. 4", "statement by the day", Some(agreement.statement.deadline_day.to_string()));
    add("art. 2 c. 4", "statement sent by", channels.statement.as_ref().map(channel));
    for badge in &agreement.badges {
        let reader = badge.reader.as_ref().map(|reader| format!(" at {reader}")).unwrap_or_default();
        let held = format!("{}{reader}, {} to {}", badge.number, badge.valid_from, badge.valid_to);
        add("art. 2 c. 5", "badge", Some(held));
    }
    add("art. 2 c. 6", "malfunctions told by", channels.malfunction.as_ref().map(channel));
    add("art. 2 c. 7", "recalls told by", channels.date_change.as_ref().map(channel));
    add("art. 2 c. 7", "notice of a recall", Some(format!("{} days", clauses.recall_notice_days)));
    add("art. 3 c. 2", "IT office of the host", host.it_office.clone());
    let regulation = clauses.regulation.as_ref();
    add(
        "art. 4 c. 1",
        "regulation",
        regulation.map(|rules| {
            let date = rules.date.map(|date| format!(" of {date}")).unwrap_or_default();
            let article = rules.withdrawal_article.as_ref().map(|article| format!(", art. {article}"));
            format!("{}{date}{}", rules.title, article.unwrap_or_default())
        }),
    );
    let department = clauses.department.as_ref();
    add("art. 5 c. 1", "department", department.map(|department| department.name.clone()));
    add(
        "art. 5 c. 1",
        "office for the report",
        department.and_then(|department| department.report_office.clone()),
    );
    add(
        "art. 5 c. 1",
        "report sent by",
        department.and_then(|department| department.channel.as_ref()).map(channel),
    );
    for person in &agreement.home_contacts {
        add("art. 5 c. 2", "contact at home", Some(contact(person)));
    }
    for person in host_contacts(config, agreement) {
        add("art. 5 c. 2", "contact at the host", Some(contact(person)));
    }
    let individual = clauses.individual_agreement.as_ref();
    add(
        "art. 5 c. 3",
        "individual agreement",
        individual.map(|text| {
            let parts = [text.reference.clone(), text.date.map(|date| date.to_string())];
            parts.into_iter().flatten().collect::<Vec<_>>().join(" of ")
        }),
    );
    let signature = clauses.signature.as_ref();
    add(
        "signed",
        "where and when",
        signature.map(|signature| {
            let parts = [signature.place.clone(), signature.date.map(|date| date.to_string())];
            parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
        }),
    );
    add("signed", "for the home office", signature.and_then(|signature| signature.home.clone()));
    add("signed", "for the host", signature.and_then(|signature| signature.host.clone()));
    for signed in signed(agreement) {
        add("SHA-256", signed.name, signed.sha256.cloned());
    }
    said
}

fn office(office: &Office) -> String {
    format!("{} ({}, {})", office.name, office.kind.code(), office.city)
}

/// Those of the agreement, or the host's usual one.
fn host_contacts<'a>(config: &'a Config, agreement: &'a Agreement) -> Vec<&'a Contact> {
    let own = &agreement.clauses.host_contacts;
    if own.is_empty() { config.host.contacts().collect() } else { own.iter().collect() }
}

fn contact(contact: &Contact) -> String {
    let from = contact.valid_from.map(|date| format!("from {date}"));
    let to = contact.valid_to.map(|date| format!("to {date}"));
    let texts = [Some(&contact.name), contact.role.as_ref(), contact.email.as_ref(), contact.phone.as_ref()];
    let texts = texts.into_iter().flatten().cloned().chain(from).chain(to);
    texts.collect::<Vec<_>>().join(", ")
}

fn channel(channel: &Channel) -> String {
    let parts = [Some(channel.kind.code()), channel.address.as_deref(), channel.text.as_deref()];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

fn object(config: &Config, agreement: &Agreement, today: NaiveDate) -> Value {
    let Agreement { home, employee, term, clauses, .. } = agreement;
    let day = |date: NaiveDate| date.to_string();
    let person = |person: &Contact| {
        json!({
            "name": person.name, "role": person.role, "email": person.email, "phone": person.phone,
            "valid_from": person.valid_from.map(day), "valid_to": person.valid_to.map(day),
        })
    };
    let way = |way: &Channel| json!({ "kind": way.kind.code(), "address": way.address, "text": way.text });
    let place =
        |office: &Office| json!({ "name": office.name, "kind": office.kind.code(), "city": office.city });
    let channels = &clauses.channels;
    json!({
        "id": agreement.id.as_str(), "reference": agreement.reference, "state": term.state(today).code(),
        "home": place(home), "host": place(&config.host.office),
        "employee": {
            "title": employee.title.italian(), "given_name": employee.given_name,
            "family_name": employee.family_name, "home_id": employee.home_id,
        },
        "term": { "start": day(term.start), "end": day(term.end), "label": clauses.term_label },
        "days_per_month": agreement.days_per_month,
        "calendar": agreement.planned_days.iter().copied().map(day).collect::<Vec<_>>(),
        "calendar_agreed": clauses.calendar_agreed.as_ref().map(|agreed| json!({
            "by": agreed.by, "on": day(agreed.on), "version": agreed.version,
        })),
        "profiles": agreement.profiles.iter().map(|version| json!({
            "name": version.profile.name, "from": day(version.from),
        })).collect::<Vec<_>>(),
        "managers": clauses.home_managers.iter().map(person).collect::<Vec<_>>(),
        "manager_substitutes": clauses.home_manager_substitutes.iter().map(person).collect::<Vec<_>>(),
        "deadline_day": agreement.statement.deadline_day,
        "channels": {
            "statement": channels.statement.as_ref().map(way), "absence": channels.absence.as_ref().map(way),
            "malfunction": channels.malfunction.as_ref().map(way),
            "date_change": channels.date_change.as_ref().map(way),
        },
        "badges": agreement.badges.iter().map(|badge| json!({
            "number": badge.number, "reader": badge.reader.as_ref().map(ReaderId::as_str),
            "valid_from": day(badge.valid_from), "valid_to": day(badge.valid_to),
        })).collect::<Vec<_>>(),
        "recall_notice_days": clauses.recall_notice_days, "it_office": config.host.it_office,
        "regulation": clauses.regulation.as_ref().map(|rules| json!({
            "title": rules.title, "date": rules.date.map(day), "withdrawal_article": rules.withdrawal_article,
        })),
        "department": clauses.department.as_ref().map(|department| json!({
            "name": department.name, "report_office": department.report_office,
            "channel": department.channel.as_ref().map(way),
        })),
        "contacts": {
            "home": agreement.home_contacts.iter().map(person).collect::<Vec<_>>(),
            "host": host_contacts(config, agreement).into_iter().map(person).collect::<Vec<_>>(),
        },
        "individual_agreement": clauses.individual_agreement.as_ref().map(|text| json!({
            "date": text.date.map(day), "reference": text.reference, "file_sha256": text.file_sha256,
        })),
        "signature": clauses.signature.as_ref().map(|signature| json!({
            "place": signature.place, "date": signature.date.map(day), "home": signature.home,
            "host": signature.host, "file_sha256": signature.file_sha256,
        })),
    })
}
