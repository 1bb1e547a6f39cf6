//! Whether a receipt is believed, and what a person must hear of it.

use std::fmt;

use super::{Kind, Notice, Receipt, Verdict};
use crate::domain::delivery::{Concern, Effect};

/// Where a message was found: that decides how much it must prove.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Place {
    /// The office's own mailbox at its provider: nobody else puts a receipt on top of a message
    /// there. A broken signature still counts as none.
    Mailbox,
    /// A file, or a mailbox where the configuration asks for it: anybody may have put it there, so
    /// the signature must hold.
    File,
}

/// Something wrong with a receipt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Flaw {
    /// The headers claim two kinds.
    TwoKinds,
    /// It does not come from a provider's address.
    NoProvider,
    /// `daticert.xml` is not there.
    NoCertificate,
    /// There are several.
    TwoCertificates,
    /// It cannot be read, for this reason.
    Unreadable(String),
    /// It certifies something else than the headers say.
    OtherKind(String),
    /// The headers are about another message: this one.
    OtherReference(String),
    /// It does not say which message it is about.
    NoReference,
    /// A kind that timbra does not know.
    UnknownKind,
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TwoKinds => f.write_str("its headers claim two kinds of receipt"),
            Self::NoProvider => f.write_str("it does not come from a provider (posta-certificata@...)"),
            Self::NoCertificate => f.write_str("daticert.xml is missing"),
            Self::TwoCertificates => f.write_str("there is more than one daticert.xml"),
            Self::Unreadable(reason) => write!(f, "daticert.xml cannot be read: {reason}"),
            Self::OtherKind(kind) => write!(f, "daticert.xml certifies \"{kind}\" instead"),
            Self::OtherReference(id) => {
                write!(f, "the headers are about another message ({id}) than daticert.xml")
            }
            Self::NoReference => f.write_str("it does not say which message it is about"),
            Self::UnknownKind => f.write_str("this kind of receipt is unknown"),
        }
    }
}

impl Flaw {
    fn concern(&self) -> Concern {
        match self {
            Self::NoCertificate | Self::Unreadable(_) => Concern::Unreadable,
            Self::UnknownKind => Concern::UnknownKind,
            _ => Concern::Review,
        }
    }
}

/// Whether a message is believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgement {
    /// True for a receipt or bounce that is what it says.
    pub trusted: bool,
    /// What it leads to; none unless it is believed.
    pub effect: Option<Effect>,
    /// What a person must hear of it.
    pub concern: Option<Concern>,
    /// The reason, in a sentence.
    pub why: String,
}

impl Receipt {
    /// Judges it by what it is and where it was found.
    pub fn judge(&self, place: Place) -> Judgement {
        let nothing = |concern, why| Judgement { trusted: false, effect: None, concern, why };
        match &self.kind {
            Kind::Envelope(_) | Kind::None => {
                let signed = self.signature.verdict;
                let certified = matches!(&self.kind, Kind::Envelope(kind) if kind == "posta-certificata");
                let contested = self.exception.is_some();
                let believed = contested && certified && place.accepts(signed);
                let concern = if contested {
                    Some(Concern::Contested)
                } else {
                    self.claims.iter().any(|claim| claim.kind != "dsn").then_some(Concern::Forged)
                };
                let concern = concern.or_else(|| (!self.claims.is_empty()).then_some(Concern::Review));
                let effect = believed.then_some(Effect::Contested);
                Judgement { effect, ..nothing(concern, self.about_other_mail()) }
            }
            Kind::Dsn => match self.flaws.first() {
                Some(flaw) => nothing(Some(Concern::Review), format!("a bounce, but {flaw}")),
                None => Judgement {
                    trusted: true,
                    effect: self.effect,
                    concern: concern_of(self.effect),
                    why: self.about_delivery(),
                },
            },
            Kind::Receipt(_) => self.judge_receipt(place),
        }
    }

    fn judge_receipt(&self, place: Place) -> Judgement {
        let signature = (!place.accepts(self.signature.verdict)).then(|| {
            let why = match self.signature.verdict {
                Verdict::Missing => "it bears no signature, and a file without one proves nothing".to_owned(),
                Verdict::Unchecked => format!("its signature cannot be checked: {}", self.signature.why),
                _ => format!("its signature does not hold: {}", self.signature.why),
            };
            (Concern::Signature, why)
        });
        let flaws = self.flaws.iter().map(|flaw| (flaw.concern(), flaw.to_string()));
        let reasons: Vec<(Concern, String)> = signature.into_iter().chain(flaws).collect();
        if let Some(concern) = reasons.iter().map(|(concern, _)| *concern).min() {
            let reasons: Vec<String> = reasons.into_iter().map(|(_, reason)| reason).collect();
            let why = format!("not believed: {}", reasons.join("; "));
            return Judgement { trusted: false, effect: None, concern: Some(concern), why };
        }
        let external =
            self.effect == Some(Effect::Accepted) && self.recipients.iter().any(|to| !to.certified);
        let concern = if external { Some(Concern::External) } else { concern_of(self.effect) };
        Judgement { trusted: true, effect: self.effect, concern, why: self.about_delivery() }
    }

