//! Patterns of file names: `*` is any run of characters, `?` is one. Letter case counts not, for
//! devices write `.DAT` and `.dat` alike.

/// One pattern of file names, without folders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilePattern(Vec<char>);

impl FilePattern {
    /// From a text that is not empty and has no `/`.
    pub fn new(text: &str) -> Option<Self> {
        let usable = !text.is_empty() && !text.contains(['/', '\0']);
        usable.then(|| Self(text.to_lowercase().chars().collect()))
    }

    /// True when a file of this name is meant.
    pub fn matches(&self, name: &str) -> bool {
        let name: Vec<char> = name.to_lowercase().chars().collect();
        meet(&self.0, &name, false)
    }

    /// True when some file name would match both.
    pub fn overlaps(&self, other: &Self) -> bool {
        meet(&self.0, &other.0, true)
    }
}

/// Whether a pattern and a name meet, or two patterns when the other side has wildcards too. One
/// row for each character of the first: which lengths of the other can be met so far.
fn meet(pattern: &[char], other: &[char], wild: bool) -> bool {
    let star = |c: char| wild && c == '*';
    let mut row = vec![true];
    row.extend(other.iter().scan(true, |open, c| {
        *open &= star(*c);
        Some(*open)
    }));
    for p in pattern {
        let mut next = vec![*p == '*' && row.first().copied().unwrap_or(false)];
        for (at, o) in other.iter().enumerate() {
            let reached = |row: &[bool], at: usize| row.get(at).copied().unwrap_or(false);
            let met = if *p == '*' || star(*o) {
                reached(&row, at + 1) || reached(&next, at) || reached(&row, at)
            } else {
                (p == o || *p == '?' || (wild && *o == '?')) && reached(&row, at)
            };
            next.push(met);
        }
        row = next;
    }
    row.last().copied().unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_match_patterns() {
        let rows = [
            ("*", "a.dat", true),
            ("*.dat", "A.DAT", true),
            ("*.dat", "a.dat.tmp", false),
            ("punch-????.txt", "punch-2026.txt", true),
            ("punch-????.txt", "punch-26.txt", false),
            ("a*b*c", "aXbYc", true),
            ("a*b*c", "acb", false),
            ("[x].dat", "x.dat", false),
        ];
        for (pattern, name, expected) in rows {
            assert_eq!(FilePattern::new(pattern).unwrap().matches(name), expected, "{pattern} {name}");
        }
    }

    #[test]
    fn patterns_overlap_when_one_name_fits_both() {
        let rows = [
            ("*", "*.dat", true),
            ("*.dat", "*.txt", false),
            ("a*", "*b", true),
            ("a*", "b*", false),
            ("?.dat", "aa.dat", false),
            ("?.dat", "*.d?t", true),
            ("x", "X", true),
        ];
        for (one, other, expected) in rows {
            let (a, b) = (FilePattern::new(one).unwrap(), FilePattern::new(other).unwrap());
            assert_eq!(a.overlaps(&b), expected, "{one} {other}");
            assert_eq!(b.overlaps(&a), expected, "{other} {one}");
        }
    }
}
