//! A malfunction on the page: number, type, systems, from when to when.

use crate::domain::civil;
use crate::domain::host::Host;
use crate::domain::malfunction::MonthMalfunction;

use super::italian;

/// The headings of its cells.
pub(super) const HEADS: [&str; 4] = ["Numero", "Tipologia", "Sistemi coinvolti", "Periodo"];

/// One malfunction.
#[derive(Debug)]
pub(super) struct FaultRow {
    /// `n. 3`
    pub(super) number: String,
    /// "tipologia"
    pub(super) kind: &'static str,
    /// "sistemi informatici coinvolti"
    pub(super) systems: String,
    /// `dal 03/11/2026, ore 08:10 al 03/11/2026, ore 12:00`
    pub(super) period: String,
}

impl FaultRow {
    /// Words a malfunction, by the clocks of the host.
    pub(super) fn of(malfunction: &MonthMalfunction, host: &Host) -> Self {
        let shown = |at| italian::date_time(civil::local_time(at, host.zone));
        let from = shown(&malfunction.from);
        Self {
            number: format!("n. {}", malfunction.number),
            kind: malfunction.kind.italian(),
            systems: malfunction.systems.clone(),
            period: match &malfunction.to {
                Some(to) => format!("dal {from} al {}", shown(to)),
                None => format!("dal {from}, non risolto nel mese"),
            },
        }
    }

    /// Its cells, in the order of [`HEADS`].
    pub(super) fn cells(&self) -> [&str; 4] {
        [&self.number, self.kind, &self.systems, &self.period]
    }

    /// All of it in one sentence.
    pub(super) fn sentence(&self) -> String {
        self.cells().join("; ")
    }
}
