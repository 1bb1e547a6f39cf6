//! The 512 bytes before a member (POSIX 1003.1, "ustar Interchange Format"), and the record of a long name
//! ("pax"). Written and read in one form only.

/// A block: members begin at the start of one.
pub(super) const BLOCK: usize = 512;

/// A regular file.
pub(super) const FILE: u8 = b'0';

/// Records about the member that follows: here its name.
pub(super) const RECORDS: u8 = b'x';

/// Eleven octal digits hold no more.
const LARGEST: u64 = (1 << 33) - 1;

/// What stands before a member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Header {
    /// Its name.
    pub(super) name: Vec<u8>,
    /// Its bytes.
    pub(super) size: u64,
    /// What it is.
    pub(super) kind: u8,
}

// where the fields stand
const NAME: (usize, usize) = (0, 100);
const MODE: (usize, usize) = (100, 8);
const OWNER: (usize, usize) = (108, 8);
const GROUP: (usize, usize) = (116, 8);
const SIZE: (usize, usize) = (124, 12);
const MODIFIED: (usize, usize) = (136, 12);
const SUM: (usize, usize) = (148, 8);
const KIND: usize = 156;
const LINK: (usize, usize) = (157, 100);
const MAGIC: (usize, usize) = (257, 8);
const PREFIX: (usize, usize) = (345, 155);

impl Header {
    /// The block. None when the name does not fit into it, or the size.
    pub(super) fn block(&self, modified: u64) -> Option<[u8; BLOCK]> {
        let (prefix, name) = split(&self.name)?;
        if self.size > LARGEST {
            return None;
        }
        let mut block = [0; BLOCK];
        put(&mut block, NAME, name);
        put(&mut block, PREFIX, prefix);
        put(&mut block, MODE, b"0000600");
        put(&mut block, OWNER, b"0000000");
        put(&mut block, GROUP, b"0000000");
        put(&mut block, SIZE, format!("{:011o}", self.size).as_bytes());
        put(&mut block, MODIFIED, format!("{:011o}", modified.min(LARGEST)).as_bytes());
        put(&mut block, (KIND, 1), &[self.kind]);
        put(&mut block, MAGIC, b"ustar\x0000");
        let sum = format!("{:06o}\0 ", sum(&block));
        put(&mut block, SUM, sum.as_bytes());
        Some(block)
    }

    /// Reads a block.
    pub(super) fn read(block: &[u8; BLOCK]) -> Result<Self, &'static str> {
        if get(block, MAGIC) != b"ustar\x0000" {
            return Err("it is no tar file as timbra writes it");
        }
        if number(get(block, SUM)) != Some(u64::from(sum(block))) {
            return Err("the head of a member is damaged");
        }
        let kind = block[KIND];
        if (kind != FILE && kind != RECORDS) || get(block, LINK).iter().any(|byte| *byte != 0) {
            return Err("it holds a link, a device, a folder or something else that is no regular file");
        }
        let (prefix, name) = (text(get(block, PREFIX)), text(get(block, NAME)));
        let name = if prefix.is_empty() { name.to_vec() } else { [prefix, b"/", name].concat() };
        let size = number(get(block, SIZE)).ok_or("the size of a member makes no sense")?;
        Ok(Self { name, size, kind })
    }
}

/// The record that gives a long name: its length in digits, itself included.
pub(super) fn name_record(name: &[u8]) -> Vec<u8> {
    let rest = b" path=\n".len() + name.len();
    let mut length = rest + 1;
    while length != rest + length.to_string().len() {
        length = rest + length.to_string().len();
    }
    [length.to_string().as_bytes(), b" path=", name, b"\n"].concat()
}

