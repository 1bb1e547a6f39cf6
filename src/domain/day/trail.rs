//! How each number of a day came about: the same steps in English and Italian, fit to be read aloud
//! to the employee.

use chrono::{DateTime, FixedOffset};

use crate::domain::minutes::Minutes;

use super::ground::Ground;

/// What the minutes of a step are about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Measure {
    /// Nothing is counted by this step.
    Nothing,
    /// The time of day that counts for a punch, in minutes after midnight.
    Clock,
    /// What is owed.
    Due,
    /// The hours on their way from the pairs to `worked`; the last `after` is `worked`.
    Worked,
    /// The break taken.
    Break,
    /// Credited leave.
    Justified,
    /// From worked and justified to the balance; its `after` is the balance.
    Balance,
}

macro_rules! rules {
    ($($variant:ident $code:literal $title:literal $measure:ident $english:literal $italian:literal,)*) => {
        /// A rule of the day. Its sentences name `{before}`, `{after}` and `{change}` (minutes),
        /// `{first}` and `{second}` (punches).
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Rule { $(#[doc = $english] $variant,)* }

        impl Rule {
            /// All of them, in the order of the computation.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The code used in JSON and fixtures.
            pub fn code(self) -> &'static str {
                match self { $(Self::$variant => $code,)* }
            }

            /// Its name in Italian.
            pub fn title(self) -> &'static str {
                match self { $(Self::$variant => $title,)* }
            }

            /// What its minutes are about.
            pub fn measure(self) -> Measure {
                match self { $(Self::$variant => Measure::$measure,)* }
            }

            fn sentences(self) -> (&'static str, &'static str) {
                match self { $(Self::$variant => ($english, $italian),)* }
            }
        }
    };
}

