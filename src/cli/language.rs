//! The language in which a person is told something at length.

use clap::ValueEnum;

/// A language to be read aloud in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Language {
    /// Italian
    It,
    /// English
    En,
}

impl Language {
    /// The one that was asked for, or else that of the locale.
    pub(super) fn chosen(asked: Option<Self>) -> Self {
        asked.unwrap_or_else(|| Self::of_locale(|name| std::env::var(name).ok()))
    }

    /// Italian when the locale of messages is; English else.
    fn of_locale(variable: impl Fn(&str) -> Option<String>) -> Self {
        let set = |name| variable(name).filter(|value| !value.is_empty());
        let locale = ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().find_map(set).unwrap_or_default();
        let language = locale.split(['_', '.', '@']).next().unwrap_or_default();
        if language.eq_ignore_ascii_case("it") { Self::It } else { Self::En }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_locale_chooses_the_language() {
        for (all, messages, lang, expected) in [
            ("", "", "it_IT.UTF-8", Language::It),
            ("", "it", "en_GB.UTF-8", Language::It),
            ("C", "it_IT", "it_IT", Language::En),
            ("", "", "", Language::En),
            ("it_CH@euro", "", "", Language::It),
            ("", "", "item", Language::En),
        ] {
            let variable = |name: &str| {
                Some(match name {
                    "LC_ALL" => all.to_owned(),
                    "LC_MESSAGES" => messages.to_owned(),
                    _ => lang.to_owned(),
                })
            };
            assert_eq!(Language::of_locale(variable), expected, "{all} {messages} {lang}");
        }
    }
}
