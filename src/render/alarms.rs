//! Alarms as people read them: a text for a mail, a file, or a program that passes it on.

use chrono::{DateTime, Utc};

use crate::domain::alarm::Alarm;
use crate::domain::civil;
use crate::domain::host::Host;

/// The alarms with the time at which each was raised, the gravest first. No personal data.
pub fn alarms_text(alarms: &[(DateTime<Utc>, &Alarm)], host: &Host) -> String {
    let mut alarms = alarms.to_vec();
    alarms.sort_by_key(|(_, alarm)| std::cmp::Reverse(alarm.level));
    let mut text = format!("timbra - {}\n", host.office.name);
    for (at, alarm) in alarms {
        let when = civil::local_time(&at, host.zone).format("%d/%m/%Y %H:%M");
        let level = alarm.level.italian().to_uppercase();
        text += &format!("\n[{level}] {} ({when})\n{}\n", alarm.kind.italian(), alarm.text);
    }
    text + "\nMessaggio generato automaticamente. timbra status mostra la situazione completa.\n"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::agreement::{Contact, Office, OfficeKind};
    use crate::domain::alarm::{AlarmKind, Level};

    #[test]
    fn the_gravest_comes_first() {
        let host = Host {
            office: Office {
                name: "Prefettura di Torino".to_owned(),
                kind: OfficeKind::Prefettura,
                city: "Torino".to_owned(),
                patron: None,
            },
            zone: chrono_tz::Europe::Rome,
            responsible: "dott.ssa Carla Modello".to_owned(),
            contact: Contact {
                name: "dott.ssa Carla Modello".to_owned(),
                role: None,
                email: None,
                phone: None,
                valid_from: None,
                valid_to: None,
            },
            other_contacts: Vec::new(),
            it_office: None,
            max_days_per_month: 5,
        };
        let mild = Alarm::of(AlarmKind::Password, Level::Orange, "mailbox", "Scade il 31/12/2026.");
        let grave = Alarm::of_message(AlarmKind::Delivery, Level::Red, 7, "roma-01 2026-10: non consegnato.");
        let at: DateTime<Utc> = "2026-11-09T07:00:00Z".parse().unwrap();
        let text = alarms_text(&[(at, &mild), (at, &grave)], &host);
        assert_eq!(
            text,
            "timbra - Prefettura di Torino\n\n[ROSSO] consegna in ritardo (09/11/2026 08:00)\nroma-01 2026-10: non consegnato.\n\n\
             [ARANCIONE] password in scadenza (09/11/2026 08:00)\nScade il 31/12/2026.\n\n\
             Messaggio generato automaticamente. timbra status mostra la situazione completa.\n"
        );
    }
}
