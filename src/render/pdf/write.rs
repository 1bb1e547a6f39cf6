//! The pages as bytes: PDF/A-2a and PDF/UA-1, tagged, checked by the library as it writes.

use krilla::Document;
use krilla::SerializeSettings;
use krilla::color::rgb;
use krilla::configure::{Accessibility, Archival, ConfigurationBuilder};
use krilla::destination::XyzDestination;
use krilla::geom::{Path, PathBuilder, Point, Rect};
use krilla::metadata::Metadata;
use krilla::outline::{Outline, OutlineNode};
use krilla::page::PageSettings;
use krilla::paint::{Fill, FillRule, Stroke};
use krilla::surface::Surface;
use krilla::tagging::{Artifact, ContentTag, Identifier, Node, SpanTag, TagGroup, TagTree};

use super::PdfError;
use super::face;
use super::sheet::{Area, Child, Colour, HEIGHT, Mark, Sheet, WIDTH};

/// Writes the pages.
pub(super) fn document(sheet: &Sheet, metadata: Metadata) -> Result<Vec<u8>, PdfError> {
    let refused = |error: &dyn std::fmt::Debug| PdfError::Refused(format!("{error:?}"));
    let configuration = ConfigurationBuilder::new()
        .with_archival_validator(Archival::A2_A)
        .with_accessibility_validator(Accessibility::UA1)
        .finish()
        .map_err(|error| refused(&error))?;
    let mut document =
        Document::new_with(SerializeSettings { configuration, ..SerializeSettings::default() });
    let mut leaves: Vec<Option<Identifier>> = vec![None; sheet.pieces.len()];
    for number in 0..sheet.pages {
        let settings = PageSettings::from_wh(WIDTH, HEIGHT).ok_or(PdfError::Faces)?;
        let mut page = document.start_page_with(settings);
        let mut surface = page.surface();
        for (piece, leaf) in sheet.pieces.iter().zip(&mut leaves).filter(|(piece, _)| piece.page == number) {
            let tag = match piece.artifact {
                Some(kind) => ContentTag::Artifact(Artifact::with_kind(kind)),
                None => ContentTag::Span(SpanTag::empty()),
            };
            *leaf = Some(surface.start_tagged(tag));
            for mark in &piece.marks {
                draw(&mut surface, mark);
            }
            surface.end_tagged();
        }
        surface.finish();
        page.finish();
    }
    let mut tree = TagTree::new();
    for child in &sheet.roots {
        if let Some(node) = node(sheet, &leaves, *child) {
            tree.push(node);
        }
    }
    document.set_tag_tree(tree);
    document.set_outline(outline(sheet));
    document.set_metadata(metadata);
    document.finish().map_err(|error| refused(&error))
}

fn node(sheet: &Sheet, leaves: &[Option<Identifier>], child: Child) -> Option<Node> {
    match child {
        Child::Piece(number) => leaves.get(number).copied().flatten().map(Node::Leaf),
        Child::Part(number) => {
            let part = sheet.parts.get(number)?;
            let children = part.children.iter().filter_map(|child| node(sheet, leaves, *child)).collect();
            Some(Node::Group(TagGroup::with_children(part.tag.clone(), children)))
        }
    }
}

fn outline(sheet: &Sheet) -> Outline {
    let mut outline = Outline::new();
    for heading in &sheet.headings {
        let place = XyzDestination::new(heading.page, Point::from_xy(0.0, heading.y));
        outline.push_child(OutlineNode::new(heading.words.clone(), place));
    }
    outline
}

fn draw(surface: &mut Surface<'_>, mark: &Mark) {
    match mark {
        Mark::Text { x, y, size, weight, colour, text } => {
            let Some(face) = face::face(*weight) else { return };
            paint(surface, Some(*colour), None);
            let glyphs = face.glyphs(text);
            surface.draw_glyphs(Point::from_xy(*x, *y), &glyphs, face.font.clone(), text, *size, false);
        }
        Mark::Fill(area, colour) => {
            paint(surface, Some(*colour), None);
            draw_path(surface, rectangle(*area));
        }
        Mark::Outline(area, colour, width) => {
            paint(surface, None, Some((*colour, *width)));
            draw_path(surface, rectangle(*area));
        }
        Mark::Line(from, to, colour, width) => {
            paint(surface, None, Some((*colour, *width)));
            draw_path(surface, line(*from, *to));
        }
        Mark::Hatch(area, colour, step) => hatch(surface, *area, *colour, *step),
    }
}

fn hatch(surface: &mut Surface<'_>, area: Area, colour: Colour, step: f32) {
    let Some(clip) = rectangle(area) else { return };
    surface.push_clip_path(&clip, &FillRule::NonZero);
    paint(surface, None, Some((colour, 0.7)));
    let mut builder = PathBuilder::new();
    let mut x = area.x - area.height;
    while x < area.x + area.width {
        builder.move_to(x, area.y + area.height);
        builder.line_to(x + area.height, area.y);
        x += step;
    }
    draw_path(surface, builder.finish());
    surface.pop();
}

fn paint(surface: &mut Surface<'_>, fill: Option<Colour>, stroke: Option<(Colour, f32)>) {
    let colour = |Colour(red, green, blue): Colour| rgb::Color::new(red, green, blue);
    surface.set_fill(fill.map(|fill| Fill { paint: colour(fill).into(), ..Fill::default() }));
    surface.set_stroke(stroke.map(|(stroke, width)| Stroke {
        paint: colour(stroke).into(),
        width,
        ..Stroke::default()
    }));
}

fn draw_path(surface: &mut Surface<'_>, path: Option<Path>) {
    if let Some(path) = path {
        surface.draw_path(&path);
    }
}

fn rectangle(area: Area) -> Option<Path> {
    let mut builder = PathBuilder::new();
    builder.push_rect(Rect::from_xywh(area.x, area.y, area.width, area.height)?);
    builder.finish()
}

fn line(from: [f32; 2], to: [f32; 2]) -> Option<Path> {
    let mut builder = PathBuilder::new();
    builder.move_to(from[0], from[1]);
    builder.line_to(to[0], to[1]);
    builder.finish()
}
