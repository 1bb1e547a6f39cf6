//! Why an entry is refused, each with what to do.

use chrono::{NaiveDate, NaiveDateTime};

use crate::domain::badge::BadgeHolding;
use crate::domain::checklist::Item;
use crate::domain::civil::TimeOfDay;
use crate::domain::ids::AgreementId;
use crate::domain::month::Month;

use super::{EntryId, Impossible};

/// Why an entry is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The day cannot be a coworking day at all.
    #[error("{0} cannot be a coworking day: {1}")]
    Impossible(NaiveDate, Impossible),
    /// More days than agreed.
    #[error("{month} would have {days} agreed days; the agreement grants {cap} a month (art. 2 c. 1)")]
    OverCap {
        /// The month.
        month: Month,
        /// Its days with this entry.
        days: usize,
        /// The days granted.
        cap: u8,
    },
    /// The day has begun.
    #[error("{0} has already begun; days are agreed in advance (art. 2 c. 1)")]
    Begun(NaiveDate),
    /// The day is agreed already.
    #[error("{0} is already planned")]
    AlreadyPlanned(NaiveDate),
    /// The day is not agreed.
    #[error("{0} is not a planned day")]
    NotPlanned(NaiveDate),
    /// The same date twice in one command.
    #[error("{0} is written twice")]
    Twice(NaiveDate),
    /// A date of another month than the plan's.
    #[error("{0} does not lie in {1}")]
    OtherMonth(NaiveDate, Month),
    /// Days do not move to another month.
    #[error("{0} and {1} lie in different months; days not used are not carried over (art. 2 c. 1)")]
    AcrossMonths(NaiveDate, NaiveDate),
    /// The month lies outside the term.
    #[error("{0} lies outside the term ({1} to {2})")]
    MonthOutOfTerm(Month, NaiveDate, NaiveDate),
    /// The day lies outside the term.
    #[error("{0} lies outside the term ({1} to {2})")]
    OutOfTerm(NaiveDate, NaiveDate, NaiveDate),
    /// The hours of an absence are upside down.
    #[error("an absence from {0} to {1} has no length")]
    EmptyHours(TimeOfDay, TimeOfDay),
    /// There is an absence in those hours already.
    #[error("{0} has an absence at that time already ({1})")]
    AbsentAlready(NaiveDate, EntryId),
    /// The notice is of a later day than the recalled one.
    #[error("the notice ({notice}) cannot be later than the recalled day ({date})")]
    NoticeAfterDay {
        /// The day of the notice.
        notice: NaiveDate,
        /// The recalled day.
        date: NaiveDate,
    },
    /// The notice lies in the future.
    #[error("the notice cannot be of a day to come ({0})")]
    NoticeToCome(NaiveDate),
    /// The notice was given when there was no agreement yet.
    #[error("a notice of {0} is more than a year before the term")]
    NoticeLongBefore(NaiveDate),
    /// The same days were entered for the month before.
    #[error("these days of {0} are entered already ({1})")]
    SamePlan(Month, EntryId),
    /// The badge is in somebody else's hand on a day.
    #[error("badge {} is held in `{by}` from {} to {}", .badge.number, .badge.valid_from, .badge.valid_to)]
    BadgeHeld {
        /// The badge there.
        badge: BadgeHolding,
        /// The other agreement.
        by: AgreementId,
    },
    /// The badge is in the same hand already.
    #[error("badge {} is held already, from {} to {}", .0.number, .0.valid_from, .0.valid_to)]
    BadgeHeldAlready(BadgeHolding),
    /// No badge of that number was ever given.
    #[error("badge {0} is none of {1}")]
    BadgeUnknown(String, AgreementId),
    /// It was not in their hand on that day.
    #[error("badge {0} is not held on {1}")]
    BadgeNotHeld(String, NaiveDate),
    /// The withdrawal is known.
    #[error("the withdrawal is entered already ({0})")]
    WithdrawnAlready(EntryId),
    /// A withdrawal that would leave no day of the term.
    #[error("the last day {0} lies before the term, which begins on {1}")]
    WithdrawnBeforeStart(NaiveDate, NaiveDate),
    /// The profile holds from that day already.
    #[error("the profile `{0}` holds from that day already ({1})")]
    SameProfile(String, EntryId),
    /// What was recorded of a day cannot be contested before it.
    #[error("{0} has not come yet")]
    DayToCome(NaiveDate),
    /// The day is contested.
    #[error("{0} is contested already ({1})")]
    ContestedAlready(NaiveDate, EntryId),
    /// The day is not contested.
    #[error("{0} is not contested")]
    NotContested(NaiveDate),
    /// It was never noted as there.
    #[error("`{}` is not noted as there", .0.code())]
    NotProvided(Item),
    /// The clocks show that time never, or twice.
    #[error("{0} does not exist, or exists twice: the clocks were changed")]
    NotOnce(NaiveDateTime),
    /// The punch lies in the future.
    #[error("a punch cannot be entered before its time has come")]
    PunchToCome,
    /// The same punch was entered before.
    #[error("that punch was entered already ({0})")]
    PunchEntered(EntryId),
    /// The same punch was voided before.
    #[error("that punch is voided already ({0})")]
    PunchVoided(EntryId),
    /// Neither a malfunction nor a message.
    #[error(
        "a punch is entered or voided on a malfunction or on a message of the home manager; neither is given"
    )]
    NoGrounds,
    /// Whoever entered it cannot confirm it.
    #[error("{0} was entered by {1}, who cannot confirm it")]
    OwnPunch(EntryId, String),
    /// No such entry.
    #[error("{0} of {1} is no {2}")]
    NotOne(EntryId, AgreementId, &'static str),
    /// It has no effect any more.
    #[error("{0} holds no more: {1}")]
    HoldsNoMore(EntryId, String),
}

