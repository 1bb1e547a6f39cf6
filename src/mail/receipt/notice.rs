//! Which of the two warnings a `preavviso-errore-consegna` is: both have the same header and the
//! same `tipo` (RFC 6109, 3.1.6), so the text has to tell.

/// A warning of the provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Notice {
    /// After 12 hours: the message may still arrive.
    First,
    /// After 24 hours: it is given up.
    Second,
    /// Its text does not say; the time since the acceptance may.
    Unclear,
}

impl Notice {
    /// The one that the first text that says anything means.
    pub(super) fn of<'t>(texts: impl IntoIterator<Item = &'t str>) -> Self {
        texts.into_iter().find_map(Self::told).unwrap_or(Self::Unclear)
    }

    /// The first warning often announces the second one, so that both numbers stand in it; the
    /// second one has no reason to name 12 hours.
    fn told(text: &str) -> Option<Self> {
        let text = text.to_lowercase();
        let words: Vec<&str> =
            text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
        let says = |numbers: [&str; 2], joined: [&str; 2]| {
            let hours = |word: &&str| ["ore", "hours", "h"].contains(word);
            words.iter().any(|word| joined.contains(word))
                || words.windows(2).any(|pair| numbers.contains(&pair[0]) && hours(&pair[1]))
                // "24 (ventiquattro) ore"
                || words.windows(3).any(|three| {
                    numbers.contains(&three[0]) && numbers.contains(&three[1]) && hours(&three[2])
                })
        };
        if says(["12", "dodici"], ["12h", "12ore"]) {
            Some(Self::First)
        } else if says(["24", "ventiquattro"], ["24h", "24ore"]) {
            Some(Self::Second)
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_tells_the_first_from_the_second() {
        let rows: [(&[&str], Notice); 11] = [
            (&["non e' stato consegnato nelle prime 12 ore dal suo invio"], Notice::First),
            (&["non è stato consegnato nelle 24 ore successive al suo invio"], Notice::Second),
            (
                &["", "nelle prime dodici ore dal suo invio. Un altro avviso dopo ventiquattro ore"],
                Notice::First,
            ),
            (&["nelle VENTIQUATTRO ore successive"], Notice::Second),
            (&["entro 24 (ventiquattro) ore"], Notice::Second),
            (&["not delivered within 24 hours"], Notice::Second),
            (&["timeout 12h", "24 ore"], Notice::First),
            (&["il 12/11/2026 alle ore 24:00"], Notice::Unclear),
            (&["ore 12 del giorno 24"], Notice::Unclear),
            (&["5.4.7 - tempo massimo superato"], Notice::Unclear),
            (&[], Notice::Unclear),
        ];
        for (texts, expected) in rows {
            assert_eq!(Notice::of(texts.iter().copied()), expected, "{texts:?}");
        }
    }
}
