//! The list of the SHA-256 of all members, in the form of `sha256sum`.

use crate::hex;

/// A line of the list. A name with a line break or a backslash is escaped, and marked by a backslash.
pub(super) fn line(name: &[u8], sha256: &[u8; 32]) -> Vec<u8> {
    let odd = name.iter().any(|byte| matches!(byte, b'\n' | b'\r' | b'\\'));
    let mut line = if odd { b"\\".to_vec() } else { Vec::new() };
    line.extend_from_slice(hex::lower(sha256).as_bytes());
    line.extend_from_slice(b"  ");
    for byte in name {
        match byte {
            b'\n' => line.extend_from_slice(b"\\n"),
            b'\r' => line.extend_from_slice(b"\\r"),
            b'\\' => line.extend_from_slice(b"\\\\"),
            other => line.push(*other),
        }
    }
    line.push(b'\n');
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_as_sha256sum_writes_it() {
        let zeros = "00".repeat(32);
        for (name, expected) in
            [(&b"a b"[..], format!("{zeros}  a b\n")), (b"a\\b\nc", format!("\\{zeros}  a\\\\b\\nc\n"))]
        {
            assert_eq!(line(name, &[0; 32]), expected.as_bytes());
        }
    }
}
