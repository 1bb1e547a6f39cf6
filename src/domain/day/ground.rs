//! What decided a step: a parameter of the profile, or a fact of the day. As the files write it, and
//! in Italian, to be read aloud.

use std::fmt;

use chrono::Weekday;

use crate::domain::anomaly::Anomaly;
use crate::domain::civil::TimeOfDay;
use crate::domain::cycle::DueKey;
use crate::domain::minutes::Minutes;
use crate::domain::profile::{BreakRule, CreditMode, DeductionMode};

use super::outcome::Status;

/// What decided a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ground {
    /// What the profile owes under a key.
    Due(DueKey, Minutes),
    /// The name of a national holiday.
    Holiday(&'static str),
    /// A parameter that is a number, or an amount of minutes.
    Number(Parameter, i64),
    /// The start of a band.
    From(Bound, TimeOfDay),
    /// The end of a band.
    To(Bound, TimeOfDay),
    /// Something that is so.
    Fact(Fact),
    /// Which gaps count as the break.
    Credit(CreditMode),
    /// When a break is due, how long, and what happens without it.
    Break(BreakRule),
    /// What is wrong with a time.
    Fault(Anomaly),
    /// How the day ends.
    Outcome(Status),
}

macro_rules! worded {
    ($(#[$doc:meta])* $type:ident: $($variant:ident $code:literal $italian:literal,)*) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $type { $(#[doc = concat!("`", $code, "`")] $variant,)* }

        impl $type {
            /// As the files write it.
            pub fn code(self) -> &'static str {
                match self { $(Self::$variant => $code,)* }
            }

            /// In Italian.
            pub fn italian(self) -> &'static str {
                match self { $(Self::$variant => $italian,)* }
            }
        }
    };
}

worded! {
    /// A number of the profile, or one that the day came to.
    Parameter:
    Dedupe "dedupe_seconds" "secondi entro i quali una timbratura ripete la precedente",
    ToleranceIn "tolerance_in" "minuti di tolleranza in entrata",
    ToleranceOut "tolerance_out" "minuti di tolleranza in uscita",
    RoundLateIn "round_late_in" "arrotondamento dell'entrata in ritardo, in minuti",
    RoundEarlyOut "round_early_out" "arrotondamento dell'uscita anticipata, in minuti",
    MaxSpan "max_span_minutes" "minuti al massimo tra un'entrata e la sua uscita",
    Presence "presence_minutes" "minuti di presenza",
    DueMinutes "due_minutes" "minuti dovuti",
}

worded! {
    /// A band whose start or end decided.
    Bound:
    ServiceHours "service_hours" "orario di apertura",
    EntryBand "entry_band" "fascia di flessibilità in entrata",
    AuthorizedFrom "authorized_from" "entrata anticipata autorizzata",
}

worded! {
    /// Something that is so on the day.
    Fact:
    HomePatronDay "home_patron_day = true" "Santo Patrono della sede di lavoro",
    NotConfirmed "confirmed = false" "senza conferma",
    Confirmed "confirmed = true" "con conferma",
    PreviousExit "previous_exit" "uscita precedente",
    Toggle "reader_mode = toggle" "lettore senza verso: le timbrature si alternano",
    NoDirection "direction = null" "timbratura senza verso",
    InAfterIn "in after in" "un'entrata dopo un'altra",
    OutWithNoneOpen "out with none open" "un'uscita senza entrata aperta",
    OpenAtTheEnd "open at the end" "un'entrata aperta a fine giornata",
    ServiceEnd "service_end_declared" "fine del servizio dichiarata",
    ServiceAuthorized "service_authorized = true" "servizio esterno autorizzato",
    ServiceNotAuthorized "service_authorized = false" "servizio esterno non autorizzato",
    Core "core" "fascia di compresenza",
    HourlyLeave "oraria" "permesso orario",
    FullDayLeave "giornaliera" "assenza per l'intera giornata",
    Recalled "recalled = true" "giornata revocata",
    Voucher "voucher" "condizioni del buono pasto",
}