    /// What a believed receipt says, in a sentence.
    fn about_delivery(&self) -> String {
        let to = self.recipients.iter().map(|to| to.address.as_str()).collect::<Vec<_>>().join(", ");
        let to = if to.is_empty() { "its recipient".to_owned() } else { to };
        let cause = self.cause().map(|cause| format!(": {}", cause.english())).unwrap_or_default();
        let detail = self.detail.as_ref().map(|detail| format!(" ({detail})")).unwrap_or_default();
        match self.effect {
            Some(Effect::Accepted) => {
                let external: Vec<&str> =
                    self.recipients.iter().filter(|to| !to.certified).map(|to| to.address.as_str()).collect();
                let note = match external.as_slice() {
                    [] => String::new(),
                    some => {
                        format!("; no proof of delivery will come from {}, which is no PEC", some.join(", "))
                    }
                };
                format!("the provider accepted the message to {to}{note}")
            }
            Some(Effect::Delivered) => format!("delivered into the mailbox of {to}"),
            Some(Effect::Refused) => format!("the provider refused the message{cause}{detail}"),
            Some(Effect::Undelivered) => format!("not delivered to {to}{cause}{detail}"),
            Some(Effect::Warning) => format!("not delivered to {to} so far; it is still tried{detail}"),
            Some(Effect::Expired) => format!("not delivered to {to} within 24 hours, and given up{detail}"),
            Some(Effect::Contested) | None => "nothing follows from it".to_owned(),
        }
    }

    /// What mail that is no receipt is, in a sentence.
    fn about_other_mail(&self) -> String {
        let what = match &self.kind {
            Kind::Envelope(kind) if kind == "errore" => "ordinary mail that the provider wrapped (anomalia)",
            Kind::Envelope(_) => "an incoming PEC",
            _ => "ordinary mail",
        };
        if let Some(exception) = &self.exception {
            let reason = exception.reason.as_ref().map(|reason| format!(" ({reason})")).unwrap_or_default();
            return format!("{what}: a protocol desk refuses what it received{reason}");
        }
        match self.claims.first() {
            Some(claim) if claim.kind == "dsn" => {
                format!("{what}: it holds a bounce, which a person must look at")
            }
            Some(claim) => {
                format!(
                    "{what}: it holds a receipt ({}), and a receipt inside a message proves nothing",
                    claim.kind
                )
            }
            None => format!("{what}, not a receipt"),
        }
    }
}

impl Place {
    fn accepts(self, verdict: Verdict) -> bool {
        match self {
            Self::Mailbox => verdict != Verdict::Broken,
            Self::File => verdict == Verdict::Valid,
        }
    }
}

fn concern_of(effect: Option<Effect>) -> Option<Concern> {
    match effect? {
        Effect::Warning => Some(Concern::Warning),
        Effect::Refused | Effect::Undelivered | Effect::Expired => Some(Concern::Failed),
        Effect::Contested => Some(Concern::Contested),
        Effect::Accepted | Effect::Delivered => None,
    }
}

/// What a kind of receipt means; none for an unknown kind.
#[expect(clippy::option_option, reason = "a known kind may mean nothing to us")]
pub(super) fn meaning(kind: &str, notice: Option<Notice>) -> Option<Option<Effect>> {
    Some(match one_name(kind) {
        "accettazione" => Some(Effect::Accepted),
        "non-accettazione" => Some(Effect::Refused),
        "avvenuta-consegna" => Some(Effect::Delivered),
        "errore-consegna" => Some(Effect::Undelivered),
        "preavviso-errore-consegna" if notice == Some(Notice::Second) => Some(Effect::Expired),
        "preavviso-errore-consegna" => Some(Effect::Warning),
        // between providers
        "presa-in-carico" | "rilevazione-virus" => None,
        _ => return None,
    })
}

/// The legal name of a kind: some programs write "mancata-consegna".
pub(super) fn one_name(kind: &str) -> &str {
    if kind == "mancata-consegna" { "errore-consegna" } else { kind }
}
