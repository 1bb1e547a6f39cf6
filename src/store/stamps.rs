//! Punches in numbers, by badge, of eight bytes each: the month of thousands fits in little memory.

use std::collections::HashMap;

use foldhash::fast::RandomState;
use smallvec::SmallVec;

/// How many punches a leaf has room for: a badge usually has as many in half a month.
const LEAF: usize = 48;

/// The number of a badge, of up to 16 bytes without the heap.
pub(super) type Number = SmallVec<[u8; 16]>;

/// A punch, in numbers: when (in seconds from the start of the range), and what it says.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stamp {
    pub(super) second: u32,
    pub(super) saying: u32,
}

/// The punches of each badge that is asked for. The leaves of all are one piece of memory, which is given back at
/// once.
#[derive(Debug)]
pub(super) struct Stamps {
    /// Every punch is looked up, and the keys are the office's own.
    ends: HashMap<Number, End, RandomState>,
    leaves: Vec<Leaf>,
}

/// Some punches of one badge; of most badges all.
#[derive(Debug)]
struct Leaf {
    stamps: [Stamp; LEAF],
    /// The number of the leaf with those before.
    before: u32,
}

/// Where the punches of a badge end.
#[derive(Debug)]
struct End {
    /// The number of their last leaf.
    leaf: u32,
    /// How many are on it.
    count: u32,
}

/// Before the first: there is no such leaf.
const NONE: End = End { leaf: u32::MAX, count: 0 };

/// The punches of one badge, to add to them.
pub(super) struct Growing<'s> {
    end: &'s mut End,
    leaves: &'s mut Vec<Leaf>,
}

impl Growing<'_> {
    #[inline]
    pub(super) fn push(self, stamp: Stamp) {
        let Self { end, leaves } = self;
        let place =
            leaves.get_mut(end.leaf as usize).and_then(|leaf| leaf.stamps.get_mut(end.count as usize));
        if let Some(place) = place {
            *place = stamp;
            end.count += 1;
        } else {
            let next = u32::try_from(leaves.len()).unwrap_or(u32::MAX);
            leaves.push(Leaf { stamps: [stamp; LEAF], before: end.leaf });
            *end = End { leaf: next, count: 1 };
        }
    }
}

impl Stamps {
    /// Those of some badges: none yet.
    pub(super) fn new<'b>(badges: impl IntoIterator<Item = &'b str>) -> Self {
        let numbers = badges.into_iter().map(|badge| (Number::from_slice(badge.as_bytes()), NONE));
        let ends: HashMap<_, _, _> = numbers.collect();
        Self { leaves: Vec::with_capacity(ends.len()), ends }
    }

    /// The place for one more of a badge; none for one that nobody asks for.
    #[inline]
    pub(super) fn growing(&mut self, badge: &[u8]) -> Option<Growing<'_>> {
        Some(Growing { end: self.ends.get_mut(badge)?, leaves: &mut self.leaves })
    }

    /// Those of a badge, in the order in which they came.
    pub(super) fn of(&self, badge: &[u8]) -> impl Iterator<Item = Stamp> + '_ {
        let end = self.ends.get(badge).unwrap_or(&NONE);
        let mut leaves: SmallVec<[&[Stamp]; 4]> = SmallVec::new();
        let (mut number, mut count) = (end.leaf, end.count as usize);
        while let Some(leaf) = self.leaves.get(number as usize) {
            leaves.extend(leaf.stamps.get(..count));
            (number, count) = (leaf.before, LEAF);
        }
        leaves.into_iter().rev().flatten().copied()
    }

    /// Looks at each, with its badge, and may change it.
    pub(super) fn for_each(&mut self, mut look: impl FnMut(&Number, &mut Stamp)) {
        for (badge, end) in &self.ends {
            let (mut number, mut count) = (end.leaf, end.count as usize);
            while let Some(leaf) = self.leaves.get_mut(number as usize) {
                leaf.stamps.iter_mut().take(count).for_each(|stamp| look(badge, stamp));
                (number, count) = (leaf.before, LEAF);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_badge_keeps_its_own_in_their_order_however_many_they_are() {
        let counts = [0, 1, 47, 48, 49, 96, 145];
        let badges: Vec<String> = counts.iter().map(ToString::to_string).collect();
        // a badge that is named twice is one
        let named = badges.iter().chain(&badges).map(String::as_str);
        let mut stamps = Stamps::new(named);
        for second in 0..*counts.iter().max().unwrap() {
            for (badge, count) in badges.iter().zip(counts) {
                if second < count {
                    stamps.growing(badge.as_bytes()).unwrap().push(Stamp { second, saying: count });
                }
            }
        }
        assert!(stamps.growing(b"2").is_none());
        assert_eq!(stamps.of(b"2").count(), 0);
        for (badge, count) in badges.iter().zip(counts) {
            let own: Vec<_> = stamps.of(badge.as_bytes()).map(|stamp| (stamp.second, stamp.saying)).collect();
            assert_eq!(own, (0..count).map(|second| (second, count)).collect::<Vec<_>>());
        }
        let mut seen = 0;
        stamps.for_each(|badge, stamp| {
            assert_eq!(badge.as_slice(), stamp.saying.to_string().as_bytes());
            (stamp.saying, seen) = (7, seen + 1);
        });
        assert_eq!(seen, counts.iter().sum::<u32>());
        assert!(badges.iter().all(|badge| stamps.of(badge.as_bytes()).all(|stamp| stamp.saying == 7)));
    }
}
