//! One agreement file: its keys are the blanks of the intesa.

use std::collections::BTreeSet;
use std::ops::Range;

use chrono::{Datelike, NaiveDate};

use crate::domain::agreement::{
    Agreement, Contact, Employee, Office, ProfileVersion, StatementTerms, Term, Title,
};
use crate::domain::badge::BadgeHolding;
use crate::domain::clauses::{Channel, ChannelKind, Channels};
use crate::domain::host::Host;
use crate::domain::ids::{AgreementId, ReaderId};
use crate::domain::month::Month;
use crate::domain::profile::Profile;
use crate::domain::release::Release;

use super::node::Value;
use super::office::{contact, office};
use super::problem::SourceText;
use super::section::{Reading, Section};
use super::shelf::Shelf;
use super::statement::{ReleasePolicy, StatementPolicy};
use super::values::{address, count, line, month, required_line};
use super::{clauses, form, plan, reader, statement};

/// What an agreement file is checked against. What could not be read itself is absent: no complaint
/// rests on it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Surroundings<'a> {
    pub(super) host: Option<&'a Host>,
    pub(super) policy: Option<StatementPolicy>,
    pub(super) release: Option<&'a ReleasePolicy>,
    pub(super) readers: Option<&'a BTreeSet<ReaderId>>,
    pub(super) profiles: &'a Shelf<Profile>,
}

/// An agreement and where its parts stand, for complaints that need two files.
#[derive(Debug)]
pub(super) struct Draft<'a> {
    pub(super) agreement: Agreement,
    pub(super) source: &'a SourceText,
    /// The place of `[term]`.
    pub(super) term: Range<usize>,
    /// The place of each badge's number, in the order of `agreement.badges`.
    pub(super) badges: Vec<Range<usize>>,
    /// The names of its profiles.
    pub(super) profiles: Vec<String>,
}

/// Reads an agreement. A planned day that cannot be is refused and the others stay; any other error
/// leaves the whole agreement out.
pub(super) fn read<'a>(
    id: &AgreementId,
    reading: &Reading<'a>,
    root: Section<'_>,
    around: &Surroundings<'_>,
) -> Option<Draft<'a>> {
    let errors = reading.errors();
    let reference = required_line(&root, "reference", "\"prot. 1234 del 20 luglio 2026\"");
    let (home, managers, substitutes) = home(&root);
    let employee = table(&root, "employee").and_then(employee);
    let (term, term_span, term_label) = term(&root);
    let most = around.host.map_or(31, |host| host.max_days_per_month);
    let days_per_month: Option<u8> = count(&root, "days_per_month", 1..=i64::from(most));
    let days_per_month = root.required("days_per_month", "5", days_per_month);
    let (profiles, profile_names) = profiles(&root, term, around.profiles);
    let (badges, badge_spans) = badges(&root, term, around.readers);
    let readers = own_readers(&root, around.readers);
    let mut other = clauses::read(&root);
    let statement = statement_terms(&root, term, &other.channels, around);
    let home_contacts = root.section("contacts").map_or_else(Vec::new, |section| {
        let people = |key| section.one_or_more(key).into_iter().filter_map(contact).collect();
        let home = people("home");
        other.host_contacts = people("host");
        section.finish();
        home
    });
    other.term_label = term_label;
    other.home_managers = managers;
    other.home_manager_substitutes = substitutes;
    let days = plan::written(&root);
    let usable = reading.errors() == errors + days.wrong;
    let patron = home.as_ref().and_then(|home| home.patron);
    let rules =
        plan::Rules { term, host: around.host, home_patron: patron, profiles: &profiles, days_per_month };
    let planned_days = plan::allowed(&root, days, &rules);
    let before = reading.errors();
    root.finish();
    if !usable || reading.errors() > before {
        return None;
    }
    let agreement = Agreement {
        id: id.clone(),
        reference: reference?,
        home: home?,
        employee: employee?,
        term: term?,
        days_per_month: days_per_month?,
        planned_days,
        profiles,
        badges,
        statement: statement?,
        home_contacts,
        readers,
        clauses: other,
        signed: None,
    };
    Some(Draft {
        agreement,
        source: reading.source,
        term: term_span,
        badges: badge_spans,
        profiles: profile_names,
    })
}

fn table<'s>(root: &Section<'s>, key: &'static str) -> Option<Section<'s>> {
    root.table(key, "the sample agreement shows its keys")
}

