//! Alarms: what a person must be told while there is still time, over a way that does not depend on
//! what has failed. Their texts are Italian and hold no personal data: they travel by ordinary mail.

use std::fmt;

/// How much it matters. The order is that of urgency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Something is slower than usual: noted on the spot, nobody is called.
    Yellow,
    /// A person should look today.
    Orange,
    /// A person must act now.
    Red,
}

impl Level {
    /// All of them, the mildest first.
    pub const ALL: [Self; 3] = [Self::Yellow, Self::Orange, Self::Red];

    /// The word of the store and of JSON.
    pub fn code(self) -> &'static str {
        match self {
            Self::Yellow => "yellow",
            Self::Orange => "orange",
            Self::Red => "red",
        }
    }

    /// The level of a stored code.
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.code() == code)
    }

    /// The word for people.
    pub fn italian(self) -> &'static str {
        match self {
            Self::Yellow => "giallo",
            Self::Orange => "arancione",
            Self::Red => "rosso",
        }
    }
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $variant:ident $code:literal $title:literal,)*) => {
        /// What an alarm is about.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum AlarmKind {
            $($(#[$doc])* $variant,)*
        }

        impl AlarmKind {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The word of the store and of JSON.
            pub fn code(self) -> &'static str {
                match self { $(Self::$variant => $code,)* }
            }

            /// In a few Italian words, as a subject of mail.
            pub fn italian(self) -> &'static str {
                match self { $(Self::$variant => $title,)* }
            }
        }
    };
}

kinds! {
    /// A statement is not where it should be by now: the ladder towards its deadline.
    Delivery "delivery" "consegna in ritardo",
    /// It is not known whether a message left: a person should say.
    Doubt "doubt" "invio incerto",
    /// A message was refused for good.
    Blocked "blocked" "messaggio rifiutato dal server",
    /// A statement could not be made into a message.
    Policy "policy" "prospetto non inviabile",
    /// The mail server refused the login.
    Login "login" "accesso alla casella rifiutato",
    /// The mail server cannot be trusted.
    Tls "tls" "server di posta non attendibile",
    /// A certificate comes to its end.
    Certificate "certificate" "certificato in scadenza",
    /// The password of the mailbox comes to its end.
    Password "password" "password in scadenza",
    /// The time of this machine makes no sense.
    Clock "clock" "orologio del sistema",
    /// The disk is nearly full.
    Disk "disk" "spazio su disco",
    /// A receipt that is not what it says.
    Forged "forged" "ricevuta non autentica",
    /// An address that is not certified mail: no proof of delivery will come.
    External "external" "destinatario non PEC",
    /// A receipt that cannot be read.
    Unreadable "unreadable" "ricevuta illeggibile",
    /// Receipts that contradict each other or the message.
    Review "review" "ricevuta da verificare",
    /// The protocol desk of the home office refused what was delivered.
    Exception "exception" "eccezione del protocollo",
    /// The daemon has found a fault that the home offices are told of.
    Malfunction "malfunction" "malfunzionamento",
    /// No receipts can be fetched.
    Receipts "receipts" "ricevute non leggibili dalla casella",
    /// The store came out of a backup, and no letter leaves before a person says so.
    Held "held" "messaggi trattenuti",
    /// The daemon does not work, as the watch from outside has seen.
    Service "service" "servizio fermo",
    /// It works again.
    ServiceBack "service_back" "servizio di nuovo in funzione",
}

impl AlarmKind {
    /// The kind of a stored code.
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.code() == code)
    }
}

/// An alarm to raise. It is raised once for each kind, subject, level and occasion, until it is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alarm {
    /// What it is about.
    pub kind: AlarmKind,
    /// How much it matters.
    pub level: Level,
    /// Which one of its kind: [`message_subject`] for a message, or a word as `mailbox`.
    pub subject: String,
    /// What tells a repetition from the first time: an hour, a number of days. Empty: no repetition.
    pub occasion: String,
    /// What happened and what to do, in Italian, without personal data.
    pub text: String,
    /// The message it is about.
    pub message: Option<i64>,
}

impl Alarm {
    /// An alarm about one message of the outbox.
    pub fn of_message(kind: AlarmKind, level: Level, message: i64, text: impl Into<String>) -> Self {
        let subject = message_subject(message);
        Self { kind, level, subject, occasion: String::new(), text: text.into(), message: Some(message) }
    }

    /// An alarm about something else: one word says what.
    pub fn of(kind: AlarmKind, level: Level, subject: impl Into<String>, text: impl Into<String>) -> Self {
        let (subject, text) = (subject.into(), text.into());
        Self { kind, level, subject, occasion: String::new(), text, message: None }
    }

    /// The same, one repetition of it.
    #[must_use]
    pub fn on(self, occasion: impl Into<String>) -> Self {
        Self { occasion: occasion.into(), ..self }
    }
}

/// The subject of alarms about a message.
pub fn message_subject(message: i64) -> String {
    format!("message {message}")
}

/// One line: level, kind, text.
impl fmt::Display for Alarm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}: {}", self.level.italian(), self.kind.italian(), self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_stable_and_levels_have_an_order() {
        for level in Level::ALL {
            assert_eq!(Level::parse(level.code()), Some(level));
        }
        for kind in AlarmKind::ALL {
            assert_eq!(AlarmKind::parse(kind.code()), Some(*kind));
            assert!(kind.italian().is_ascii(), "it goes into subjects of mail: {}", kind.italian());
        }
        assert_eq!(AlarmKind::parse("fire"), None);
        assert!(Level::Yellow < Level::Orange && Level::Orange < Level::Red);
    }
}
