//! The pages before they are written: what is drawn where, and which part of the document it is. A
//! page knows its number only when all are laid out, so drawing comes second.

use krilla::tagging::{ArtifactType, TagKind};

use super::face::{self, Run, Weight};

/// The width of A4 in points.
pub(super) const WIDTH: f32 = 595.28;

/// The height of A4 in points.
pub(super) const HEIGHT: f32 = 841.89;

/// The margin at both sides.
pub(super) const MARGIN: f32 = 42.0;

/// The right end of the text.
pub(super) const RIGHT: f32 = WIDTH - MARGIN;

/// A colour; each is told from the others on a grey print too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Colour(pub(super) u8, pub(super) u8, pub(super) u8);

pub(super) const INK: Colour = Colour(26, 26, 26);
pub(super) const NAVY: Colour = Colour(23, 50, 77);
pub(super) const MUTED: Colour = Colour(74, 90, 106);
pub(super) const RULE: Colour = Colour(196, 205, 214);
pub(super) const PALE: Colour = Colour(242, 245, 248);
pub(super) const AMBER: Colour = Colour(122, 74, 0);
pub(super) const CREAM: Colour = Colour(253, 246, 230);
pub(super) const WHITE: Colour = Colour(255, 255, 255);

/// A rectangle: left, top, width, height, in points from the top left corner of the page.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Area {
    pub(super) x: f32,
    pub(super) y: f32,
    pub(super) width: f32,
    pub(super) height: f32,
}

impl Area {
    pub(super) fn new(x: f32, y: f32, width: f32, height: f32) -> Self {
        Self { x, y, width, height }
    }
}

/// One thing drawn.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Mark {
    /// A cleaned text; `x` is its left end, `y` its baseline.
    Text { x: f32, y: f32, size: f32, weight: Weight, colour: Colour, text: String },
    /// A filled rectangle.
    Fill(Area, Colour),
    /// The outline of a rectangle.
    Outline(Area, Colour, f32),
    /// Slanted lines inside a rectangle; the number is the distance between them.
    Hatch(Area, Colour, f32),
    /// A line from a point to a point.
    Line([f32; 2], [f32; 2], Colour, f32),
}

/// Marks that belong together: a leaf of the structure, or decoration outside of it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Piece {
    pub(super) page: usize,
    /// What decoration it is; none for content.
    pub(super) artifact: Option<ArtifactType>,
    pub(super) marks: Vec<Mark>,
}

/// A part of the document.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) tag: TagKind,
    pub(super) children: Vec<Child>,
}

/// What a part holds.
#[derive(Debug, Clone, Copy)]
pub(super) enum Child {
    /// The part of this number.
    Part(usize),
    /// The piece of this number.
    Piece(usize),
}

/// A heading, for the outline.
#[derive(Debug)]
pub(super) struct Heading {
    pub(super) words: String,
    pub(super) page: usize,
    pub(super) y: f32,
}

/// All pages.
#[derive(Debug)]
pub(super) struct Sheet {
    pub(super) pages: usize,
    pub(super) pieces: Vec<Piece>,
    pub(super) parts: Vec<Part>,
    pub(super) roots: Vec<Child>,
    pub(super) headings: Vec<Heading>,
    open: Vec<usize>,
}

impl Sheet {
    /// One empty page.
    pub(super) fn new() -> Self {
        let (pieces, parts, roots) = (Vec::new(), Vec::new(), Vec::new());
        Self { pages: 1, pieces, parts, roots, headings: Vec::new(), open: Vec::new() }
    }

    /// The page that is being filled, from 0.
    pub(super) fn page(&self) -> usize {
        self.pages - 1
    }

    /// Starts the next page.
    pub(super) fn next_page(&mut self) {
        self.pages += 1;
    }

    /// Puts what `fill` draws into a new part.
    pub(super) fn part(&mut self, tag: impl Into<TagKind>, fill: impl FnOnce(&mut Self)) {
        self.open(tag.into());
        fill(self);
        self.close();
    }

    /// Starts a part: what follows belongs to it.
    pub(super) fn open(&mut self, tag: TagKind) {
        let number = self.parts.len();
        self.parts.push(Part { tag, children: Vec::new() });
        self.add(Child::Part(number));
        self.open.push(number);
    }

    /// Ends the part that was started last.
    pub(super) fn close(&mut self) {
        self.open.pop();
    }