fn home(root: &Section<'_>) -> (Option<Office>, Vec<Contact>, Vec<Contact>) {
    let Some(section) = table(root, "home") else { return (None, Vec::new(), Vec::new()) };
    let office = office(&section);
    let (managers, substitutes) = clauses::managers(&section);
    section.finish();
    (office, managers, substitutes)
}

fn employee(section: Section<'_>) -> Option<Employee> {
    let titles = [
        ("sig.", Title::Sig),
        ("sig.ra", Title::SigRa),
        ("dott.", Title::Dott),
        ("dott.ssa", Title::DottSsa),
    ];
    let title = section.required("title", "\"dott.ssa\"", section.choice("title", &titles));
    let given_name = required_line(&section, "given_name", "\"Anna\"");
    let family_name = required_line(&section, "family_name", "\"Esempio\"");
    let home_id = line(&section, "home_id");
    let email = address(&section, "email");
    let copy = section.flag("copy").unwrap_or(false);
    if copy {
        section.required("email", "\"anna.esempio@example.it\"", email.as_ref());
    }
    section.finish();
    Some(Employee { title: title?, given_name: given_name?, family_name: family_name?, home_id, email, copy })
}

fn term(root: &Section<'_>) -> (Option<Term>, Range<usize>, Option<String>) {
    let Some(section) = table(root, "term") else { return (None, root.span.clone(), None) };
    let day = |key| {
        let date = section.required(key, "2026-09-01", section.date(key));
        date.filter(|date| {
            let plausible = (2000..2200).contains(&date.year());
            if !plausible {
                let message = format!("`{key}` is in the year {}", date.year());
                section.complain(&section.span_of(key), &message, "write a year from 2000 to 2199");
            }
            plausible
        })
    };
    let (start, end) = (day("start"), day("end"));
    let label = line(&section, "label");
    let span = section.span_of("start");
    let term = start.zip(end).and_then(|(start, end)| {
        if start > end {
            let message = format!("the term ends on {end}, before it starts on {start}");
            section.complain(&section.span_of("end"), &message, "write an end that is the start or later");
        }
        (start <= end).then_some(Term { start, end })
    });
    section.finish();
    (term, span, label)
}

fn profiles(
    root: &Section<'_>,
    term: Option<Term>,
    shelf: &Shelf<Profile>,
) -> (Vec<ProfileVersion>, Vec<String>) {
    let mut versions: Vec<ProfileVersion> = Vec::new();
    let mut names = Vec::new();
    let mut add = |section: &Section<'_>, key: &'static str, from: Option<NaiveDate>| {
        let Some(name) = section.text(key) else { return };
        if let Some(profile) = shelf.find(section, key, &name)
            && let Some(from) = from
        {
            versions.push(ProfileVersion { from, profile: (*profile).clone() });
        }
        names.push(name);
    };
    let start = term.map(|term| term.start);
    add(root, "profile", start);
    let mut seen = BTreeSet::from_iter(root.node("profile").and(start));
    let dated = root.sections("profile_version");
    if dated.is_empty() && root.node("profile").is_none() {
        root.complain(
            &root.span,
            "`profile` is missing",
            "write profile = \"5x7h12\": the name of a profile",
        );
    }
    for section in dated {
        let from = section.required("from", "2026-11-01", section.date("from"));
        if let Some(from) = from
            && !seen.insert(from)
        {
            let message = format!("another profile holds from {from} already");
            section.complain(&section.span_of("from"), &message, "give each version a day of its own");
        }
        if section.node("profile").is_none() {
            section.required("profile", "\"5x7h12\"", None::<()>);
        }
        add(&section, "profile", from);
        section.finish();
    }
    versions.sort_unstable_by_key(|version| version.from);
    (versions, names)
}

