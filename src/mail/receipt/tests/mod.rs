mod kinds;
mod samples;

use super::{Anchors, Place, Receipt};
use crate::domain::delivery::{Concern, Effect};

const OURS: &str = "pres.2026-10.0001.r1@presenze.example.it";
const HOME: &str = "prefettura.sede@pec.example.org";

fn sample(name: &str) -> Vec<u8> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/pec");
    std::fs::read(folder.join(name)).unwrap()
}

fn anchors(name: &str) -> Anchors {
    Anchors::from_pem(std::str::from_utf8(&sample(name)).unwrap()).unwrap()
}

/// `kind effect trusted signature concern`, as a row of a table.
fn row(receipt: &Receipt, place: Place) -> String {
    let judged = receipt.judge(place);
    let effect = judged.effect.map_or("-", Effect::code);
    let concern = judged.concern.map_or("-", Concern::code);
    let kind = receipt.kind.code();
    let (trusted, signature) = (judged.trusted, receipt.signature.verdict.code());
    format!("{kind} {effect} {trusted} {signature} {concern}")
}

/// The rows of a table: cells between bars.
fn rows(table: &str) -> impl Iterator<Item = Vec<&str>> {
    table.lines().filter(|line| !line.is_empty()).map(|line| line.split('|').map(str::trim).collect())
}

/// A receipt of our own making, unsigned.
fn made(headers: &str, certificate: &str, text: &str) -> Vec<u8> {
    format!(
        "From: posta-certificata@pec.example.it\r\nMessage-ID: <r1@pec.example.it>\r\n{headers}MIME-Version: 1.0\r\n\
         Content-Type: multipart/mixed; boundary=\"b\"\r\n\r\n--b\r\nContent-Type: multipart/alternative; boundary=\"c\"\r\n\r\n\
         --c\r\nContent-Type: text/plain\r\n\r\n{text}\r\n--c--\r\n--b\r\nContent-Type: application/xml; name=\"daticert.xml\"\r\n\r\n\
         {certificate}\r\n--b--\r\n"
    )
    .into_bytes()
}

/// Its `daticert.xml`.
fn certificate(kind: &str, error: &str, data: &str) -> String {
    format!(
        "<postacert tipo=\"{kind}\" errore=\"{error}\"><intestazione><mittente>a@pec.example.it</mittente>\
         <destinatari>{HOME}</destinatari></intestazione><dati><msgid>&lt;{OURS}&gt;</msgid>{data}</dati></postacert>"
    )
}
