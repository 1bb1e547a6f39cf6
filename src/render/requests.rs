//! What the home office is asked to send for each anomaly that is open.

use crate::domain::anomaly::Anomaly;

/// What the page says of a day up to whose end the readers have not yet delivered.
pub(super) const AWAITED: &str = "dati non ancora pervenuti";

/// What becomes of such a day: nothing is asked of anybody.
pub(super) const AWAITED_REMEDY: &str =
    "la sede ospitante trasmetterà una rettifica quando i dati saranno disponibili";

/// The request for an open anomaly; none for the others. Reasons of absence are never asked for.
pub(super) fn request(anomaly: Anomaly) -> Option<&'static str> {
    Some(match anomaly {
        Anomaly::UnpairedIn => "comunicare l'orario di uscita e chi lo ha autorizzato",
        Anomaly::UnpairedOut => "comunicare l'orario di entrata e chi lo ha autorizzato",
        Anomaly::PendingManualPunch => "confermare l'orario inserito manualmente",
        Anomaly::ServiceExitUnclosed => {
            "comunicare l'orario di fine del servizio esterno e chi lo ha autorizzato"
        }
        Anomaly::NotInCalendar => {
            "comunicare se la giornata era stata concordata e trasmettere il calendario aggiornato"
        }
        Anomaly::MonthlyCapExceeded => "comunicare se la giornata in più è riconosciuta",
        Anomaly::NonWorkingDay => "comunicare se il lavoro in giorno non lavorativo era autorizzato",
        Anomaly::HolidayWork => "comunicare se il lavoro in giorno festivo era autorizzato",
        Anomaly::CalendarConflict => "trasmettere il calendario corretto",
        Anomaly::HostClosed => "trasmettere il calendario corretto con la nuova data, se prevista",
        Anomaly::PunchOnRecalledDay => "confermare o annullare la revoca della giornata",
        Anomaly::NoShow => {
            "comunicare se l'assenza era autorizzata (senza indicarne il motivo) o se la giornata è stata spostata"
        }
        Anomaly::PunchOnAbsenceDay => {
            "confermare, modificare o annullare l'assenza comunicata (senza indicarne il motivo)"
        }
        Anomaly::OutOfTerm => "comunicare se il periodo dell'intesa è stato modificato",
        Anomaly::NonexistentLocalTime => "comunicare l'orario effettivo della timbratura",
        Anomaly::AmbiguousLocalTime => {
            "comunicare se la timbratura è anteriore o successiva al ritorno all'ora solare"
        }
        _ => return None,
    })
}

/// True when the anomaly stays true whatever punches may still arrive. The others (a missing exit,
/// a missing break, a late entry) mean nothing before the data of the day are complete.
pub(super) fn holds_before_all_data(anomaly: Anomaly) -> bool {
    matches!(
        anomaly,
        Anomaly::PendingManualPunch
            | Anomaly::ManualPunch
            | Anomaly::NotInCalendar
            | Anomaly::NonWorkingDay
            | Anomaly::HolidayWork
            | Anomaly::CalendarConflict
            | Anomaly::HostClosed
            | Anomaly::RecallShortNotice
            | Anomaly::PunchOnRecalledDay
            | Anomaly::PunchOnAbsenceDay
            | Anomaly::OutOfTerm
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_open_anomaly_and_no_other_has_a_request() {
        for anomaly in Anomaly::ALL {
            assert_eq!(request(*anomaly).is_some(), anomaly.is_open(), "{}", anomaly.code());
        }
    }
}
