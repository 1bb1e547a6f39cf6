//! Texts that must be ASCII: subjects and file names.

/// The text with accents taken off, typographic quotes and dashes made plain, and everything else
/// that is not printable ASCII made a space; runs of spaces become one.
pub(super) fn ascii(text: &str) -> String {
    let plain: String = text.chars().map(plain).collect();
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// As [`ascii`], in lower case, with `-` between the words: `prefettura-reggio-calabria`.
pub(super) fn slug(text: &str) -> String {
    let lower = ascii(text).to_ascii_lowercase();
    let words = lower.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join("-")
}

fn plain(character: char) -> char {
    match character {
        'à' | 'á' | 'â' | 'ä' => 'a',
        'À' | 'Á' | 'Â' | 'Ä' => 'A',
        'è' | 'é' | 'ê' | 'ë' => 'e',
        'È' | 'É' | 'Ê' | 'Ë' => 'E',
        'ì' | 'í' | 'î' | 'ï' => 'i',
        'Ì' | 'Í' | 'Î' | 'Ï' => 'I',
        'ò' | 'ó' | 'ô' | 'ö' => 'o',
        'Ò' | 'Ó' | 'Ô' | 'Ö' => 'O',
        'ù' | 'ú' | 'û' | 'ü' => 'u',
        'Ù' | 'Ú' | 'Û' | 'Ü' => 'U',
        'ç' => 'c',
        'ñ' => 'n',
        '’' | '‘' => '\'',
        '–' | '—' => '-',
        printable if printable.is_ascii_graphic() => printable,
        _ => ' ',
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_offices_become_ascii() {
        for (text, plain, slugged) in [
            ("Prefettura di Forlì-Cesena", "Prefettura di Forli-Cesena", "prefettura-di-forli-cesena"),
            ("Commissariato  dell’Aquila\r\n", "Commissariato dell'Aquila", "commissariato-dell-aquila"),
            ("Valle d'Aosta/Vallée d'Aoste", "Valle d'Aosta/Vallee d'Aoste", "valle-d-aosta-vallee-d-aoste"),
            ("日本", "", ""),
        ] {
            assert_eq!(ascii(text), plain);
            assert_eq!(slug(text), slugged);
        }
    }
}
