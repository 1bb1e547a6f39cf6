//! The board as one page of HTML: nothing remote, no script, readable without colour and on paper.

use chrono::NaiveDateTime;
use maud::{Markup, PreEscaped, html};

use crate::render::{italian, web};

use super::Board;
use super::sections::{Row, Section, sections};

/// The look of the letters, with room for a screen on a wall and for A4 across. Contrasts are 7:1 and more.
const STYLE: &str = include_str!("board.css");

/// Nothing is loaded from anywhere, whatever the page may hold.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'";

pub(super) fn page(board: &Board<'_>, at: NaiveDateTime) -> String {
    let sections = sections(board);
    let office = &board.host.office.name;
    let head = html! {
        meta http-equiv="Content-Security-Policy" content=(POLICY);
        style { (PreEscaped(STYLE)) }
    };
    let body = html! {
        body {
            header {
                p.office { (office) }
                h1 { "Presenze in coworking: situazione" }
                p.when {
                    strong { (italian::sentence(italian::weekday(board.today))) " " (italian::date(board.today)) }
                    ", scritta alle ore " (at.format("%H:%M"))
                }
            }
            main {
                (summary(&sections))
                @for one in &sections { (section(one)) }
            }
            (foot(board))
        }
    };
    let blocks = [
        "<head", "<body", "<header", "<main", "<section", "<h1", "<h2", "<p", "<ul", "<li", "<table", "<tr",
        "<footer",
    ];
    web::document(&format!("Presenze in coworking: situazione - {office}"), &head, &body, &blocks)
}

/// What a person must do, counted, each with the way to it.
fn summary(sections: &[Section]) -> Markup {
    let open: Vec<&Section> = sections.iter().filter(|section| section.urgent > 0).collect();
    html! {
        section.summary aria-labelledby="da-fare" {
            h2 id="da-fare" { "Da fare" }
            @if open.is_empty() {
                p { "Nulla: tutto procede da solo." }
            } @else {
                ul {
                    @for section in open {
                        @let (one, several) = section.counted;
                        li { a href=(format!("#{}", section.id)) {
                            strong { (section.urgent) } " " (if section.urgent == 1 { one } else { several })
                        } }
                    }
                }
            }
        }
    }
}

fn section(section: &Section) -> Markup {
    html! {
        section aria-labelledby=(section.id) {
            h2 id=(section.id) { (section.title) }
            @if section.rows.is_empty() {
                p { (section.empty) }
            } @else {
                table {
                    caption { (section.caption) }
                    thead { tr {
                        @for head in section.heads { th scope="col" { (head) } }
                        @if let Some(head) = section.todo_head { th scope="col" { (head) } }
                    } }
                    tbody { @for one in &section.rows { (row(one, section)) } }
                }
                @if section.more > 0 {
                    p.note { "Altre righe: " (section.more) ". " code { "timbra status" } " le mostra tutte." }
                }
            }
            @if !section.note.is_empty() { p.note { (section.note) } }
        }
    }
}

fn row(row: &Row, section: &Section) -> Markup {
    let class = row.urgent.then_some("urgent");
    html! {
        tr class=[class] {
            @for (place, cell) in row.cells.iter().enumerate() {
                @let agreement = (section.heads.get(place) == Some(&"Intesa")).then_some("agreement");
                @if place == 0 { th scope="row" { (cell) } } @else { td class=[agreement] { (cell) } }
            }
            @if section.todo_head.is_some() {
                td.todo {
                    (row.todo.words)
                    @if let Some(command) = &row.todo.command { ": " code { (command) } }
                }
            }
        }
    }
}

fn foot(board: &Board<'_>) -> Markup {
    let whom = board.host.it_office.as_deref().unwrap_or("chi gestisce i sistemi");
    html! {
        footer {
            p {
                "La pagina è riscritta quando qualcosa cambia e all'inizio di ogni giorno; per vedere l'ultima versione \
                 ricaricarla. Se la data in alto non è quella di oggi, timbra è fermo: avvisare " (whom) "."
            }
            p {
                "Uso riservato: la pagina riguarda le presenze di singole persone"
                @if !board.names { ", indicate con il solo nome dell'intesa" }
                ". Può vederla chi può leggere questa cartella."
            }
        }
    }
}
