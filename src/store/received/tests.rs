use super::*;
use crate::domain::clauses::ChannelKind;
use crate::domain::ids::AgreementId;
use crate::domain::month::Month;
use crate::domain::release::Release;
use crate::store::{Closed, NewMessage, NewStatement, Origin, StatementKey};

const HOME: &str = "sede@pec.example";
const OURS: &str = "pres.2026-10.prova.n1-2026.r1@ospitante.example";

fn now() -> DateTime<Utc> {
    "2026-11-03T08:15:00Z".parse().unwrap()
}

/// A store with one message that was handed over.
fn store(channel: ChannelKind) -> (tempfile::TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let mut store = Store::open(folder.path()).unwrap();
    let agreement = AgreementId::new("prova").unwrap();
    let month = Month::parse("2026-10").unwrap();
    let key = StatementKey { agreement: &agreement, month, revision: 1, year: 2026 };
    let closed = store.close_statement(&key, now(), |_| {
        Ok::<_, ()>(NewStatement {
            data: b"{}".to_vec(),
            sha256: [1; 32],
            open_days: 0,
            origin: Origin { basis: [3; 32], awaited: false, by_hand: None },
            message: NewMessage {
                kind: "statement",
                channel,
                recipient: HOME.to_owned(),
                sender: "presenze@ospitante.example".to_owned(),
                message_id: format!("<{OURS}>"),
                bytes: b"text".to_vec(),
                sha256: [2; 32],
                deadline: now(),
                release: Release::Auto,
                release_at: None,
            },
        })
    });
    assert!(matches!(closed.unwrap(), Closed::Now(_)));
    store.claim_due("boot", now()).unwrap().unwrap();
    for state in [State::HandingOver, State::SmtpAccepted] {
        assert!(store.move_message(1, state, None, "250", now()).unwrap());
    }
    (folder, store)
}

