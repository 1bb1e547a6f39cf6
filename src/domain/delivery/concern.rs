//! What a person must hear of mail that came in.

use crate::domain::alarm::{Alarm, AlarmKind, Level};

/// Why somebody should look at a message that came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Concern {
    /// A message claims to be a receipt and is none, or holds a false one.
    Forged,
    /// The signature is missing where it is needed, broken, or cannot be checked.
    Signature,
    /// The provider's certificate of what happened cannot be read.
    Unreadable,
    /// It contradicts itself, or what is known.
    Review,
    /// A kind of receipt that timbra does not know.
    UnknownKind,
    /// It is about a message of ours that this store does not hold.
    Unmatched,
    /// The recipient has no PEC: no proof of delivery will come.
    External,
    /// The provider has not delivered it yet.
    Warning,
    /// It was refused or not delivered.
    Failed,
    /// The protocol desk of the other office refuses it.
    Contested,
}

impl Concern {
    /// All of them.
    pub const ALL: &[Self] = &[
        Self::Forged,
        Self::Signature,
        Self::Unreadable,
        Self::Review,
        Self::UnknownKind,
        Self::Unmatched,
        Self::External,
        Self::Warning,
        Self::Failed,
        Self::Contested,
    ];

    /// The stable word used in the store and in JSON.
    pub fn code(self) -> &'static str {
        match self {
            Self::Forged => "forged",
            Self::Signature => "signature",
            Self::Unreadable => "unreadable",
            Self::Review => "review",
            Self::UnknownKind => "unknown_kind",
            Self::Unmatched => "unmatched",
            Self::External => "external",
            Self::Warning => "warning",
            Self::Failed => "failed",
            Self::Contested => "contested",
        }
    }

    /// The concern of a stored word.
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|concern| concern.code() == code)
    }

    /// True for what is about a message of ours rather than about the mail that tells of it: it ends
    /// when the message arrives or a person settles the message.
    pub fn is_of_message(self) -> bool {
        matches!(self, Self::External | Self::Warning | Self::Failed | Self::Contested)
    }

    /// The alarm it raises. `received` is the number of the mail, `message` that of the message it
    /// is about, where it is known.
    pub fn alarm(self, received: i64, message: Option<i64>) -> Alarm {
        let look = format!("`timbra inbox show {received}`, poi `timbra inbox settle {received} --why ...`");
        let (kind, level, text) = match self {
            Self::Forged => (
                AlarmKind::Forged,
                Level::Red,
                format!("un messaggio in arrivo contiene una falsa ricevuta di un nostro invio; non è stata considerata: {look}"),
            ),
            Self::Signature => (
                AlarmKind::Forged,
                Level::Red,
                format!("una ricevuta non porta una firma valida del gestore; non è stata considerata: {look}"),
            ),
            Self::Unreadable => (
                AlarmKind::Unreadable,
                Level::Orange,
                format!("i dati di certificazione di una ricevuta non sono leggibili; non è stata considerata: {look}"),
            ),
            Self::Review => (
                AlarmKind::Review,
                Level::Orange,
                format!("una ricevuta si contraddice o non corrisponde a quanto inviato; lo stato non cambia: {look}"),
            ),
            Self::UnknownKind => (
                AlarmKind::Review,
                Level::Orange,
                format!("una ricevuta è di tipo sconosciuto; lo stato non cambia: {look}"),
            ),
            Self::Unmatched => (
                AlarmKind::Review,
                Level::Orange,
                format!("una ricevuta riguarda un nostro messaggio che questo archivio non contiene: {look}"),
            ),
            Self::External => (
                AlarmKind::External,
                Level::Red,
                "il destinatario non ha la PEC: la consegna non sarà mai provata; correggere l'indirizzo con \
                 `timbra outbox readdress`"
                    .to_owned(),
            ),
            Self::Warning => (
                AlarmKind::Delivery,
                Level::Orange,
                "non consegnato nelle prime 12 ore; il gestore continua a provare".to_owned(),
            ),
            Self::Failed => (
                AlarmKind::Delivery,
                Level::Red,
                format!("rifiutato o non consegnato; il motivo: `timbra inbox show {received}`"),
            ),
            Self::Contested => (
                AlarmKind::Exception,
                Level::Red,
                format!("il protocollo della sede di appartenenza ha rifiutato quanto consegnato; il motivo: `timbra inbox show {received}`"),
            ),
        };
        match message.filter(|_| self.is_of_message()) {
            Some(message) => {
                let text = format!("messaggio {message}: {text}");
                Alarm::of_message(kind, level, message, text).on(self.code())
            }
            None => Alarm { message, ..Alarm::of(kind, level, received_subject(received), text) },
        }
    }
}

/// The subject of alarms about mail that came in.
pub fn received_subject(received: i64) -> String {
    format!("received {received}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_concern_raises_an_alarm_of_its_own() {
        for concern in Concern::ALL {
            assert_eq!(Concern::parse(concern.code()), Some(*concern));
            let (alone, of) = (concern.alarm(7, None), concern.alarm(7, Some(3)));
            assert_eq!((alone.subject.as_str(), alone.message), ("received 7", None));
            assert_eq!(of.message, Some(3));
            assert_eq!(of.subject == "message 3", concern.is_of_message());
        }
        assert_eq!(Concern::parse("calm"), None);
    }
}
