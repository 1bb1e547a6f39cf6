//! What people are told of a message that does not leave, in Italian.

use super::super::alarm::{Alarm, AlarmKind, Level};

/// A text without mail addresses: they do not belong into the journal nor into alarms.
pub fn without_addresses(text: &str) -> String {
    let words = text.split(' ').map(|word| if word.contains('@') { "..." } else { word });
    words.collect::<Vec<_>>().join(" ")
}

/// The mailbox that sends, as the subject of an alarm.
pub const MAILBOX: &str = "mailbox";

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
        "Il server ha rifiutato definitivamente il messaggio {message} ({what}): {}. Non viene ritentato. Verificare \
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

/// A statement that is no message yet, as the subject of an alarm.
pub fn statement_subject(what: &str) -> String {
    format!("statement {what}")
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