/// A believed receipt about our message.
fn new(number: u8, kind: &'static str, effect: Effect) -> NewReceived<'static> {
    NewReceived {
        source: "box",
        name: Some("1"),
        own_id: None,
        sha256: [number; 32],
        sent_at: None,
        kind,
        from: Some("posta-certificata@pec.example"),
        subject: None,
        message_id: Some(OURS),
        is_ours: true,
        identifier: Some("opec1@prov.example"),
        sender: Some("Presenze@ospitante.example"),
        recipients: vec![(HOME, true)],
        error: None,
        detail: None,
        at: DateTime::parse_from_rfc3339("2026-11-03T09:15:02+01:00").ok(),
        signature: "valid",
        certificate: None,
        trusted: true,
        effect: Some(effect),
        unclear: false,
        concern: match effect {
            Effect::Accepted | Effect::Delivered => None,
            Effect::Warning => Some(Concern::Warning),
            Effect::Contested => Some(Concern::Contested),
            _ => Some(Concern::Failed),
        },
        why: "so",
        references: Vec::new(),
        raw: b"raw",
    }
}

fn state(store: &Store) -> State {
    store.outbox().unwrap()[0].state
}

/// The kinds of the alarms that stand.
fn alarms(store: &Store) -> String {
    let kinds: Vec<&str> = store.alarms().unwrap().iter().map(|raised| raised.alarm.kind.code()).collect();
    kinds.join(" ")
}

#[test]
fn receipts_come_twice_late_and_in_any_order() {
    // effects in the order of arrival, the state they end in, alarms that stand then
    type Effects = &'static [Effect];
    let rows: [(Effects, State, &str); 9] = [
        (&[Effect::Accepted, Effect::Delivered], State::Delivered, ""),
        (&[Effect::Delivered, Effect::Accepted], State::Delivered, ""),
        (&[Effect::Accepted, Effect::Warning, Effect::Delivered], State::Delivered, ""),
        (&[Effect::Accepted, Effect::Warning], State::PecAccepted, "delivery"),
        (&[Effect::Accepted, Effect::Warning, Effect::Expired], State::Expired, "delivery delivery"),
        (&[Effect::Accepted, Effect::Expired, Effect::Undelivered, Effect::Delivered], State::Delivered, ""),
        (&[Effect::Delivered, Effect::Warning, Effect::Expired], State::Delivered, ""),
        (&[Effect::Delivered, Effect::Undelivered], State::Delivered, "review"),
        (&[Effect::Refused], State::Refused, "delivery"),
    ];
    for (effects, expected, standing) in rows {
        let (_folder, mut store) = store(ChannelKind::Pec);
        for (number, effect) in effects.iter().enumerate() {
            let receipt = new(u8::try_from(number).unwrap() + 10, "x", *effect);
            store.receive(&receipt, now()).unwrap();
            let events = store.outbox_events(1).unwrap().len();
            let again = store.receive(&receipt, now()).unwrap();
            assert_eq!(again.fate, Fate::Known, "{effects:?}");
            assert_eq!(store.outbox_events(1).unwrap().len(), events, "a duplicate leaves no trace");
        }
        assert_eq!((state(&store), alarms(&store).as_str()), (expected, standing), "{effects:?}");
        assert_eq!(store.receipts_of(1).unwrap().len(), effects.len());
        assert_eq!(store.verify_outbox().unwrap(), None);
    }
}

#[test]
fn what_cannot_be_about_our_message_changes_nothing() {
    let accepted = || new(10, "accettazione", Effect::Accepted);
    let bounce = || NewReceived { kind: "dsn", sender: None, ..new(10, "dsn", Effect::Undelivered) };
    let contested = |sender| NewReceived {
        sender: Some(sender),
        kind: "envelope",
        trusted: false,
        ..new(10, "x", Effect::Contested)
    };
    // channel, receipt, state, alarms
    let rows = [
        (
            ChannelKind::Pec,
            NewReceived { sender: Some("altro@x.example"), ..accepted() },
            State::SmtpAccepted,
            "review",
        ),
        (
            ChannelKind::Pec,
            NewReceived { recipients: vec![("altro@x.example", true)], ..accepted() },
            State::SmtpAccepted,
            "review",
        ),
        (
            ChannelKind::Pec,
            NewReceived {
                recipients: vec![("altro@x.example", true), ("SEDE@pec.example", true)],
                ..accepted()
            },
            State::PecAccepted,
            "",
        ),
        (ChannelKind::Pec, bounce(), State::SmtpAccepted, "review"),
        (ChannelKind::Email, bounce(), State::Undelivered, "delivery"),
        (
            ChannelKind::Email,
            NewReceived { recipients: vec![("altro@x.example", false)], ..bounce() },
            State::SmtpAccepted,
            "review",
        ),
        (ChannelKind::Pec, contested(HOME), State::Contested, "exception"),
        (ChannelKind::Pec, contested("altro@x.example"), State::SmtpAccepted, "review"),
        (
            ChannelKind::Pec,
            NewReceived { trusted: false, effect: None, concern: Some(Concern::Signature), ..accepted() },
            State::SmtpAccepted,
            "forged",
        ),
        (
            ChannelKind::Pec,
            NewReceived { recipients: vec![(HOME, false)], concern: Some(Concern::External), ..accepted() },
            State::PecAccepted,
            "external",
        ),
        (
            ChannelKind::Pec,
            NewReceived {
                recipients: vec![(HOME, true), ("b@c", false)],
                concern: Some(Concern::External),
                ..accepted()
            },
            State::PecAccepted,
            "",
        ),
        // known by what the provider calls it only when nothing else is said; it is not known yet
        (
            ChannelKind::Pec,
            NewReceived { message_id: None, is_ours: false, ..accepted() },
            State::SmtpAccepted,
            "review",
        ),
        // a store that was lost: the id tells what it was
        (
            ChannelKind::Pec,
            NewReceived { message_id: Some("pres.2026-09.prova.n1-2026.r1@ospitante.example"), ..accepted() },
            State::SmtpAccepted,
            "review",
        ),
        // somebody else's mail in the same box
        (
            ChannelKind::Pec,
            NewReceived {
                message_id: Some("x@y"),
                is_ours: false,
                ..new(10, "errore-consegna", Effect::Undelivered)
            },
            State::SmtpAccepted,
            "",
        ),
    ];
    for (number, (channel, receipt, expected, standing)) in rows.into_iter().enumerate() {
        let (_folder, mut store) = store(channel);
        store.receive(&receipt, now()).unwrap();
        assert_eq!((state(&store), alarms(&store).as_str()), (expected, standing), "row {number}");
    }
}

#[test]
fn a_receipt_without_a_reference_is_known_by_the_providers_name() {
    let (_folder, mut store) = store(ChannelKind::Pec);
    store.receive(&new(10, "accettazione", Effect::Accepted), now()).unwrap();
    let nameless =
        NewReceived { message_id: None, is_ours: false, ..new(11, "avvenuta-consegna", Effect::Delivered) };
    let reception = store.receive(&nameless, now()).unwrap();
    assert_eq!(reception.fate, Fate::Moved { from: State::PecAccepted, to: State::Delivered });
}

#[test]
fn a_forgery_keeps_no_true_receipt_away() {
    let (_folder, mut store) = store(ChannelKind::Pec);
    let id = Some("r1@prov.example");
    let forged = NewReceived {
        own_id: id,
        trusted: false,
        effect: None,
        concern: Some(Concern::Signature),
        ..new(10, "x", Effect::Delivered)
    };
    let genuine = NewReceived { own_id: id, ..new(11, "x", Effect::Delivered) };
    assert_eq!(store.receive(&forged, now()).unwrap().fate, Fate::Kept);
    assert!(matches!(store.receive(&genuine, now()).unwrap().fate, Fate::Moved { .. }));
    assert_eq!(alarms(&store), "forged", "the forgery is still to be looked at");
    assert!(store.settle_received(1, ("anna", "segnalata"), now()).unwrap());
    assert!(!store.settle_received(1, ("anna", "segnalata"), now()).unwrap());
    assert_eq!(alarms(&store), "");
}

#[test]
fn another_configuration_may_believe_what_was_doubted() {
    let (_folder, mut store) = store(ChannelKind::Pec);
    let doubted = NewReceived {
        trusted: false,
        effect: None,
        concern: Some(Concern::Signature),
        signature: "broken",
        ..new(10, "x", Effect::Accepted)
    };
    store.receive(&doubted, now()).unwrap();
    assert_eq!(store.doubted_receipts().unwrap(), [("box".to_owned(), b"raw".to_vec())]);
    let reception = store.receive(&new(10, "x", Effect::Accepted), now()).unwrap();
    assert_eq!((reception.id, state(&store)), (1, State::PecAccepted));
    assert_eq!((alarms(&store).as_str(), store.received().unwrap().len()), ("", 1));
    assert!(store.doubted_receipts().unwrap().is_empty());
}

#[test]
fn what_was_only_listed_is_kept_once_it_is_believed_of_a_message() {
    let (_folder, mut store) = store(ChannelKind::Pec);
    let nameless =
        NewReceived { message_id: None, is_ours: false, ..new(11, "avvenuta-consegna", Effect::Delivered) };
    let listed = NewReceived { trusted: false, effect: None, references: Vec::new(), ..nameless };
    assert_eq!(store.receive(&listed, now()).unwrap().fate, Fate::Listed);
    assert_eq!(store.received_message(1).unwrap(), None);
    store.receive(&new(10, "accettazione", Effect::Accepted), now()).unwrap();
    let believed = NewReceived { trusted: true, effect: Some(Effect::Delivered), ..listed };
    let reception = store.receive(&believed, now()).unwrap();
    assert_eq!((reception.id, state(&store)), (1, State::Delivered));
    assert_eq!(store.received_message(1).unwrap().as_deref(), Some(&b"raw"[..]), "it is a proof now");
}

#[test]
fn an_attempt_under_way_is_not_disturbed() {
    let (_folder, mut store) = store(ChannelKind::Pec);
    store.connection.execute("UPDATE outbox SET state = 'handing_over'", []).unwrap();
    let reception = store.receive(&new(10, "accettazione", Effect::Accepted), now()).unwrap();
    assert_eq!((reception.fate, state(&store)), (Fate::Waits, State::HandingOver));
    assert!(store.apply_waiting(now()).unwrap().is_empty());
    store.move_message(1, State::Uncertain, None, "no answer", now()).unwrap();
    let applied = store.apply_waiting(now()).unwrap();
    assert_eq!(applied[0].fate, Fate::Moved { from: State::Uncertain, to: State::PecAccepted });
    assert!(store.apply_waiting(now()).unwrap().is_empty());
}

#[test]
fn a_message_about_to_be_sent_again_stays_when_a_receipt_shows_that_it_left() {
    let (_folder, mut store) = store(ChannelKind::Pec);
    store.move_message(1, State::Uncertain, None, "no receipt", now()).unwrap();
    store.move_message(1, State::Due, Some(now()), "again", now()).unwrap();
    store.receive(&new(10, "accettazione", Effect::Accepted), now()).unwrap();
    assert!(store.claim_due("boot", now()).unwrap().is_none());
    assert_eq!(state(&store), State::PecAccepted);
}

#[test]
fn a_warning_that_does_not_say_which_is_told_by_its_time_or_its_number() {
    let at = |text| DateTime::parse_from_rfc3339(text).ok();
    let warning = |number, time| NewReceived {
        unclear: true,
        at: at(time),
        ..new(number, "preavviso", Effect::Warning)
    };
    let rows: [(&[&str], State); 3] = [
        (&["2026-11-03T21:15:00+01:00"], State::PecAccepted),
        (&["2026-11-04T08:00:00+01:00"], State::Expired),
        (&["2026-11-03T21:15:00+01:00", "2026-11-03T21:20:00+01:00"], State::Expired),
    ];
    for (times, expected) in rows {
        let (_folder, mut store) = store(ChannelKind::Pec);
        store.receive(&new(10, "accettazione", Effect::Accepted), now()).unwrap();
        for (number, time) in times.iter().enumerate() {
            store.receive(&warning(u8::try_from(number).unwrap() + 20, time), now()).unwrap();
        }
        assert_eq!(state(&store), expected, "{times:?}");
    }
}

#[test]
fn other_mail_is_listed_and_forgotten_and_its_bytes_are_not_kept() {
    let (_folder, mut store) = store(ChannelKind::Pec);
    let other = NewReceived {
        message_id: None,
        is_ours: false,
        identifier: None,
        trusted: false,
        effect: None,
        concern: None,
        ..new(10, "envelope", Effect::Accepted)
    };
    assert_eq!(store.receive(&other, now()).unwrap().fate, Fate::Listed);
    assert_eq!(store.received().unwrap().len(), 1);
    assert_eq!(store.received_message(1).unwrap(), None);
    assert_eq!(store.forget_other_mail(now()).unwrap(), 0);
    let later = now() + chrono::TimeDelta::days(22);
    assert_eq!(store.forget_other_mail(later).unwrap(), 1);
    assert!(store.received().unwrap().is_empty());
}
