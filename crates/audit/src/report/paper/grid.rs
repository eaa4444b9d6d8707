//! A table that goes on over pages, its head repeated on each.

use super::face::{Weight, width, wrap};
use super::flow::Flow;
use super::mark::{Align, BLACK, GREY, Look, PALE, RULE};
use super::{Length, PT};

const PAD: Length = 3 * PT;
const ABOVE: Length = 3 * PT;
const BELOW: Length = 3 * PT;
/// How much of the remarks stays on the page of their row.
const MOST_KEPT: Length = 120 * PT;
/// Where remarks under a row begin.
const INDENT: Length = 14 * PT;
/// Most lines of one cell; longer texts end with an ellipsis.
const MOST_LINES: usize = 4;

/// A column.
#[derive(Debug, Clone)]
pub(crate) struct Column {
    title: String,
    width: Length,
    align: Align,
}

impl Column {
    /// Texts, from the left. No width: it takes what the others leave.
    pub(crate) fn text(title: &str, width: Length) -> Self {
        Self { title: title.to_owned(), width, align: Align::Left }
    }

    /// Numbers, to the right: all have two decimals and digits of one width, so that decimals align.
    pub(crate) fn number(title: &str, width: Length) -> Self {
        Self { title: title.to_owned(), width, align: Align::Right }
    }
}

impl Column {
    fn lines(&self, text: &str, look: Look) -> Vec<String> {
        match self.align {
            // A number is never broken nor shortened: it is drawn smaller.
            Align::Right => vec![text.to_owned()],
            Align::Left | Align::Centre => {
                wrap(text, look.weight, look.size, self.width - 2 * PAD, MOST_LINES)
            }
        }
    }
}

/// How much a row weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rank {
    Plain,
    /// Bold, under a rule.
    Total,
}

/// A table in a given size of letters.
#[derive(Debug)]
pub(crate) struct Grid {
    columns: Vec<Column>,
    size: Length,
}

impl Grid {
    /// Fixes the columns to the page and draws their titles. `ahead`: height that must follow on the same page.
    pub(crate) fn begin(flow: &mut Flow, mut columns: Vec<Column>, size: Length) -> Self {
        let fixed: Length = columns.iter().map(|column| column.width).sum();
        let free = Length::try_from(columns.iter().filter(|column| column.width == 0).count()).unwrap_or(1);
        let rest = (flow.width() - fixed) / free.max(1);
        for column in columns.iter_mut().filter(|column| column.width == 0) {
            column.width = rest;
        }
        let grid = Self { columns, size };
        flow.need(grid.head_height() + 2 * (size * 13 / 10 + ABOVE + BELOW));
        grid.head(flow);
        grid
    }

    fn head_look(&self) -> Look {
        Look { shade: GREY, ..Look::regular(self.size - PT / 2) }
    }

    fn head_lines(&self) -> Vec<Vec<String>> {
        let look = self.head_look();
        let lines = |column: &Column| wrap(&column.title, look.weight, look.size, column.width - 2 * PAD, 3);
        self.columns.iter().map(lines).collect()
    }

    fn head_height(&self) -> Length {
        let most = self.head_lines().iter().map(Vec::len).max().unwrap_or(1);
        self.head_look().line_height() * Length::try_from(most).unwrap_or(1) + ABOVE + BELOW
    }

    fn head(&self, flow: &mut Flow) {
        let (look, height, lines) = (self.head_look(), self.head_height(), self.head_lines());
        self.cells(flow, &lines, look, height);
        flow.y += height;
        flow.divide(BLACK);
    }

    /// Draws one row, on the next page under its own head when this one is full.
    pub(crate) fn row(&self, flow: &mut Flow, rank: Rank, cells: &[String]) {
        self.noted(flow, rank, cells, &[]);
    }

    /// Draws one row and the remarks under it, over the whole width and kept with it.
    pub(crate) fn noted(&self, flow: &mut Flow, rank: Rank, cells: &[String], notes: &[String]) {
        let weight = if rank == Rank::Total { Weight::Bold } else { Weight::Regular };
        let (look, remark) = (Look { weight, ..Look::regular(self.size) }, Look::grey(self.size - PT / 2));
        let lines: Vec<_> =
            self.columns.iter().zip(cells).map(|(column, text)| column.lines(text, look)).collect();
        let most = lines.iter().map(Vec::len).max().unwrap_or(1);
        let height = look.line_height() * Length::try_from(most).unwrap_or(1) + ABOVE + BELOW;
        let room = flow.width() - INDENT - PAD;
        let notes: Vec<_> =
            notes.iter().flat_map(|note| wrap(note, remark.weight, remark.size, room, MOST_LINES)).collect();
        let under = remark.line_height() * Length::try_from(notes.len()).unwrap_or(1);
        let gap = if notes.is_empty() { 0 } else { BELOW };
        // Many remarks may go on over pages, but never leave their row alone.
        self.keep(flow, height + under.min(MOST_KEPT) + gap);
        if rank == Rank::Total {
            flow.sheet.block(flow.left(), flow.y, (flow.width(), height), PALE);
        }
        flow.divide(if rank == Rank::Total { BLACK } else { RULE });
        self.cells(flow, &lines, look, height);
        flow.y += height;
        for line in notes {
            self.keep(flow, remark.line_height());
            flow.sheet.words(flow.left() + INDENT, flow.y + remark.size, Align::Left, remark, &line);
            flow.y += remark.line_height();
        }
        flow.y += gap;
        if rank == Rank::Total {
            flow.divide(BLACK);
        }
    }

    /// Closes a table that has no total.
    pub(crate) fn close(&self, flow: &mut Flow) {
        flow.divide(RULE);
    }

    fn keep(&self, flow: &mut Flow, height: Length) {
        if flow.need(height) {
            self.head(flow);
        }
    }

    fn cells(&self, flow: &mut Flow, cells: &[Vec<String>], look: Look, height: Length) {
        let mut left = flow.left();
        for (column, lines) in self.columns.iter().zip(cells) {
            let x = match column.align {
                Align::Right => left + column.width - PAD,
                Align::Left | Align::Centre => left + PAD,
            };
            // Titles stand on the rule, data hang from it.
            let spare =
                height - ABOVE - BELOW - look.line_height() * Length::try_from(lines.len()).unwrap_or(1);
            let top = if look.shade == GREY { spare } else { 0 };
            for (down, line) in (0..).zip(lines) {
                let y = flow.y + ABOVE + top + look.size + look.line_height() * down;
                flow.sheet.words(x, y, column.align, fitting(look, line, column.width - 2 * PAD), line);
            }
            left += column.width;
        }
    }
}

/// The look, in letters small enough for the text to fit.
fn fitting(look: Look, text: &str, room: Length) -> Look {
    let wide = i64::from(width(text, look.weight, look.size)).max(1);
    let size = i64::from(look.size) * i64::from(room) / wide;
    Look { size: look.size.min(Length::try_from(size).unwrap_or(look.size)), ..look }
}
