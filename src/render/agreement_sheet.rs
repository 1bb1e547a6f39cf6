//! The summary of an agreement's data on one page, article by article, to go with the individual
//! agreement (art. 5 c. 3). In words of its own: what binds is the text of the intesa.

use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate};

use crate::domain::agreement::{Agreement, Contact};
use crate::domain::clauses::{Channel, ChannelKind};
use crate::domain::host::Host;
use crate::domain::month::Month;

use super::paper::{Block, Paper};
use super::{italian, page};

/// What stands at the foot of the sheet.
const RUNNING: &str = "Sintesi dei dati dell'intesa: fa fede il testo sottoscritto.";

/// The sheet.
pub fn agreement_sheet(agreement: &Agreement, host: &Host) -> Paper {
    let employee = &agreement.employee;
    let name = page::name(agreement);
    Paper {
        office: host.office.name.clone(),
        title: "Sintesi dell'intesa di coworking".to_owned(),
        under: vec![
            format!("Intesa {}", agreement.reference),
            format!("Da unire all'accordo individuale {} {name}", italian::of(employee.title)),
        ],
        to: None,
        blocks: articles(agreement, host),
        running: RUNNING.to_owned(),
    }
}

fn articles(agreement: &Agreement, host: &Host) -> Vec<Block> {
    let clauses = &agreement.clauses;
    let individual = clauses.individual_agreement.as_ref();
    let individual = individual.map(|text| dated(text.reference.as_deref(), text.date));
    let individual = individual.filter(|words| !words.is_empty());
    let individual =
        individual.map(|words| ("c. 3, accordo individuale", format!("{}.", italian::sentence(&words))));
    let mut last =
        vec![("c. 1, relazione", report(agreement)), ("c. 2, referenti", contacts(agreement, host))];
    last.extend(individual);
    last.extend(signature(agreement).map(|words| ("Firme", words)));
    let articles = [
        (
            "Art. 1 - Uffici e periodo",
            vec![("c. 1, uffici", offices(agreement, host)), ("c. 2, periodo", term(agreement))],
        ),
        (
            "Art. 2 - Giornate e orari",
            vec![
                ("c. 1, giornate", days(agreement)),
                ("c. 2, profilo orario", profiles(agreement)),
                ("c. 3, assenze", absences(agreement)),
                ("c. 4, rilevazione", statement(agreement)),
                ("c. 5, badge", badges(agreement)),
                ("c. 6, malfunzionamenti", malfunctions(agreement)),
                ("c. 7, richiamo in sede", recall(agreement)),
            ],
        ),
        (
            "Articoli 3 e 4 - Strumenti e recesso",
            vec![("art. 3, strumenti", tools(host)), ("art. 4, recesso", withdrawal(agreement))],
        ),
        ("Art. 5 - Verifica e referenti", last),
    ];
    let blocks = articles.into_iter().flat_map(|(article, facts)| {
        let facts = facts.into_iter().map(|(label, words)| (label.to_owned(), words)).collect();
        [Block::Heading(article.to_owned()), Block::Facts(facts)]
    });
    blocks.collect()
}

fn offices(agreement: &Agreement, host: &Host) -> String {
    let employee = &agreement.employee;
    let home_id = employee.home_id.as_ref().map(|id| format!(" (matricola {id})")).unwrap_or_default();
    format!(
        "{} {}{home_id} lavora in coworking {}; la sede di lavoro resta {}.",
        italian::sentence(italian::article(employee.title)),
        page::name(agreement),
        italian::at_the_host(&host.office),
        italian::the_office(&agreement.home)
    )
}

fn term(agreement: &Agreement) -> String {
    let label = agreement.clauses.term_label.as_ref().map(|label| format!(" ({label})")).unwrap_or_default();
    let term = agreement.term;
    format!("Dal {} al {}, compresi{label}.", italian::date(term.start), italian::date(term.end))
}

