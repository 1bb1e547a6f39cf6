//! Messages of the outbox in Italian: what each is, where it stands, what to do.

use crate::domain::delivery::State;
use crate::domain::month::Month;
use crate::domain::release::Release;
use crate::render::italian;

use super::Waiting;
use super::sections::{Row, Todo};

/// `held`: no letter leaves before a person says so.
pub(super) fn row(message: &Waiting, held: bool) -> Row {
    let month = Month::parse(&message.period).map_or_else(|| message.period.clone(), italian::month);
    let what = match message.kind.as_str() {
        "statement" => format!("prospetto di {month}"),
        "notice" => "comunicazione di malfunzionamento".to_owned(),
        "report" => "relazione finale".to_owned(),
        _ => "comunicazione".to_owned(),
    };
    let cells = vec![
        message.id.to_string(),
        what,
        message.agreement.clone(),
        italian::state(message.state).to_owned(),
        italian::date(message.deadline),
    ];
    Row { cells, todo: todo(message, held), urgent: message.state.needs_a_person() }
}

fn todo(message: &Waiting, held: bool) -> Todo {
    let id = message.id;
    match message.state {
        State::Sealed if message.release == Release::Approve => {
            Todo::plain("nulla qui: attende l'approvazione (vedi Scadenze)")
        }
        State::Planned | State::Sealed | State::Due | State::Claimed | State::HandingOver if held => {
            Todo::plain("nulla qui: per ora non parte (vedi Avvisi)")
        }
        State::Planned | State::Sealed | State::Due | State::Claimed | State::HandingOver => {
            Todo::plain("nulla: parte da solo")
        }
        State::HandedOut => Todo::plain("nulla: si attende il numero di protocollo"),
        State::SmtpAccepted => Todo::plain("nulla: si attende la ricevuta di accettazione"),
        State::PecAccepted => Todo::plain("nulla: si attende la ricevuta di consegna"),
        State::Uncertain => Todo::with(
            "chiedere alla sede di lavoro se è arrivato, poi chiuderlo o farlo ripartire (retry)",
            format!("timbra outbox close {id} --why \"...\""),
        ),
        State::Blocked => Todo::with(
            "verificare indirizzo e casella, poi farlo ripartire",
            format!("timbra outbox retry {id}"),
        ),
        State::Refused | State::Undelivered | State::Expired => Todo::with(
            "chiedere alla sede di lavoro l'indirizzo giusto e inviarlo lì",
            format!("timbra outbox readdress {id} --to INDIRIZZO"),
        ),
        State::Contested => {
            Todo::with("sentire il protocollo della sede di lavoro", format!("timbra outbox show {id}"))
        }
        State::Delivered | State::Cancelled | State::ClosedByHand => Todo::plain("nulla"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_must_act_is_told_how_and_nobody_else() {
        let day = "2026-12-10".parse().unwrap();
        for state in State::ALL {
            for (release, held) in [
                (Release::Auto, false),
                (Release::Auto, true),
                (Release::Approve, false),
                (Release::External, false),
            ] {
                let message = Waiting {
                    id: 7,
                    kind: "statement".to_owned(),
                    agreement: "roma-01".to_owned(),
                    period: "2026-11".to_owned(),
                    state: *state,
                    release,
                    deadline: day,
                };
                let row = row(&message, held);
                assert_eq!(row.todo.command.is_some(), row.urgent, "{state:?} {release:?}");
                assert_eq!(row.todo.words.starts_with("nulla"), !row.urgent, "{state:?} {release:?}");
                assert!(!held || row.todo.words != "nulla: parte da solo", "{state:?}");
                assert_eq!(row.cells[1], "prospetto di novembre 2026");
            }
        }
    }
}
