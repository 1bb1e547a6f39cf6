//! A file of the protocol office: `n12-2026.protocollo` says how a document was registered.

use std::borrow::Cow;
use std::path::Path;

use crate::domain::protocol::Protocol;

use super::node::{Node, Value};
use super::problem::SourceText;
use super::section::{Reading, Section};

/// Reads such a file:
///
/// ```toml
/// numero = "0012345"
/// data = 2026-11-06          # if known
/// registro = "AOO-PREF-TO"   # if there are several
/// ```
///
/// A number may stand without quotes, also with zeros before it, which TOML does not know. Complaints are
/// those of a configuration, all of them, with their places.
pub fn read(path: &Path, text: &str) -> Result<Protocol, String> {
    let text: String = text.split_inclusive('\n').map(quoted).collect();
    let source = SourceText::new(path, text);
    let (node, syntax) = Node::from_toml(&source);
    let reading = Reading::new(&source, syntax);
    let section = Section::root(&reading, &node);
    let number = section.read("numero", "the number of the registration, in quotes", |value| match value {
        Value::Text(text) => Some(text.clone()),
        Value::Integer(number) => Some(number.to_string()),
        _ => None,
    });
    let number = section.required("numero", "\"0012345\"", number);
    let date = section.date("data");
    let register = section.text("registro");
    let protocol = number.and_then(|number| {
        let protocol = Protocol::new(&number, date, register.as_deref());
        if protocol.is_none() {
            let span = section.span_of("numero");
            section.complain(&span, "number or register is too long", "write 1 to 64 characters on one line");
        }
        protocol
    });
    section.finish();
    let problems = reading.into_problems();
    let complaints: Vec<String> = problems.iter().map(ToString::to_string).collect();
    protocol.filter(|_| complaints.is_empty()).ok_or_else(|| complaints.join("\n"))
}

/// A line whose number stands without quotes, with them.
fn quoted(line: &str) -> Cow<'_, str> {
    let bare = line.split_once('=').filter(|(key, _)| key.trim() == "numero");
    let number = bare.map_or("", |(_, value)| value.split('#').next().unwrap_or_default().trim());
    if number.starts_with('0') && number.bytes().all(|byte| byte.is_ascii_digit()) {
        Cow::Owned(line.replacen(number, &format!("\"{number}\""), 1))
    } else {
        Cow::Borrowed(line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_registration_is_read_or_told_what_is_wrong() {
        let read = |text: &str| read(Path::new("n12-2026.protocollo"), text);
        let good = read("numero = \"0012345\"\ndata = 2026-11-06\nregistro = \"AOO\"\n").unwrap();
        assert_eq!(good.to_string(), "0012345 of 2026-11-06");
        for (text, number) in [
            ("numero = 12345", "12345"),
            ("numero = 0012", "0012"),
            ("data = 2025-11-03\r\n numero=0012 # dal registro\r\n", "0012"),
        ] {
            assert_eq!(read(text).unwrap().number(), number);
        }
        for (text, complaint) in [
            ("", "`numero` is missing"),
            ("numero = \"\"", "number or register is too long"),
            ("numero = 1\ndata = \"ieri\"", "`data` is \"ieri\""),
            ("numro = 1", "did you mean `numero`?"),
            ("0012345", "n12-2026.protocollo:1:"),
        ] {
            let told = read(text).unwrap_err();
            assert!(told.contains(complaint), "{text}: {told}");
        }
    }
}
