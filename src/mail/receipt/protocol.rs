//! Answers of a protocol desk: `Eccezione.xml` (`NotificaEccezione`) says that the other office will
//! not register what was delivered. The other answers (`Conferma.xml`, `Aggiornamento.xml`,
//! `Annullamento.xml`) need nobody.

use roxmltree::{Document, Node, ParsingOptions};

use super::mime::{Entity, bare_id, plain};

const MOST_NODES: u32 = 10_000;

/// That a protocol desk refuses a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exception {
    /// `Motivo`
    pub reason: Option<String>,
    /// Every message id that the refusal names, without brackets: ours, or the one that the
    /// provider gave to our message.
    pub references: Vec<String>,
}

/// The refusal in a leaf, if it is one. `headers` are those of the message around it.
pub(super) fn read(leaf: &Entity<'_>, headers: &Entity<'_>) -> Option<Exception> {
    let xml = leaf.is("application", Some("xml")) || leaf.is("text", Some("xml"));
    if !xml && !leaf.has_extension("xml") {
        return None;
    }
    let text = leaf.text()?;
    let options = ParsingOptions { allow_dtd: false, nodes_limit: MOST_NODES, ..ParsingOptions::default() };
    // the old rules had a DTD, which is never read: one line before the root is left out
    let text = without_doctype(text.trim_start_matches('\u{feff}').trim_start());
    let document = Document::parse_with_options(&text, options).ok()?;
    let root = document.root_element();
    if !root.tag_name().name().eq_ignore_ascii_case("NotificaEccezione") {
        return None;
    }
    let reason = root.descendants().find(|node| node.tag_name().name().eq_ignore_ascii_case("Motivo"));
    let reason = reason.map(|node| {
        node.descendants().filter(Node::is_text).filter_map(|text| text.text()).collect::<String>()
    });
    let in_xml = root.descendants().filter(Node::is_text).filter_map(|node| node.text());
    let in_headers = ["In-Reply-To", "References"].into_iter().flat_map(|name| headers.fields(name));
    let words: Vec<String> = in_headers.chain(in_xml.map(|text| plain(text, 2000))).collect();
    let mut references: Vec<String> = words
        .iter()
        .flat_map(|text| text.split_whitespace())
        .filter(|word| word.contains('@'))
        .filter_map(bare_id)
        .take(50)
        .collect();
    references.dedup();
    Some(Exception {
        reason: reason.map(|text| plain(&text, 500)).filter(|text| !text.is_empty()),
        references,
    })
}

/// A document without its `<!DOCTYPE name SYSTEM "...">`; one with an inner subset stays, and is
/// refused.
fn without_doctype(text: &str) -> String {
    if let Some((before, rest)) = text.split_once("<!DOCTYPE")
        && let Some((declaration, after)) = rest.split_once('>')
        && !declaration.contains('[')
    {
        return format!("{before}{after}");
    }
    text.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_names_its_reason_and_what_it_is_about() {
        let headers =
            b"In-Reply-To: <opec1@prov.example>\r\nReferences: <opec1@prov.example> <x@y.example>\r\n\r\n";
        let headers = Entity::message(headers);
        let leaf = |xml: &str| {
            format!("Content-Type: application/octet-stream; name=\"Eccezione.xml\"\r\n\r\n{xml}")
        };
        let xml = leaf(
            "<?xml version=\"1.0\"?>\n<!DOCTYPE NotificaEccezione SYSTEM \"Segnatura.dtd\">\n<NotificaEccezione xmlns=\"u:p\">\
             <MessaggioRicevuto><DescrizioneMessaggio>messaggio &lt;pres.2026-10.a.n1.r1@x.example&gt;</DescrizioneMessaggio>\
             </MessaggioRicevuto><Motivo>documento\nnon firmato</Motivo></NotificaEccezione>",
        );
        let found = read(&Entity::part(xml.as_bytes()), &headers).unwrap();
        assert_eq!(found.reason.as_deref(), Some("documento non firmato"));
        assert_eq!(found.references, ["opec1@prov.example", "x@y.example", "pres.2026-10.a.n1.r1@x.example"]);
        for other in [
            "<ConfermaRicezione/>",
            "<!DOCTYPE a [<!ENTITY x \"y\">]><NotificaEccezione>&x;</NotificaEccezione>",
            "x",
        ] {
            assert_eq!(read(&Entity::part(leaf(other).as_bytes()), &headers), None, "{other}");
        }
    }
}
