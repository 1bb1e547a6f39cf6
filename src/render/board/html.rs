//! The board as one page of HTML: nothing remote, no script, readable without colour and on paper.

use chrono::NaiveDateTime;
use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::render::italian;

use super::Board;
use super::sections::{Row, Section, sections};

/// The look of the letters, with room for a screen on a wall and for A4 across. Contrasts are 7:1 and more.
const STYLE: &str = include_str!("board.css");

/// Nothing is loaded from anywhere, whatever the page may hold.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'";

pub(super) fn page(board: &Board<'_>, at: NaiveDateTime) -> String {
    let sections = sections(board);
    let office = &board.host.office.name;
    let document = html! {
        (DOCTYPE)
        html lang="it" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                title { "Presenze in coworking: situazione - " (office) }
                style { (PreEscaped(STYLE)) }
            }
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
        }
    };
    // a line for each block: what is escaped has no `<`, so only tags begin with it
    let blocks = [
        "<head", "<body", "<header", "<main", "<section", "<h1", "<h2", "<p", "<ul", "<li", "<table", "<tr",
        "<footer",
    ];
    let text = document.into_string();
    let lines = blocks.iter().fold(text, |text, tag| text.replace(tag, &format!("\n{tag}")));
    format!("{lines}\n")
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
