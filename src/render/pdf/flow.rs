//! Down the page, and onto the next one when it is full.

use std::num::NonZeroU16;

use krilla::tagging::{ArtifactType, Tag, TagKind};

use super::face::Run;
use super::sheet::{
    Area, Colour, HEIGHT, Heading, INK, MARGIN, MUTED, Mark, NAVY, RIGHT, RULE, Sheet, Style,
};

/// Where the first line of a page stands.
const TOP: f32 = 36.0;

/// Where a page is full: below are the two lines of the running foot.
const BOTTOM: f32 = HEIGHT - 50.0;

/// How much air there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Density {
    /// As it should be.
    Usual,
    /// A little less, to stay on one page.
    Close,
}

/// What stands on every page of a document.
pub(super) struct Running {
    /// At the head of each further page, on the left.
    pub(super) head: String,
    /// Beside it, on the right; `(segue)` follows.
    pub(super) number: String,
    /// The first line of the foot.
    pub(super) notice: &'static str,
    /// The second one, beside the number of the page.
    pub(super) foot: String,
}

/// The page being filled.
pub(super) struct Flow {
    pub(super) sheet: Sheet,
    /// The top of what comes next.
    pub(super) y: f32,
    density: Density,
    running: Running,
}

impl Flow {
    pub(super) fn new(running: Running, density: Density) -> Self {
        Self { sheet: Sheet::new(), y: TOP, density, running }
    }

    /// Leaves air.
    pub(super) fn space(&mut self, points: f32) {
        self.y += match self.density {
            Density::Usual => points,
            Density::Close => points * 0.55,
        };
    }

    /// Makes room for something that stays together. True when that began a new page.
    pub(super) fn room(&mut self, height: f32) -> bool {
        let full = self.y + height > BOTTOM;
        if full {
            self.sheet.next_page();
            self.continued();
        }
        full
    }

    /// Moves down to where something of this height ends the page, if there is room for it.
    pub(super) fn sink(&mut self, height: f32) {
        self.room(height);
        self.y = self.y.max(BOTTOM - height);
    }

    /// Puts what `fill` sets, on however many pages, into a part of the document.
    pub(super) fn part(&mut self, tag: impl Into<TagKind>, fill: impl FnOnce(&mut Self)) {
        self.sheet.open(tag.into());
        fill(self);
        self.sheet.close();
    }

    /// The head of a further page.
    fn continued(&mut self) {
        let style = Style::new(7.5, 10.0, MUTED);
        let (runs, room) = ([Run::regular(self.running.head.as_str())], RIGHT - MARGIN - 90.0);
        let height = style.height(&runs, room);
        let mut marks = style.left(&runs, MARGIN, TOP, room);
        let number = format!("{} (segue)", self.running.number);
        marks.push(style.right(&Run::regular(number.trim_start()), RIGHT, TOP));
        let under = TOP + height + 3.0;
        marks.push(Mark::Line([MARGIN, under], [RIGHT, under], NAVY, 0.8));
        self.sheet.artifact(self.sheet.page(), ArtifactType::Header, marks);
        self.y = under + 12.0;
    }

    /// A paragraph that may break between lines of two pages nowhere: it stays together.
    pub(super) fn paragraph(&mut self, style: Style, runs: &[Run]) {
        let room = RIGHT - MARGIN;
        let height = style.height(runs, room);
        self.room(height);
        let marks = style.left(runs, MARGIN, self.y, room);
        self.sheet.part(Tag::P, |sheet| sheet.content(marks));
        self.y += height;
    }

    /// Paragraphs that may go on on the next page, between two of their lines. Each line of `words` is one.
    pub(super) fn prose(&mut self, style: Style, words: &str) {
        for words in words.lines().filter(|words| !words.trim().is_empty()) {
            self.space(3.0);
            let mut lines = style.lines(&[Run::regular(words.trim())], RIGHT - MARGIN).into_iter().peekable();
            self.sheet.open(Tag::P.into());
            while lines.peek().is_some() {
                self.room(style.leading);
                let (mut marks, page) = (Vec::new(), self.sheet.page());
                while self.y + style.leading <= BOTTOM
                    && let Some(line) = lines.next()
                {
                    marks.extend(style.left(&line, MARGIN, self.y, f32::INFINITY));
                    self.y += style.leading;
                }
                debug_assert_eq!(page, self.sheet.page());
                self.sheet.content(marks);
            }
            self.sheet.close();
        }
    }

    /// A heading with at least `after` points of what it heads on the same page.
    pub(super) fn heading(&mut self, words: &str, after: f32) {
        self.space(10.0);
        let style = Style::new(9.0, 13.0, NAVY);
        self.room(style.leading + after);
        let marks = style.left(&[Run::bold(words)], MARGIN, self.y, RIGHT - MARGIN);
        self.head(2, words, marks);
        self.y += style.leading;
    }

    /// The structure of a heading that is drawn as `marks`.
    pub(super) fn head(&mut self, level: u16, words: &str, marks: Vec<Mark>) {
        let level = NonZeroU16::new(level).unwrap_or(NonZeroU16::MIN);
        self.sheet.headings.push(Heading { words: words.to_owned(), page: self.sheet.page(), y: self.y });
        self.sheet.part(Tag::Hn(level, Some(words.to_owned())), |sheet| sheet.content(marks));
    }

    /// A sentence that must not be overlooked, in its colour on its ground.
    pub(super) fn banner(&mut self, words: &str, (colour, ground): (Colour, Colour)) {
        self.space(8.0);
        let (style, room) = (Style::new(9.0, 12.5, colour), RIGHT - MARGIN - 24.0);
        let runs = [Run::bold(words)];
        let height = style.height(&runs, room) + 10.0;
        self.room(height);
        let area = Area::new(MARGIN, self.y, RIGHT - MARGIN, height);
        let bar = Area::new(MARGIN, self.y, 3.0, height);
        self.sheet.decoration(vec![Mark::Fill(area, ground), Mark::Fill(bar, colour)]);
        let marks = style.left(&runs, MARGIN + 12.0, self.y + 5.0, room);
        self.sheet.part(Tag::P, |sheet| sheet.content(marks));
        self.y += height;
    }

    /// A thin rule across the page.
    pub(super) fn rule(&mut self) {
        self.sheet.decoration(vec![Mark::Line([MARGIN, self.y], [RIGHT, self.y], RULE, 0.5)]);
    }

    /// Every page gets its foot, now that their number is known.
    pub(super) fn finish(mut self) -> Sheet {
        let (small, top) = (Style::new(6.8, 9.0, MUTED), BOTTOM + 10.0);
        let number = Style::new(6.8, 9.0, INK);
        for index in 0..self.sheet.pages {
            let mut marks = vec![Mark::Line([MARGIN, top - 3.0], [RIGHT, top - 3.0], RULE, 0.5)];
            marks.extend(small.left(&[Run::regular(self.running.notice)], MARGIN, top, RIGHT - MARGIN));
            let words = [Run::regular(self.running.foot.as_str())];
            marks.extend(small.left(&words, MARGIN, top + 9.0, RIGHT - MARGIN - 80.0));
            let words = format!("Pagina {} di {}", index + 1, self.sheet.pages);
            marks.push(number.right(&Run::bold(words), RIGHT, top + 9.0));
            self.sheet.artifact(index, ArtifactType::Footer, marks);
        }
        self.sheet
    }
}
