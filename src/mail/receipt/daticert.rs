//! `daticert.xml`: what a provider certifies (RFC 6109, 4.4). Read without DTD and entities, and
//! with a limit on its nodes.

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveTime};
use roxmltree::{Document, Node, ParsingOptions};

use super::Recipient;
use super::mime::{bare_id, plain};

/// More elements than that no certificate has: 10,000 recipients would fit.
const MOST_NODES: u32 = 50_000;

/// More recipients than that are counted, not listed.
const MOST_RECIPIENTS: usize = 500;

/// What a provider certifies.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Certified {
    /// `tipo`, in lower case.
    pub(super) kind: String,
    /// `errore`; none for `nessuno`.
    pub(super) error: Option<String>,
    /// `mittente`
    pub(super) sender: Option<String>,
    /// `destinatari`, or the one of `consegna`.
    pub(super) recipients: Vec<Recipient>,
    /// `data` with its `zona`: legal time.
    pub(super) at: Option<DateTime<FixedOffset>>,
    /// `identificativo`: what the provider calls the message; the same in all its receipts.
    pub(super) identifier: Option<String>,
    /// `msgid`: the Message-ID that the sender gave, without brackets.
    pub(super) message_id: Option<String>,
    /// `errore-esteso`
    pub(super) detail: Option<String>,
}

/// Reads one. The error says why it cannot be read.
pub(super) fn read(content: &[u8]) -> Result<Certified, String> {
    let text = decoded(content);
    let options = ParsingOptions { allow_dtd: false, nodes_limit: MOST_NODES, ..ParsingOptions::default() };
    let document = Document::parse_with_options(&text, options).map_err(|error| error.to_string())?;
    let root = document.root_element();
    if !named(&root, "postacert") {
        return Err("its root is not <postacert>".to_owned());
    }
    let kind = root.attribute("tipo").map(|kind| plain(kind, 50).to_ascii_lowercase());
    let kind = kind.filter(|kind| !kind.is_empty()).ok_or("it has no `tipo`")?;
    let error = root.attribute("errore").map(|error| plain(error, 50).to_ascii_lowercase());
    let header = child(&root, "intestazione");
    let data = child(&root, "dati");
    let data_text = |name| data.and_then(|data| child(&data, name)).and_then(|node| text_of(&node));
    let addressed = header.iter().flat_map(Node::children).filter(|node| named(node, "destinatari"));
    let recipients: Vec<Recipient> = addressed
        .filter_map(|node| {
            let certified =
                node.attribute("tipo").is_none_or(|kind| !kind.trim().eq_ignore_ascii_case("esterno"));
            Some(Recipient { address: text_of(&node)?, certified })
        })
        .take(MOST_RECIPIENTS)
        .collect();
    // what it is about, if it is about one of them
    let about = data_text("consegna").map(|address| {
        let known = recipients.iter().find(|recipient| recipient.address.eq_ignore_ascii_case(&address));
        Recipient { certified: known.is_none_or(|recipient| recipient.certified), address }
    });
    Ok(Certified {
        kind,
        error: error.filter(|error| !matches!(error.as_str(), "" | "nessuno")),
        sender: header.and_then(|header| child(&header, "mittente")).and_then(|node| text_of(&node)),
        recipients: about.map_or(recipients, |one| vec![one]),
        at: data.and_then(|data| child(&data, "data")).and_then(|node| instant(&node)),
        identifier: data_text("identificativo").and_then(|text| bare_id(&text)),
        message_id: data_text("msgid").and_then(|text| bare_id(&text)),
        detail: data_text("errore-esteso"),
    })
}

/// UTF-8, or Latin 1 where it is none: some providers say one and write the other.
fn decoded(content: &[u8]) -> String {
    let content = content.strip_prefix(b"\xef\xbb\xbf").unwrap_or(content);
    match std::str::from_utf8(content) {
        Ok(text) => text.trim_start().to_owned(),
        Err(_) => content.trim_ascii_start().iter().copied().map(char::from).collect(),
    }
}

fn named(node: &Node<'_, '_>, name: &str) -> bool {
    node.is_element() && node.tag_name().name().eq_ignore_ascii_case(name)
}

fn child<'a, 'input>(node: &Node<'a, 'input>, name: &str) -> Option<Node<'a, 'input>> {
    node.children().find(|child| named(child, name))
}

/// All text below a node, unless there is none.
fn text_of(node: &Node<'_, '_>) -> Option<String> {
    let text: String = node.descendants().filter(Node::is_text).filter_map(|node| node.text()).collect();
    Some(plain(&text, 500)).filter(|text| !text.is_empty())
}

