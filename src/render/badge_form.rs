//! The form with which a badge is handed over (art. 2 c. 5), and the notice of what is recorded with it.

use chrono::NaiveDate;

use crate::domain::agreement::{Agreement, Contact};
use crate::domain::badge::BadgeHolding;
use crate::domain::host::Host;

use super::paper::{Block, Paper};
use super::{italian, page};

/// The form, to be signed by both. `kept_months` is how long data are kept after the term, where the
/// host has said so; `today` decides who is to be asked.
pub fn badge_form(
    agreement: &Agreement,
    host: &Host,
    badge: &BadgeHolding,
    kept_months: Option<u32>,
    today: NaiveDate,
) -> Paper {
    let name = page::name(agreement);
    let contact = page::contact(
        Contact::on(&agreement.clauses.host_contacts, today).unwrap_or_else(|| host.contact_on(today)),
    );
    let blocks = vec![
        Block::Facts(facts(agreement, host, badge)),
        Block::Paragraph(format!(
            "Il badge rileva gli orari di ingresso e di uscita dall'ufficio nelle giornate in coworking (art. 2, \
             commi 4 e 5, dell'intesa). È personale e non va ceduto. Lo smarrimento va comunicato subito {}. \
             Va restituito al termine del turno di coworking, o prima in caso di recesso.",
            italian::to(&contact)
        )),
        Block::Heading("Informativa sul trattamento dei dati personali".to_owned()),
        Block::Facts(notice(agreement, host, kept_months, &contact)),
        Block::Blank { label: "Luogo e data".to_owned(), lines: 1 },
        Block::Signatures(vec![
            format!("Per la sede ospitante: {}", host.responsible),
            format!("Per ricevuta del badge e presa visione dell'informativa: {name}"),
        ]),
    ];
    Paper {
        office: host.office.name.clone(),
        title: "Consegna del badge".to_owned(),
        under: vec![format!("Intesa {}", agreement.reference)],
        to: None,
        blocks,
        running: format!("Consegna del badge - intesa {}", agreement.reference),
    }
}

fn facts(agreement: &Agreement, host: &Host, badge: &BadgeHolding) -> Vec<(String, String)> {
    let mut facts = vec![("Consegnato a", page::name(agreement))];
    facts.extend(agreement.employee.home_id.clone().map(|id| ("Matricola", id)));
    facts.extend([
        ("Sede di lavoro", agreement.home.name.clone()),
        ("Sede ospitante", host.office.name.clone()),
        ("Numero del badge", badge.number.clone()),
        ("Valido dal", italian::date(badge.valid_from)),
        ("Valido fino al", italian::date(badge.valid_to)),
    ]);
    facts.extend(badge.reader.as_ref().map(|reader| ("Solo al lettore", reader.to_string())));
    facts.into_iter().map(|(label, value)| (label.to_owned(), value)).collect()
}

/// What is recorded, why, for whom, how long, whom to ask.
fn notice(
    agreement: &Agreement,
    host: &Host,
    kept_months: Option<u32>,
    contact: &str,
) -> Vec<(String, String)> {
    let kept = kept_months.map_or_else(
        || {
            "per il tempo necessario agli adempimenti dell'intesa, come stabilito dalla sede ospitante"
                .to_owned()
        },
        |months| format!("per {months} mesi dopo il termine dell'intesa"),
    );
    let home = &agreement.home.name;
    [
        (
            "Che cosa è registrato",
            "per ogni timbratura: numero del badge, data, ora, lettore, verso (entrata o uscita) e, dove il \
             lettore la prevede, la causale. Non sono registrati i motivi delle assenze né gli spostamenti."
                .to_owned(),
        ),
        (
            "Perché",
            format!(
                "per rilevare l'orario di lavoro e comunicarlo ogni mese alla sede di lavoro, come prevede \
                 l'intesa {} (art. 2, comma 4).",
                agreement.reference
            ),
        ),
        (
            "A chi è comunicato",
            format!("alla sede di lavoro ({home}); a nessun altro, salvo gli obblighi previsti dalla legge."),
        ),
        ("Per quanto tempo", format!("i dati sono conservati {kept}.")),
        (
            "Che cosa si può chiedere",
            "di vedere i propri dati e averne copia, di farli correggere se inesatti, di contestare i dati di una \
             giornata, che è allora indicata come contestata nel prospetto mensile."
                .to_owned(),
        ),
        ("A chi rivolgersi", format!("{contact}, {}.", italian::at_the_host(&host.office))),
        (
            "Norme",
            "il trattamento segue la normativa vigente sulla protezione dei dati personali (Regolamento (UE) \
             2016/679 e disposizioni nazionali)."
                .to_owned(),
        ),
    ]
    .map(|(label, value)| (label.to_owned(), value))
    .to_vec()
}