impl Refusal {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Impossible(..) => "agree another day with the home office",
            Self::OverCap { .. } => "leave days out, or correct days_per_month if the agreement was changed",
            Self::Begun(_) => {
                "enter it with --late if it was agreed in time or is accepted: it is marked as late"
            }
            Self::NotPlanned(_) => {
                "see `timbra log`; the agreed days of a month are entered by `timbra plan`"
            }
            Self::Twice(_) => "write each date once",
            Self::OtherMonth(..) => "write the days of one month only; each month has its own plan",
            Self::AcrossMonths(..) => "take a day of the same month",
            Self::MonthOutOfTerm(..) | Self::OutOfTerm(..) => "check the agreement and the date",
            Self::BadgeHeld { .. } => "a badge is in one hand at a time: enter its return there first",
            Self::BadgeUnknown(..) | Self::BadgeNotHeld(..) => {
                "`timbra badge show AGREEMENT` lists who held what, from when to when"
            }
            Self::WithdrawnAlready(_) => "take it back first, by `timbra undo`, to enter another day",
            Self::WithdrawnBeforeStart(..) => {
                "write the last day in coworking, a day of the term; if the term never began, remove the agreement's file from agreements/"
            }
            Self::DayToCome(_) => "check the date",
            Self::NotContested(_) => "`timbra log AGREEMENT` shows what is contested",
            Self::NotProvided(_) => "`timbra checklist AGREEMENT` shows what is there",
            Self::EmptyHours(..) => "write --from before --to",
            Self::AbsentAlready(..) => "revoke the earlier one first, by `timbra absence revoke`",
            Self::NoticeAfterDay { .. } | Self::NoticeToCome(_) | Self::NoticeLongBefore(_) => {
                "--notice is the day on which the home office told the employee"
            }
            Self::NotOnce(_) => "write the nearest time that exists once",
            Self::PunchToCome => "check the date and the time",
            Self::AlreadyPlanned(_)
            | Self::SamePlan(..)
            | Self::BadgeHeldAlready(_)
            | Self::SameProfile(..)
            | Self::ContestedAlready(..)
            | Self::PunchEntered(_)
            | Self::PunchVoided(_) => "see `timbra log`; nothing needs to be entered",
            Self::NoGrounds => {
                "give --malfunction NUMBER, or --ref with the message of the home office: the host measures, the home decides"
            }
            Self::OwnPunch(..) => "another system user confirms it by `timbra punch confirm`",
            Self::NotOne(..) | Self::HoldsNoMore(..) => "`timbra log` shows every entry with its number",
        }
    }
}
