//! The host ("sede ospitante"): the office that runs this program.

use chrono::NaiveDate;
use chrono_tz::Tz;

use super::agreement::{Contact, Office};
use super::calendar::OfficeDays;

/// The office that hosts the coworkers and sends the statements.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Host {
    /// Name, kind, city, patron day.
    pub office: Office,
    /// The zone of its clocks.
    pub zone: Tz,
    /// Printed on each statement instead of a signature (d.lgs. 39/1993 art. 3 c. 2).
    pub responsible: String,
    /// Whom the home offices may ask (art. 5 c. 2 of the intesa): the first of several.
    pub contact: Contact,
    /// The others, each for some time.
    pub other_contacts: Vec<Contact>,
    /// The office responsible for the computer systems (art. 3 c. 2), when named.
    pub it_office: Option<String>,
    /// No agreement may grant more days a month, 1 to 31 (5 in the intesa of 2024).
    pub max_days_per_month: u8,
}

impl Host {
    /// Whom the home offices may ask on a day: the first who is it then, or the first of all.
    pub fn contact_on(&self, date: NaiveDate) -> &Contact {
        self.contacts().find(|contact| contact.holds_on(date)).unwrap_or(&self.contact)
    }

    /// All of them, in the order of the configuration.
    pub fn contacts(&self) -> impl Iterator<Item = &Contact> {
        std::iter::once(&self.contact).chain(&self.other_contacts)
    }

    /// Its working days, in which deadlines are counted.
    pub fn office_days(&self) -> OfficeDays {
        OfficeDays { patron: self.office.patron }
    }
}
