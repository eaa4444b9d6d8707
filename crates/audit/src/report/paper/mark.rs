//! What a page holds.

use super::face::{Weight, legible, width};
use super::{Length, PT};

/// How dark, in 0 (black) to 255 (white): documents are printed on office printers, without colour.
pub(crate) type Shade = u8;

pub(crate) const BLACK: Shade = 0;
pub(crate) const WHITE: Shade = 255;
pub(crate) const DARK: Shade = 70;
pub(crate) const GREY: Shade = 105;
pub(crate) const RULE: Shade = 190;
pub(crate) const PALE: Shade = 242;

/// How a text looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Look {
    pub size: Length,
    pub weight: Weight,
    pub shade: Shade,
}

impl Look {
    pub(crate) const fn regular(size: Length) -> Self {
        Self { size, weight: Weight::Regular, shade: BLACK }
    }

    pub(crate) const fn bold(size: Length) -> Self {
        Self { size, weight: Weight::Bold, shade: BLACK }
    }

    pub(crate) const fn grey(size: Length) -> Self {
        Self { size, weight: Weight::Regular, shade: GREY }
    }

    /// From one line to the next.
    pub(crate) const fn line_height(self) -> Length {
        self.size * 13 / 10
    }
}

/// Where a text stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Align {
    /// It begins there.
    Left,
    /// It ends there.
    Right,
    /// Its middle is there.
    Centre,
}

/// One thing on a page; the origin is the top left corner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Mark {
    /// One line of text, from the left end of its baseline.
    Words { x: Length, y: Length, look: Look, text: String },
    /// A straight line.
    Rule { from: (Length, Length), to: (Length, Length), width: Length, shade: Shade },
    /// A filled rectangle.
    Block { x: Length, y: Length, width: Length, height: Length, shade: Shade },
}

/// The marks of one page.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Sheet {
    /// Wider than high.
    pub landscape: bool,
    /// What is on it, in the order drawn.
    pub marks: Vec<Mark>,
}

impl Sheet {
    /// Writes one line.
    pub(crate) fn words(&mut self, x: Length, y: Length, align: Align, look: Look, text: &str) {
        let text = legible(text);
        let x = match align {
            Align::Left => x,
            Align::Right => x - width(&text, look.weight, look.size),
            Align::Centre => x - width(&text, look.weight, look.size) / 2,
        };
        if !text.trim().is_empty() {
            self.marks.push(Mark::Words { x, y, look, text });
        }
    }

    /// Draws a horizontal rule.
    pub(crate) fn rule(&mut self, x: Length, y: Length, length: Length, thickness: Length, shade: Shade) {
        self.marks.push(Mark::Rule { from: (x, y), to: (x + length, y), width: thickness, shade });
    }

    /// Draws a vertical rule.
    pub(crate) fn upright(&mut self, x: Length, y: Length, height: Length, thickness: Length, shade: Shade) {
        self.marks.push(Mark::Rule { from: (x, y), to: (x, y + height), width: thickness, shade });
    }

    /// Fills a rectangle; nothing when it has no size.
    pub(crate) fn block(&mut self, x: Length, y: Length, (width, height): (Length, Length), shade: Shade) {
        if width > 0 && height > 0 {
            self.marks.push(Mark::Block { x, y, width, height, shade });
        }
    }

    /// A white rectangle with a thin edge and slanted lines: told from a filled one without colour.
    pub(crate) fn hatched(&mut self, x: Length, y: Length, (width, height): (Length, Length)) {
        if width <= 0 || height <= 0 {
            return;
        }
        let step = 4 * PT;
        let mut foot = step - height;
        while foot < width {
            // A line at 45 degrees from the bottom at `foot` to the top at `foot + height`, cut at both sides.
            let (left, right) = (foot.max(0), (foot + height).min(width));
            let from = (x + left, y + height - (left - foot));
            let to = (x + right, y + height - (right - foot));
            self.marks.push(Mark::Rule { from, to, width: PT / 2, shade: GREY });
            foot += step;
        }
        for (dx, dy, length) in [(0, 0, width), (0, height, width)] {
            self.rule(x + dx, y + dy, length, PT / 2, DARK);
        }
        for dx in [0, width] {
            self.upright(x + dx, y, height, PT / 2, DARK);
        }
    }
}
