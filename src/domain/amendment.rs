//! An amendment ("rettifica"): a statement that replaces one that was sent, and says what is
//! different, cell by cell. What was sent never changes.

use chrono::NaiveDate;

use super::statement::StatementNumber;

/// What makes a statement an amendment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Amendment {
    /// 1 for the first amendment of the month, then counted up.
    pub ordinal: u32,
    /// The document that it replaces, as a whole.
    pub replaces: Replaced,
    /// What is different: what concerns the whole month first, then day by day, then the totals.
    pub differences: Vec<Difference>,
}

/// The document that an amendment replaces: the latest one of the month, which may be an amendment
/// itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replaced {
    /// Its number.
    pub number: StatementNumber,
    /// Its revision.
    pub revision: u32,
    /// The civil day on which it was made.
    pub issued: NaiveDate,
    /// The Message-ID under which it left, without its brackets.
    pub message_id: String,
}

/// One cell that a reader of both statements sees differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Where.
    pub place: Place,
    /// Which cell.
    pub column: Column,
    /// What the replaced statement shows, in the words of the page; none where it shows nothing.
    pub before: Option<String>,
    /// What this one shows.
    pub after: Option<String>,
}

/// Where on the page a cell is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// Above the table: it concerns the whole month.
    Heading,
    /// The line of a day.
    Day(NaiveDate),
    /// The totals.
    Totals,
}

macro_rules! columns {
    ($($variant:ident $code:literal $italian:literal,)*) => {
        /// A cell of the page. The code is the key of the data file that holds the same thing.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Column {
            $(#[doc = $italian] $variant,)*
        }

        impl Column {
            /// All of them, in the order of the page.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The code used in JSON.
            pub fn code(self) -> &'static str {
                match self { $(Self::$variant => $code,)* }
            }

            /// The words on the page.
            pub fn italian(self) -> &'static str {
                match self { $(Self::$variant => $italian,)* }
            }
        }
    };
}

columns! {
    Employee "employee" "Lavoratore",
    HomeId "home_id" "Matricola",
    Complete "complete" "Dati pervenuti fino alla fine del mese",
    Malfunction "malfunctions" "Malfunzionamento",
    Day "day" "Giornata",
    Planned "planned" "Giornata concordata",
    Punches "punches" "Timbrature",
    Presence "presence_minutes" "Presenza",
    BreakTaken "break_taken_minutes" "Pausa fruita",
    BreakDeducted "break_deducted_minutes" "Pausa decurtata",
    Worked "worked_minutes" "Ore lavorate",
    Justified "justified_minutes" "Ore giustificate",
    Due "due_minutes" "Ore dovute",
    Balance "balance_minutes" "Saldo",
    Voucher "meal_voucher_conditions" "Condizioni buono pasto",
    Notes "anomalies" "Anomalie/Note",
    TotalPlanned "planned" "Giorni concordati",
    TotalUsed "used" "Giorni fruiti",
    TotalUnused "unused" "Giorni non fruiti",
    TotalRecalled "recalled" "Giorni revocati",
    TotalUnplanned "unplanned" "Giorni non concordati con timbrature",
    TotalOpen "to_regularise" "Da regolarizzare o in attesa di dati",
    TotalWorked "worked_minutes" "Ore lavorate",
    TotalJustified "justified_minutes" "Ore giustificate",
    TotalDue "due_minutes" "Ore dovute",
    TotalBalance "balance_minutes" "Saldo",
    TotalVouchers "meal_voucher_conditions" "Buoni pasto (condizioni orarie)",
}
