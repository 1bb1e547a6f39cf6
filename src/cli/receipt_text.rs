//! A receipt as text, in Italian or English.

use crate::domain::delivery::{Concern, Effect};
use crate::mail::receipt::{Flaw, Judgement, Kind, Receipt, Verdict};

use super::language::Language;

/// The whole text.
pub(super) fn told(receipt: &Receipt, judged: &Judgement, language: Language) -> String {
    let italian = language == Language::It;
    let say = |english: &str, italian_words: &str| if italian { italian_words } else { english }.to_owned();
    let mut lines = vec![(say("Message", "Messaggio"), kind(receipt, italian))];
    let mut add = |english: &str, italian_words: &str, value: Option<String>| {
        lines.extend(value.map(|value| (say(english, italian_words), value)));
    };
    add("About", "Riferito a", receipt.message_id.clone());
    add("Provider's id", "Identificativo", receipt.identifier.clone());
    let recipients: Vec<String> = receipt
        .recipients
        .iter()
        .map(|to| {
            if to.certified || receipt.kind == Kind::Dsn {
                to.address.clone()
            } else {
                format!("{} ({})", to.address, say("no PEC", "non PEC"))
            }
        })
        .collect();
    add("Recipients", "Destinatari", Some(recipients.join(", ")).filter(|list| !list.is_empty()));
    add("Time", "Data e ora", receipt.at.map(|at| at.format("%Y-%m-%d %H:%M:%S %:z").to_string()));
    add("Error", "Errore", receipt.error.clone());
    add("Detail", "Dettaglio", receipt.detail.clone());
    let cause = receipt.cause().filter(|_| judged.concern == Some(Concern::Failed));
    add(
        "Cause",
        "Causa",
        cause.map(|cause| if italian { cause.italian() } else { cause.english() }.to_owned()),
    );
    add("Signature", "Firma", Some(signature(receipt, italian)));
    let outcome =
        judged.effect.map_or_else(|| say("none", "nessuno"), |effect| outcome(effect, italian).to_owned());
    add("Outcome", "Esito", Some(outcome));
    let why = if italian { reasons(receipt, judged) } else { Some(judged.why.clone()) };
    add("Why", "Perché", why);
    let width = lines.iter().map(|(name, _)| name.chars().count()).max().unwrap_or_default();
    lines.iter().fold(String::new(), |text, (name, value)| text + &format!("{name:<width$}  {value}\n"))
}

fn kind(receipt: &Receipt, italian: bool) -> String {
    match (&receipt.kind, italian) {
        (Kind::Receipt(kind), true) => format!("ricevuta PEC: {kind}"),
        (Kind::Receipt(kind), false) => format!("PEC receipt: {kind}"),
        (Kind::Dsn, true) => "notifica di mancato recapito di posta ordinaria".to_owned(),
        (Kind::Dsn, false) => "bounce of ordinary mail".to_owned(),
        (Kind::Envelope(kind), true) => format!("PEC in arrivo, non è una ricevuta ({kind})"),
        (Kind::Envelope(kind), false) => format!("incoming PEC, no receipt ({kind})"),
        (Kind::None, true) => "posta ordinaria, non è una ricevuta".to_owned(),
        (Kind::None, false) => "ordinary mail, no receipt".to_owned(),
    }
}

fn signature(receipt: &Receipt, italian: bool) -> String {
    let signature = &receipt.signature;
    let word = match (signature.verdict, italian) {
        (Verdict::Valid, true) => "valida",
        (Verdict::Broken, true) => "NON VALIDA",
        (Verdict::Missing, true) => "assente",
        (Verdict::Unchecked, true) => "non verificabile",
        (Verdict::Valid, false) => "valid",
        (Verdict::Broken, false) => "BROKEN",
        (Verdict::Missing, false) => "missing",
        (Verdict::Unchecked, false) => "cannot be checked",
    };
    let signer = signature.signer.as_ref().map(|signer| format!(", {signer}")).unwrap_or_default();
    // the reasons of signatures are technical, and in English
    let why = if signature.verdict == Verdict::Missing || signature.why.is_empty() {
        String::new()
    } else {
        format!(" ({})", signature.why)
    };
    format!("{word}{signer}{why}")
}

fn outcome(effect: Effect, italian: bool) -> &'static str {
    match (effect, italian) {
        (Effect::Accepted, true) => "accettato dal gestore del mittente; la consegna deve ancora risultare",
        (Effect::Delivered, true) => "consegnato nella casella del destinatario",
        (Effect::Refused, true) => "rifiutato dal gestore del mittente",
        (Effect::Undelivered, true) => "non consegnato",
        (Effect::Warning, true) => "non ancora consegnato; il gestore ci riprova",
        (Effect::Expired, true) => "non consegnato entro 24 ore",
        (Effect::Contested, true) => "rifiutato dal protocollo del destinatario",
        (Effect::Accepted, false) => "accepted by the sender's provider; its delivery is still to come",
        (Effect::Delivered, false) => "delivered into the recipient's mailbox",
        (Effect::Refused, false) => "refused by the sender's provider",
        (Effect::Undelivered, false) => "not delivered",
        (Effect::Warning, false) => "not delivered so far; the provider goes on trying",
        (Effect::Expired, false) => "not delivered within 24 hours",
        (Effect::Contested, false) => "refused by the recipient's protocol desk",
    }
}

/// Why it is not believed, or what else is to be known, in Italian.
fn reasons(receipt: &Receipt, judged: &Judgement) -> Option<String> {
    let mut reasons = Vec::new();
    match judged.concern {
        Some(Concern::Signature) => {
            reasons.push("senza una firma valida del gestore un file non prova nulla".to_owned());
        }
        Some(Concern::External) => {
            reasons
                .push("un destinatario non ha la PEC: la sua consegna non sarà mai certificata".to_owned());
        }
        Some(Concern::Forged) => {
            reasons
                .push("contiene una ricevuta, e una ricevuta dentro un messaggio non prova nulla".to_owned());
        }
        Some(Concern::Contested) => {
            let reason = receipt.exception.as_ref().and_then(|exception| exception.reason.as_deref());
            reasons.push(format!(
                "il protocollo del destinatario lo rifiuta: {}",
                reason.unwrap_or("senza motivo")
            ));
        }
        _ => {}
    }
    reasons.extend(receipt.flaws.iter().map(flaw));
    Some(reasons.join("; ")).filter(|reasons| !reasons.is_empty())
}

fn flaw(flaw: &Flaw) -> String {
    match flaw {
        Flaw::TwoKinds => "le intestazioni indicano due tipi di ricevuta".to_owned(),
        Flaw::NoProvider => "non proviene da un gestore (posta-certificata@...)".to_owned(),
        Flaw::NoCertificate => "manca daticert.xml".to_owned(),
        Flaw::TwoCertificates => "c'è più di un daticert.xml".to_owned(),
        Flaw::Unreadable(reason) => format!("daticert.xml non è leggibile: {reason}"),
        Flaw::OtherKind(kind) => format!("daticert.xml certifica invece \"{kind}\""),
        Flaw::OtherReference(id) => format!("le intestazioni si riferiscono a un altro messaggio ({id})"),
        Flaw::NoReference => "non dice a quale messaggio si riferisce".to_owned(),
        Flaw::UnknownKind => "tipo di ricevuta sconosciuto".to_owned(),
    }
}
