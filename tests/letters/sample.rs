//! Statements of invented people, built by hand: what the render room is given, without the day
//! computation.

use chrono::{DateTime, FixedOffset, NaiveDate, TimeZone};
use timbra::domain::agreement::{
    Agreement, Contact, Employee, Office, OfficeKind, ProfileVersion, StatementForm, StatementTerms, Term,
    Title,
};
use timbra::domain::amendment::Amendment;
use timbra::domain::anomaly::Anomaly;
use timbra::domain::badge::BadgeHolding;
use timbra::domain::civil::{Band, TimeOfDay};
use timbra::domain::clauses::Clauses;
use timbra::domain::day::{Day, KeptPunch, KeptPunches, Status};
use timbra::domain::host::Host;
use timbra::domain::ids::AgreementId;
use timbra::domain::malfunction::MonthMalfunction;
use timbra::domain::minutes::Minutes;
use timbra::domain::month::Month;
use timbra::domain::month_days::MonthDay;
use timbra::domain::profile::{
    BreakEvidence, BreakRule, CreditMode, DeductionMode, Profile, VoucherRule, Week,
};
use timbra::domain::punch::Direction;
use timbra::domain::release::Release;
use timbra::domain::standing::{CalendarSide, DecidedBy, Standing};
use timbra::domain::statement::{Identity, Statement, StatementNumber};

/// What a statement borrows.
pub(crate) struct Sample {
    pub(crate) agreement: Agreement,
    pub(crate) host: Host,
    pub(crate) identity: Identity,
    pub(crate) days: Vec<MonthDay>,
    pub(crate) malfunctions: Vec<MonthMalfunction>,
    pub(crate) amendment: Option<Amendment>,
}

impl Sample {
    /// The first statement of October 2026, with these days.
    pub(crate) fn new(days: Vec<MonthDay>) -> Self {
        let identity = Identity {
            number: Some(StatementNumber { number: 12, year: 2026 }),
            revision: 1,
            generated_at: DateTime::parse_from_rfc3339("2026-11-05T08:30:00Z").unwrap(),
        };
        Self {
            agreement: agreement(),
            host: host(),
            identity,
            days,
            malfunctions: Vec::new(),
            amendment: None,
        }
    }

    pub(crate) fn statement(&self) -> Statement<'_> {
        let month = Month::parse("2026-10").unwrap();
        let statement =
            Statement::new(&self.agreement, &self.host, month, self.identity, self.days.clone(), true)
                .with_malfunctions(self.malfunctions.clone());
        match &self.amendment {
            Some(amendment) => statement.amending(amendment.clone()),
            None => statement,
        }
    }
}

/// Five agreed days that went as they should.
pub(crate) fn regular_days() -> Vec<MonthDay> {
    vec![
        worked("2026-10-05", "08:00E 13:00U 13:30E 15:42U", 432),
        worked("2026-10-06", "08:10E 13:00U 13:30E 15:47U", 427),
        worked("2026-10-14", "07:58E 13:02U 13:32E 15:45U", 437),
        worked("2026-10-21", "08:00E 13:00U 13:30E 15:42U", 432),
        worked("2026-10-28", "08:00E 13:00U 13:30E 15:42U", 432),
    ]
}

/// A covered, agreed day of 7:12 due, with this many minutes worked.
pub(crate) fn worked(date: &str, punches: &str, minutes: i32) -> MonthDay {
    let known = |minutes| Some(Minutes(minutes));
    let day = Day {
        presence: known(minutes),
        break_taken: known(30),
        break_deducted: known(0),
        worked: known(minutes),
        justified: known(0),
        due: known(432),
        balance: known(minutes - 432),
        not_counted: known(0),
        service: known(0),
        meal_voucher: Some(minutes > 360),
        included_in_totals: true,
        ..day(date, punches, Status::Ok, &[])
    };
    MonthDay { date: date.parse().unwrap(), planned: true, covered: true, day, calendar: agreed() }
}

/// A covered, agreed day whose numbers are not known.
pub(crate) fn open(date: &str, punches: &str, status: Status, anomalies: &[Anomaly]) -> MonthDay {
    let day = day(date, punches, status, anomalies);
    MonthDay { date: date.parse().unwrap(), planned: true, covered: true, day, calendar: agreed() }
}

/// Agreed by the agreement itself.
fn agreed() -> CalendarSide {
    CalendarSide { standing: Standing::Planned, decided_by: DecidedBy::Agreement, ..CalendarSide::default() }
}

fn day(date: &str, punches: &str, status: Status, anomalies: &[Anomaly]) -> Day {
    let punches: KeptPunches = punches.split_whitespace().map(|text| punch(date, text)).collect();
    Day {
        status,
        presence: None,
        break_taken: None,
        break_deducted: None,
        worked: None,
        justified: None,
        due: Some(Minutes(432)),
        balance: None,
        not_counted: None,
        service: None,
        meal_voucher: None,
        anomalies: anomalies.iter().copied().collect(),
        coworking_day_used: !punches.is_empty(),
        included_in_totals: false,
        punches,
        repeated: Vec::new(),
        trail: Vec::new(),
    }
}