/// The name in such a record; none when it holds anything else.
pub(super) fn recorded_name(record: &[u8]) -> Option<&[u8]> {
    let space = record.iter().position(|byte| *byte == b' ')?;
    let (length, rest) = record.split_at(space);
    let length: usize = std::str::from_utf8(length).ok()?.parse().ok()?;
    let name = rest.strip_prefix(b" path=")?.strip_suffix(b"\n")?;
    (length == record.len()).then_some(name)
}

/// The part before a `/` and the part behind it, so that both fit.
fn split(name: &[u8]) -> Option<(&[u8], &[u8])> {
    if name.len() <= NAME.1 {
        return Some((b"", name));
    }
    let slashes = name.iter().enumerate().filter(|(_, byte)| **byte == b'/').map(|(place, _)| place);
    let place = slashes.into_iter().find(|place| name.len() - place - 1 <= NAME.1)?;
    let (prefix, rest) = name.split_at(place);
    (prefix.len() <= PREFIX.1).then(|| (prefix, rest.get(1..).unwrap_or_default()))
}

fn put(block: &mut [u8; BLOCK], (start, _): (usize, usize), bytes: &[u8]) {
    block.iter_mut().skip(start).zip(bytes).for_each(|(place, byte)| *place = *byte);
}

fn get(block: &[u8; BLOCK], (start, length): (usize, usize)) -> &[u8] {
    block.get(start..start + length).unwrap_or_default()
}

/// Up to the first zero byte.
fn text(field: &[u8]) -> &[u8] {
    field.split(|byte| *byte == 0).next().unwrap_or_default()
}

/// Octal digits, ended by a zero byte or a space.
fn number(field: &[u8]) -> Option<u64> {
    let digits = field.split(|byte| *byte == 0 || *byte == b' ').next()?;
    if digits.is_empty() {
        return None;
    }
    u64::from_str_radix(std::str::from_utf8(digits).ok()?, 8).ok()
}

/// The sum of all bytes, with spaces in the place of the sum itself.
fn sum(block: &[u8; BLOCK]) -> u32 {
    let own = SUM.0..SUM.0 + SUM.1;
    block
        .iter()
        .enumerate()
        .map(|(place, byte)| if own.contains(&place) { u32::from(b' ') } else { u32::from(*byte) })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_comes_back_as_it_was() {
        let long = [b"a/".as_slice(), &[b'b'; 100], b"/", &[b'c'; 100]].concat();
        for (name, size) in [(b"a".to_vec(), 0), (long, LARGEST), (vec![b'n'; 100], 7)] {
            let header = Header { name, size, kind: FILE };
            let mut block = header.block(1_793_865_600).unwrap();
            assert_eq!(Header::read(&block), Ok(header));
            block[3] ^= 1;
            assert_eq!(Header::read(&block), Err("the head of a member is damaged"));
        }
        let header = |name: Vec<u8>, size| Header { name, size, kind: FILE }.block(0);
        assert_eq!(header(vec![b'n'; 101], 0), None);
        assert_eq!(header(b"a".to_vec(), LARGEST + 1), None);
        assert!(Header::read(&[0; BLOCK]).is_err());
    }

    #[test]
    fn links_and_devices_are_refused() {
        for kind in *b"123456gKLSD" {
            let block = Header { name: b"a".to_vec(), size: 0, kind }.block(0).unwrap();
            assert!(Header::read(&block).unwrap_err().contains("a link, a device"), "{kind}");
        }
    }

    #[test]
    fn a_long_name_stands_in_a_record() {
        for length in [1, 80, 89, 90, 91, 92, 93, 255, 989, 990, 1000] {
            let name = vec![b'n'; length];
            let record = name_record(&name);
            assert_eq!(recorded_name(&record), Some(name.as_slice()), "{length}");
        }
        for record in [&b""[..], b"11 path=ab", b"12 path=ab\n", b"11 size=ab\n", b"x path=ab\n"] {
            assert_eq!(recorded_name(record), None);
        }
        assert_eq!(recorded_name(b"11 path=ab\n"), Some(&b"ab"[..]));
    }
}
