//! What becomes of a message, by the local part of its recipient.

use super::Shared;

/// What the provider does instead of taking the message and saying so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// Refuses the recipient.
    Recipient(&'static str),
    /// Refuses the text.
    Text(&'static str),
    /// Keeps the message and goes away.
    Kept,
    /// Loses the message and goes away.
    Lost,
    /// Keeps the message and says no more.
    Silent,
    /// Keeps the message and says `250`.
    Bare,
}

impl Fault {
    /// The fault of a recipient, as long as it was not lifted.
    pub(super) fn of(shared: &Shared, recipient: &str) -> Option<Self> {
        let local = recipient.split('@').next().unwrap_or_default();
        let fault = match local {
            "s451" => Self::Recipient("451 4.3.0 later"),
            "s550" => Self::Recipient("550 5.1.1 no such user"),
            "d451" => Self::Text("451 4.3.0 later"),
            "d554" => Self::Text("554 5.6.0 not this text"),
            "dropdot-kept" => Self::Kept,
            "dropdot-lost" => Self::Lost,
            "hangdot" => Self::Silent,
            "bare250" => Self::Bare,
            _ => return None,
        };
        shared.faulty(local).then_some(fault)
    }
}

/// A receipt of one kind.
#[derive(Debug, Clone, Copy)]
pub(super) struct Kind {
    /// The value of `X-Ricevuta` and of `tipo`.
    pub(super) word: &'static str,
    /// What its subject begins with.
    pub(super) subject: &'static str,
    /// `errore`
    pub(super) error: &'static str,
    /// `errore-esteso`
    pub(super) detail: Option<&'static str>,
    /// Hours after the message was taken.
    pub(super) hours: i64,
    /// `X-VerificaSicurezza: errore`
    pub(super) virus: bool,
    /// The type of the recipient.
    pub(super) recipient: &'static str,
    /// It names the recipient it is about.
    pub(super) names_recipient: bool,
    /// It carries the original.
    pub(super) original: bool,
}

const PLAIN: Kind = Kind {
    word: "accettazione",
    subject: "ACCETTAZIONE",
    error: "nessuno",
    detail: None,
    hours: 0,
    virus: false,
    recipient: "certificato",
    names_recipient: false,
    original: false,
};
pub(super) const ACCEPTED: Kind = PLAIN;
const EXTERNAL: Kind = Kind { recipient: "esterno", ..PLAIN };
pub(super) const DELIVERED: Kind =
    Kind { word: "avvenuta-consegna", subject: "CONSEGNA", names_recipient: true, original: true, ..PLAIN };
pub(super) const REFUSED: Kind = Kind {
    word: "non-accettazione",
    subject: "AVVISO DI NON ACCETTAZIONE",
    error: "altro",
    detail: Some("il messaggio non rispetta i controlli formali"),
    ..PLAIN
};
const REFUSED_VIRUS: Kind = Kind {
    subject: "AVVISO DI NON ACCETTAZIONE PER VIRUS",
    error: "virus",
    detail: Some("il messaggio contiene un virus"),
    virus: true,
    ..REFUSED
};
const UNDELIVERED: Kind = Kind {
    word: "errore-consegna",
    subject: "AVVISO DI MANCATA CONSEGNA",
    error: "no-dest",
    detail: Some("5.1.1 - Gestore di Prova - indirizzo non valido"),
    names_recipient: true,
    ..PLAIN
};
const NO_DOMAIN: Kind = Kind {
    error: "no-dominio",
    detail: Some("5.1.2 - Gestore di Prova - dominio non valido"),
    ..UNDELIVERED
};
const UNDELIVERED_VIRUS: Kind = Kind {
    subject: "AVVISO DI MANCATA CONSEGNA PER VIRUS",
    error: "virus",
    detail: Some("il messaggio contiene un virus"),
    virus: true,
    ..UNDELIVERED
};
const AFTER_12: Kind = Kind {
    word: "preavviso-errore-consegna",
    subject: "AVVISO DI MANCATA CONSEGNA PER SUP. TEMPO MASSIMO",
    error: "altro",
    detail: Some("il messaggio non e' stato consegnato nelle prime 12 ore dal suo invio"),
    hours: 12,
    ..UNDELIVERED
};
const AFTER_24: Kind = Kind {
    detail: Some("il messaggio non e' stato consegnato nelle 24 ore successive al suo invio"),
    hours: 23,
    ..AFTER_12
};

/// The receipts for a recipient, in the order in which they come; none for `falso`.
pub(super) fn receipts(local_part: &str) -> Vec<Kind> {
    match local_part {
        "nonacc" => vec![REFUSED],
        "virus" => vec![REFUSED_VIRUS],
        "nodest" => vec![ACCEPTED, UNDELIVERED],
        "nodominio" => vec![ACCEPTED, NO_DOMAIN],
        "virus2" => vec![ACCEPTED, UNDELIVERED_VIRUS],
        "esterno" => vec![EXTERNAL],
        "lento" => vec![ACCEPTED, AFTER_12, Kind { hours: 13, ..DELIVERED }],
        "scaduto" => vec![ACCEPTED, AFTER_12, AFTER_24],
        "muto" | "falso" => vec![],
        "doppio" => vec![ACCEPTED, ACCEPTED, DELIVERED, DELIVERED],
        "invertito" => vec![DELIVERED, ACCEPTED],
        _ => vec![ACCEPTED, DELIVERED],
    }
}
