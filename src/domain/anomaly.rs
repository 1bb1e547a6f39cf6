//! The closed list of what can be wrong with a day, one Italian sentence each.

macro_rules! anomalies {
    ($($variant:ident $code:literal $text:literal $open:literal,)*) => {
        /// Something about a day that a person should know.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Anomaly {
            $(#[doc = $text] $variant,)*
        }

        impl Anomaly {
            /// All of them, in the order of the table.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The code used in JSON, CSV and fixtures.
            pub fn code(self) -> &'static str {
                match self { $(Self::$variant => $code,)* }
            }

            /// The sentence on the statement.
            pub fn italian(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }

            /// True when somebody must act before the day can be counted ("da regolarizzare").
            pub fn is_open(self) -> bool {
                match self { $(Self::$variant => $open,)* }
            }
        }
    };
}

anomalies! {
    DuplicatePunch "duplicate_punch" "timbratura doppia, ignorata" false,
    UnpairedIn "unpaired_in" "manca l'uscita" true,
    UnpairedOut "unpaired_out" "manca l'entrata" true,
    PendingManualPunch "pending_manual_punch" "timbratura manuale da confermare" true,
    ManualPunch "manual_punch" "timbratura manuale" false,
    EarlyEntryNotCounted "early_entry_not_counted" "minuti prima della fascia non conteggiati" false,
    LateExitNotCounted "late_exit_not_counted" "minuti dopo la chiusura non conteggiati" false,
    LateEntry "late_entry" "entrata oltre la fascia" false,
    EarlyExit "early_exit" "uscita prima della fine della compresenza" false,
    CoreAbsence "core_absence" "assenza in fascia di compresenza" false,
    BreakMissing "break_missing" "pausa non timbrata, decurtata" false,
    BreakShort "break_short" "pausa inferiore al minimo, differenza decurtata" false,
    BreakLong "break_long" "pausa oltre il massimo" false,
    ServiceExitUnclosed "service_exit_unclosed" "servizio esterno senza rientro" true,
    ServiceNotAuthorized "service_not_authorized" "servizio esterno non autorizzato" false,
    NotInCalendar "not_in_calendar" "giorno non in calendario" true,
    MonthlyCapExceeded "monthly_cap_exceeded" "superato il numero di giorni del mese" true,
    NonWorkingDay "non_working_day" "giorno non lavorativo per il profilo" true,
    HolidayWork "holiday_work" "timbrature in giorno festivo" true,
    CalendarConflict "calendar_conflict" "calendario su giorno festivo" true,
    HostClosed "host_closed" "sede ospitante chiusa (Santo Patrono)" true,
    RecallShortNotice "recall_short_notice" "preavviso inferiore a quello convenuto" false,
    PunchOnRecalledDay "punch_on_recalled_day" "timbrature in giorno revocato" true,
    NoShow "no_show" "nessuna timbratura e nessuna assenza comunicata" true,
    PunchOnAbsenceDay "punch_on_absence_day" "timbrature in giorno di assenza" true,
    OutOfTerm "out_of_term" "fuori dal periodo dell'intesa" true,
    MidnightCrossing "midnight_crossing" "a cavallo della mezzanotte" false,
    DstTransition "dst_transition" "cambio dell'ora" false,
    DailyRestShort "daily_rest_short" "riposo inferiore a 11 ore" false,
    NonexistentLocalTime "nonexistent_local_time" "ora inesistente" true,
    AmbiguousLocalTime "ambiguous_local_time" "ora che ricorre due volte" true,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique() {
        let mut codes: Vec<_> = Anomaly::ALL.iter().map(|a| a.code()).collect();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), Anomaly::ALL.len());
    }
}