fn days(agreement: &Agreement) -> String {
    let rule = format!(
        "Al massimo {} al mese, anche di seguito. Una giornata vale intera; se non è fruita nel mese, è persa.",
        italian::days(agreement.days_per_month.into())
    );
    let mut months: BTreeMap<Month, Vec<String>> = BTreeMap::new();
    for date in &agreement.planned_days {
        months.entry(Month::of(*date)).or_default().push(date.day().to_string());
    }
    if months.is_empty() {
        return format!("{rule} Il calendario si concorda prima, mese per mese, con la sede di lavoro.");
    }
    let months = months.iter().map(|(month, days)| format!("{} {}", days.join(", "), italian::month(*month)));
    let agreed = agreement.clauses.calendar_agreed.as_ref();
    let agreed = agreed.map(|agreed| {
        format!(
            " con {}, {} (versione {})",
            italian::with_article(&agreed.by),
            italian::date(agreed.on),
            agreed.version
        )
    });
    format!(
        "{rule} Calendario concordato{}: {}.",
        agreed.unwrap_or_default(),
        months.collect::<Vec<_>>().join("; ")
    )
}

fn profiles(agreement: &Agreement) -> String {
    let versions = agreement.profiles.iter().enumerate().map(|(index, version)| {
        let from = if index == 0 { String::new() } else { format!("dal {}: ", italian::date(version.from)) };
        format!("{from}{}", version.profile.name)
    });
    format!("Lo stesso della sede di lavoro: {}.", versions.collect::<Vec<_>>().join("; "))
}

/// The first of several persons when the term begins.
fn first<'a>(agreement: &Agreement, people: &'a [Contact]) -> Option<&'a Contact> {
    Contact::on(people, agreement.term.start).or(people.first())
}

/// The home manager, as the subject of a sentence.
fn manager(agreement: &Agreement) -> String {
    first(agreement, &agreement.clauses.home_managers).map_or_else(
        || "il dirigente della sede di lavoro".to_owned(),
        |manager| italian::with_article(&manager.name),
    )
}

fn absences(agreement: &Agreement) -> String {
    let clauses = &agreement.clauses;
    let role = first(agreement, &clauses.home_managers).and_then(|manager| manager.role.as_ref());
    let role = role.map(|role| format!(" ({role})")).unwrap_or_default();
    let substitutes: Vec<String> =
        clauses.home_manager_substitutes.iter().map(|who| italian::with_article(&who.name)).collect();
    let substitutes =
        if substitutes.is_empty() { "chi ne fa le veci".to_owned() } else { substitutes.join(" o ") };
    format!(
        "{}{role} o {substitutes} autorizza ogni assenza nelle giornate di coworking, anche a ore; la sede ospitante ne \
         è informata {}.",
        italian::sentence(&manager(agreement)),
        by(clauses.channels.absence.as_ref())
    )
}

fn statement(agreement: &Agreement) -> String {
    let employee = &agreement.employee;
    format!(
        "La sede ospitante rileva gli orari {} {} {} con i propri sistemi e ne invia il prospetto alla sede di lavoro \
         entro il giorno {} del mese seguente, {}.",
        italian::of(employee.title),
        employee.title.italian(),
        employee.family_name,
        agreement.statement.deadline_day,
        by(agreement.clauses.channels.statement.as_ref())
    )
}

fn badges(agreement: &Agreement) -> String {
    let title = agreement.employee.title;
    let who = format!("{} {}", italian::sentence(italian::article(title)), italian::worker(title));
    let numbers: Vec<&str> = agreement.badges.iter().map(|badge| badge.number.as_str()).collect();
    let which = match numbers.as_slice() {
        [] => "un badge".to_owned(),
        numbers => format!("il badge n. {}", numbers.join(", n. ")),
    };
    format!("{who} riceve dalla sede ospitante {which} e lo usa a ogni entrata e a ogni uscita.")
}

fn malfunctions(agreement: &Agreement) -> String {
    let title = agreement.employee.title;
    format!(
        "{} {} avvisa subito {}, che dà istruzioni. La sede ospitante conferma alla sede di lavoro che cosa non funziona, \
         quali sistemi riguarda e quando se ne prevede la soluzione, poi il ripristino, {}.",
        italian::sentence(italian::article(title)),
        italian::worker(title),
        manager(agreement),
        by(agreement.clauses.channels.malfunction.as_ref())
    )
}