    fn add(&mut self, child: Child) {
        let open = self.open.last().and_then(|number| self.parts.get_mut(*number));
        open.map_or(&mut self.roots, |part| &mut part.children).push(child);
    }

    /// Draws content of the part that is open.
    pub(super) fn content(&mut self, marks: Vec<Mark>) {
        self.add(Child::Piece(self.pieces.len()));
        self.pieces.push(Piece { page: self.page(), artifact: None, marks });
    }

    /// Draws what is no content: rules, tints, grids.
    pub(super) fn decoration(&mut self, marks: Vec<Mark>) {
        self.artifact(self.page(), ArtifactType::Layout, marks);
    }

    /// What lies outside the margins: nothing, whatever the statement says.
    pub(super) fn outside(&self) -> Option<&Mark> {
        self.pieces.iter().flat_map(|piece| &piece.marks).find(|mark| !mark.is_inside())
    }

    /// Draws what is no content on any page.
    pub(super) fn artifact(&mut self, page: usize, kind: ArtifactType, marks: Vec<Mark>) {
        self.pieces.push(Piece { page, artifact: Some(kind), marks });
    }
}

impl Mark {
    /// True when all of it lies between the margins of the page.
    fn is_inside(&self) -> bool {
        let (left, top, right, bottom) = match self {
            Self::Text { x, y, size, weight, text, .. } => {
                let width = face::width(*weight, *size, text.trim_end_matches(' '));
                (*x, y - size, x + width, y + size * 0.3)
            }
            Self::Fill(area, _) | Self::Outline(area, ..) | Self::Hatch(area, ..) => {
                (area.x, area.y, area.x + area.width, area.y + area.height)
            }
            Self::Line([x, y], [to_x, to_y], ..) => (x.min(*to_x), y.min(*to_y), x.max(*to_x), y.max(*to_y)),
        };
        let edge = 0.5;
        left >= MARGIN - edge
            && right <= RIGHT + edge
            && top >= MARGIN / 2.0
            && bottom <= HEIGHT - MARGIN / 2.0
    }
}

/// How a text is set.
#[derive(Debug, Clone, Copy)]
pub(super) struct Style {
    pub(super) size: f32,
    /// From one baseline to the next.
    pub(super) leading: f32,
    pub(super) colour: Colour,
}

impl Style {
    pub(super) fn new(size: f32, leading: f32, colour: Colour) -> Self {
        Self { size, leading, colour }
    }

    /// From the top of a line to its baseline: the line sits in the middle of its leading.
    fn rise(self) -> f32 {
        f32::midpoint(self.leading, self.size * 0.69)
    }

    /// The lines that runs need.
    pub(super) fn lines(self, runs: &[Run], room: f32) -> Vec<Vec<Run>> {
        face::wrap(runs, self.size, room)
    }

    /// The height of runs.
    pub(super) fn height(self, runs: &[Run], room: f32) -> f32 {
        self.lines(runs, room).iter().map(|_| self.leading).sum()
    }

    /// Sets runs from the left, as many lines as they need; `y` is the top.
    pub(super) fn left(self, runs: &[Run], x: f32, y: f32, room: f32) -> Vec<Mark> {
        let mut marks = Vec::new();
        let mut baseline = y + self.rise();
        for line in self.lines(runs, room) {
            let mut x = x;
            for Run { weight, text } in line {
                let next = x + face::width(weight, self.size, &text);
                marks.push(self.text(x, baseline, weight, text));
                x = next;
            }
            baseline += self.leading;
        }
        marks
    }

    /// Sets one line that ends at `right`, but for spaces at its end; `y` is the top. What is too long
    /// begins further left.
    pub(super) fn right(self, run: &Run, right: f32, y: f32) -> Mark {
        let text = face::clean(&run.text);
        let x = right - face::width(run.weight, self.size, text.trim_end_matches(' '));
        self.text(x, y + self.rise(), run.weight, text)
    }

    /// Sets one line around the middle `x`; `y` is the top.
    pub(super) fn centred(self, run: &Run, x: f32, y: f32) -> Mark {
        let text = face::clean(&run.text);
        let half = face::width(run.weight, self.size, &text) / 2.0;
        self.text(x - half, y + self.rise(), run.weight, text)
    }

    fn text(self, x: f32, y: f32, weight: Weight, text: String) -> Mark {
        Mark::Text { x, y, size: self.size, weight, colour: self.colour, text }
    }
}
