//! A file of the protocol office: `n12-2026.protocollo` says how a document was registered.

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
/// Complaints are those of a configuration, all of them, with their places.
pub fn read(path: &Path, text: &str) -> Result<Protocol, String> {
    let source = SourceText::new(path, text.to_owned());
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_registration_is_read_or_told_what_is_wrong() {
        let read = |text: &str| read(Path::new("n12-2026.protocollo"), text);
        let good = read("numero = \"0012345\"\ndata = 2026-11-06\nregistro = \"AOO\"\n").unwrap();
        assert_eq!(good.to_string(), "0012345 of 2026-11-06");
        assert_eq!(read("numero = 12345").unwrap().number(), "12345");
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