fn recall(agreement: &Agreement) -> String {
    format!(
        "Per esigenze straordinarie e imprevedibili {} può chiedere la presenza in sede e cambiare le date, per iscritto \
         e con almeno {} di anticipo; la sede ospitante ne è informata {}.",
        manager(agreement),
        italian::days(agreement.clauses.recall_notice_days.into()),
        by(agreement.clauses.channels.date_change.as_ref())
    )
}

fn tools(host: &Host) -> String {
    let office = host.it_office.as_deref().unwrap_or("l'ufficio che ne cura i sistemi informatici");
    format!(
        "Computer, stampante e collegamento vengono dalla sede ospitante. Accesso e sicurezza: la Direzione centrale \
         competente e, per la sede ospitante, {office}."
    )
}

fn withdrawal(agreement: &Agreement) -> String {
    let regulation = agreement.clauses.regulation.as_ref().map(|rules| {
        let article = rules.withdrawal_article.as_ref().map(|article| format!(", art. {article}"));
        format!(" ({}{})", dated(Some(&rules.title), rules.date), article.unwrap_or_default())
    });
    format!(
        "Del recesso{} {} informa il Dipartimento e la sede ospitante.",
        regulation.unwrap_or_default(),
        manager(agreement)
    )
}

fn report(agreement: &Agreement) -> String {
    let to = agreement.clauses.department.as_ref().map(|department| {
        let office = department.report_office.as_ref().map(|office| format!(", {office}"));
        format!(" Destinatario: {}{}.", department.name, office.unwrap_or_default())
    });
    let rule = "A fine turno ciascuno dei due uffici scrive come è andata l'attività e quali criticità ha incontrato.";
    format!("{rule}{}", to.unwrap_or_default())
}

fn contacts(agreement: &Agreement, host: &Host) -> String {
    let words = |contact: &Contact| {
        let parts =
            [Some(&contact.name), contact.role.as_ref(), contact.email.as_ref(), contact.phone.as_ref()];
        parts.into_iter().flatten().map(String::as_str).collect::<Vec<_>>().join(", ")
    };
    let own = first(agreement, &agreement.clauses.host_contacts)
        .unwrap_or_else(|| host.contact_on(agreement.term.start));
    let home = first(agreement, &agreement.home_contacts)
        .map(|contact| format!("Sede di lavoro: {}. ", words(contact)));
    format!("{}Sede ospitante: {}.", home.unwrap_or_default(), words(own))
}

fn signature(agreement: &Agreement) -> Option<String> {
    let signature = agreement.clauses.signature.as_ref()?;
    let date = signature.date.map(italian::date);
    let place = [signature.place.clone(), date].into_iter().flatten().collect::<Vec<_>>().join(", ");
    let home = signature.home.as_ref().map(|who| format!("per la sede di lavoro {who}"));
    let host = signature.host.as_ref().map(|who| format!("per la sede ospitante {who}"));
    let parts = [Some(place).filter(|place| !place.is_empty()), home, host];
    let words = parts.into_iter().flatten().collect::<Vec<_>>().join("; ");
    (!words.is_empty()).then(|| format!("{}.", italian::sentence(&words)))
}

/// `prot. 12 del 15/07/2026`
fn dated(reference: Option<&str>, date: Option<NaiveDate>) -> String {
    let date = date.map(|date| format!("del {}", italian::date(date)));
    [reference.map(str::to_owned), date].into_iter().flatten().collect::<Vec<_>>().join(" ")
}

/// By which way something is told, at the end of a sentence.
fn by(channel: Option<&Channel>) -> String {
    let Some(Channel { kind, address, text }) = channel else { return "nel modo concordato".to_owned() };
    let way = text.as_deref().map_or_else(
        || match kind {
            ChannelKind::Pec => "tramite posta elettronica certificata".to_owned(),
            ChannelKind::Email => "tramite posta elettronica".to_owned(),
            ChannelKind::Protocollo => "tramite il protocollo".to_owned(),
            ChannelKind::Altro => "nel modo concordato".to_owned(),
        },
        |text| format!("tramite {text}"),
    );
    let address = address.as_ref().map(|address| format!(" ({address})")).unwrap_or_default();
    format!("{way}{address}")
}
