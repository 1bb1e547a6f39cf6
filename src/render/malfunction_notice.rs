//! The notice of a malfunction, and of its end, for a home office (art. 2 c. 6): type, systems
//! involved, expected resolution. Its subject names no person.

use chrono::{DateTime, NaiveDate, Utc};

use crate::domain::agreement::{Agreement, Contact};
use crate::domain::civil;
use crate::domain::host::Host;
use crate::domain::malfunction::{Expected, Malfunction, MalfunctionKind, Matter};
use crate::domain::subject::SubjectTemplate;

use super::ascii::ascii;
use super::naming::short_name;
use super::paper::{Block, Paper};
use super::{Letter, italian, page};

/// What a notice is made of.
#[derive(Debug, Clone, Copy)]
pub struct MalfunctionLetter<'a> {
    /// The host.
    pub host: &'a Host,
    /// The agreements concerned of one home office; there is at least one.
    pub agreements: &'a [&'a Agreement],
    /// The malfunction as it stands.
    pub malfunction: &'a Malfunction,
    /// What is told of it.
    pub matter: Matter,
    /// The first notice that left for this home office: when it was made, and its Message-ID.
    pub first: Option<(DateTime<Utc>, &'a str)>,
    /// An earlier notice could not leave: mail was down.
    pub delayed: bool,
    /// The day on which it is made: whom to ask then.
    pub today: NaiveDate,
}

impl MalfunctionLetter<'_> {
    /// As a letter.
    pub fn letter(&self) -> Letter {
        let paper = self.paper();
        Letter { subject: self.subject(), text: paper.text(), html: paper.html(), attachments: Vec::new() }
    }

    /// As a sheet to be printed while mail is down.
    pub fn sheet(&self) -> String {
        self.paper().text()
    }

    fn subject(&self) -> String {
        let words = format!(
            "Malfunzionamento n. {} - {} - {}",
            self.malfunction.number,
            self.word(),
            ascii(&short_name(&self.host.office))
        );
        words.chars().take(SubjectTemplate::LONGEST).collect()
    }

    /// In a word, for the subject.
    fn word(&self) -> &'static str {
        match self.matter {
            Matter::Opened => "avviso",
            Matter::Updated => "aggiornamento",
            Matter::Restored => "ripristino",
            Matter::Combined => "avviso e ripristino",
            Matter::Reopened => "nuova interruzione",
            Matter::Withdrawn => "annullamento dell'avviso",
        }
    }

    fn paper(&self) -> Paper {
        let number = self.malfunction.number;
        let end = [
            Block::Paragraph(contact(self.host.contact_on(self.today))),
            Block::Paragraph(page::AUTOMATIC.to_owned()),
        ];
        let consequence = self.consequence().map(|words| Block::Paragraph(words.to_owned()));
        let start = [Block::Paragraph(self.opening().to_owned()), Block::Facts(self.facts())];
        Paper {
            office: self.host.office.name.clone(),
            title: self.title().to_owned(),
            under: vec![format!("Malfunzionamento n. {number} (art. 2, comma 6, dell'intesa)")],
            to: self.agreements.first().map(|agreement| italian::addressee(&agreement.home)),
            blocks: start.into_iter().chain(consequence).chain(end).collect(),
            running: format!("Malfunzionamento n. {number}"),
        }
    }

    fn title(&self) -> &'static str {
        match self.matter {
            Matter::Opened => "COMUNICAZIONE DI MALFUNZIONAMENTO",
            Matter::Updated => "AGGIORNAMENTO SU UN MALFUNZIONAMENTO",
            Matter::Restored => "COMUNICAZIONE DI RIPRISTINO",
            Matter::Combined => "COMUNICAZIONE DI MALFUNZIONAMENTO E DI RIPRISTINO",
            Matter::Reopened => "COMUNICAZIONE DI NUOVA INTERRUZIONE",
            Matter::Withdrawn => "ANNULLAMENTO DI UNA COMUNICAZIONE",
        }
    }

    fn opening(&self) -> &'static str {
        match self.matter {
            Matter::Opened => "Si conferma che presso questa sede è in corso il seguente malfunzionamento.",
            Matter::Updated => "I dati del malfunzionamento già comunicato sono cambiati come segue.",
            Matter::Restored => "Il malfunzionamento già comunicato è risolto.",
            Matter::Combined => {
                "Si conferma che presso questa sede si è verificato il seguente malfunzionamento, ora risolto."
            }
            Matter::Reopened => {
                "Il malfunzionamento di cui era stato comunicato il ripristino è di nuovo in corso."
            }
            Matter::Withdrawn => {
                "Il malfunzionamento già comunicato era stato registrato per errore: la comunicazione è annullata."
            }
        }
    }

    fn facts(&self) -> Vec<(String, String)> {
        let (malfunction, zone) = (self.malfunction, self.host.zone);
        let shown = |at: DateTime<Utc>| italian::date_time(civil::local_time(&at, zone));
        let mut facts = vec![
            ("Tipologia", malfunction.kind.italian().to_owned()),
            ("Sistemi informatici coinvolti", malfunction.systems.clone()),
            ("Inizio", shown(malfunction.from)),
        ];
        match malfunction.to {
            _ if self.matter == Matter::Withdrawn => (),
            Some(to) => facts.push(("Ripristino", shown(to))),
            None => facts.push(("Tempi previsti per la risoluzione", expected(malfunction.expected))),
        }
        if malfunction.outages > 1 {
            facts.push(("Interruzioni nel periodo", malfunction.outages.to_string()));
        }
        if let Some((at, message_id)) = self.first {
            let bare = message_id.trim_matches(['<', '>']);
            facts.push(("Primo avviso", format!("{} ({bare})", shown(at))));
        }
        if self.delayed {
            facts.push(("Ritardo dell'avviso", "la posta elettronica non funzionava".to_owned()));
        }
        for agreement in self.agreements {
            facts.push(("Intesa", format!("{}, {}", agreement.reference, page::name(agreement))));
        }
        facts.into_iter().map(|(what, value)| (what.to_owned(), value)).collect()
    }

    /// What it means for the hours.
    fn consequence(&self) -> Option<&'static str> {
        let readers = matches!(
            self.malfunction.kind,
            MalfunctionKind::Reader | MalfunctionKind::Folder | MalfunctionKind::Power
        );
        (readers && self.matter != Matter::Withdrawn).then_some(
            "Le timbrature che non è stato possibile rilevare sono inserite a mano, con il numero del \
             malfunzionamento, e segnalate nel prospetto mensile.",
        )
    }
}

fn expected(expected: Option<Expected>) -> String {
    match expected {
        None => "non ancora noti; seguirà un aggiornamento".to_owned(),
        Some(Expected { date, time: None }) => format!("entro il {}", italian::date(date)),
        Some(Expected { date, time: Some(time) }) => format!("entro il {}, ore {time}", italian::date(date)),
    }
}

fn contact(contact: &Contact) -> String {
    let parts = [Some(&contact.name), contact.role.as_ref(), contact.email.as_ref(), contact.phone.as_ref()];
    format!("Referente: {}.", parts.into_iter().flatten().map(String::as_str).collect::<Vec<_>>().join(", "))
}
