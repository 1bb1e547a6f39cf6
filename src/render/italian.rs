//! The words of the page that follow a rule: dates, plurals, gender, articles before offices.

use chrono::{Datelike, NaiveDate, NaiveDateTime, Weekday};

use crate::domain::agreement::{Office, OfficeKind, Title};
use crate::domain::day::Status;
use crate::domain::delivery::State;
use crate::domain::month::Month;

const MONTHS: [&str; 12] = [
    "gennaio",
    "febbraio",
    "marzo",
    "aprile",
    "maggio",
    "giugno",
    "luglio",
    "agosto",
    "settembre",
    "ottobre",
    "novembre",
    "dicembre",
];

/// `novembre 2026`
pub(super) fn month(month: Month) -> String {
    let name = MONTHS.iter().zip(1..).find(|(_, number)| *number == month.number());
    format!("{} {}", name.map_or("", |(name, _)| name), month.year())
}

/// `lunedì`
pub(super) fn weekday(date: NaiveDate) -> &'static str {
    match date.weekday() {
        Weekday::Mon => "lunedì",
        Weekday::Tue => "martedì",
        Weekday::Wed => "mercoledì",
        Weekday::Thu => "giovedì",
        Weekday::Fri => "venerdì",
        Weekday::Sat => "sabato",
        Weekday::Sun => "domenica",
    }
}

/// `lun`
pub(super) fn short_weekday(date: NaiveDate) -> String {
    weekday(date).chars().take(3).collect()
}

/// Where a message stands.
pub(super) fn state(state: State) -> &'static str {
    match state {
        State::Planned => "da comporre",
        State::Sealed => "composto, non ancora partito",
        State::HandedOut => "all'ufficio protocollo",
        State::Due => "in partenza",
        State::Claimed | State::HandingOver => "in corso d'invio",
        State::SmtpAccepted => "inviato",
        State::Uncertain => "invio incerto",
        State::Blocked => "rifiutato dal server di posta",
        State::PecAccepted => "accettato dal gestore PEC",
        State::Delivered => "consegnato",
        State::Contested => "respinto dal protocollo della sede di lavoro",
        State::Refused => "non accettato dal gestore PEC",
        State::Undelivered => "non consegnato",
        State::Expired => "non consegnato entro 24 ore",
        State::Cancelled => "annullato",
        State::ClosedByHand => "chiuso a mano",
    }
}

/// `05/11/2026`
pub(super) fn date(date: NaiveDate) -> String {
    date.format("%d/%m/%Y").to_string()
}

/// `05/11/2026, ore 09:30`
pub(super) fn date_time(at: NaiveDateTime) -> String {
    at.format("%d/%m/%Y, ore %H:%M").to_string()
}

/// `1 giorno`, `5 giorni`
pub(super) fn days(count: u32) -> String {
    if count == 1 { "1 giorno".to_owned() } else { format!("{count} giorni") }
}

/// The article before the title: `il sig.`, `la dott.ssa`.
pub(super) fn article(title: Title) -> &'static str {
    match title {
        Title::Sig | Title::Dott => "il",
        Title::SigRa | Title::DottSsa => "la",
    }
}

/// The preposition before the title: `del sig.`, `della dott.ssa`.
pub(super) fn of(title: Title) -> &'static str {
    match title {
        Title::Sig | Title::Dott => "del",
        Title::SigRa | Title::DottSsa => "della",
    }
}

/// The coworker as a word: `lavoratore`, `lavoratrice`.
pub(super) fn worker(title: Title) -> &'static str {
    match title {
        Title::Sig | Title::Dott => "lavoratore",
        Title::SigRa | Title::DottSsa => "lavoratrice",
    }
}

/// A name with its title and the article before it, where the title says which: `il dott. Prova`.
pub(super) fn with_article(name: &str) -> String {
    title_of(name).map_or_else(|| name.to_owned(), |title| format!("{} {name}", article(title)))
}

/// To whom: `al dott. Prova`, `alla dott.ssa Finta`; `a Prova` where no title says which.
pub(super) fn to(name: &str) -> String {
    let preposition = match title_of(name) {
        Some(Title::Sig | Title::Dott) => "al",
        Some(Title::SigRa | Title::DottSsa) => "alla",
        None => "a",
    };
    format!("{preposition} {name}")
}

fn title_of(name: &str) -> Option<Title> {
    let title = |title: &Title| name.starts_with(&format!("{} ", title.italian()));
    [Title::Sig, Title::SigRa, Title::Dott, Title::DottSsa].into_iter().find(title)
}

