//! What people are told of a message that does not leave, in Italian.

use chrono::{NaiveDate, TimeDelta};

use super::super::alarm::{Alarm, AlarmKind, Level};
use super::super::clock_guard::Trust;
use super::super::expiry::Notice;

/// A text without mail addresses: they do not belong into the journal nor into alarms.
pub fn without_addresses(text: &str) -> String {
    let words = text.split(' ').map(|word| if word.contains('@') { "..." } else { word });
    words.collect::<Vec<_>>().join(" ")
}

/// The mailbox that sends, as the subject of an alarm.
pub const MAILBOX: &str = "mailbox";

/// The clock, as the subject of an alarm.
pub const CLOCK: &str = "clock";

/// All letters, as the subject of an alarm.
pub const LETTERS: &str = "letters";

/// The disk, as the subject of an alarm.
pub const DISK: &str = "disk";

/// The login was refused.
pub fn login_refused(reply: &str) -> Alarm {
    let text = format!(
        "Il server di posta ha rifiutato l'accesso alla casella ({}). Nessun messaggio parte più: altri tentativi \
         bloccherebbero la casella. Correggere utente o password, poi far rileggere la configurazione: \
         systemctl reload timbra.",
        without_addresses(reply)
    );
    Alarm::of(AlarmKind::Login, Level::Orange, MAILBOX, text)
}

/// The password cannot be read.
pub fn no_password(reason: &str) -> Alarm {
    let text = format!(
        "La password della casella non si legge: i messaggi attendono ({}). Correggere, poi systemctl reload timbra.",
        without_addresses(reason)
    );
    Alarm::of(AlarmKind::Login, Level::Orange, MAILBOX, text)
}

/// The server cannot be trusted.
pub fn not_trusted(reply: &str) -> Alarm {
    let text = format!(
        "Il server di posta non è attendibile o non offre la cifratura ({}). Non è stato inviato nulla in chiaro; \
         si ritenta ogni 30 minuti. Verificare il certificato del server e la chiave ca_file.",
        without_addresses(reply)
    );
    Alarm::of(AlarmKind::Tls, Level::Orange, MAILBOX, text)
}

/// The message was refused for good.
pub fn blocked(message: i64, what: &str, reply: &str) -> Alarm {
    let text = format!(
        "Il server ha rifiutato definitivamente il messaggio {message} ({what}): {}; le sue parole: timbra outbox show \
         {message}. Non viene ritentato. Verificare \
         l'indirizzo e la casella del destinatario, poi: timbra outbox retry {message}, oppure inviare a mano e \
         timbra outbox close {message} --why \"...\".",
        without_addresses(reply)
    );
    Alarm::of_message(AlarmKind::Blocked, Level::Orange, message, text)
}

/// A statement cannot be made into a message.
pub fn not_sealed(what: &str, reason: &str) -> Alarm {
    let text = format!(
        "Il prospetto {what} non può essere composto: {}. Correggere la configurazione; timbra check elenca gli errori.",
        without_addresses(reason)
    );
    Alarm::of(AlarmKind::Policy, Level::Orange, statement_subject(what), text)
}

/// A month of an agreement cannot be computed, since a punch of it is damaged; `occasion` tells who has found it.
pub fn damaged_punch(what: &str, occasion: &str) -> Alarm {
    let text = format!(
        "{what}: una timbratura in archivio è danneggiata e il mese non si può calcolare: prospetto e rettifica non \
         partono; quelli degli altri partono. Fermare timbra, timbra verify, ripristinare l'ultima copia di sicurezza \
         integra (timbra restore)."
    );
    Alarm::of(AlarmKind::Policy, Level::Orange, statement_subject(what), text).on(occasion)
}

/// A statement that is no message yet, as the subject of an alarm.
pub fn statement_subject(what: &str) -> String {
    format!("statement {what}")
}

/// A person must say whether a message arrived.
pub fn doubtful(message: i64, what: &str, resent: bool, restored: bool) -> Alarm {
    let again = match (resent, restored) {
        (_, true) => " Viene da una copia di sicurezza: non è rinviato in automatico.",
        (true, false) => " È già stato rinviato una volta in automatico.",
        (false, false) => "",
    };
    let text = format!(
        "Non si sa se il messaggio {message} ({what}) sia partito: il server non ha risposto, o nessuna ricevuta è \
         arrivata.{again} Cercarlo nella casella PEC o chiedere alla sede di lavoro. Se risulta inviata: timbra outbox \
         close {message} --why \"...\". Per reinviare (stesso messaggio, stesso numero): timbra outbox retry {message}."
    );
    Alarm::of_message(AlarmKind::Doubt, Level::Orange, message, text)
}

/// The clock of this machine makes no sense.
pub fn clock_not_sound(trust: Trust) -> Option<Alarm> {
    let what = match trust {
        Trust::Sound => return None,
        Trust::Unkept => {
            "non è sincronizzato con un server di riferimento (NTP) e nessuno ne ha confermato l'ora"
                .to_owned()
        }
        Trust::Behind { by } => format!("segna {} in meno dell'ora più recente già vista", span(by)),
        Trust::Jumped { by } if by < TimeDelta::zero() => format!("è tornato indietro di {}", span(-by)),
        Trust::Jumped { by } => format!("è saltato in avanti di {}", span(by)),
    };
    let text = format!(
        "L'orologio del sistema {what}. Nessun nuovo prospetto viene chiuso finché l'ora non torna giusta; le \
         ricevute continuano ad arrivare. Verificare data e ora (timedatectl); se ora sono giuste: timbra clock confirm."
    );
    Some(Alarm::of(AlarmKind::Clock, Level::Orange, CLOCK, text))
}

