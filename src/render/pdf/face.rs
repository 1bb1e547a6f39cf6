//! The two embedded faces: which glyphs, how wide, how they kern, and where lines break. Parsed once.

use std::collections::HashMap;
use std::sync::LazyLock;

use krilla::text::{Font, GlyphId, KrillaGlyph};
use skrifa::instance::{LocationRef, Size};
use skrifa::raw::TableProvider;
use skrifa::raw::tables::kern::SubtableKind;
use skrifa::{FontRef, MetadataProvider};

static REGULAR: LazyLock<Option<Face>> =
    LazyLock::new(|| Face::read(include_bytes!("../fonts/TitilliumWeb-Regular.ttf")));
static BOLD: LazyLock<Option<Face>> =
    LazyLock::new(|| Face::read(include_bytes!("../fonts/TitilliumWeb-SemiBold.ttf")));

/// What stands for a letter that the faces lack.
const MISSING: char = '?';

/// Accents that stand behind their letter: the letters, and the same with the accent.
const COMPOSED: [(char, &str, &str); 7] = [
    ('\u{300}', "aeiouAEIOU", "àèìòùÀÈÌÒÙ"),
    ('\u{301}', "aeiouyncszAEIOUYNCSZ", "áéíóúýńćśźÁÉÍÓÚÝŃĆŚŹ"),
    ('\u{302}', "aeiouAEIOU", "âêîôûÂÊÎÔÛ"),
    ('\u{303}', "anoANO", "ãñõÃÑÕ"),
    ('\u{308}', "aeiouAEIOU", "äëïöüÄËÏÖÜ"),
    ('\u{30c}', "cszerndtCSZERNDT", "čšžěřňďťČŠŽĚŘŇĎŤ"),
    ('\u{327}', "csCS", "çşÇŞ"),
];

/// Regular or bold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Weight {
    Regular,
    Bold,
}

/// A face, ready to measure and to draw.
pub(super) struct Face {
    pub(super) font: Font,
    glyphs: HashMap<char, (u32, f32)>,
    kerning: HashMap<(u32, u32), f32>,
}

/// A stretch of text in one weight.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Run {
    pub(super) weight: Weight,
    pub(super) text: String,
}

impl Run {
    pub(super) fn regular(text: impl Into<String>) -> Self {
        Self { weight: Weight::Regular, text: text.into() }
    }

    pub(super) fn bold(text: impl Into<String>) -> Self {
        Self { weight: Weight::Bold, text: text.into() }
    }
}

/// True when both faces could be read; they are part of the program, so only a broken build has none.
pub(super) fn ready() -> bool {
    REGULAR.is_some() && BOLD.is_some()
}

/// The face of a weight.
pub(super) fn face(weight: Weight) -> Option<&'static Face> {
    match weight {
        Weight::Regular => REGULAR.as_ref(),
        Weight::Bold => BOLD.as_ref(),
    }
}

/// The width of a text in points.
pub(super) fn width(weight: Weight, size: f32, text: &str) -> f32 {
    face(weight).map_or(0.0, |face| face.width(text) * size)
}

impl Face {
    fn read(bytes: &'static [u8]) -> Option<Self> {
        let font = Font::new(bytes.into(), 0)?;
        let reference = FontRef::new(bytes).ok()?;
        let metrics = reference.glyph_metrics(Size::unscaled(), LocationRef::default());
        let em = font.units_per_em();
        let mut glyphs = HashMap::new();
        for (code, glyph) in reference.charmap().mappings() {
            if let Some(character) = char::from_u32(code) {
                glyphs.insert(character, (glyph.to_u32(), metrics.advance_width(glyph)? / em));
            }
        }
        let mut kerning = HashMap::new();
        for table in reference.kern().ok()?.subtables() {
            let Ok(SubtableKind::Format0(pairs)) = table.and_then(|table| table.kind()) else { continue };
            for pair in pairs.pairs() {
                let key = (pair.left.get().to_u32(), pair.right.get().to_u32());
                kerning.insert(key, f32::from(pair.value.get()) / em);
            }
        }
        Some(Self { font, glyphs, kerning })
    }

    /// The width of a cleaned text at size 1.
    fn width(&self, text: &str) -> f32 {
        let (mut width, mut before) = (0.0, None);
        for (glyph, advance) in text.chars().filter_map(|character| self.glyphs.get(&character)) {
            width += advance + before.map_or(0.0, |before| self.kern(before, *glyph));
            before = Some(*glyph);
        }
        width
    }

    fn kern(&self, left: u32, right: u32) -> f32 {
        self.kerning.get(&(left, right)).copied().unwrap_or_default()
    }

    /// The glyphs of a cleaned text; the kerning is part of the advances.
    pub(super) fn glyphs(&self, text: &str) -> Vec<KrillaGlyph> {
        let mut glyphs: Vec<KrillaGlyph> = Vec::with_capacity(text.len());
        for (start, character) in text.char_indices() {
            let Some((glyph, advance)) = self.glyphs.get(&character) else { continue };
            if let Some(before) = glyphs.last_mut() {
                before.x_advance += self.kern(before.glyph_id.to_u32(), *glyph);
            }
            let range = start..start + character.len_utf8();
            glyphs.push(KrillaGlyph::new(GlyphId::new(*glyph), *advance, 0.0, 0.0, 0.0, range, None));
        }
        glyphs
    }

    fn has(&self, character: char) -> bool {
        self.glyphs.contains_key(&character)
    }
}