/// With a capital letter, as at the beginning of a sentence.
pub(super) fn sentence(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// The addressee as on an envelope: `Alla Prefettura ...`, `Al Commissariato ...`. An office whose
/// name does not begin with the word of its kind has no article that is surely right: `A: ...`.
pub(super) fn addressee(office: &Office) -> String {
    let preposition = match office.kind {
        _ if !begins_with(&office.name, kind(office.kind)) => "A:",
        OfficeKind::CommissariatoGoverno => "Al",
        OfficeKind::Prefettura | OfficeKind::Questura => "Alla",
        OfficeKind::Altro => "A:",
    };
    format!("{preposition} {}", office.name)
}

/// The office inside of a sentence: `la Prefettura ...`, `il Commissariato ...`; only its name where no
/// article is surely right.
pub(super) fn the_office(office: &Office) -> String {
    let name = &office.name;
    match office.kind {
        kind if !begins_with(name, self::kind(kind)) => name.clone(),
        OfficeKind::CommissariatoGoverno => format!("il {name}"),
        OfficeKind::Prefettura | OfficeKind::Questura => format!("la {name}"),
        OfficeKind::Altro => name.clone(),
    }
}

/// Where the coworker works: `presso la Prefettura ...`; `presso la sede ospitante (...)` where no
/// article is surely right.
pub(super) fn at_the_host(office: &Office) -> String {
    let named = the_office(office);
    if named == office.name {
        format!("presso la sede ospitante ({named})")
    } else {
        format!("presso {named}")
    }
}

/// The first word of the names of such offices; none for other kinds.
pub(super) fn kind(kind: OfficeKind) -> &'static str {
    match kind {
        OfficeKind::Prefettura => "Prefettura",
        OfficeKind::CommissariatoGoverno => "Commissariato",
        OfficeKind::Questura => "Questura",
        OfficeKind::Altro => "",
    }
}

/// What the row says of how the day ended, where the numbers and the anomalies do not say it.
pub(super) fn outcome(status: Status) -> &'static str {
    match status {
        Status::Ok => "",
        Status::Incomplete => "giornata incompleta",
        Status::Recalled => "giornata revocata",
        Status::OverCap => "oltre il numero di giorni del mese",
        Status::OutOfTerm => "fuori dal periodo dell'intesa",
        other => other.italian(),
    }
}

fn begins_with(name: &str, word: &str) -> bool {
    name.to_lowercase().starts_with(&word.to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_days_and_plurals_are_italian() {
        assert_eq!(month(Month::parse("2026-11").unwrap()), "novembre 2026");
        assert_eq!(month(Month::parse("2027-01").unwrap()), "gennaio 2027");
        let day: NaiveDate = "2026-05-12".parse().unwrap();
        assert_eq!((date(day).as_str(), weekday(day)), ("12/05/2026", "martedì"));
        assert_eq!(
            ["0 giorni", "1 giorno", "5 giorni"],
            [days(0), days(1), days(5)].each_ref().map(|d| &**d)
        );
    }

    #[test]
    fn articles_follow_the_gender_of_the_title() {
        let said = [Title::Sig, Title::SigRa, Title::Dott, Title::DottSsa]
            .map(|title| format!("{} {}", article(title), title.italian()));
        assert_eq!(said, ["il sig.", "la sig.ra", "il dott.", "la dott.ssa"]);
        let said = [Title::Sig, Title::SigRa, Title::Dott, Title::DottSsa]
            .map(|title| format!("{} {}, {}", of(title), title.italian(), worker(title)));
        let expected = [
            "del sig., lavoratore",
            "della sig.ra, lavoratrice",
            "del dott., lavoratore",
            "della dott.ssa, lavoratrice",
        ];
        assert_eq!(said, expected);
        for (name, expected, to_whom) in [
            ("dott. Marco Prova", "il dott. Marco Prova", "al dott. Marco Prova"),
            ("dott.ssa Livia Finta", "la dott.ssa Livia Finta", "alla dott.ssa Livia Finta"),
            ("Marco Prova", "Marco Prova", "a Marco Prova"),
            ("avv. Marco Prova", "avv. Marco Prova", "a avv. Marco Prova"),
        ] {
            assert_eq!((with_article(name).as_str(), to(name).as_str()), (expected, to_whom));
        }
    }

    #[test]
    fn articles_follow_the_name_of_the_office() {
        let rows = [
            (
                OfficeKind::Prefettura,
                "Prefettura di Bari",
                "Alla Prefettura di Bari",
                "la Prefettura di Bari",
            ),
            (
                OfficeKind::CommissariatoGoverno,
                "Commissariato del Governo di Trento",
                "Al Commissariato del Governo di Trento",
                "il Commissariato del Governo di Trento",
            ),
            (OfficeKind::Questura, "Questura di Roma", "Alla Questura di Roma", "la Questura di Roma"),
            (
                OfficeKind::Prefettura,
                "Ufficio territoriale di Bari",
                "A: Ufficio territoriale di Bari",
                "Ufficio territoriale di Bari",
            ),
            (OfficeKind::Altro, "Archivio di Esempio", "A: Archivio di Esempio", "Archivio di Esempio"),
        ];
        for (kind, name, expected, in_a_sentence) in rows {
            let office = Office { name: name.to_owned(), kind, city: String::new(), patron: None };
            assert_eq!(
                (addressee(&office).as_str(), the_office(&office).as_str()),
                (expected, in_a_sentence)
            );
            let article = if in_a_sentence == name { "la sede ospitante (" } else { in_a_sentence };
            assert!(at_the_host(&office).starts_with(&format!("presso {article}")), "{name}");
        }
    }
}