rules! {
    InputError "input_error" "orario non valido" Nothing
        "A time of this day does not exist, or exists twice, on the local clock: nothing is counted."
        "Un orario di questa giornata non esiste, o ricorre due volte, nell'ora locale: non si conta nulla.",
    Due "due" "orario dovuto" Due
        "Due on this day: {after}."
        "Orario dovuto in questa giornata: {after}.",
    NationalHoliday "national_holiday" "festa nazionale" Due
        "It is a national holiday: nothing is due."
        "È festa nazionale: non è dovuto nulla.",
    Sunday "sunday" "domenica" Due
        "It is Sunday: nothing is due."
        "È domenica: non è dovuto nulla.",
    HomePatronDay "home_patron_day" "Santo Patrono" Due
        "It is the patron day of the home workplace: nothing is due."
        "È il Santo Patrono della sede di lavoro: non è dovuto nulla.",
    ManualPending "manual_pending" "timbratura manuale da confermare" Nothing
        "The punch of {first} was entered by hand and is not confirmed: it does not count."
        "La timbratura delle {first} è stata inserita a mano e non è confermata: non conta.",
    ManualKept "manual_kept" "timbratura manuale" Nothing
        "The punch of {first} was entered by hand and confirmed: it counts."
        "La timbratura delle {first} è stata inserita a mano e confermata: conta.",
    Repeat "repeat" "timbratura ripetuta" Nothing
        "The punch of {second} repeats that of {first}: it does not count."
        "La timbratura delle {second} ripete quella delle {first}: non conta.",
    Rest "rest" "riposo giornaliero" Nothing
        "From the previous exit to the punch of {first} there are less than 11 hours."
        "Tra l'uscita precedente e la timbratura delle {first} ci sono meno di 11 ore.",
    ReadAsEntry "read_as_entry" "verso per alternanza" Nothing
        "The punch of {first} has no direction and is read as an entry, by alternation."
        "La timbratura delle {first} non ha un verso ed è letta come entrata, per alternanza.",
    ReadAsExit "read_as_exit" "verso per alternanza" Nothing
        "The punch of {first} has no direction and is read as an exit, by alternation."
        "La timbratura delle {first} non ha un verso ed è letta come uscita, per alternanza.",
    Tolerance "tolerance" "tolleranza" Clock
        "The punch of {first} counts as {after}, within the tolerance."
        "La timbratura delle {first} conta come {after}, entro la tolleranza.",
    Rounding "rounding" "arrotondamento" Clock
        "The punch of {first} counts as {after}, rounded."
        "La timbratura delle {first} conta come {after}, per arrotondamento.",
    EntryWithoutExit "entry_without_exit" "entrata senza uscita" Nothing
        "The entry of {first} has no exit: the day is incomplete."
        "L'entrata delle {first} non ha un'uscita: la giornata è incompleta.",
    ExitWithoutEntry "exit_without_entry" "uscita senza entrata" Nothing
        "The exit of {first} has no entry: the day is incomplete."
        "L'uscita delle {first} non ha un'entrata: la giornata è incompleta.",
    ServiceUnclosed "service_unclosed" "servizio esterno senza fine" Nothing
        "The service outside from {first} has no return and no declared end: the day is incomplete."
        "Il servizio esterno dalle {first} non ha rientro né fine dichiarata: la giornata è incompleta.",
    Pair "pair" "coppia di timbrature" Worked
        "From {first} to {second}: {change}; together {after}."
        "Dalle {first} alle {second}: {change}; in tutto {after}.",
    BeforeOpening "before_opening" "prima dell'entrata consentita" Worked
        "Before the allowed entry, not counted: {change}; left {after}."
        "Prima dell'entrata consentita, non conteggiati: {change}; restano {after}.",
    AfterClosing "after_closing" "dopo la chiusura" Worked
        "After closing time, not counted: {change}; left {after}."
        "Dopo la chiusura, non conteggiati: {change}; restano {after}.",
    Service "service" "servizio esterno" Worked
        "Authorised service outside from {first} to {second}: {change}; together {after}."
        "Servizio esterno autorizzato dalle {first} alle {second}: {change}; in tutto {after}.",
    ServiceRefused "service_refused" "servizio esterno non autorizzato" Nothing
        "The service outside from {first} to {second} was not authorised: it does not count."
        "Il servizio esterno dalle {first} alle {second} non è stato autorizzato: non conta.",
    ServiceToEnd "service_to_end" "servizio esterno fino alla fine dichiarata" Worked
        "Service outside from {first} to its declared end: {change}; together {after}."
        "Servizio esterno dalle {first} alla fine dichiarata: {change}; in tutto {after}.",
    BreakTaken "break_taken" "pausa fruita" Break
        "Break taken: {after}."
        "Pausa fatta: {after}.",
    BreakDeducted "break_deducted" "pausa decurtata" Worked
        "Taken off for the missing break: {change}; left {after}."
        "Tolti per la pausa mancante: {change}; restano {after}.",
    Worked "worked" "ore lavorate" Worked
        "Hours worked: {after}."
        "Ore lavorate: {after}.",
    Provisional "provisional" "ore provvisorie" Worked
        "The complete pairs make {after}, for now: the day must first be put right."
        "Le coppie complete danno {after}, in via provvisoria: la giornata è da regolarizzare.",
    Justified "justified" "ore giustificate" Justified
        "Credited leave: {after}."
        "Permesso o assenza riconosciuti: {after}.",
    LateEntry "late_entry" "entrata in ritardo" Nothing
        "The first entry, {first}, is after the flexible hours and leave does not cover it."
        "La prima entrata, delle {first}, è oltre la fascia di flessibilità e non è coperta da permesso.",
    EarlyExit "early_exit" "uscita anticipata" Nothing
        "The last exit, {first}, is before the end of compulsory presence and leave does not cover it."
        "L'ultima uscita, delle {first}, è prima della fine della compresenza e non è coperta da permesso.",
    CoreAbsence "core_absence" "assenza in compresenza" Nothing
        "From {first} to {second} compulsory presence is missed; neither leave nor the break covers it all."
        "Dalle {first} alle {second} manca la compresenza; né permesso né pausa la coprono tutta.",
    Recalled "recalled" "giornata revocata" Due
        "The home workplace recalled the day: nothing is due here."
        "La sede di lavoro ha revocato la giornata: qui non è dovuto nulla.",
    LeaveVoid "leave_void" "permesso senza effetto" Justified
        "On a recalled day leave is a matter of the home workplace: it counts nothing here."
        "In una giornata revocata i permessi riguardano la sede di lavoro: qui non si contano.",
    Balance "balance" "saldo" Balance
        "Worked and justified {before}, due {change}: {after}."
        "Lavorate e giustificate {before}, dovute {change}: {after}.",
    VoucherMet "voucher_met" "buono pasto" Nothing
        "The hours' conditions of the meal voucher are met."
        "Condizioni orarie per il buono pasto: sì.",
    VoucherNotMet "voucher_not_met" "buono pasto" Nothing
        "The hours' conditions of the meal voucher are not met."
        "Condizioni orarie per il buono pasto: no.",
    Status "status" "esito" Nothing
        "How the day ends: {because}."
        "Esito della giornata: {because}.",
}