fn badges(
    root: &Section<'_>,
    term: Option<Term>,
    declared: Option<&BTreeSet<ReaderId>>,
) -> (Vec<BadgeHolding>, Vec<Range<usize>>) {
    let mut holdings = Vec::new();
    let mut spans = Vec::new();
    for section in root.sections("badge") {
        let expected = "the number in quotes, as the reader writes it: leading zeros count";
        let number = section.read("number", expected, |value| match value {
            Value::Text(text) => {
                let text = text.trim();
                let plain = !text.is_empty() && text.len() <= 64 && !text.chars().any(char::is_control);
                plain.then(|| text.to_owned())
            }
            _ => None,
        });
        let number = section.required("number", "\"0001234567\"", number);
        let valid_from = section.date("valid_from").or(term.map(|term| term.start));
        let valid_to = section.date("valid_to").or(term.map(|term| term.end));
        let reader = section.text("reader");
        let reader =
            reader.and_then(|name| reader::known(&section, &section.span_of("reader"), &name, declared));
        if let Some((from, to)) = valid_from.zip(valid_to) {
            if from > to {
                let key = if section.node("valid_to").is_some() { "valid_to" } else { "valid_from" };
                let message = format!("the badge ends on {to}, before it starts on {from}");
                section.complain(&section.span_of(key), &message, "write valid_to on or after valid_from");
            } else if let Some(term) = term {
                for (key, day) in [("valid_from", from), ("valid_to", to)] {
                    if !term.contains(day) {
                        let message =
                            format!("the badge is held outside the term ({} to {})", term.start, term.end);
                        let hint = "punches outside the term are kept but never counted";
                        section.warn(&section.span_of(key), &message, hint);
                    }
                }
            }
        }
        spans.push(section.span_of("number"));
        section.finish();
        if let (Some(number), Some(valid_from), Some(valid_to)) = (number, valid_from, valid_to) {
            holdings.push(BadgeHolding { number, reader, valid_from, valid_to });
        } else {
            spans.pop();
        }
    }
    (holdings, spans)
}

fn own_readers(root: &Section<'_>, declared: Option<&BTreeSet<ReaderId>>) -> Vec<ReaderId> {
    let Some(node) = root.node("readers") else { return Vec::new() };
    let names =
        root.list("readers", "the id of a reader in quotes", |value| value.as_text().map(str::to_owned));
    let Value::List(items) = &node.value else { return Vec::new() };
    let written = items.iter().filter_map(|item| match &item.value {
        Value::Text(text) => Some((text, &item.span)),
        _ => None,
    });
    names.map_or_else(Vec::new, |_| {
        written.filter_map(|(text, span)| reader::known(root, span, text, declared)).collect()
    })
}

fn statement_terms(
    root: &Section<'_>,
    term: Option<Term>,
    channels: &Channels,
    around: &Surroundings<'_>,
) -> Option<StatementTerms> {
    let to = channels.statement.as_ref().and_then(|channel| channel.address.clone());
    if to.is_none() && root.section("channel").is_none_or(|all| all.node("statement").is_none()) {
        let hint = "write [channel.statement] with kind = \"pec\" and address = \"...\" (art. 2 c. 4)";
        root.complain(&root.span, "nothing says where the monthly statement goes", hint);
    } else if let Some(Channel {
        address: None, kind: ChannelKind::Protocollo | ChannelKind::Altro, ..
    }) = &channels.statement
    {
        let hint = "write the address of the mailbox that takes it on, as your own protocol office";
        let span = root.section("channel").map_or(root.span.clone(), |all| all.span_of("statement"));
        root.complain(&span, "the statement leaves as mail: its channel needs an address", hint);
    }
    let section = table(root, "statement")?;
    let deadline_day: Option<u8> = count(&section, "deadline_day", 1..=31);
    let deadline_day = section.required("deadline_day", "10", deadline_day);
    let nil = section.flag("nil").unwrap_or(true);
    let first_month = month(&section, "first_month");
    if let Some((first, term)) = first_month.zip(term)
        && !(Month::of(term.start)..=Month::of(term.end)).contains(&first)
    {
        let message = format!("the first month to send, {first}, lies outside the term");
        section.complain(&section.span_of("first_month"), &message, "write a month of the term");
    }
    let first_month = first_month.or(term.map(|term| Month::of(term.start)));
    if let (Some(day), Some(term), Some(host), Some(policy)) =
        (deadline_day, term, around.host, around.policy)
    {
        plan::check_deadline(&section, day, term, host, policy);
    }
    let release =
        statement::mode(&section).or(around.policy.map(|policy| policy.release)).unwrap_or(Release::Auto);
    if let Some(policy) = around.release {
        statement::check_mode(&section, release, policy);
    }
    let form = form::read(root, &section);
    section.finish();
    Some(StatementTerms {
        deadline_day: deadline_day?,
        to: to?,
        nil,
        first_month: first_month?,
        form,
        release,
    })
}
