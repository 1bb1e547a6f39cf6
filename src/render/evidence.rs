//! The two texts that go with the proof of a message: what the files are and how to check them, and
//! how to deliver the message by hand.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use crate::domain::agreement::{Agreement, Contact};
use crate::domain::civil;
use crate::domain::host::Host;

/// What a delivery by hand needs.
#[derive(Debug, Clone, Copy)]
pub struct Guide<'a> {
    /// The number of the message.
    pub message: i64,
    /// Its recipient.
    pub recipient: &'a str,
    /// The end of the agreed day.
    pub deadline: DateTime<Utc>,
    /// The host.
    pub host: &'a Host,
    /// The agreement, when it is still there.
    pub agreement: Option<&'a Agreement>,
}

/// What the files of a bundle are.
pub fn evidence_text(message: i64) -> String {
    format!(
        "PROVA DELL'INVIO - messaggio {message}\n\n\
         sent.eml            il messaggio come sigillato e inviato, byte per byte\n\
         attachments/        i suoi allegati\n\
         dialogue/           il colloquio con il server di posta, tentativo per tentativo, senza credenziali e senza\n\
         \x20                   il testo del messaggio (\"> \" timbra, \"< \" il server, secondi dall'inizio)\n\
         receipts/           le ricevute PEC come arrivate, con daticert.xml e il certificato del firmatario\n\
         protocol/           ciò che l'ufficio protocollo ha restituito, come la firma, se ha inviato il messaggio\n\
         events.json         ogni passaggio di stato, in catena: ciascuno copre il precedente con SHA-256\n\
         manifest.sha256     le impronte SHA-256 di tutti i file\n\n\
         Verificare che i file siano quelli:\n\
         \x20   sha256sum -c manifest.sha256\n\
         Verificare la firma del gestore su una ricevuta (i certificati dei gestori durano tre anni, perciò -no_check_time):\n\
         \x20   openssl cms -verify -inform SMIME -in receipts/01-accettazione.eml -CAfile autorita.pem -no_check_time -out /dev/null\n"
    )
}

/// How to deliver a message by hand.
pub fn by_hand_text(guide: &Guide<'_>) -> String {
    let Guide { message, recipient, deadline, host, agreement } = guide;
    let day = civil::local_time(&(*deadline - TimeDelta::seconds(1)), host.zone).format("%d/%m/%Y");
    let mut text = format!(
        "CONSEGNA A MANO - messaggio {message}\n\n\
         Il prospetto non risulta consegnato. Termine concordato: {day}.\n\n\
         1. Aprire la webmail della casella PEC dell'ufficio e cercare, nella posta inviata e nelle ricevute, se il\n\
         \x20  messaggio è già partito (stesso oggetto, stesso numero di documento). Se c'è la ricevuta di avvenuta\n\
         \x20  consegna, andare al punto 4.\n\
         2. Altrimenti scrivere un nuovo messaggio a:\n\n       {recipient}\n\n\
         \x20  con lo stesso oggetto di sent.eml e con gli allegati della cartella attachments, così come sono: non\n\
         \x20  rinominarli e non modificarli, le impronte devono restare quelle. Un solo destinatario, niente copia nascosta.\n\
         3. Telefonare alla sede di lavoro per avvisarla:\n"
    );
    for line in phone_list(host, *agreement, deadline.date_naive()) {
        text += &format!("       {line}\n");
    }
    text + &format!(
        "4. Conservare la ricevuta di consegna e registrarla:\n\n\
         \x20      timbra outbox close {message} --why \"consegnato a mano via PEC il ..., ricevuta del ...\"\n\n\
         \x20  Da quel momento timbra non tenta più l'invio. Se il messaggio originale arrivasse comunque, le copie con lo\n\
         \x20  stesso numero e la stessa impronta sono identiche.\n"
    )
}

/// Whom to call: the home office first.
fn phone_list(host: &Host, agreement: Option<&Agreement>, date: NaiveDate) -> Vec<String> {
    let line = |contact: &Contact, office: &str| {
        let parts =
            [Some(&contact.name), contact.role.as_ref(), contact.phone.as_ref(), contact.email.as_ref()];
        let known: Vec<&str> = parts.into_iter().flatten().map(String::as_str).collect();
        format!("{office}: {}", known.join(", "))
    };
    let mut lines = Vec::new();
    if let Some(agreement) = agreement {
        let office = agreement.home.name.as_str();
        let managers = agreement.clauses.home_managers.iter();
        let substitutes = agreement.clauses.home_manager_substitutes.iter();
        lines.extend(
            agreement.home_contacts.iter().chain(managers).chain(substitutes).map(|c| line(c, office)),
        );
    }
    lines.push(line(host.contact_on(date), "in ufficio"));
    lines
}
