//! Whole minutes: the only unit of duration in the domain. Never floats, never seconds.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Neg, Sub, SubAssign};

/// A duration or a balance in whole minutes; negative for a debt.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Minutes(pub i32);

impl Minutes {
    /// No time at all.
    pub const ZERO: Self = Self(0);

    /// The larger of this and zero.
    pub fn or_zero(self) -> Self {
        self.max(Self::ZERO)
    }

    /// `H:MM` with an explicit sign, zero without one: the form of balances on the statement.
    pub fn signed(self) -> String {
        if self.0 > 0 { format!("+{self}") } else { self.to_string() }
    }
}

/// `H:MM`, with `-` for a negative value.
impl fmt::Display for Minutes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let minutes = self.0.unsigned_abs();
        f.pad(&format!("{sign}{}:{:02}", minutes / 60, minutes % 60))
    }
}

impl Add for Minutes {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}

impl Sub for Minutes {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0 - other.0)
    }
}

impl Neg for Minutes {
    type Output = Self;
    fn neg(self) -> Self {
        Self(-self.0)
    }
}

impl AddAssign for Minutes {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl SubAssign for Minutes {
    fn sub_assign(&mut self, other: Self) {
        *self = *self - other;
    }
}

impl Sum for Minutes {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::ZERO, Add::add)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_and_minutes_read_as_on_a_time_card() {
        for (minutes, plain, signed) in
            [(432, "7:12", "+7:12"), (0, "0:00", "0:00"), (-5, "-0:05", "-0:05"), (-75, "-1:15", "-1:15")]
        {
            assert_eq!(Minutes(minutes).to_string(), plain);
            assert_eq!(Minutes(minutes).signed(), signed);
        }
        assert_eq!(format!("{:>6}", Minutes(432)), "  7:12");
    }
}
