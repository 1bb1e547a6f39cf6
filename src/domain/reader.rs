//! A reader ("lettore") as far as the hours need it: what its punches say about direction.

use std::collections::BTreeMap;

use super::punch::Direction;

/// Where the direction of a reader's punches comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DirectionMode {
    /// What the device wrote, through the reader's own map or else the format's.
    #[default]
    Record,
    /// Every punch is an entry: the reader stands where people only come in.
    AlwaysIn,
    /// Every punch is an exit.
    AlwaysOut,
    /// The device knows no direction: the punches of a day are entry, exit, entry, exit in turn.
    Toggle,
}

/// How the direction of a punch is found. Nothing is guessed: a word that is in no map has none.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DirectionRule {
    /// Where it comes from.
    pub mode: DirectionMode,
    /// The device's own words and what they mean at this reader; it wins over the format's map.
    pub map: BTreeMap<String, Direction>,
}

impl DirectionRule {
    /// The direction of a punch: `raw` is the device's own word, `format_says` what the format's map
    /// makes of it. `None` when nobody can say, and always in [`DirectionMode::Toggle`].
    pub fn direction(&self, raw: &str, format_says: Option<Direction>) -> Option<Direction> {
        match self.mode {
            DirectionMode::Record => self.map.get(raw.trim()).copied().or(format_says),
            DirectionMode::AlwaysIn => Some(Direction::In),
            DirectionMode::AlwaysOut => Some(Direction::Out),
            DirectionMode::Toggle => None,
        }
    }

    /// True when punches alternate instead of carrying a direction of their own.
    pub fn toggles(&self) -> bool {
        self.mode == DirectionMode::Toggle
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_readers_own_map_wins_and_nothing_is_guessed() {
        use Direction::{In, Out};
        use DirectionMode::{AlwaysIn, AlwaysOut, Record, Toggle};
        let map = BTreeMap::from([("0".to_owned(), Out), ("1".to_owned(), In)]);
        let rows = [
            (Record, "0", Some(In), Some(Out)),
            (Record, " 1 ", None, Some(In)),
            (Record, "7", Some(In), Some(In)),
            (Record, "7", None, None),
            (AlwaysIn, "0", Some(Out), Some(In)),
            (AlwaysOut, "1", None, Some(Out)),
            (Toggle, "1", Some(In), None),
        ];
        for (mode, raw, format_says, expected) in rows {
            let rule = DirectionRule { mode, map: map.clone() };
            assert_eq!(rule.direction(raw, format_says), expected, "{mode:?} {raw}");
            assert_eq!(rule.toggles(), mode == Toggle);
        }
    }
}