/// One step of the computation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Which rule of the day it is.
    pub rule: Rule,
    /// What decided.
    pub because: Ground,
    /// The minutes before.
    pub before: Minutes,
    /// The minutes after.
    pub after: Minutes,
    /// The punches it used, as they were seen.
    pub punches: Vec<DateTime<FixedOffset>>,
}

impl Step {
    /// The step as an English sentence.
    pub fn english(&self) -> String {
        let because = self.because.to_string().replace('_', " ");
        self.told(self.rule.sentences().0, &ENGLISH, &because)
    }

    /// The step as an Italian sentence.
    pub fn italian(&self) -> String {
        self.told(self.rule.sentences().1, &ITALIAN, &self.because.italian())
    }

    fn told(&self, sentence: &str, words: &Words, because: &str) -> String {
        let clock = |at: &DateTime<FixedOffset>| {
            at.format(if self.rule == Rule::Repeat { "%H:%M:%S" } else { "%H:%M" }).to_string()
        };
        let punch = |position: usize| self.punches.get(position).map(clock).unwrap_or_default();
        let after = match self.rule.measure() {
            Measure::Clock => format!("{:0>5}", self.after.to_string()),
            Measure::Balance => words.balance(self.after),
            _ => words.duration(self.after),
        };
        sentence
            .replace("{first}", &punch(0))
            .replace("{second}", &punch(1))
            .replace("{before}", &words.duration(self.before))
            .replace("{after}", &after)
            .replace("{change}", &words.duration(self.after - self.before))
            .replace("{because}", because)
    }
}

/// How a language says durations and balances.
struct Words {
    hour: [&'static str; 2],
    minute: [&'static str; 2],
    and: &'static str,
    /// Nothing over or short, over, short.
    balance: [&'static str; 3],
}

const ENGLISH: Words = Words {
    hour: ["hour", "hours"],
    minute: ["minute", "minutes"],
    and: "and",
    balance: ["even", "over", "short"],
};

const ITALIAN: Words = Words {
    hour: ["ora", "ore"],
    minute: ["minuto", "minuti"],
    and: "e",
    balance: ["in pari", "in più", "in meno"],
};

impl Words {
    /// "7 hours and 12 minutes", without sign.
    fn duration(&self, minutes: Minutes) -> String {
        let all = minutes.0.unsigned_abs();
        let counted = |number: u32, [one, many]: [&str; 2]| {
            format!("{number} {}", if number == 1 { one } else { many })
        };
        let (hours, rest) = (counted(all / 60, self.hour), counted(all % 60, self.minute));
        match (all / 60, all % 60) {
            (0, _) => rest,
            (_, 0) => hours,
            _ => format!("{hours} {} {rest}", self.and),
        }
    }

    /// "15 minutes short"
    fn balance(&self, minutes: Minutes) -> String {
        let [even, over, short] = self.balance;
        match minutes.cmp(&Minutes::ZERO) {
            std::cmp::Ordering::Equal => even.to_owned(),
            std::cmp::Ordering::Greater => format!("{} {over}", self.duration(minutes)),
            std::cmp::Ordering::Less => format!("{} {short}", self.duration(minutes)),
        }
    }
}
