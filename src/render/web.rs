//! What every page of HTML stands in, be it a letter's body or a page for a screen.

use maud::{DOCTYPE, Markup, html};

/// A document of a title, what else its head holds, and its `<body>`. Each of `blocks` (`"<p"`) begins a line:
/// what is escaped has no `<`, so only tags begin with it.
pub(super) fn document(title: &str, head: &Markup, body: &Markup, blocks: &[&str]) -> String {
    let document = html! {
        (DOCTYPE)
        html lang="it" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                (head)
                title { (title) }
            }
            (body)
        }
    };
    let text = document.into_string();
    let lines = blocks.iter().fold(text, |text, tag| text.replace(tag, &format!("\n{tag}")));
    format!("{lines}\n")
}
