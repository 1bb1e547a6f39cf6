//! BER into DER: signatures made by Java programs come with indefinite lengths and strings in
//! pieces; the library reads DER only.

/// Deeper than that no signature is.
const DEEPEST: u32 = 40;

/// The same values in DER lengths: definite, shortest, strings in one piece. None when the input is
/// no BER.
pub(super) fn to_der(input: &[u8]) -> Option<Vec<u8>> {
    let mut output = Vec::with_capacity(input.len());
    value(input, &mut output, DEEPEST)?;
    Some(output)
}

/// The tag of a value, and what follows the tag.
fn tag(input: &[u8]) -> Option<(&[u8], &[u8])> {
    let first = *input.first()?;
    let mut length = 1;
    if first & 0x1f == 0x1f {
        // a long tag: seven bits a byte, the last one without the high bit
        while *input.get(length)? & 0x80 != 0 {
            length += 1;
        }
        length += 1;
    }
    input.split_at_checked(length)
}

/// Reads the first value of `input` and writes it in DER. Returns what follows.
fn value<'a>(input: &'a [u8], output: &mut Vec<u8>, depth: u32) -> Option<&'a [u8]> {
    let depth = depth.checked_sub(1)?;
    let (name, rest) = tag(input)?;
    let first = *name.first()?;
    let constructed = first & 0x20 != 0;
    let (length, rest) = rest.split_first()?;
    let (content, rest) = match usize::from(*length) {
        0x80 if constructed => {
            let mut content = Vec::new();
            let mut rest = rest;
            while !rest.starts_with(&[0, 0]) {
                rest = value(rest, &mut content, depth)?;
            }
            (content, rest.get(2..)?)
        }
        0x80 => return None,
        short @ 0..0x80 => take(rest, short, constructed, depth)?,
        long => {
            let (digits, rest) =
                rest.split_at_checked(long - 0x80).filter(|(digits, _)| digits.len() <= 4)?;
            let length = digits.iter().fold(0, |length, digit| length << 8 | usize::from(*digit));
            take(rest, length, constructed, depth)?
        }
    };
    // an octet string in pieces becomes one
    if first == 0x24 {
        write(&[0x04], &joined(&content)?, output);
    } else {
        write(name, &content, output);
    }
    Some(rest)
}

/// A content of known length, in DER, and what follows it.
fn take(rest: &[u8], length: usize, constructed: bool, depth: u32) -> Option<(Vec<u8>, &[u8])> {
    let (content, rest) = rest.split_at_checked(length)?;
    if !constructed {
        return Some((content.to_owned(), rest));
    }
    let (mut inner, mut left) = (Vec::with_capacity(content.len()), content);
    while !left.is_empty() {
        left = value(left, &mut inner, depth)?;
    }
    Some((inner, rest))
}

/// The pieces of a string, each already an octet string in DER, as one.
fn joined(mut pieces: &[u8]) -> Option<Vec<u8>> {
    let mut whole = Vec::new();
    while !pieces.is_empty() {
        let (length, header) = match pieces {
            [0x04, short @ 0..0x80, ..] => (usize::from(*short), 2),
            [0x04, long, ..] => {
                let count = usize::from(*long).checked_sub(0x80)?;
                let digits = pieces.get(2..2 + count)?;
                (digits.iter().fold(0, |length, digit| length << 8 | usize::from(*digit)), 2 + count)
            }
            _ => return None,
        };
        let (piece, rest) = pieces.get(header..)?.split_at_checked(length)?;
        whole.extend_from_slice(piece);
        pieces = rest;
    }
    Some(whole)
}

fn write(name: &[u8], content: &[u8], output: &mut Vec<u8>) {
    output.extend_from_slice(name);
    let bytes = content.len().to_be_bytes();
    let digits = bytes.iter().position(|byte| *byte != 0).and_then(|at| bytes.get(at..)).unwrap_or(&[0]);
    match digits {
        [short @ 0..0x80] => output.push(*short),
        long => {
            output.push(0x80 | u8::try_from(long.len()).unwrap_or(0));
            output.extend_from_slice(long);
        }
    }
    output.extend_from_slice(content);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_become_definite_and_strings_whole() {
        let long = [vec![0x04, 0x82, 0x00, 0x80], vec![7; 0x80]].concat();
        let shorter = [vec![0x04, 0x81, 0x80], vec![7; 0x80]].concat();
        // BER, DER
        let rows: [(&[u8], Option<&[u8]>); 10] = [
            (&[0x05, 0x00], Some(&[0x05, 0x00])),
            (&[0x30, 0x80, 0x05, 0x00, 0x00, 0x00], Some(&[0x30, 0x02, 0x05, 0x00])),
            (&[0x24, 0x80, 0x04, 0x01, 0x41, 0x04, 0x01, 0x42, 0x00, 0x00], Some(&[0x04, 0x02, 0x41, 0x42])),
            (&[0x24, 0x06, 0x04, 0x01, 0x41, 0x04, 0x01, 0x42], Some(&[0x04, 0x02, 0x41, 0x42])),
            (&long, Some(&shorter)),
            (&[0x30, 0x80, 0x05, 0x00], None),
            (&[0x30, 0x05, 0x05, 0x00], None),
            (&[0x04, 0x80, 0x00, 0x00], None), // a string of no declared length
            (&[0x1f, 0xff, 0xff], None),
            (&[], None),
        ];
        for (ber, der) in rows {
            assert_eq!(to_der(ber).as_deref(), der, "{ber:?}");
        }
        let deep = [0x30, 0x80].repeat(100_000);
        assert_eq!(to_der(&deep), None);
    }
}
