//! The text that goes with all data about one coworker: what is what, where it comes from, whom to ask.

use chrono::NaiveDate;

use crate::domain::host::Host;

use super::lines::Lines;

/// The text, of a day.
pub fn subject_text(host: &Host, today: NaiveDate) -> String {
    let mut lines = Lines::default();
    lines.push("I DATI CHE TI RIGUARDANO");
    lines.blank();
    lines.wrap("", "", &format!("Titolare della rilevazione: {}.", host.office.name));
    lines.wrap(
        "",
        "",
        "Questa cartella contiene tutto ciò che timbra, il programma che rileva le presenze in coworking, conserva \
         su di te. I motivi delle assenze non vengono mai registrati.",
    );
    lines.blank();
    for (name, what) in [
        (
            "dati.json",
            "per ogni intesa: badge e loro validità, timbrature come le ha scritte il lettore (riga grezza compresa), \
             ciò che è stato inserito a mano con autore e riferimento, elenco dei messaggi",
        ),
        ("prospetti/", "i prospetti mensili inviati alla sede di lavoro: giornate, ore, saldi, anomalie"),
        ("messaggi/", "i messaggi di posta che ti riguardano, così come sono stati inviati"),
        ("manifest.sha256", "le impronte dei file; si verificano con: sha256sum -c manifest.sha256"),
    ] {
        lines.wrap(&format!("{name:<16}"), &" ".repeat(16), what);
    }
    lines.blank();
    lines.wrap(
        "",
        "",
        "Una giornata che non ritieni esatta si può contestare: l'ufficio la segna come contestata e ne consegna il \
         calcolo, passo per passo.",
    );
    let contact = host.contact_on(today);
    let known: Vec<&str> =
        [Some(&contact.name), contact.role.as_ref(), contact.email.as_ref(), contact.phone.as_ref()]
            .into_iter()
            .flatten()
            .map(String::as_str)
            .collect();
    lines.wrap("", "", &format!("A chi rivolgersi: {}.", known.join(", ")));
    lines.into_text()
}