/// `giorno` (dd/mm/yyyy) and `ora` (hh:mm:ss) at the offset of `zona`. None without an offset: no
/// time is guessed.
fn instant(node: &Node<'_, '_>) -> Option<DateTime<FixedOffset>> {
    let date = NaiveDate::parse_from_str(&text_of(&child(node, "giorno")?)?, "%d/%m/%Y").ok()?;
    let time = NaiveTime::parse_from_str(&text_of(&child(node, "ora")?)?, "%H:%M:%S").ok()?;
    date.and_time(time).and_local_timezone(offset(node.attribute("zona")?.trim())?).single()
}

/// `+0100`, `+01:00`, `Z`
fn offset(text: &str) -> Option<FixedOffset> {
    if ["Z", "UTC", "GMT"].iter().any(|word| text.eq_ignore_ascii_case(word)) {
        return FixedOffset::east_opt(0);
    }
    let digits: String = text.chars().filter(|c| *c != ':').collect();
    format!("2000-01-01T00:00:00{digits}")
        .parse::<DateTime<FixedOffset>>()
        .ok()
        .or_else(|| DateTime::parse_from_str(&format!("2000-01-01 00:00:00 {digits}"), "%F %T %z").ok())
        .map(|at| *at.offset())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_is_read() {
        let xml = "\u{feff}<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<postacert tipo=\"Errore-Consegna\" errore=\"altro\">
            <intestazione><mittente>a@x.example</mittente><destinatari tipo=\"certificato\">b@y.example</destinatari>
            <destinatari tipo=\"esterno\">c@z.example</destinatari><destinatari>d@z.example</destinatari></intestazione>
            <dati><gestore-emittente>G</gestore-emittente><data zona=\"+0200\"><giorno>02/07/2026</giorno><ora>09:00:01</ora>
            </data><identificativo>p1@prov.example</identificativo><msgid>&lt;m1@x.example&gt;</msgid>
            <consegna>C@z.example</consegna><errore-esteso><![CDATA[5.1.1 -]]> no\n&#x27;such&#x27;</errore-esteso></dati></postacert>";
        let read = read(xml.as_bytes()).unwrap();
        assert_eq!(read.kind, "errore-consegna");
        assert_eq!(read.error.as_deref(), Some("altro"));
        assert_eq!(read.sender.as_deref(), Some("a@x.example"));
        assert_eq!(read.recipients, [Recipient { address: "C@z.example".to_owned(), certified: false }]);
        assert_eq!(read.at.unwrap().to_rfc3339(), "2026-07-02T09:00:01+02:00");
        assert_eq!(read.identifier.as_deref(), Some("p1@prov.example"));
        assert_eq!(read.message_id.as_deref(), Some("m1@x.example"));
        assert_eq!(read.detail.as_deref(), Some("5.1.1 - no 'such'"));
    }

    #[test]
    fn what_is_missing_is_missing_and_what_is_wrong_is_said() {
        let bare = read(b"<postacert tipo='accettazione'/>").unwrap();
        assert_eq!(bare, Certified { kind: "accettazione".to_owned(), ..Certified::default() });
        let latin = read(b"<postacert tipo='accettazione'><dati><errore-esteso>\xe8 qui</errore-esteso></dati></postacert>");
        assert_eq!(latin.unwrap().detail.as_deref(), Some("\u{e8} qui"));
        let laughs = "<!DOCTYPE a [<!ENTITY b \"bbbbbbbb\"><!ENTITY c \"&b;&b;\">]><postacert tipo=\"accettazione\">&c;</postacert>";
        let nested = "<a>".repeat(200_000);
        let many = format!("<postacert tipo='a'>{}</postacert>", "<b/>".repeat(60_000));
        for wrong in [
            "",
            "x",
            "<postacert/>",
            "<postacert tipo=' '/>",
            "<daticert tipo='a'/>",
            "<postacert tipo='a'>",
            laughs,
            &nested,
            &many,
        ] {
            assert!(read(wrong.as_bytes()).is_err(), "{wrong:.60}");
        }
    }

    #[test]
    fn zones_are_written_in_several_ways() {
        for (text, expected) in [
            ("+0100", Some(3600)),
            ("+01:00", Some(3600)),
            ("-0330", Some(-12_600)),
            ("Z", Some(0)),
            ("GMT", Some(0)),
            ("", None),
            ("CET", None),
            ("+9900", None),
        ] {
            assert_eq!(offset(text).map(|offset| offset.local_minus_utc()), expected, "{text:?}");
        }
    }
}