/// As the files write it: `tolerance_in = 15`.
impl fmt::Display for Ground {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Due(key, minutes) => write!(f, "{key} = {}", minutes.0),
            Self::Holiday(name) => f.write_str(name),
            Self::Number(parameter, number) => write!(f, "{} = {number}", parameter.code()),
            Self::From(bound, time) => write!(f, "{} from {time}", bound.code()),
            Self::To(bound, time) => write!(f, "{} to {time}", bound.code()),
            Self::Fact(fact) => f.write_str(fact.code()),
            Self::Credit(mode) => write!(f, "credit_mode = {}", credit(mode).0),
            Self::Break(rule) => write!(
                f,
                "threshold_minutes = {}, min_minutes = {}, deduction_mode = {}",
                rule.threshold.0,
                rule.minimum.0,
                deduction(rule.deduction).0
            ),
            Self::Fault(anomaly) => f.write_str(anomaly.code()),
            Self::Outcome(status) => f.write_str(status.code()),
        }
    }
}

impl Ground {
    /// In Italian: `minuti di tolleranza in entrata: 15`.
    pub fn italian(self) -> String {
        match self {
            Self::Due(key, minutes) => format!("{}: {minutes}", due(key)),
            Self::Holiday(name) => name.to_owned(),
            Self::Number(parameter, number) => format!("{}: {number}", parameter.italian()),
            Self::From(bound, time) => format!("{}: dalle {time}", bound.italian()),
            Self::To(bound, time) => format!("{}: fino alle {time}", bound.italian()),
            Self::Fact(fact) => fact.italian().to_owned(),
            Self::Credit(mode) => format!("pausa fruita: {}", credit(mode).1),
            Self::Break(rule) => format!(
                "oltre {} di presenza una pausa di almeno {}; se manca: {}",
                rule.threshold,
                rule.minimum,
                deduction(rule.deduction).1
            ),
            Self::Fault(anomaly) => anomaly.italian().to_owned(),
            Self::Outcome(status) => status.italian().to_owned(),
        }
    }
}

fn due(key: DueKey) -> String {
    let day = |weekday: Weekday| match weekday {
        Weekday::Mon => "il lunedì",
        Weekday::Tue => "il martedì",
        Weekday::Wed => "il mercoledì",
        Weekday::Thu => "il giovedì",
        Weekday::Fri => "il venerdì",
        Weekday::Sat => "il sabato",
        Weekday::Sun => "la domenica",
    };
    match key {
        DueKey::Holiday => "orario dovuto nei festivi".to_owned(),
        DueKey::OfCycle(week, weekday) => {
            format!("orario dovuto {} della settimana {week} del ciclo", day(weekday))
        }
        DueKey::Of(weekday) => format!("orario dovuto {}", day(weekday)),
    }
}

fn credit(mode: CreditMode) -> (&'static str, &'static str) {
    match mode {
        CreditMode::Sum => ("sum", "la somma degli intervalli"),
        CreditMode::Longest => ("longest", "l'intervallo più lungo"),
        CreditMode::First => ("first", "il primo intervallo"),
    }
}

fn deduction(mode: DeductionMode) -> (&'static str, &'static str) {
    match mode {
        DeductionMode::Graduated => ("graduated", "si tolgono i minuti mancanti, mai sotto la soglia"),
        DeductionMode::Full => ("full", "si tolgono tutti i minuti mancanti"),
        DeductionMode::VoucherThreshold => {
            ("voucher_threshold", "si tolgono i minuti mancanti solo se restano le ore del buono pasto")
        }
        DeductionMode::IfStamped => ("if_stamped", "si completa al minimo la sola pausa timbrata"),
        DeductionMode::None => ("none", "non si toglie nulla"),
    }
}