/// Days, hours and minutes, the largest two that count.
fn span(by: TimeDelta) -> String {
    let (days, hours, minutes) = (by.num_days(), by.num_hours() % 24, by.num_minutes() % 60);
    match (days, hours) {
        (0, 0) => format!("{minutes} minuti"),
        (0, _) => format!("{hours} ore e {minutes} minuti"),
        _ => format!("{days} giorni e {hours} ore"),
    }
}

/// What ends on a day, in Italian, for [`ending`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// The certificate that the mail server shows.
    Server,
    /// An authority in `ca_file`.
    Authority,
    /// The password of the mailbox.
    Password,
}

/// Something ends on a day.
pub fn ending(what: Ending, end: NaiveDate, notice: Notice) -> Alarm {
    let (kind, subject, name, action) = match what {
        Ending::Server => (
            AlarmKind::Certificate,
            "server",
            "Il certificato del server di posta",
            "Chiedere al gestore se verrà rinnovato in tempo: dopo quel giorno nessun messaggio parte.",
        ),
        Ending::Authority => (
            AlarmKind::Certificate,
            "ca_file",
            "Un'autorità di certificazione indicata in ca_file",
            "Aggiornare il file con la nuova autorità del gestore: dopo quel giorno nessun messaggio parte.",
        ),
        Ending::Password => (
            AlarmKind::Password,
            MAILBOX,
            "La password della casella",
            "Rinnovarla presso il gestore, aggiornare il file della password e password_expires, poi systemctl reload timbra.",
        ),
    };
    let date = end.format("%d/%m/%Y");
    let when = if notice.days == 0 { format!("è scaduta il {date}") } else { format!("scade il {date}") };
    let when = if what == Ending::Server { when.replace("scaduta", "scaduto") } else { when };
    Alarm::of(kind, notice.level, subject, format!("{name} {when}. {action}"))
        .on(format!("{end} {}", notice.days))
}

/// A malfunction, as the subject of an alarm.
pub fn malfunction_subject(number: u32) -> String {
    format!("malfunction {number}")
}

/// A fault has lasted, and is a malfunction now. `systems`: its kind and the systems involved.
pub fn malfunction(number: u32, (kind, systems): (&str, &str), needs_leave: bool) -> Alarm {
    let next = if needs_leave {
        format!("Nessuno viene avvisato finché non è confermato: timbra malfunction confirm {number}.")
    } else {
        "Le sedi di lavoro vengono avvisate.".to_owned()
    };
    let text = format!(
        "Malfunzionamento n. {number}: {kind}; {systems}. {next} Indicare i tempi previsti: timbra malfunction update \
         {number} --expected \"AAAA-MM-GG HH:MM\"."
    );
    Alarm::of(AlarmKind::Malfunction, Level::Orange, malfunction_subject(number), text)
}

/// No letter leaves since a restore.
pub fn letters_held() -> Alarm {
    let text = "L'archivio viene da una copia di sicurezza: nessun messaggio parte, perché può essere già partito. \
                Cercare nella casella ciò che è stato inviato dopo la copia, poi: timbra outbox resume.";
    Alarm::of(AlarmKind::Held, Level::Orange, LETTERS, text)
}

/// There is no room left on the disk.
pub fn disk_full(free: u64) -> Alarm {
    let text = format!(
        "Sul disco di timbra restano {} MB: i messaggi attendono e lo spazio è riservato alle timbrature. Liberare spazio.",
        free / 1_000_000
    );
    Alarm::of(AlarmKind::Disk, Level::Red, DISK, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_and_what_ends_are_told_in_words() {
        let told = |by| clock_not_sound(Trust::Jumped { by }).unwrap().text;
        assert!(told(TimeDelta::minutes(1500)).contains("in avanti di 1 giorni e 1 ore"));
        assert!(told(TimeDelta::minutes(-75)).contains("indietro di 1 ore e 15 minuti"));
        assert_eq!(clock_not_sound(Trust::Sound), None);
        let end = "2026-12-31".parse().unwrap();
        let notice = |days| Notice { level: Level::Orange, days };
        assert!(
            ending(Ending::Server, end, notice(7))
                .text
                .starts_with("Il certificato del server di posta scade il 31/12/2026.")
        );
        assert!(ending(Ending::Server, end, notice(0)).text.contains("posta è scaduto il"));
        assert!(ending(Ending::Password, end, notice(0)).text.contains("casella è scaduta il"));
        assert_eq!(ending(Ending::Password, end, notice(7)).occasion, "2026-12-31 7");
    }

    #[test]
    fn addresses_do_not_travel() {
        let alarm = blocked(7, "roma-01 2026-10", "550 5.1.1 <protocollo@sede.example>: unknown");
        assert!(alarm.text.contains("550 5.1.1 ... unknown"), "{}", alarm.text);
        for alarm in [
            alarm,
            login_refused("535 a@b"),
            not_trusted("x"),
            not_sealed("roma-01 2026-10", "a@b is no address"),
            disk_full(1),
        ] {
            assert!(!alarm.text.contains('@'), "{}", alarm.text);
        }
    }
}