/// The text as the faces can draw it: accents put onto their letters, what they lack replaced.
pub(super) fn clean(text: &str) -> String {
    let Some(face) = REGULAR.as_ref() else { return String::new() };
    let mut clean = String::with_capacity(text.len());
    for character in text.chars() {
        if face.has(character) {
            clean.push(character);
        } else if ('\u{300}'..='\u{36f}').contains(&character) {
            if let Some(letter) = clean.pop() {
                clean.push(accented(letter, character).unwrap_or(letter));
            }
        } else if character.is_whitespace() || character.is_control() {
            clean.push(' ');
        } else {
            clean.push(MISSING);
        }
    }
    clean
}

/// The letters of a text for which the faces of the PDF have nothing: each is printed as a question mark.
pub fn undrawable(text: &str) -> String {
    let replaced = |letter: &char| *letter != MISSING && clean(&letter.to_string()).contains(MISSING);
    text.chars().filter(replaced).collect()
}

fn accented(letter: char, accent: char) -> Option<char> {
    let (_, plain, composed) = COMPOSED.iter().find(|(of, ..)| *of == accent)?;
    let position = plain.chars().position(|plain| plain == letter)?;
    composed.chars().nth(position)
}

/// Breaks runs into lines of at most `room` points, between words; a word that is longer than a line
/// is broken where it must be. Every line but the last ends with the space at which it was broken.
pub(super) fn wrap(runs: &[Run], size: f32, room: f32) -> Vec<Vec<Run>> {
    let mut lines = Lines { done: Vec::new(), line: Vec::new(), used: 0.0, size, room };
    // what has no space between stays together, also where the weight changes
    let mut word: Vec<Run> = Vec::new();
    for run in runs {
        for text in clean(&run.text).split_inclusive(' ') {
            word.push(Run { weight: run.weight, text: text.to_owned() });
            if text.ends_with(' ') {
                lines.push(&std::mem::take(&mut word));
            }
        }
    }
    lines.push(&word);
    lines.done.push(lines.line);
    lines.done
}

/// Lines while they are filled.
struct Lines {
    done: Vec<Vec<Run>>,
    line: Vec<Run>,
    used: f32,
    size: f32,
    room: f32,
}

impl Lines {
    fn push(&mut self, word: &[Run]) {
        let visible = word.iter().map(|run| width(run.weight, self.size, run.text.trim_end_matches(' ')));
        let visible: f32 = visible.sum();
        if self.used > 0.0 && self.used + visible > self.room {
            self.break_line();
        }
        for run in word {
            if visible <= self.room { self.append(run.weight, &run.text) } else { self.break_word(run) }
        }
    }

    fn break_word(&mut self, word: &Run) {
        for character in word.text.chars() {
            let character = character.to_string();
            let wide = self.used + width(word.weight, self.size, character.trim_end_matches(' '));
            if self.used > 0.0 && wide > self.room {
                self.break_line();
            }
            self.append(word.weight, &character);
        }
    }

    fn append(&mut self, weight: Weight, text: &str) {
        if text.is_empty() {
            return;
        }
        self.used += width(weight, self.size, text);
        match self.line.last_mut() {
            Some(last) if last.weight == weight => last.text.push_str(text),
            _ => self.line.push(Run { weight, text: text.to_owned() }),
        }
    }

    fn break_line(&mut self) {
        self.done.push(std::mem::take(&mut self.line));
        self.used = 0.0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_have_one_width_and_letters_kern() {
        for weight in [Weight::Regular, Weight::Bold] {
            let widths: Vec<f32> = "0123456789".chars().map(|d| width(weight, 1.0, &d.to_string())).collect();
            assert!(widths.iter().all(|width| (width - widths[0]).abs() < 1e-6), "{widths:?}");
        }
        let apart = width(Weight::Regular, 1.0, "T") + width(Weight::Regular, 1.0, "o");
        assert!(width(Weight::Regular, 1.0, "To") < apart - 0.01);
    }

    #[test]
    fn every_text_can_be_drawn() {
        for (text, drawn) in [
            ("Nicolò Müller D’Èsempio – 12 €", "Nicolò Müller D’Èsempio – 12 €"),
            ("Nicolo\u{300} Boz\u{30c}ic\u{301}", "Nicolò Božić"),
            ("q\u{300}", "q"),
            ("Ștefan Łukasz Đorđe Žižek", "Ștefan Łukasz Đorđe Žižek"),
            ("日本\tx\u{7}", "?? x "),
        ] {
            assert_eq!(clean(text), drawn);
        }
    }

    #[test]
    fn no_line_is_wider_than_its_room_and_no_letter_is_lost() {
        let text = "Prefettura - Ufficio territoriale del Governo di Reggio Calabria \
                    presenze.coworking.lunghissime@prefettura-ospitante.example.it fine";
        for room in [20.0, 60.0, 155.0, 900.0] {
            let lines = wrap(&[Run::regular(text), Run::bold(" in grassetto")], 8.5, room);
            let whole: String = lines.iter().flatten().map(|run| run.text.as_str()).collect();
            assert_eq!(whole, format!("{text} in grassetto"));
            for line in &lines {
                let visible = line.iter().map(|run| width(run.weight, 8.5, &run.text)).sum::<f32>();
                let space = width(Weight::Regular, 8.5, " ") * 1.1;
                assert!(visible <= room + space, "{line:?} {visible} {room}");
            }
        }
    }
}