/// `08:00E`, with `?`, `M`, `S` and `*` as on the page.
fn punch(date: &str, text: &str) -> KeptPunch {
    let at = at(date, &text.chars().take(5).collect::<String>());
    KeptPunch {
        seen: at,
        counted: at,
        direction: if text.contains('E') { Direction::In } else { Direction::Out },
        guessed: text.contains('?'),
        reason: text.contains('S').then(|| "servizio".to_owned()),
        manual: text.contains('M'),
        unpaired: text.contains('*'),
    }
}

/// An instant by the clocks of Rome.
pub(crate) fn at(date: &str, time: &str) -> DateTime<FixedOffset> {
    let date: NaiveDate = date.parse().unwrap();
    let time = chrono::NaiveTime::parse_from_str(time, "%H:%M").unwrap();
    chrono_tz::Europe::Rome.from_local_datetime(&date.and_time(time)).earliest().unwrap().fixed_offset()
}

fn office(name: &str, city: &str) -> Office {
    Office { name: name.to_owned(), kind: OfficeKind::Prefettura, city: city.to_owned(), patron: None }
}

fn host() -> Host {
    Host {
        office: office("Prefettura - Ufficio territoriale del Governo di Torino", "Torino"),
        zone: chrono_tz::Europe::Rome,
        responsible: "dott. Primo Esempio".to_owned(),
        contact: Contact {
            name: "dott.ssa Bianca Modello".to_owned(),
            role: Some("dirigente dell'Ufficio del personale".to_owned()),
            email: Some("personale.torino@esempio.invalid".to_owned()),
            phone: None,
            valid_from: None,
            valid_to: None,
        },
        other_contacts: Vec::new(),
        it_office: None,
        max_days_per_month: 5,
    }
}

fn agreement() -> Agreement {
    let date = |text: &str| text.parse::<NaiveDate>().unwrap();
    Agreement {
        id: AgreementId::new("bari-2026-3").unwrap(),
        reference: "prot. n. 1234 del 15/07/2026".to_owned(),
        home: office("Prefettura - Ufficio territoriale del Governo di Bari", "Bari"),
        employee: Employee {
            title: Title::DottSsa,
            given_name: "Anna".to_owned(),
            family_name: "Esempio".to_owned(),
            home_id: Some("004217".to_owned()),
            email: None,
            copy: false,
        },
        term: Term { start: date("2026-09-01"), end: date("2027-01-31") },
        days_per_month: 5,
        planned_days: Vec::new(),
        profiles: vec![ProfileVersion { from: date("2026-09-01"), profile: profile() }],
        badges: vec![BadgeHolding {
            number: "0009918273".to_owned(),
            reader: None,
            valid_from: date("2026-09-01"),
            valid_to: date("2027-01-31"),
        }],
        statement: StatementTerms {
            deadline_day: 10,
            to: "protocollo.bari@esempio.invalid".to_owned(),
            nil: true,
            first_month: Month::parse("2026-09").unwrap(),
            form: StatementForm::default(),
            release: Release::Auto,
        },
        home_contacts: vec![Contact {
            name: "dott. Carlo Prova".to_owned(),
            role: Some("dirigente Area II".to_owned()),
            email: None,
            phone: None,
            valid_from: None,
            valid_to: None,
        }],
        readers: Vec::new(),
        clauses: Clauses::default(),
        signed: None,
    }
}

fn band(from: &str, to: &str) -> Band {
    let time = |text| TimeOfDay::parse(text).unwrap();
    Band { from: time(from), to: time(to) }
}

fn profile() -> Profile {
    Profile {
        name: "36 ore su 5 giorni, 7:12".to_owned(),
        due: Week::new([432, 432, 432, 432, 432, 0, 0].map(Minutes)),
        entry_band: Some(band("07:30", "09:00")),
        exit_band: Some(band("14:30", "19:00")),
        core: vec![band("09:00", "13:00")],
        core_long_days: Vec::new(),
        long_days: Week::default(),
        service_hours: None,
        break_rule: BreakRule {
            applies: true,
            threshold: Minutes(360),
            minimum: Minutes(30),
            maximum: None,
            window: None,
            deduction: DeductionMode::Graduated,
            credit: CreditMode::Sum,
        },
        voucher: VoucherRule {
            enabled: true,
            minimum_worked_exclusive: Minutes(360),
            evidence: BreakEvidence::TakenOrDeducted,
            short_day_overtime: Minutes(180),
        },
        dedupe_seconds: 60,
        nominal: Week::default(),
        tolerance_in: Minutes(0),
        tolerance_out: Minutes(0),
        round_late_in: None,
        round_early_out: None,
        max_span: Minutes(960),
        shift_worker: false,
        holiday: None,
        cycle: None,
    }
}
