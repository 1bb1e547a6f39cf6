//! The blanks of an agreement that no computation needs.

use crate::domain::agreement::Contact;
use crate::domain::clauses::{
    CalendarAgreed, Channel, ChannelKind, Channels, Clauses, Department, IndividualAgreement, Regulation,
    Signature,
};

use super::form;
use super::office::contact;
use super::section::Section;
use super::values::{address, count, line, required_line, sha256};

const CHANNELS: [(&str, ChannelKind); 4] = [
    ("pec", ChannelKind::Pec),
    ("email", ChannelKind::Email),
    ("protocollo", ChannelKind::Protocollo),
    ("altro", ChannelKind::Altro),
];

/// Reads the tables of an agreement file that are only quoted. The label of the term and the home
/// manager stand in tables that others read.
pub(super) fn read(root: &Section<'_>) -> Clauses {
    let recall_notice_days = root.section("recall").and_then(|section| {
        let days = count(&section, "min_notice_days", 0..=31);
        section.finish();
        days
    });
    let default = Clauses::default();
    Clauses {
        calendar_agreed: root.section("calendar_agreed").and_then(calendar_agreed),
        channels: root.section("channel").map(channels).unwrap_or_default(),
        recall_notice_days: recall_notice_days.unwrap_or(default.recall_notice_days),
        regulation: root.section("regulation").and_then(regulation),
        department: root.section("department").and_then(department),
        individual_agreement: root.section("individual_agreement").map(|section| {
            let agreement = IndividualAgreement {
                date: section.date("date"),
                reference: line(&section, "reference"),
                file_sha256: sha256(&section, "file_sha256"),
            };
            section.finish();
            agreement
        }),
        signature: root.section("signature").map(signature),
        ..default
    }
}

/// Reads `manager` and `manager_substitutes` of the home office.
pub(super) fn managers(home: &Section<'_>) -> (Vec<Contact>, Vec<Contact>) {
    let people = |key| home.one_or_more(key).into_iter().filter_map(contact).collect();
    (people("manager"), people("manager_substitutes"))
}

fn calendar_agreed(section: Section<'_>) -> Option<CalendarAgreed> {
    let by = required_line(&section, "by", "\"dott. Marco Prova\"");
    let on = section.required("on", "2026-08-24", section.date("on"));
    let version = count(&section, "version", 1..=9999).unwrap_or(1);
    section.finish();
    Some(CalendarAgreed { by: by?, on: on?, version })
}

fn channels(section: Section<'_>) -> Channels {
    let channels = Channels {
        statement: section.section("statement").and_then(|section| {
            // `form` reads them
            for key in form::CHANNEL_KEYS {
                section.node(key);
            }
            channel(section)
        }),
        absence: section.section("absence").and_then(channel),
        malfunction: section.section("malfunction").and_then(channel),
        date_change: section.section("date_change").and_then(channel),
    };
    section.finish();
    channels
}

fn channel(section: Section<'_>) -> Option<Channel> {
    let channel = channel_keys(&section);
    section.finish();
    channel
}

/// Reads the keys of a channel; the caller reads the others of its table.
fn channel_keys(section: &Section<'_>) -> Option<Channel> {
    let kind = section.required("kind", "\"pec\"", section.choice("kind", &CHANNELS));
    let address = address(section, "address");
    if matches!(kind, Some(ChannelKind::Pec | ChannelKind::Email)) {
        section.required("address", "\"ufficio@example.it\"", address.as_ref());
    }
    let text = line(section, "text");
    Some(Channel { kind: kind?, address, text })
}

fn regulation(section: Section<'_>) -> Option<Regulation> {
    let title = required_line(&section, "title", "\"Regolamento lavoro agile e coworking\"");
    let date = section.date("date");
    let withdrawal_article = line(&section, "withdrawal_article");
    section.finish();
    Some(Regulation { title: title?, date, withdrawal_article })
}

fn department(section: Section<'_>) -> Option<Department> {
    let name = required_line(&section, "name", "\"Dipartimento ...\"");
    let report_office = line(&section, "report_office");
    // without a channel the report is printed, and goes by other ways
    let has_channel = ["kind", "address", "text"].into_iter().any(|key| section.node(key).is_some());
    let channel = has_channel.then(|| channel_keys(&section)).flatten();
    section.finish();
    Some(Department { name: name?, report_office, channel })
}

fn signature(section: Section<'_>) -> Signature {
    let signature = Signature {
        place: line(&section, "place"),
        date: section.date("date"),
        home: line(&section, "home"),
        host: line(&section, "host"),
        file_sha256: sha256(&section, "file_sha256"),
    };
    section.finish();
    signature
}
