//! The layout of the table that goes with a statement, as the home office's own system wants it: data
//! of the agreement, so that the file can be loaded as it comes.

use std::collections::BTreeMap;

use super::anomaly::Anomaly;
use super::day::Status;

macro_rules! fields {
    ($($variant:ident $code:literal,)*) => {
        /// What a column holds: a key of the data file, or one made of several.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Field {
            $(#[doc = concat!("`", $code, "`")] $variant,)*
        }

        impl Field {
            /// All of them, in the order of a table without a layout of its own.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The name in the configuration, and the heading unless another is given.
            pub fn code(self) -> &'static str {
                match self { $(Self::$variant => $code,)* }
            }
        }
    };
}

fields! {
    RowId "row_id",
    Agreement "agreement",
    Number "number",
    Year "year",
    Revision "revision",
    HomeId "home_id",
    FamilyName "family_name",
    GivenName "given_name",
    Date "date",
    Planned "planned",
    Covered "covered",
    ToRegularise "to_regularise",
    IncludedInTotals "included_in_totals",
    CoworkingDayUsed "coworking_day_used",
    Status "status",
    Presence "presence_minutes",
    BreakTaken "break_taken_minutes",
    BreakDeducted "break_deducted_minutes",
    Worked "worked_minutes",
    Justified "justified_minutes",
    Due "due_minutes",
    Balance "balance_minutes",
    NotCounted "not_counted_minutes",
    Service "service_minutes",
    MealVoucher "meal_voucher_conditions",
    Anomalies "anomalies",
    Punches "punches",
    Contested "contested",
}

/// A column and its heading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableColumn {
    /// What it holds.
    pub field: Field,
    /// What stands above it.
    pub heading: String,
}

/// How a number of minutes is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Durations {
    /// `432`
    #[default]
    Minutes,
    /// `7:12`
    HoursMinutes,
}

/// How a date is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Dates {
    /// `2026-10-05`
    #[default]
    Iso,
    /// `05/10/2026`
    Italian,
    /// `20261005`
    Compact,
}

/// How letters become bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TableEncoding {
    /// UTF-8
    #[default]
    Utf8,
    /// UTF-8 behind a byte order mark: what a spreadsheet under Windows takes for UTF-8.
    Utf8Bom,
    /// Windows-1252; a letter that it lacks becomes `?`.
    Windows1252,
}

/// The layout of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableLayout {
    /// Its columns in their order; never empty.
    pub columns: Vec<TableColumn>,
    /// What stands between two cells.
    pub separator: u8,
    /// A first line with the headings.
    pub header: bool,
    /// How minutes are written.
    pub durations: Durations,
    /// How dates are written.
    pub dates: Dates,
    /// How letters become bytes.
    pub encoding: TableEncoding,
    /// The words for yes and no.
    pub yes_no: [String; 2],
    /// The home office's own words for ours of [`Status`] (and `awaited`).
    pub status_codes: BTreeMap<String, String>,
    /// The home office's own words for ours of [`Anomaly`]; an empty one leaves it out.
    pub anomaly_codes: BTreeMap<String, String>,
}

/// The status of a day whose data are not complete: no other one is known yet.
pub const AWAITED: &str = "awaited";

impl TableLayout {
    /// The words that a table of status codes may translate.
    pub fn statuses() -> impl Iterator<Item = &'static str> {
        Status::ALL.iter().map(|status| status.code()).chain([AWAITED])
    }

    /// The words that a table of anomaly codes may translate.
    pub fn anomalies() -> impl Iterator<Item = &'static str> {
        Anomaly::ALL.iter().map(|anomaly| anomaly.code())
    }
}

/// All fields under their own names, `;`, minutes, UTF-8.
impl Default for TableLayout {
    fn default() -> Self {
        let column = |field: &Field| TableColumn { field: *field, heading: field.code().to_owned() };
        Self {
            columns: Field::ALL.iter().map(column).collect(),
            separator: b';',
            header: true,
            durations: Durations::default(),
            dates: Dates::default(),
            encoding: TableEncoding::default(),
            yes_no: ["true", "false"].map(str::to_owned),
            status_codes: BTreeMap::new(),
            anomaly_codes: BTreeMap::new(),
        }
    }
}
