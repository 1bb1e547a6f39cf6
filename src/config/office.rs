//! Offices and the people named in them: the host, the home offices, contacts.

use std::ops::Range;

use chrono::NaiveDate;
use chrono_tz::Tz;

use crate::domain::agreement::{Contact, Office, OfficeKind};
use crate::domain::host::Host;

use super::node::Value;
use super::patron;
use super::section::Section;
use super::values::{address, count, line, required_line};

/// Reads `[host]`.
pub(super) fn host(section: Section<'_>) -> Option<Host> {
    let office = office(&section);
    let zone = section.read("zone", "a European zone of the IANA list like \"Europe/Rome\"", |value| {
        value.as_text().and_then(|text| text.parse::<Tz>().ok())
    });
    let responsible = required_line(&section, "responsible", "\"dott.ssa Anna Esempio\"");
    let (mut contacts, mut places) = (Vec::new(), Vec::new());
    for person in section.one_or_more("contact") {
        let place = person.span_of("valid_from");
        if let Some(contact) = contact(person) {
            contacts.push(contact);
            places.push(place);
        }
    }
    turns(&section, &contacts, &places);
    let first = (!contacts.is_empty()).then(|| contacts.remove(0));
    if section
        .node("contact")
        .is_some_and(|node| matches!(&node.value, Value::List(items) if items.is_empty()))
    {
        section.complain(
            &section.span_of("contact"),
            "`contact` is empty",
            "write whom the home offices may ask",
        );
    }
    let first = section.required(
        "contact",
        "{ name = \"...\", role = \"dirigente dell'Ufficio del personale\", email = \"...\", phone = \"...\" }",
        first,
    );
    let it_office = line(&section, "it_office");
    let max_days_per_month = count(&section, "max_days_per_month", 1..=31).unwrap_or(5);
    section.finish();
    Some(Host {
        office: office?,
        zone: zone.unwrap_or(chrono_tz::Europe::Rome),
        responsible: responsible?,
        contact: first?,
        other_contacts: contacts,
        it_office,
        max_days_per_month,
    })
}

/// Warns where between those who are the contact for some time nobody is it, or two are.
fn turns(section: &Section<'_>, contacts: &[Contact], places: &[Range<usize>]) {
    let is_dated = |person: &Contact| person.valid_from.is_some() || person.valid_to.is_some();
    let mut dated: Vec<(&Contact, &Range<usize>)> = contacts.iter().zip(places).collect();
    dated.retain(|(person, _)| is_dated(person));
    dated.sort_by_key(|(person, _)| person.valid_from);
    // who is it without dates is it also when nobody else is
    let may_miss = dated.len() < contacts.len();
    let end = |person: &Contact| person.valid_to.unwrap_or(NaiveDate::MAX);
    let mut turns = dated.into_iter();
    let Some(mut last) = turns.next() else { return };
    for next in turns {
        let ((before, place), (after, span)) = (last, next);
        let line = section.line_of(place);
        let from = after.valid_from.unwrap_or(NaiveDate::MIN);
        if end(before) >= from {
            let until = before.valid_to.map_or_else(|| "with no end".to_owned(), |to| format!("until {to}"));
            section.warn(
                span,
                &format!("two are the contact at once: the one of line {line} is it {until}"),
                "the first in this file is named; let one begin on the day after the other ends",
            );
        } else if let Some(first) = end(before).succ_opt().filter(|first| *first < from && !may_miss) {
            let last_day = from.pred_opt().unwrap_or(from);
            section.warn(
                span,
                &format!("nobody is the contact from {first} to {last_day}: the one of line {line} ends the day before"),
                "a document of those days names the first in this file; let one begin on the day after the other ends",
            );
        }
        if end(after) > end(before) {
            last = next;
        }
    }
}

/// Reads the keys that a host and a home office share; the caller reads the others.
pub(super) fn office(section: &Section<'_>) -> Option<Office> {
    let example = "\"Prefettura - Ufficio territoriale del Governo di Torino\"";
    let name = required_line(section, "name", example);
    let kind = section.choice("kind", &OfficeKind::ALL.map(|kind| (kind.code(), kind)));
    let kind = section.required("kind", "\"prefettura\"", kind);
    let city = required_line(section, "city", "\"Torino\"");
    let province =
        section.read("province", "the two letters of the province, like \"TO\"", |value| match value {
            Value::Text(text) => {
                let two = text.len() == 2 && text.bytes().all(|b| b.is_ascii_uppercase());
                two.then(|| text.to_owned())
            }
            _ => None,
        });
    let patron = patron::read(section, city.as_deref(), province.as_deref());
    Some(Office { name: name?, kind: kind?, city: city?, patron })
}

/// Reads a person: `name`, and optionally `role`, `email`, `phone`, `valid_from`, `valid_to`.
pub(super) fn contact(section: Section<'_>) -> Option<Contact> {
    let name = required_line(&section, "name", "\"dott. Marco Prova\"");
    let role = line(&section, "role");
    let email = address(&section, "email");
    let phone = line(&section, "phone");
    let (valid_from, valid_to) = (section.date("valid_from"), section.date("valid_to"));
    if let Some((from, to)) = valid_from.zip(valid_to)
        && from > to
    {
        let message = format!("`valid_to` is {to}, before `valid_from` ({from})");
        section.complain(&section.span_of("valid_to"), &message, "write valid_to on or after valid_from");
    }
    section.finish();
    Some(Contact { name: name?, role, email, phone, valid_from, valid_to })
}
