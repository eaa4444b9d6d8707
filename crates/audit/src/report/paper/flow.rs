//! Pages one after the other: where the pen is, when a page is full, what every head and foot says.

use super::face::{width, wrap};
use super::ink::{About, print};
use super::mark::{Align, BLACK, Look, Mark, RULE, Shade, Sheet};
use super::{Length, PT};
use crate::report::error::ReportError;
use chambre_domain::Date;

/// The width and height of an A4 page.
pub(crate) const fn size(landscape: bool) -> (Length, Length) {
    let (short, long) = (595_276, 841_890);
    if landscape { (long, short) } else { (short, long) }
}

const SIDE: Length = 48 * PT;
const TOP: Length = 62 * PT;
const BOTTOM: Length = 58 * PT;

/// What every page says.
#[derive(Debug, Clone)]
pub(crate) struct Running {
    /// Top left.
    pub head: String,
    /// Top right.
    pub aside: String,
    /// Bottom left.
    pub foot: String,
}

/// Pages being written.
#[derive(Debug)]
pub(crate) struct Flow {
    done: Vec<Sheet>,
    /// The page being written.
    pub sheet: Sheet,
    /// Where the pen is, from the top.
    pub y: Length,
    running: Running,
}

impl Flow {
    pub(crate) fn new(running: Running, landscape: bool) -> Self {
        Self { done: Vec::new(), sheet: Sheet { landscape, marks: Vec::new() }, y: TOP, running }
    }

    /// Where texts begin.
    pub(crate) const fn left(&self) -> Length {
        SIDE
    }

    /// How wide texts may be.
    pub(crate) const fn width(&self) -> Length {
        size(self.sheet.landscape).0 - 2 * SIDE
    }

    /// Where texts end.
    pub(crate) const fn right(&self) -> Length {
        SIDE + self.width()
    }

    /// What is left of the page.
    pub(crate) const fn room(&self) -> Length {
        size(self.sheet.landscape).1 - BOTTOM - self.y
    }

    /// Begins a page.
    pub(crate) fn turn(&mut self, landscape: bool) {
        let next = Sheet { landscape, marks: Vec::new() };
        self.done.push(std::mem::replace(&mut self.sheet, next));
        self.y = TOP;
    }

    /// Begins a page when less than this is left. Says whether it did.
    pub(crate) fn need(&mut self, height: Length) -> bool {
        let full = self.room() < height && self.y > TOP;
        if full {
            self.turn(self.sheet.landscape);
        }
        full
    }

    /// A rule over the whole width, unless one is there already.
    pub(crate) fn divide(&mut self, shade: Shade) {
        let there = matches!(self.sheet.marks.last(), Some(Mark::Rule { from, .. }) if from.1 == self.y);
        if !there {
            let thickness = if shade == BLACK { PT / 2 } else { PT / 4 };
            self.sheet.rule(self.left(), self.y, self.width(), thickness, shade);
        }
    }

    /// Leaves a space, but never at the top of a page.
    pub(crate) fn space(&mut self, height: Length) {
        if self.y > TOP {
            self.y += height;
        }
    }

    /// The title of a part, on the page of the `ahead` that follows.
    pub(crate) fn heading(&mut self, text: &str, ahead: Length) {
        self.space(16 * PT);
        self.need(21 * PT + ahead);
        let (left, width) = (self.left(), self.width());
        self.sheet.words(left, self.y + 10 * PT, Align::Left, Look::bold(11 * PT), text);
        self.y += 15 * PT;
        self.sheet.rule(left, self.y, width, PT, BLACK);
        self.y += 6 * PT;
    }

    /// The title of a section inside a part.
    pub(crate) fn subheading(&mut self, text: &str) {
        self.space(6 * PT);
        self.need(64 * PT);
        self.paragraph(text, Look::bold(9 * PT));
        self.y += PT;
    }

    /// Sentences, over as many lines as they need.
    pub(crate) fn paragraph(&mut self, text: &str, look: Look) {
        self.indented(text, look, 0);
    }

    /// Sentences that begin further right.
    pub(crate) fn indented(&mut self, text: &str, look: Look, indent: Length) {
        let left = self.left() + indent;
        for line in wrap(text, look.weight, look.size, self.width() - indent, usize::MAX) {
            self.need(look.line_height());
            self.sheet.words(left, self.y + look.size, Align::Left, look, &line);
            self.y += look.line_height();
        }
    }

    /// Two columns of `name  value`, row by row.
    pub(crate) fn facts(&mut self, facts: &[(&str, String)]) {
        let (label, value) = (Look::grey(8 * PT), Look::regular(8 * PT + PT / 2));
        let column = self.width() / 2;
        let room = column - 70 * PT;
        for pair in facts.chunks(2) {
            let cells: Vec<_> =
                pair.iter().map(|(_, text)| wrap(text, value.weight, value.size, room, 3)).collect();
            let lines = cells.iter().map(Vec::len).max().unwrap_or(1);
            let height = value.line_height() * Length::try_from(lines).unwrap_or(1) + 4 * PT;
            self.need(height);
            for (at, ((name, _), lines)) in (0..).zip(pair.iter().zip(&cells)) {
                let x = self.left() + column * at;
                self.sheet.words(x, self.y + 10 * PT, Align::Left, label, name);
                for (down, line) in (0..).zip(lines) {
                    let y = self.y + 10 * PT + value.line_height() * down;
                    self.sheet.words(x + 62 * PT, y, Align::Left, value, line);
                }
            }
            self.y += height;
            self.sheet.rule(self.left(), self.y, self.width(), PT / 4, RULE);
        }
        self.y += 4 * PT;
    }

    /// Writes heads and feet, and gives the file.
    pub(crate) fn finish(mut self, title: String, issued_on: Date) -> Result<Vec<u8>, ReportError> {
        let subject = self.running.foot.clone();
        self.done.push(self.sheet);
        let of = self.done.len();
        for (number, sheet) in (1_usize..).zip(&mut self.done) {
            dress(sheet, &self.running, &format!("page {number} sur {of}"));
        }
        print(&self.done, About { title, subject, issued_on })
    }
}

fn dress(sheet: &mut Sheet, running: &Running, number: &str) {
    let (page, height) = size(sheet.landscape);
    let (right, look, foot) = (page - SIDE, Look::grey(7 * PT + PT / 2), height - 34 * PT);
    let number_width = width(number, look.weight, look.size);
    let whole = page - 2 * SIDE;
    let first = |text: &str, room: Length| {
        wrap(text, look.weight, look.size, room, 1).into_iter().next().unwrap_or_default()
    };
    let aside = first(&running.aside, whole / 2);
    let head = first(&running.head, whole - width(&aside, look.weight, look.size) - 12 * PT);
    sheet.words(SIDE, 36 * PT, Align::Left, look, &head);
    sheet.words(right, 36 * PT, Align::Right, look, &aside);
    sheet.rule(SIDE, 42 * PT, whole, PT / 4, RULE);
    sheet.rule(SIDE, foot - 11 * PT, whole, PT / 4, RULE);
    sheet.words(SIDE, foot, Align::Left, look, &first(&running.foot, whole - number_width - 12 * PT));
    sheet.words(right, foot, Align::Right, look, number);
}
