//! The pages as PDF, in the form made to be archived (PDF/A-2u: fonts inside, every letter known).
//!
//! The PDF library counts in floats; lengths become floats here, at the last moment, and amounts never do.
#![allow(clippy::disallowed_types, clippy::float_arithmetic)]

use super::face::{Weight, letters};
use super::mark::{Mark, Shade, Sheet};
use super::{Length, PT};
use crate::report::error::ReportError;
use chambre_domain::Date;
use krilla::color::luma;
use krilla::configure::{Archival, ConfigurationBuilder};
use krilla::geom::{Path, PathBuilder, Point, Rect};
use krilla::metadata::{DateTime, Metadata};
use krilla::num::NormalizedF32;
use krilla::page::PageSettings;
use krilla::paint::{Fill, FillRule, Stroke};
use krilla::surface::Surface;
use krilla::text::{Font, GlyphId, KrillaGlyph};
use krilla::{Document, SerializeSettings};

/// What a reader shows about the file.
#[derive(Debug, Clone)]
pub(crate) struct About {
    pub title: String,
    pub subject: String,
    /// The day printed on the document; the clock is never read.
    pub issued_on: Date,
}

/// The pages as one file.
pub(crate) fn print(sheets: &[Sheet], about: About) -> Result<Vec<u8>, ReportError> {
    let configuration = ConfigurationBuilder::new()
        .with_archival_validator(Archival::A2_U)
        .finish()
        .map_err(|error| ReportError::Pdf(format!("{error:?}")))?;
    let mut document =
        Document::new_with(SerializeSettings { configuration, ..SerializeSettings::default() });
    let [regular, bold] = [Weight::Regular, Weight::Bold].map(|weight| Font::new(weight.bytes().into(), 0));
    let (Some(regular), Some(bold)) = (regular, bold) else {
        return Err(ReportError::Pdf("the embedded font could not be read".to_owned()));
    };
    for sheet in sheets {
        let (width, height) = super::flow::size(sheet.landscape);
        let settings = PageSettings::from_wh(points(width), points(height));
        let settings = settings.ok_or_else(|| ReportError::Pdf("a page has no size".to_owned()))?;
        let mut page = document.start_page_with(settings);
        let mut surface = page.surface();
        for mark in &sheet.marks {
            draw(mark, &mut surface, (&regular, &bold));
        }
        surface.finish();
        page.finish();
    }
    document.set_metadata(metadata(about));
    document.finish().map_err(|error| ReportError::Pdf(format!("{error:?}")))
}

fn metadata(about: About) -> Metadata {
    let number = |part: i8| part.unsigned_abs();
    let day = DateTime::new(about.issued_on.year().unsigned_abs())
        .month(number(about.issued_on.month()))
        .day(number(about.issued_on.day()));
    Metadata::new()
        .document_id(format!("{} {}", about.title, about.subject))
        .title(about.title)
        .description(about.subject)
        .language("fr-FR".to_owned())
        .creator("Chambre de compensation".to_owned())
        .creation_date(day)
}

fn draw(mark: &Mark, surface: &mut Surface<'_>, (regular, bold): (&Font, &Font)) {
    match mark {
        Mark::Words { x, y, look, text } => {
            let font = if look.weight == Weight::Bold { bold } else { regular };
            surface.set_stroke(None);
            surface.set_fill(Some(fill(look.shade)));
            let glyphs: Vec<_> = letters(text, look.weight)
                .map(|(at, c, letter)| KrillaGlyph {
                    glyph_id: GlyphId::new(letter.glyph),
                    text_range: at..at + c.len_utf8(),
                    x_advance: points(letter.advance),
                    x_offset: 0.0,
                    y_offset: 0.0,
                    y_advance: 0.0,
                    location: None,
                })
                .collect();
            let start = Point::from_xy(points(*x), points(*y));
            surface.draw_glyphs(start, &glyphs, font.clone(), text, points(look.size), false);
        }
        Mark::Rule { from, to, width, shade } => {
            surface.set_fill(None);
            let stroke =
                Stroke { paint: luma::Color::new(*shade).into(), width: points(*width), ..Stroke::default() };
            surface.set_stroke(Some(stroke));
            let mut path = PathBuilder::new();
            path.move_to(points(from.0), points(from.1));
            path.line_to(points(to.0), points(to.1));
            paint(surface, path.finish());
        }
        Mark::Block { x, y, width, height, shade } => {
            surface.set_stroke(None);
            surface.set_fill(Some(fill(*shade)));
            let mut path = PathBuilder::new();
            if let Some(rect) = Rect::from_xywh(points(*x), points(*y), points(*width), points(*height)) {
                path.push_rect(rect);
            }
            paint(surface, path.finish());
        }
    }
}

fn paint(surface: &mut Surface<'_>, path: Option<Path>) {
    if let Some(path) = path {
        surface.draw_path(&path);
    }
}

fn fill(shade: Shade) -> Fill {
    Fill { paint: luma::Color::new(shade).into(), opacity: NormalizedF32::ONE, rule: FillRule::NonZero }
}

/// Thousandths of a point as points; exact enough for a printer below 16 777 points.
#[allow(clippy::cast_precision_loss)]
fn points(length: Length) -> f32 {
    length as f32 / PT as f32
}
